/** What a run's readings come to: at shares of the best prediction, the bits that each column still needs. */
import { type Bounds, formatNumber, type Table } from '../../report/index.ts';
import type { Columns, Feature } from './columns.ts';
import { aboveZero } from './score.ts';
import type { TableReading, TableRecipe } from './table-run.ts';
import { bestReading, type ChannelBounds, channelBounds, descent, totalBounds } from './trajectory.ts';

/** A model that has given up all that it can and is still so good on the validation rows. */
export interface Level {
  /** Share of the best prediction of the run. */
  readonly share: number;
  readonly reading: TableReading;
  /** What each column's channel carries, in the table's order. */
  readonly channels: readonly ChannelBounds[];
  readonly total: ChannelBounds;
}

const shares = [0.99, 0.95, 0.9, 0.75, 0.5];

/** The levels that a run has reached, best first; none for a run whose best prediction is not above zero on the test rows. */
export function levelsOf(readings: readonly TableReading[]): Level[] {
  if (readings.length === 0) return [];
  const best = bestReading(readings);
  if (!(best.validation > 0 && aboveZero(best.score))) return [];
  const path = descent(readings);
  return shares.flatMap((share) => {
    const reading = path.findLast(({ validation }) => validation >= share * best.validation);
    if (reading === undefined) return [];
    const channels = reading.channels.map((_, i) => channelBounds(reading, i));
    return [{ share, reading, channels, total: totalBounds(reading) }];
  });
}

/** The level at which the columns are compared: the model has given up what does not matter, and still knows most. */
export function telling(levels: readonly Level[]): Level | undefined {
  return levels.find(({ share }) => share === 0.75) ?? levels.at(-1);
}

/** The columns by the bits that they are worth at the telling level, the most first. */
export function byWorth(levels: readonly Level[], count: number): number[] {
  const bits = (i: number) => {
    const own = telling(levels)?.channels[i];
    return own === undefined ? 0 : own.lower + own.upper;
  };
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => bits(b) - bits(a));
}

/** Bounds as a table holds them: without an upper one where the channel is saturated. */
export function cellOf({ lower, upper, saturated }: ChannelBounds): Bounds {
  return [lower, saturated ? null : upper];
}

/** What to know of channels that carry more than the rows they were looked at on can tell apart; '' where there are none. */
export function saturation(readings: readonly TableReading[]): string {
  const reading = readings.find((one) => totalBounds(one).saturated);
  if (reading === undefined) return '';
  const { sampled } = reading;
  const most = formatNumber(Math.log2(sampled), { unit: 'bit', decimals: 1 });
  return `A channel marked ≥ carries at least so much: the ${sampled} rows that it was looked at on tell no more than ${most} apart.`;
}

/** The same for who can ask again. */
export function howToResolve(readings: readonly TableReading[]): string {
  const mark = saturation(readings);
  return mark && `${mark} --sample N takes more of them, where there are more.`;
}

/** The levels as a table: a row a column of the user's, a column a level. */
export function worthTable(features: readonly Feature[], levels: readonly Level[]): Table {
  const key = (share: number) => `at${100 * share}`;
  const order = byWorth(levels, features.length);
  const row = (name: string, bits: (level: Level) => ChannelBounds) => ({
    name,
    ...Object.fromEntries(levels.map((level) => [key(level.share), cellOf(bits(level))])),
  });
  const mark = howToResolve(levels.map(({ reading }) => reading));
  return {
    id: 'worth',
    title: 'What each column is worth',
    caption: `Bits that each column’s channel carries, between a lower and an upper bound, when the model has given up all that it can and still has this share of its best prediction on the validation rows.${mark && ` ${mark}`}`,
    columns: {
      name: { name: 'column', type: 'text' },
      ...Object.fromEntries(
        levels.map(({ share }) => [
          key(share),
          { name: `at ${Math.round(100 * share)} %`, type: 'bounds' as const, unit: 'bit', decimals: 2 },
        ]),
      ),
    },
    rows: [
      ...order.map((i) => row(features[i]!.name, ({ channels }) => channels[i]!)),
      row('all', ({ total }) => total),
    ],
  };
}

/** The columns as the model reads them: with one encoder for all, there is one. */
export function shownFeatures({ features }: Columns, { joint }: Pick<TableRecipe, 'joint'>): readonly Feature[] {
  return joint ? [{ name: 'all columns together', kind: 'categorical', categories: [] }] : features;
}
