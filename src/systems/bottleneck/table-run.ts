/**
 * The method on a table: which columns hold the information about a target, and which of their values.
 */
import type { Progress } from '../../command/index.ts';
import { dataset, shuffled, split, type Table, takeRows } from '../../data/index.ts';
import { compile, flattenTree, mapTree, type NDArray, random, relu, toFloats } from '../../tensor/index.ts';
import { type Annealing, anneal, type Reading } from './anneal.ts';
import { overlap, toBits } from './channel.ts';
import { type Columns, probesOf, rowsOf, targetsOf } from './columns.ts';
import { denseEncoders } from './encoders.ts';
import { type ColumnKind, joined, type TableRows, tableInputs } from './inputs.ts';
import type { Mlp } from './mlp.ts';
import { type Bottleneck, type BottleneckParams, bottleneck } from './model.ts';
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
}

/** A reading of a table's model. */
export interface TableReading extends Reading {
  /** How well the held-out rows are predicted. */
  readonly score: Score;
  /** For every feature its values' overlaps, row by row: [features][values · values]; none with a joint encoder. */
  readonly overlaps: readonly Float32Array[];
}

/** How well a target is predicted. */
export type Score =
  /** Lower bound of I(U;Y) in bits. */
  | { readonly kind: 'bits'; readonly bits: number }
  /** Root of the mean squared error in the target's unit, and the share of the variance that is explained. */
  | { readonly kind: 'error'; readonly error: number; readonly explained: number };

/** A table made ready: its columns, and which rows are trained on. */
export interface PreparedTable {
  readonly columns: Columns;
  readonly train: Table;
  readonly held: Table;
}

/** The share of the rows that is held out. */
const heldShare = 0.2;
/** Rows at most that the bounds are taken on, and that a score is taken on. */
const sampled = 1024;
const scored = 8192;
/** Samples of the channels, about, that a score is taken on. */
const heldSamples = 8192;
/** Numbers that a reading holds at once, about: wide tables are read on fewer rows. */
const mostNumbers = 2 ** 23;

/** Splits a table's rows; a categorical target keeps its shares in both parts. */
export function splitTable(table: Table, columns: Columns, seed: number): PreparedTable {
  const target = table.column(columns.target.name);
  const parts = split(table.rows, {
    key: random.key(seed),
    parts: { train: 1 - heldShare, held: heldShare },
    ...(target.kind === 'categorical' && { strata: target.codes }),
  });
  return { columns, train: table.take(parts.train), held: table.take(parts.held) };
}

/** Anneals a model of a table. Gives every reading as it is made; those before a resumption do not come again. */
export async function runTable(
  { columns, train, held }: PreparedTable,
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
  const model = tableModel(columns, recipe);
  const probes = probesOf(columns);
  const look = compile((params: Params, probe: TableRows) => overlap(model.channel(params, probe)));
  const rows = { x: rowsOf(train, columns), y: targetsOf(train, columns) };
  const all = { x: rowsOf(held, columns), y: targetsOf(held, columns) };
  const { count, width } = tableInputs(kindsOf(columns));
  const ofHeld = recipe.loss === 'contrastive' ? sampled : Math.min(scored, Math.ceil(mostNumbers / (count * width)));
  const heldRows = someRows(all, Math.min(held.rows, ofHeld));
  const score = scorer(columns, recipe, heldRows.y);
  const ofTrain = Math.min(sampled, Math.floor(Math.sqrt(mostNumbers / count)));
  try {
    await anneal({
      model,
      train: dataset(rows),
      held: heldRows,
      draws: Math.min(8, Math.ceil(heldSamples / heldRows.y.shape[0]!)),
      sample: someRows(rows.x, Math.min(train.rows, ofTrain)),
      ...recipe,
      ...rest,
      async onReading(reading, params) {
        const overlaps = recipe.joint ? [] : matrices(await look(params, probes.rows), probes.counts);
        const full = { ...reading, score: score(reading.task), overlaps };
        await onReading(full);
        return numbersOf(full.score);
      },
    });
  } finally {
    await look.release();
  }
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

/** What a task's loss on the held-out rows says, in the words of a report. */
function scorer({ target }: Columns, { loss }: TableRecipe, y: NDArray): (loss: number) => Score {
  const values = Array.from(toFloats(y));
  if (target.kind === 'categorical') {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    let entropy = 0;
    for (const n of counts.values()) entropy -= (n / values.length) * Math.log2(n / values.length);
    return (nats) => ({ kind: 'bits', bits: entropy - toBits(nats) });
  }
  if (loss === 'contrastive') return (nats) => ({ kind: 'bits', bits: Math.log2(values.length) - toBits(nats) });
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return (squared) => ({
    kind: 'error',
    error: Math.sqrt(squared) * target.scale.std,
    explained: 1 - squared / variance,
  });
}

function numbersOf({ kind, ...numbers }: Score): Record<string, number> {
  return numbers;
}

/** The leading counts[i] × counts[i] of every matrix in [features, most, most]. */
function matrices(all: NDArray, counts: readonly number[]): Float32Array[] {
  const most = all.shape[1]!;
  const data = all.data as Float32Array;
  return counts.map((n, i) =>
    Float32Array.from({ length: n * n }, (_, k) => data[(i * most + Math.floor(k / n)) * most + (k % n)]!),
  );
}
