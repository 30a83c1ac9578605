/**
 * The method on a table: which columns hold the information about a target, and which of their values.
 */
import type { Progress } from '../../command/index.ts';
import { dataset, shuffled, split, type Table, takeRows } from '../../data/index.ts';
import type { Arrays } from '../../nn/index.ts';
import { compile, flattenTree, mapTree, type NDArray, random, relu } from '../../tensor/index.ts';
import { type Annealing, anneal, type Reading } from './anneal.ts';
import { overlap } from './channel.ts';
import { type Columns, probesOf, rowsOf, targetsOf } from './columns.ts';
import { denseEncoders } from './encoders.ts';
import { type ColumnKind, joined, type TableRows, tableInputs } from './inputs.ts';
import type { Mlp } from './mlp.ts';
import { type Bottleneck, type BottleneckParams, bottleneck, type Example } from './model.ts';
import { classScorer, contrastiveScorer, goodness, numberScorer, numbersOf, type Score, type Scorer } from './score.ts';
import { classTask, contrastiveTask, numberTask, type Task } from './task.ts';

/** How a table's model is made and trained. */
export interface TableRecipe {
  /** Hidden widths of every encoder. */
  readonly encoder: readonly number[];
  /** Numbers a feature is sent as. */
  readonly latent: number;
  /** Hidden widths of the integration network. */
  readonly integrator: readonly number[];
  /** Of a continuous target: squared error, or InfoNCE. A categorical one has cross-entropy. */
  readonly loss: 'squared' | 'contrastive';
  /** One encoder for all columns together: the ordinary information bottleneck. */
  readonly joint: boolean;
  readonly annealing: Annealing;
  readonly rate: number;
  readonly batch: number;
  /** Steps between readings. */
  readonly every: number;
  /** Rows that the channels are looked at on; by default 1024, or fewer in a table of many columns. */
  readonly sample?: number;
}

/** A reading of a table's model. */
export interface TableReading extends Reading {
  /** How well the validation rows are predicted, in bits or as a share of the variance: what readings are chosen by. */
  readonly validation: number;
  /** How well the test rows are predicted, which choose nothing. */
  readonly score: Score;
  /** For every feature its values' overlaps, row by row: [features][values · values]; none with a joint encoder. */
  readonly overlaps: readonly Float32Array[];
}

/** A table made ready: its columns, and what its rows are for. */
export interface PreparedTable {
  readonly columns: Columns;
  readonly train: Table;
  readonly validation: Table;
  readonly test: Table;
}

const shares = { train: 0.8, validation: 0.1, test: 0.1 };
/** Rows at most, by default, that the channels are looked at on. */
const sampled = 1024;
/** Rows at most of each part that scores are taken on, and samples of the channels, about. */
const scored = 4096;
const heldSamples = 8192;
/** Numbers that a reading computes at once, about: wide tables are read on fewer rows. */
const mostNumbers = 2 ** 23;
/** Blocks at least that a contrastive score is a mean of, and rows at most in one. */
const leastBlocks = 8;
const mostInBlock = 1024;

/** Parts a table's rows; a categorical target keeps its shares in all parts. */
export function splitTable(table: Table, columns: Columns, seed: number): PreparedTable {
  const target = table.column(columns.target.name);
  const parts = split(table.rows, {
    key: random.key(seed),
    parts: shares,
    ...(target.kind === 'categorical' && { strata: target.codes }),
  });
  const [train, validation, test] = [parts.train, parts.validation, parts.test].map((rows) => table.take(rows));
  return { columns, train: train!, validation: validation!, test: test! };
}

/**
 * Anneals a model of a table. Gives every reading as it is made; those before a resumption do not come again.
 * @throws RangeError for a table with too few rows to score a model on
 */
