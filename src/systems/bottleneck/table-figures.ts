/** What the method finds in a table, drawn. */
import * as Plot from '@observablehq/plot';
import { curves, type Figure, faint, figure, formatNumber, matrix, muted, series } from '../../report/index.ts';
import { type Feature, probedNumbers } from './columns.ts';
import { goodness, type Score } from './score.ts';
import type { TableReading } from './table-run.ts';
import { channelBits, channelBounds, descent, totalBits, totalBounds } from './trajectory.ts';

const bare = { tickSize: 0, color: muted, labelArrow: 'none' } as const;

/** How a score's axis is called. */
function scoreAxis(kind: Score['kind']): string {
  return kind === 'bits' ? 'information about the target, I(U;Y) at least (bit)' : 'share of the variance explained';
}

/** What a model tells about the target against the bits that it takes in. */
export function tablePlane(options: {
  readonly id: string;
  readonly target: string;
  readonly runs: readonly (readonly TableReading[])[];
  /** What reads: by default a channel a column. */
  readonly reader?: string;
  /** The same with one encoder for all columns together. */
  readonly joint?: readonly TableReading[];
}): Figure {
  const { id, target, runs, joint, reader = 'a channel a column' } = options;
  const { kind } = runs[0]![0]!.score;
  const points = (readings: readonly TableReading[], seed: number) =>
    descent(readings).map((reading) => {
      const { lower, upper } = totalBounds(reading);
      const [low, high] = reading.score.interval;
      const score = goodness(reading.score);
      return { seed, total: totalBits(reading), lower, upper, score: above(score), low: above(low), high: above(high) };
    });
  const own = runs.flatMap(points);
  const most = Math.max(...own.map(({ upper }) => upper));
  // what is drawn of it: as far as the other reaches
  const together = joint?.filter((reading) => totalBits(reading) <= most) ?? [];
  const control = joint ? points(together, 0) : [];
  const name = (at: readonly { total: number; score: number }[], share: number) => {
    const nearest = at.reduce((a, b) => (Math.abs(b.total - most * share) < Math.abs(a.total - most * share) ? b : a));
    return [nearest];
  };
  return figure({
    id,
    title: `How much it takes to know ${target}`,
    caption: `Prediction on test rows against the bits that all channels carry, from right to left while the price of
      information rises. Bands: its interval at 95 %; thin lines: from the lower to the upper bound of the bits, the curve in their middle.
      ${runs.length > 1 ? `A blue line a seed. ` : ''}${joint ? `Dashed: one encoder that reads all columns together, the ordinary information bottleneck; it may say in one word what two columns say twice.` : ''}${unresolved([...runs, together].flat())}`,
    description: `With ${bitsOf(own[0]!.total)} the score is ${formatNumber(own[0]!.score)}; with ${bitsOf(own.at(-1)!.total)}, ${formatNumber(own.at(-1)!.score)}.`,
    plot: {
      width: 660,
      height: 340,
      marginTop: 30,
      marginRight: 30,
      marginBottom: 44,
      marginLeft: 48,
      x: { domain: [0, most] },
      y: { domain: kind === 'error' ? [0, 1] : [0, Math.max(0.01, ...own.map(({ high }) => high)) * 1.05] },
      marks: [
        Plot.gridY({ stroke: faint, strokeOpacity: 1 }),
        Plot.axisX({ ...bare, label: 'information that all channels carry (bit)', labelAnchor: 'center' }),
        Plot.axisY({ ...bare, label: scoreAxis(kind), labelAnchor: 'top' }),
        Plot.areaY(own, { x: 'total', y1: 'low', y2: 'high', z: 'seed', fill: series[0], fillOpacity: 0.13 }),
        Plot.ruleY(own, { x1: 'lower', x2: 'upper', y: 'score', stroke: series[0], strokeOpacity: 0.35 }),
        Plot.line(control, { x: 'total', y: 'score', stroke: muted, strokeDasharray: '4 3', strokeWidth: 1.6 }),
        Plot.line(own, { x: 'total', y: 'score', z: 'seed', stroke: series[0], strokeWidth: 1.75 }),
        Plot.text(name(own, 0.35), {
          x: 'total',
          y: 'score',
          text: () => reader,
          dy: 18,
          textAnchor: 'start',
          fill: series[0],
          fontWeight: 500,
        }),
        ...(control.length > 0
          ? [
              Plot.text(name(control, 0.45), {
                x: 'total',
                y: 'score',
                text: () => 'all columns together',
                dy: -10,
                textAnchor: 'middle',
                fill: muted,
              }),
            ]
          : []),
      ],
    },
  });
}

/** What to know where channels carry more than their rows resolve. */
function unresolved(readings: readonly TableReading[]): string {
  const reading = readings.find((one) => totalBounds(one).saturated);
  if (reading === undefined) return '';
  return ` At the right some channels carry more than the ${reading.sampled} rows that they were looked at on can tell apart: there the lower bounds are too low.`;
}

