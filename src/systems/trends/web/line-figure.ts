/** Shares of the papers as lines over time, each named at its end. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, muted, series } from '../../../report/index.ts';
import { type Timeline, ticksOf } from '../calendar.ts';

export interface LineFigure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly timeline: Pick<Timeline, 'starts' | 'sizes'>;
  /** At most six; papers in each bin. */
  readonly lines: readonly { readonly name: string; readonly counts: ArrayLike<number> }[];
}

const width = 660;
const height = 320;
/** Pixels that a name takes. */
const nameHeight = 15;
/** Letters of a name that the width has room for. */
const longestName = 80;
const dashes = ['none', '7 3', '2 3', '9 3 2 3', '4 2', '12 3'];

/** @throws RangeError for none, or for more than there are colours */
export function lineFigure({ id, title, caption, timeline, lines }: LineFigure): Figure {
  if (lines.length === 0 || lines.length > series.length)
    throw new RangeError(`lines: expected 1 to ${series.length} lines, got ${lines.length}`);
  const { starts, sizes } = timeline;
  const names = lines.map(({ name }) => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name));
  const points = lines.flatMap(({ counts }, line) =>
    starts.flatMap((start, bin) =>
      sizes[bin]! > 0
        ? [{ line, date: new Date(`${start}T00:00:00Z`), share: (100 * counts[bin]!) / sizes[bin]! }]
        : [],
    ),
  );
  return figure({
    id,
    title,
    caption,
    description: `A line each, its share of the papers over time: ${names.join('; ')}.`,
    plot: {
      width,
      height: height + nameHeight * lines.length,
      marginTop: 22 + nameHeight * lines.length,
      marginBottom: 30,
      marginLeft: 44,
      marginRight: 24,
      x: { type: 'utc', label: null },
      y: { zero: true },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ tickSize: 0, color: muted, label: null, ticks: ticksOf(timeline) }),
        Plot.axisY({ tickSize: 0, color: muted, label: null, tickFormat: (share: number) => `${share} %` }),
        ...lines.map((_, line) =>
          Plot.lineY(
            points.filter((point) => point.line === line),
            { x: 'date', y: 'share', stroke: series[line]!, strokeWidth: 1.8, strokeDasharray: dashes[line]! },
          ),
        ),
        ...names.map((name, line) =>
          Plot.text([`━ ${name}`], {
            frameAnchor: 'top-left',
            dx: -36,
            dy: -8 - nameHeight * (names.length - line),
            fill: series[line]!,
            fontWeight: 500,
            textAnchor: 'start',
          }),
        ),
      ],
    },
  });
}
