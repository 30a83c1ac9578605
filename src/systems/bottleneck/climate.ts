/** The method on real data: what tells the temperature in Seattle. */
import { join } from 'node:path';
import {
  type CategoricalColumn,
  categorical,
  type Table as DataTable,
  seattleHours,
  shuffled,
} from '../../data/index.ts';
import { type Cell, type ExperimentContext, formatNumber, type Table, type Tier } from '../../report/index.ts';
import { random } from '../../tensor/index.ts';
import { columnsOf, type Feature } from './columns.ts';
import { tableRecipes } from './recipes.ts';
import { goodShare, rules } from './rules.ts';
import { readOverlaps, runInFolder } from './run-folder.ts';
import { runTable, splitTable, type TableReading, type TableRecipe } from './table-run.ts';
import { bestReading, channelBits, channelBounds, lastAsGood, totalBounds } from './trajectory.ts';
import { cellOf, saturation } from './worth.ts';

/** The name of the column that tells nothing. */
export const control = 'shuffled hour';

/** Readings of the Seattle models. */
export interface Climate {
  readonly features: readonly Feature[];
  /** One a seed. */
  readonly runs: readonly TableReading[][];
  /** With one encoder for all columns together. */
  readonly joint: readonly TableReading[];
  /** How far each column's values overlap where the first run is looked at. */
  readonly overlaps: readonly Float32Array[];
}

/** The climate of Seattle, with a shuffled column: a run a seed, and one of the ordinary bottleneck. */
export async function climateRuns({ tier, signal, progress, folder }: ExperimentContext): Promise<Climate> {
  const { columns, table } = columnsOf(withControl(await seattleHours()), 'temperature');
  const list = rules.control.seeds[tier];
  const once = async (seed: number, recipe: TableRecipe, i: number) => {
    const name = recipe.joint ? 'Seattle, all columns together' : `Seattle, seed ${seed}`;
    const own = {
      update: (what: string, share = 0) => progress.update(`${name}: ${what}`, (i + share) / (list.length + 1)),
      note: progress.note,
    };
    const [prepared, options] = [splitTable(table, columns, seed), { seed, progress: own, signal }];
    if (folder !== undefined) {
      const kept = join(folder, name);
      const readings = await runInFolder(prepared, recipe, { ...options, folder: kept });
      return { readings, overlapsOf: ({ step }: TableReading) => readOverlaps(kept, step) };
    }
    const readings: TableReading[] = [];
    await runTable(prepared, recipe, { ...options, onReading: (reading) => void readings.push(reading) });
    return { readings, overlapsOf: async ({ overlaps }: TableReading) => overlaps };
  };
  const runs = [];
  for (const [i, seed] of list.entries()) runs.push(await once(seed, tableRecipes[tier], i));
  const joint = await once(list[0]!, { ...tableRecipes[tier], joint: true }, list.length);
  const [first] = runs;
  return {
    features: columns.features,
    runs: runs.map(({ readings }) => readings),
    joint: joint.readings,
    overlaps: await first!.overlapsOf(lookedAt(first!.readings)),
  };
}

function withControl(table: DataTable): DataTable {
  const hour = table.column('hour') as CategoricalColumn;
  const order = shuffled(random.key(0), table.rows);
  return table.with(
    categorical(
      control,
      Int32Array.from(order, (row) => hour.codes[row]!),
      hour.categories,
    ),
  );
}

/** The last reading that explains enough for a claim; undefined where none does. */
export function goodReading(readings: readonly TableReading[]): TableReading | undefined {
  return lastAsGood(readings, goodShare);
}

/** The reading at which the columns are drawn: the last that explains enough, or else the one that explains most. */
export function lookedAt(readings: readonly TableReading[]): TableReading {
  return goodReading(readings) ?? bestReading(readings);
}

/**
 * What is measured of models that explain enough, for a claim about those: a number a run; in words why it cannot be told
 * when a run never does.
 */
export function whereGood(
  runs: readonly (readonly TableReading[])[],
  measure: (reading: TableReading) => number,
): readonly number[] | string {
  const good = runs.map(goodReading);
  const poor = runs.filter((_, i) => good[i] === undefined).map((readings) => bestReading(readings).validation);
  if (poor.length === 0) return good.map((reading) => measure(reading!));
  const most = formatNumber(100 * Math.min(...poor), { unit: '%' });
  return `never at ${formatNumber(100 * goodShare, { unit: '%' })}: a run explains ${most} at best`;
}

/** The bits of a column at a reading. */
export function columnBitsAt({ features }: Climate, reading: TableReading, name: string): number {
  return channelBits(
    reading,
    features.findIndex((feature) => feature.name === name),
  );
}

const levels = [0.98, 0.95, 0.9, 0.8, 0.5];

/** What every column's channel carries where the first model explains so much. */
export function climateTable({ features, runs, joint }: Climate, tier: Tier) {
  const reached = levels.flatMap((level) => {
    const reading = lastAsGood(runs[0]!, level);
    return reading ? [{ key: `at${100 * level}`, level, reading, together: lastAsGood(joint, level) }] : [];
  });
  const row = (name: string, cell: (at: (typeof reached)[number]) => Cell) => ({
    name,
    ...Object.fromEntries(reached.map((at) => [at.key, cell(at)])),
  });
  const error = ({ score }: TableReading) =>
    score.kind === 'error' ? formatNumber(score.error, { unit: '°C' }) : null;
  const mark = saturation(reached.flatMap(({ reading, together }) => [reading, ...(together ? [together] : [])]));
  return {
    id: 'seattle-levels',
    title: 'What it takes to explain the temperature',
    caption: `Bits that each column’s channel carries, between a lower and an upper bound, at the last reading that explains this share of the variance of the validation hours (seed ${rules.control.seeds[tier][0]}); what all channels carry; what one encoder of all columns needs for the same share; and the error on test hours.${mark && ` ${mark}`}`,
    columns: {
      name: { name: 'column', type: 'text' },
      ...Object.fromEntries(
        reached.map(({ key, level }) => [
          key,
          { name: `at ${100 * level} %`, type: 'bounds', unit: 'bit', decimals: 2 } as const,
        ]),
      ),
    },
    rows: [
      ...features.map(({ name }, i) => row(name, ({ reading }) => cellOf(channelBounds(reading, i)))),
      row('all channels', ({ reading }) => cellOf(totalBounds(reading))),
      row('together', ({ together }) => (together ? cellOf(totalBounds(together)) : null)),
      row('error', ({ reading }) => error(reading)),
    ],
  } satisfies Table;
}
