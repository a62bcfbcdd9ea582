/**
 * The colours, as data: the style sheet is made of them, and their contrast is tested (WCAG 2.2: text 4.5, what is drawn
 * 3). Colour is never alone: series have shapes, bars patterns, caveats signs and words.
 */
export interface Theme {
  readonly page: string;
  /** Behind what stands apart. */
  readonly wash: string;
  readonly ink: string;
  readonly soft: string;
  /** Hairlines, which may be faint. */
  readonly line: string;
  readonly axis: string;
  /** What rests on too few answers. */
  readonly few: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  readonly link: string;
  readonly series: readonly string[];
  /** From few answers in a cell to the most. */
  readonly heat: readonly string[];
}

export const LIGHT: Theme = {
  page: '#ffffff',
  wash: '#f4f6f8',
  ink: '#14181d',
  soft: '#4c5560',
  line: '#e1e5ea',
  axis: '#88919c',
  few: '#828b95',
  good: '#0b6b3a',
  warn: '#8a4a00',
  bad: '#b3221a',
  link: '#1a5fbf',
  series: [
    '#1c68d4', // blue
    '#c24a06', // orange
    '#0a7a68', // teal
    '#8a3fc4', // purple
    '#bd2564', // pink
    '#6e6400', // olive
    '#3f7a1c', // green
    '#7d5238', // brown
  ],
  heat: [
    '#dbe9fa',
    '#bcd6f3',
    '#97bfea',
    '#6ea5df',
    '#478ad1',
    '#2a6ebc',
    '#17539a',
    '#0c3a72',
    '#06254c',
  ],
};

export const DARK: Theme = {
  page: '#0f1318',
  wash: '#181d24',
  ink: '#e8ecf1',
  soft: '#a9b3be',
  line: '#262d36',
  axis: '#6e7884',
  few: '#78828e',
  good: '#5fd394',
  warn: '#f2b661',
  bad: '#ff8b80',
  link: '#7db4ff',
  series: ['#69a8ff', '#ff9d5c', '#3fc7b0', '#c49bf8', '#ff86b4', '#d2c145', '#8ed163', '#d3a583'],
  heat: [
    '#14273f',
    '#173554',
    '#1a466f',
    '#1f5a8e',
    '#2b72ae',
    '#458ecb',
    '#6cade2',
    '#9ccbf2',
    '#d6ebfd',
  ],
};

export const HEAT_LEVELS = LIGHT.heat.length;

/** WCAG's contrast of two colours (#rrggbb): 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** As custom properties. */
export function properties({ heat, series, ...colours }: Theme): string {
  return [
    ...Object.entries(colours).map(([name, colour]) => `--${name}:${colour}`),
    ...series.map((colour, i) => `--s${i}:${colour}`),
    ...heat.map((colour, i) => `--h${i}:${colour}`),
  ].join(';');
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
