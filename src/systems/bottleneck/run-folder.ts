/**
 * The folder of a run on a user's table.
 *
 * run.json says what is trained on what; checkpoint.safetensors and metrics.jsonl are the training loop's; overlaps/ has
 * for every reading how far the values of each column are told apart. All of it can be written again by the same
 * command: a run that was stopped goes on, and one whose table or settings are others is refused.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, ifThere, makeFolder, openSafetensors, replaceFile, saveSafetensors } from '../../tensor/index.ts';
import { fromRecord, numbersIn, readRecords } from './anneal.ts';
import type { Columns } from './columns.ts';
import { scoreIn } from './score.ts';
import { type PreparedTable, runTable, type TableReading, type TableRecipe } from './table-run.ts';

/** What is trained on what. */
export interface RunSettings {
  /** The table's file as the user named it. */
  readonly source: string;
  /** SHA-256 of the file's bytes. */
  readonly digest: string;
  readonly rows: number;
  readonly columns: Columns;
  readonly recipe: TableRecipe;
  readonly seed: number;
}

const format = 'tenfold bottleneck 2';

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/**
 * Makes the folder of a run, or takes up the one that is there.
 * @throws RangeError when the folder's run is of another table or of other settings
 */
export async function claimFolder(folder: string, settings: RunSettings): Promise<void> {
  const before = await settingsIn(folder);
  if (before === undefined) {
    await makeFolder(folder);
    await replaceFile(join(folder, 'run.json'), [`${JSON.stringify({ format, ...settings }, null, 1)}\n`]);
    return;
  }
  const differing = (['digest', 'columns', 'recipe', 'seed'] as const).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(settings[key]),
  );
  if (differing.length === 0) return;
  const what = differing.includes('digest')
    ? 'table'
    : differing.includes('recipe')
      ? 'settings'
      : differing.join(' and ');
  throw new RangeError(
    `fit: expected the ${what} that the run in ${folder} began with (${before.source}), got another; give another --out`,
  );
}

/** @throws RangeError for a folder without a run, SyntaxError for a run.json that is none */
export async function readSettings(folder: string): Promise<RunSettings> {
  const settings = await settingsIn(folder);
  if (settings === undefined)
    throw new RangeError(`plot: expected the folder of a run, got ${folder}, which has no run.json`);
  return settings;
}

async function settingsIn(folder: string): Promise<RunSettings | undefined> {
  const path = join(folder, 'run.json');
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  let settings: RunSettings & { readonly format?: unknown };
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`run: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  if (settings?.format !== format)
    throw new SyntaxError(`run: expected a ${format} in ${path}, got ${String(settings?.format)} (give another --out)`);
  return settings;
}

/** Anneals a model in a folder, from where it was stopped there, and gives all its readings, without their overlaps. */
export async function runInFolder(
  table: PreparedTable,
  recipe: TableRecipe,
  options: Omit<Parameters<typeof runTable>[2], 'onReading'> & { readonly folder: string },
): Promise<TableReading[]> {
  const { folder } = options;
  await makeFolder(join(folder, 'overlaps'));
  await runTable(table, recipe, { ...options, onReading: (reading) => saveOverlaps(folder, reading) });
  return readReadings(folder);
}

/** Keeps what the metrics file has no room for. */
async function saveOverlaps(folder: string, { step, overlaps }: TableReading): Promise<void> {
  if (overlaps.length === 0) return;
  const tensors = overlaps.map((overlap, i) => {
    const n = Math.round(Math.sqrt(overlap.length));
    return [String(i), array(overlap, { shape: [n, n] })] as const;
  });
  await saveSafetensors(overlapPath(folder, step), Object.fromEntries(tensors));
}

/** The readings of a run so far, in order, without their overlaps. */
export async function readReadings(folder: string): Promise<TableReading[]> {
  const records = await readRecords(folder);
  return records.map((record) => {
    const numbers = numbersIn(record);
    return { ...fromRecord(record), validation: numbers.validation!, score: scoreIn(numbers), overlaps: [] };
  });
}

/** The overlaps of one of a run's readings. */
export async function readOverlaps(folder: string, step: number): Promise<Float32Array[]> {
  await using file = await openSafetensors(overlapPath(folder, step));
  const tensors = await file.readAll();
  return Object.keys(tensors)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => tensors[name]!.data as Float32Array);
}

function overlapPath(folder: string, step: number): string {
  return join(folder, 'overlaps', `${String(step).padStart(8, '0')}.safetensors`);
}