export async function runTable(
  prepared: PreparedTable,
  recipe: TableRecipe,
  options: {
    readonly seed: number;
    readonly onReading: (reading: TableReading) => void | Promise<void>;
    readonly folder?: string;
    readonly progress?: Progress;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const { onReading, ...rest } = options;
  const { columns, train, test } = prepared;
  const model = tableModel(columns, recipe);
  const probes = probesOf(columns);
  const look = compile((params: Params, probe: TableRows) => overlap(model.channel(params, probe)));
  const rows = { x: rowsOf(train, columns), y: targetsOf(train, columns) };
  const { chooses, tells } = heldParts(prepared, recipe);
  const ofTrain = recipe.sample ?? Math.min(sampled, Math.floor(Math.sqrt(mostNumbers / columns.features.length)));
  try {
    await anneal({
      model,
      train: dataset(rows),
      held: [...chooses.blocks, ...tells.blocks],
      draws: Math.min(8, Math.ceil(heldSamples / test.rows)),
      ...recipe,
      ...rest,
      sample: someRows(rows.x, Math.min(train.rows, ofTrain)),
      async onReading(reading, params, losses) {
        const overlaps = recipe.joint ? [] : matrices(await look(params, probes.rows), probes.counts);
        const choice = goodness(chooses.score(losses.slice(0, chooses.losses)));
        const score = tells.score(losses.slice(chooses.losses));
        await onReading({ ...reading, validation: choice, score, overlaps });
        return { validation: choice, ...numbersOf(score) };
      },
    });
  } finally {
    await look.release();
  }
}

/** Rows held out, as the readings take them. */
interface Part {
  /** Of equal size. */
  readonly blocks: readonly Arrays<Example<TableRows>>[];
  /** How many losses the blocks have together. */
  readonly losses: number;
  readonly score: Scorer;
}

/**
 * The rows that readings are chosen by, and those that tell how good they are.
 * @throws RangeError where they are too few, or have one value only
 */
export function heldParts({ columns, validation, test }: PreparedTable, recipe: TableRecipe) {
  const { count, width } = tableInputs(kindsOf(columns));
  const atOnce = Math.max(2, Math.floor(mostNumbers / (count * width)));
  return { chooses: heldPart(validation, columns, recipe, atOnce), tells: heldPart(test, columns, recipe, atOnce) };
}

/** The rows of a table in blocks of at most `most`; for InfoNCE in at least eight, which judge their own rows. */
function heldPart(part: Table, columns: Columns, { loss }: TableRecipe, most: number): Part {
  const { target } = columns;
  const contrastive = target.kind === 'continuous' && loss === 'contrastive';
  const rows = Math.min(part.rows, scored);
  const parts = Math.max(Math.ceil(rows / Math.min(most, mostInBlock)), contrastive ? leastBlocks : 1);
  const size = Math.floor(rows / parts);
  if (size < 2) {
    throw new RangeError(`fit: expected at least ${20 * parts} rows with a target, got about ${10 * part.rows}`);
  }
  const used = someRows({ x: rowsOf(part, columns), y: targetsOf(part, columns) }, parts * size);
  const blocks = Array.from({ length: parts }, (_, i) =>
    dataset(used).take(Uint32Array.from({ length: size }, (_, k) => i * size + k)),
  );
  if (contrastive) return { blocks, losses: parts, score: contrastiveScorer(size) };
  const score = target.kind === 'categorical' ? classScorer(used.y, target) : numberScorer(used.y, target);
  return { blocks, losses: parts * size, score };
}

type Params = BottleneckParams<Mlp>;

/** Random rows of a tree of arrays, the same at every call; all of them in another order when there are no more. */
function someRows<T>(tree: T, count: number): T {
  const rows = (flattenTree(tree).leaves[0] as NDArray).shape[0]!;
  const chosen = shuffled(random.key(0), rows).subarray(0, count);
  return mapTree(tree, (leaf: NDArray) => takeRows(leaf, chosen)) as T;
}

function kindsOf({ features }: Columns): ColumnKind[] {
  return features.map((f) => (f.kind === 'continuous' ? f : { kind: f.kind, categories: f.categories.length }));
}

function tableModel(columns: Columns, recipe: TableRecipe): Bottleneck<TableRows, Params> {
  const apart = tableInputs(kindsOf(columns));
  const inputs = recipe.joint ? joined(apart) : apart;
  return bottleneck({
    inputs,
    encoders: denseEncoders({
      features: inputs.count,
      width: inputs.width,
      hidden: recipe.encoder,
      latent: recipe.latent,
    }),
    hidden: recipe.integrator,
    activation: relu,
    task: taskOf(columns.target, recipe.loss),
  });
}

function taskOf(target: Columns['target'], loss: TableRecipe['loss']): Task {
  if (target.kind === 'categorical') return classTask(target.categories.length);
  return loss === 'squared' ? numberTask(1) : contrastiveTask(1);
}

/** The leading counts[i] × counts[i] of every matrix in [features, most, most]. */
function matrices(all: NDArray, counts: readonly number[]): Float32Array[] {
  const most = all.shape[1]!;
  const data = all.data as Float32Array;
  return counts.map((n, i) =>
    Float32Array.from({ length: n * n }, (_, k) => data[(i * most + Math.floor(k / n)) * most + (k % n)]!),
  );
}
