/** Bursts as a time line: a row a phrase, a bar a burst, those within drawn over it, so that it is darker where the rate is higher. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, heat, ink, muted } from '../../../report/index.ts';
import { type Timeline, ticksOf } from '../calendar.ts';
import type { Burst } from './automaton.ts';
import type { PhraseBurst } from './phrase-bursts.ts';

export interface BurstTimelineOptions {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** In the order from the top; one phrase may burst more than once. */
  readonly bursts: readonly PhraseBurst[];
  readonly timeline: Timeline;
  /** Years in which a phrase was expected to burst, marked above its row. */
  readonly expected?: ReadonlyMap<string, readonly [from: string, to: string]>;
}

const width = 660;
const rowHeight = 22;

/** The drawing. @throws RangeError for no bursts */
export function burstTimeline({ id, title, caption, bursts, timeline, expected }: BurstTimelineOptions): Figure {
  if (bursts.length === 0) throw new RangeError('burst timeline: expected bursts, got none');
  const { starts } = timeline;
  const phrases = [...new Set(bursts.map(({ phrase }) => phrase))];
  const day = (date: string) => new Date(`${date}T00:00:00Z`);
  const endOf = (bin: number) =>
    bin + 1 < starts.length
      ? day(starts[bin + 1]!)
      : new Date(2 * +day(starts[bin]!) - +day(starts[bin - 1] ?? starts[bin]!));
  const bars = bursts.flatMap(({ phrase, burst }) =>
    nested(burst).map(({ first, last }) => ({ phrase, from: day(starts[first]!), to: endOf(last) })),
  );
  const awaited = [...(expected ?? [])]
    .filter(([phrase]) => phrases.includes(phrase))
    .map(([phrase, [from, to]]) => ({ phrase, from: day(from), to: day(to) }));
  const longest = Math.max(...phrases.map(({ length }) => length));
  return figure({
    id,
    title,
    caption,
    description: `A row a phrase, time to the right. ${bursts
      .slice(0, 20)
      .map(({ phrase, peak }) => `${phrase}: ${starts[peak.first]} to ${starts[peak.last]}`)
      .join('; ')}.`,
    plot: {
      width,
      height: 54 + rowHeight * phrases.length,
      marginTop: 10,
      marginBottom: 40,
      marginLeft: 20 + 6.6 * longest,
      marginRight: 16,
      x: { type: 'utc', domain: [day(starts[0]!), endOf(starts.length - 1)] },
      y: { domain: phrases, label: null, padding: 0.3 },
      marks: [
        Plot.gridX({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ tickSize: 0, color: muted, label: null, ticks: ticksOf(timeline) }),
        Plot.axisY({ tickSize: 0, fill: ink }),
        Plot.barX(bars, { x1: 'from', x2: 'to', y: 'phrase', fill: heat, fillOpacity: 0.3 }),
        Plot.ruleY(awaited, {
          x1: 'from',
          x2: 'to',
          y: 'phrase',
          stroke: ink,
          strokeWidth: 1.5,
          dy: -9,
          marker: 'tick',
        }),
      ],
    },
  });
}

function nested(burst: Burst): Burst[] {
  return [burst, ...burst.within.flatMap(nested)];
}