function bitsOf(bits: number): string {
  return formatNumber(bits, { unit: 'bit' });
}

/** A score as the drawing shows it, which begins at knowing nothing. */
function above(score: number): number {
  return Math.max(0, score);
}

/** Where the bits go: what every column's channel carries against the bits of all. */
export function columnBits(options: {
  readonly id: string;
  readonly features: readonly Feature[];
  readonly readings: readonly TableReading[];
  /** A column that tells nothing, by its name. */
  readonly control?: string;
}): Figure {
  const { id, features, readings, control } = options;
  // the columns that carry most, as many as there are colours; the rest would not be told apart
  const most = features.map((_, i) => Math.max(...descent(readings).map((reading) => channelBits(reading, i))));
  const shown = [...features.keys()]
    .filter((i) => features[i]!.name !== control)
    .sort((a, b) => most[b]! - most[a]!)
    .slice(0, series.length);
  const controls = [...features.keys()].filter((i) => features[i]!.name === control);
  const path = descent(readings).toReversed();
  const left = features.length - shown.length - controls.length;
  return figure({
    id,
    title: 'Where the bits go',
    caption: `Information that each column's channel carries, against that of all together. Bands reach from its lower to its upper bound, lines are in their middle.${control === undefined ? '' : ` Dashed: ${control}, a control that cannot tell anything.`}${left > 0 ? ` ${left} that carry less are not drawn.` : ''}${unresolved(readings)}`,
    description: shown
      .map((i) => `${features[i]!.name} carries at most ${formatNumber(most[i]!, { unit: 'bit' })}`)
      .join('; '),
    plot: curves({
      x: { label: 'information that all channels carry (bit)' },
      y: { label: 'of it in each column (bit)' },
      curves: [...shown, ...controls].map((i) => ({
        name: features[i]!.name,
        points: path.map((reading) => {
          const { lower, upper } = channelBounds(reading, i);
          return { x: totalBits(reading), y: channelBits(reading, i), low: lower, high: upper };
        }),
        ...(controls.includes(i) && { reference: true as const }),
      })),
    }),
  });
}

/** Which values of a column the model still tells apart at a reading. */
export function valuesApart(options: {
  readonly id: string;
  readonly feature: Feature;
  readonly overlap: Float32Array;
  /** Bits that the column's channel carries at this reading. */
  readonly bits: number;
}): Figure {
  const { id, feature, overlap, bits } = options;
  const { name } = feature;
  const n = Math.round(Math.sqrt(overlap.length));
  const apart = (i: number, j: number) => Math.min(1, Math.max(0, 1 - overlap[i * n + j]!));
  const order = feature.kind === 'continuous' || inOrder(feature.categories) ? [...Array(n).keys()] : chain(n, apart);
  const values = order.map((i) => order.map((j) => apart(i, j)));
  const [x, y] =
    feature.kind === 'continuous'
      ? [feature.range, feature.range]
      : axisNames(order.map((i) => feature.categories[i]!));
  return figure({
    id,
    title: `Which values of ${name} are told apart`,
    caption: `With ${formatNumber(bits, { unit: 'bit' })} about ${name}: 1 − exp(−Bhattacharyya distance) of the Gaussians that two values
      are sent as. Light: the two are one value to the model. Dark: it keeps them distinct.${feature.kind === 'continuous' ? ` ${probedNumbers} evenly spaced values.` : inOrder(feature.categories) ? '' : ' Each value is followed by the one, of those left, that it is told apart from least.'}`,
    description: `A matrix of ${n} by ${n} values of ${name}.`,
    plot: matrix({ x: { label: name, steps: x }, y: { label: name, steps: y }, values, label: 'told apart' }),
  });
}

/** Categories that are numbers keep their order. */
function inOrder(categories: readonly string[]): boolean {
  return categories.every((category) => category.trim() !== '' && Number.isFinite(Number(category)));
}

/** An order in which each is followed by the one, of those left, that it is told apart from least. */
function chain(n: number, apart: (i: number, j: number) => number): number[] {
  const order = [0];
  const left = new Set(Array.from({ length: n - 1 }, (_, i) => i + 1));
  while (left.size > 0) {
    const last = order.at(-1)!;
    const next = [...left].reduce((a, b) => (apart(last, b) < apart(last, a) ? b : a));
    order.push(next);
    left.delete(next);
  }
  return order;
}

/** Names along both axes, as many as there is room for: columns are 440 pixels wide at most. */
function axisNames(names: readonly string[]): [x: string[], y: string[]] {
  const cell = Math.min(26, 440 / names.length);
  const every = Math.ceil(13 / cell);
  const longest = Math.max(...names.map((name) => name.length));
  return [
    names.map((name, i) => (7 * longest <= cell * every && i % every === 0 ? name : '')),
    names.map((name, i) => (i % every === 0 ? name : '')),
  ];
}
