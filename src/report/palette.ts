/**
 * The colours of figures and page, as CSS variables with a value in light and one in dark, so that one SVG is right in
 * both, on the page, in a viewer and on paper.
 *
 * The six series colours stay apart for people with any of the three kinds of colour blindness and stand out from the
 * ground in both modes (palette.test.ts measures both). Six is the limit that such a set allows; more lines than that go
 * into panels. Colour is never the only sign: lines are labelled, verdicts are words.
 */

/** The series colours in order of use: `series[0]` for the first. For Plot's `stroke` and `fill`. */
export const series = ['var(--s1)', 'var(--s2)', 'var(--s3)', 'var(--s4)', 'var(--s5)', 'var(--s6)'] as const;
/** Text and the data that matter without a hue. */
export const ink = 'var(--ink)';
/** Axes, controls, reference lines: what the data are held against. */
export const muted = 'var(--muted)';
/** Grids and hairlines. */
export const faint = 'var(--faint)';
/** The one hue of a matrix; opacity carries the value. */
export const heat = 'var(--heat)';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** name: [light, dark] */
export const COLOURS = {
  paper: ['#fffefb', '#15171b'],
  ink: ['#1c1d21', '#e4e3df'],
  muted: ['#62656e', '#9a9da6'],
  faint: ['#dedcd4', '#33363d'],
  heat: ['#0b3f8f', '#8fc1ff'],
  s1: ['#1b74f7', '#5aa1ff'],
  s2: ['#b22e00', '#ff6a36'],
  s3: ['#046e61', '#30dcb8'],
  s4: ['#dc3cac', '#bd7a9b'],
  s5: ['#b58c00', '#ffc209'],
  s6: ['#362e91', '#5663de'],
} as const;

/** The declarations of the variables for `selector`. Paper is always light. */
export function paletteCss(selector: string): string {
  const declare = (mode: 0 | 1) =>
    `${selector}{${Object.entries(COLOURS)
      .map(([name, values]) => `--${name}:${values[mode]}`)
      .join(';')}}`;
  return `${declare(0)}@media screen and (prefers-color-scheme:dark){${declare(1)}}`;
}
