/** Topics over time: the river. */
import * as Plot from '@observablehq/plot';
import { type Figure, faint, figure, muted, series } from '../../../report/index.ts';
import { type Timeline, ticksOf } from '../calendar.ts';
import { type Topic, topicLabel } from './topics.ts';

export interface TopicsOverTime {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly timeline: Timeline;
  readonly topics: readonly Topic[];
  /** Papers of each topic in each bin. */
  readonly counts: readonly Int32Array[];
}

/** As many as there are colours that can be told apart. */
const drawn = series.length;

/**
 * The topic river: each topic's share of the papers of a bin as the width of its stream; the largest by colour and name, all
 * others and papers of no topic in grey. Shares, because a growing corpus makes every topic grow.
 */
export function topicRiver({ id, title, caption, timeline, topics, counts }: TopicsOverTime): Figure {
  const shown = topics.slice(0, drawn);
  const names = unique(shown.map(shortLabel));
  const bins = timeline.starts.flatMap((start, bin) =>
    timeline.sizes[bin]! > 0 ? [{ bin, date: day(start), all: timeline.sizes[bin]! }] : [],
  );
  const streams = bins.flatMap(({ bin, date, all }) => {
    const shares = shown.map((_, i) => counts[i]![bin]! / all);
    const rest = 1 - shares.reduce((sum, share) => sum + share, 0);
    return [
      { date, name: 'others', share: Math.max(0, rest), fill: faint },
      ...shares.map((share, i) => ({ date, name: names[i]!, share, fill: series[i]! })),
    ];
  });
  const widest = shown.map((_, i) => {
    const at = bins.reduce(
      (best, one) => (counts[i]![one.bin]! / one.all > counts[i]![best.bin]! / best.all ? one : best),
      bins[0]!,
    );
    return { date: at.date, name: names[i]!, fill: series[i]! };
  });
  const order = ['others', ...names];
  return figure({
    id,
    title,
    caption,
    description: `Streams over time, as wide as each topic's share of the papers. ${widest
      .map(({ name, date }) => `${name}: widest in ${date.toISOString().slice(0, 10)}`)
      .join('; ')}.`,
    plot: {
      width: 660,
      height: 360,
      marginTop: 12 + 17 * names.length,
      marginBottom: 34,
      marginLeft: 16,
      marginRight: 16,
      x: { type: 'utc', label: null },
      y: { axis: null },
      marks: [
        Plot.axisX({ tickSize: 0, color: muted, label: null, ticks: ticksOf(timeline) }),
        Plot.areaY(streams, {
          x: 'date',
          y: 'share',
          z: 'name',
          fill: 'fill',
          offset: 'center',
          order,
          curve: 'monotone-x',
          stroke: 'var(--paper)',
          strokeWidth: 0.5,
        }),
        ...names.map((name, i) =>
          Plot.text([`■ ${name}`], {
            frameAnchor: 'top-left',
            dy: -10 - 17 * (names.length - i),
            fill: series[i]!,
            fontWeight: 500,
            textAnchor: 'start',
          }),
        ),
      ],
    },
  });
}

function day(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}

function shortLabel(topic: Topic): string {
  const label = topicLabel(topic);
  return label.length > 44 ? `${label.slice(0, 43)}…` : label;
}

/** Names apart, for two topics may be called alike. */
function unique(names: readonly string[]): string[] {
  return names.map((name, i) => (names.indexOf(name) < i ? `${name} (${i + 1})` : name));
}
