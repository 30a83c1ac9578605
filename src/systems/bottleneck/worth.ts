/** What a run's readings come to: at shares of the best prediction, the bits that each column still needs. */
import type { Table } from '../../report/index.ts';
import type { Columns, Feature } from './columns.ts';
import type { TableReading, TableRecipe } from './table-run.ts';
import { channelBits, descent, goodness, totalBits } from './trajectory.ts';

/** A model that has given up all that it can and is still so good. */
export interface Level {
  /** Share of the best prediction of the run. */
  readonly share: number;
  readonly reading: TableReading;
  /** Bits of each column's channel, in the table's order. */
  readonly bits: readonly number[];
  readonly total: number;
}

const shares = [0.99, 0.95, 0.9, 0.75, 0.5];

/** The levels that a run has reached, best first; none for a run that predicts nothing. */
export function levelsOf(readings: readonly TableReading[]): Level[] {
  if (readings.length === 0) return [];
  const best = Math.max(...readings.map(({ score }) => goodness(score)));
  if (!(best > 0)) return [];
  const path = descent(readings);
  return shares.flatMap((share) => {
    const reading = path.findLast(({ score }) => goodness(score) >= share * best);
    if (reading === undefined) return [];
    return [
      { share, reading, bits: reading.channels.map((_, i) => channelBits(reading, i)), total: totalBits(reading) },
    ];
  });
}

/** The level at which the columns are compared: the model has given up what does not matter, and still knows most. */
export function telling(levels: readonly Level[]): Level | undefined {
  return levels.find(({ share }) => share === 0.75) ?? levels.at(-1);
}

/** The columns by the bits that they are worth at the telling level, the most first. */
export function byWorth(levels: readonly Level[], count: number): number[] {
  const bits = (i: number) => telling(levels)?.bits[i] ?? 0;
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => bits(b) - bits(a));
}

/** The levels as a table: a row a column of the user's, a column a level. */
export function worthTable(features: readonly Feature[], levels: readonly Level[]): Table {
  const key = (share: number) => `at${100 * share}`;
  const order = byWorth(levels, features.length);
  const row = (name: string, bits: (level: Level) => number) => ({
    name,
    ...Object.fromEntries(levels.map((level) => [key(level.share), bits(level)])),
  });
  return {
    id: 'worth',
    title: 'What each column is worth',
    caption:
      'Bits that each column’s channel carries when the model has given up all that it can and still has this share of its best prediction on rows held out.',
    columns: {
      name: { name: 'column', type: 'text' },
      ...Object.fromEntries(
        levels.map(({ share }) => [
          key(share),
          { name: `at ${Math.round(100 * share)} %`, type: 'number' as const, unit: 'bit', decimals: 2 },
        ]),
      ),
    },
    rows: [...order.map((i) => row(features[i]!.name, ({ bits }) => bits[i]!)), row('all', ({ total }) => total)],
  };
}

/** The columns as the model reads them: with one encoder for all, there is one. */
export function shownFeatures({ features }: Columns, { joint }: Pick<TableRecipe, 'joint'>): readonly Feature[] {
  return joint ? [{ name: 'all columns together', kind: 'categorical', categories: [] }] : features;
}
