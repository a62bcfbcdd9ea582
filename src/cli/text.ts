/** Text for a terminal: wrapped paragraphs and tables. Pure but for `columns`. */

const MOST_COLUMNS = 100;

/** How wide the reader's terminal is; 80 where there is none, or one without a size. */
export function columns({ columns }: { readonly columns?: number } = process.stdout): number {
  return Math.min(columns || 80, MOST_COLUMNS);
}

/** Lines of at most `width` characters, broken at spaces; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A paragraph whose first line begins with `label` and whose others are indented as far. */
export function hang(label: string, text: string, width: number): string {
  const indent = ' '.repeat(label.length);
  return wrap(text, width - label.length)
    .map((line, i) => (i === 0 ? label : indent) + line)
    .join('\n');
}

/** Rows under each other, cells wrapped to `widths`, two spaces between. */
export function table(rows: ReadonlyArray<readonly string[]>, widths: readonly number[]): string {
  return rows
    .flatMap((row) => {
      const cells = row.map((cell, i) => wrap(cell, widths[i]));
      const height = Math.max(...cells.map((lines) => lines.length));
      return Array.from({ length: height }, (_, y) =>
        cells
          .map((lines, i) => (lines[y] ?? '').padEnd(widths[i]))
          .join('  ')
          .trimEnd(),
      );
    })
    .join('\n');
}
