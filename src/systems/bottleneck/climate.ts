/** The method on real data: what tells the temperature in Seattle. */
import { type CategoricalColumn, categorical, seattleHours, shuffled, type Table } from '../../data/index.ts';
import { type ExperimentContext, table } from '../../report/index.ts';
import { random } from '../../tensor/index.ts';
import { columnsOf, type Feature } from './columns.ts';
import { tableRecipes } from './recipes.ts';
import { goodShare, rules } from './rules.ts';
import { runTable, splitTable, type TableReading, type TableRecipe } from './table-run.ts';
import { channelBits, lastAsGood, totalBits } from './trajectory.ts';

/** The name of the column that tells nothing. */
export const control = 'shuffled hour';

/** Readings of the Seattle models. */
export interface Climate {
  readonly features: readonly Feature[];
  /** One a seed. */
  readonly runs: readonly TableReading[][];
  /** With one encoder for all columns together. */
  readonly joint: readonly TableReading[];
}

/** The climate of Seattle, with a shuffled column: a run a seed, and one of the ordinary bottleneck. */
export async function climateRuns({ tier, signal, progress }: ExperimentContext): Promise<Climate> {
  const { columns, table } = columnsOf(withControl(await seattleHours()), 'temperature');
  const list = rules.control.seeds[tier];
  const once = async (seed: number, recipe: TableRecipe, i: number) => {
    const readings: TableReading[] = [];
    const name = recipe.joint ? 'Seattle, all columns together' : `Seattle, seed ${seed}`;
    const own = {
      update: (what: string, share = 0) => progress.update(`${name}: ${what}`, (i + share) / (list.length + 1)),
      note: progress.note,
    };
    const onReading = (reading: TableReading) => void readings.push(reading);
    await runTable(splitTable(table, columns, seed), recipe, { seed, onReading, progress: own, signal });
    return readings;
  };
  const runs: TableReading[][] = [];
  for (const [i, seed] of list.entries()) runs.push(await once(seed, tableRecipes[tier], i));
  const joint = await once(list[0]!, { ...tableRecipes[tier], joint: true }, list.length);
  return { features: columns.features, runs, joint };
}

function withControl(table: Table): Table {
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

/** The reading at which the columns are looked at: the last that explains enough, or else the one that explains most. */
export function moment(readings: readonly TableReading[]): TableReading {
  return lastAsGood(readings, goodShare) ?? readings.reduce((a, b) => (b.task < a.task ? b : a));
}

/** The bits of a column at that reading. */
export function columnAt({ features }: Climate, readings: readonly TableReading[], name: string): number {
  return channelBits(
    moment(readings),
    features.findIndex((feature) => feature.name === name),
  );
}

/** The bits of every column where the models explain so much. */
export function climateTable({ features, runs, joint }: Climate) {
  const levels = [0.98, 0.95, 0.9, 0.8, 0.5];
  const first = runs[0]!;
  const at = levels.flatMap((level) => {
    const reading = lastAsGood(first, level);
    return reading ? [{ level, reading, together: lastAsGood(joint, level) }] : [];
  });
  return table({
    id: 'seattle-levels',
    title: 'What it takes to explain the temperature',
    caption:
      'Bits that each column’s channel carries at the last reading that explains this share of the variance (seed 1), and what one encoder of all columns needs for the same.',
    columns: {
      explained: { name: 'explained', type: 'number', unit: '%' },
      error: { name: 'error', type: 'number', unit: '°C', decimals: 2 },
      ...Object.fromEntries(
        features.map(({ name }) => [name, { name, type: 'number' as const, unit: 'bit', decimals: 2 }]),
      ),
      total: { name: 'all channels', type: 'number', unit: 'bit', decimals: 2 },
      joint: { name: 'together', type: 'number', unit: 'bit', decimals: 2 },
    },
    rows: at.map(({ level, reading, together }) => ({
      explained: 100 * level,
      error: reading.score.kind === 'error' ? reading.score.error : null,
      ...Object.fromEntries(features.map(({ name }, i) => [name, channelBits(reading, i)])),
      total: totalBits(reading),
      joint: together ? totalBits(together) : null,
    })) as never,
  });
}
