/**
 * HTML and SVG as text, escaped by construction: whatever is put into a template is text, unless it is markup itself. So a
 * target's name cannot become an element, whoever wrote it.
 */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For element content and for attributes in quotes. What XML has no place for becomes U+FFFD. */
export function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign]);
}

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Part = Markup | string | number | false | undefined | readonly Part[];

/** The tag of templates: `` m`<p>${name}</p>` ``. `undefined` and `false` are nothing, lists are joined. */
export function m(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0];
  parts.forEach((part, i) => (text += render(part) + strings[i + 1]));
  return new Markup(text);
}

/** Text with `code` in backticks. */
export function prose(text: string): Markup {
  const parts = text.split('`');
  // An odd one out is no pair.
  if (parts.length % 2 === 0) return m`${text}`;
  return m`${parts.map((part, i) => (i % 2 === 0 ? part : m`<code>${part}</code>`))}`;
}

export const nothing = new Markup('');

/** Of one's own constants only. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** JSON for a `<script type="application/json">`, which ends at the first `</script`, whatever surrounds it. */
export function jsonMarkup(value: unknown): Markup {
  const text = JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
  return new Markup(text);
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (part === undefined || part === false) return '';
  if (typeof part === 'object') return part.map(render).join('');
  return typeof part === 'number' ? String(part) : escape(part);
}
