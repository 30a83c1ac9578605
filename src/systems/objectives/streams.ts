/**
 * Endless streams of batches for each cell, all of the same number of tokens a step.
 *
 * Text is cut into windows, each epoch in a new order and from a new place. What a window becomes is the objective's
 * affair; every draw is a function of seed and number, so that a stream goes on anywhere. An encoder–decoder that learns
 * prefix language modelling gets two windows a row, the one split at s and the other at L − s: then encoder and decoder
 * both have rows of exactly L, and nothing is wasted (T5's `pack_prefix_lm_encoder_decoder`).
 */
import { shuffled } from '../../data/index.ts';
import type { BatchStream } from '../../nn/index.ts';
import { type NDArray, random } from '../../tensor/index.ts';
import type { Architecture, Cell } from './cells.ts';
import { corrupt, corruptionOfRow } from './corruption.ts';
import { Draws } from './draws.ts';
import { type Example, layOut, lengthsOf, type RowLengths, type TrainingBatch } from './layout.ts';
import { packRows } from './packing.ts';

/** How much a step reads. */
export interface StepSize {
  /** Tokens of a decoder's row. */
  readonly row: number;
  /** Rows of a decoder's batch; even. */
  readonly rows: number;
}

/** The batches of a cell: what a row is. */
export interface CellRows {
  /** Tokens of text that an example is made of. */
  readonly text: number;
  /** Examples in a row. */
  readonly examples: number;
  readonly rows: number;
  readonly lengths: RowLengths;
  readonly facts: { readonly segmented: boolean; readonly prompted: boolean };
}

/** What the rows of a cell are; all cells get the same number of tokens a step, but for what span corruption rounds. */
export function rowsOf({ architecture, objective }: Cell, { row, rows }: StepSize): CellRows {
  const one = { examples: 1, rows };
  const facts = { segmented: false, prompted: objective !== 'FLM' };
  if (objective === 'MLM') {
    const { text, inputs, targets } = corruptionOfRow(row);
    const lengths = architecture === 'ED' ? { source: inputs, row: targets } : { source: 0, row: inputs + targets };
    return { ...one, text, lengths, facts };
  }
  if (architecture !== 'ED') return { ...one, text: row, lengths: { source: 0, row }, facts };
  return {
    text: row,
    examples: 2,
    rows: rows / 2,
    lengths: { source: row, row },
    facts: { ...facts, segmented: true },
  };
}

/** The examples of a row, made of its windows. */
export function examplesOf({ objective }: Cell, windows: readonly Int32Array[], draws: Draws): Example[] {
  if (objective === 'FLM') return windows.map((window) => ({ inputs: [], targets: [...window] }));
  if (objective === 'MLM') return windows.map((window) => corrupt(window, draws));
  const length = windows[0]!.length;
  const split = 1 + draws.below(length - 1);
  return windows.map((window, i) => {
    const at = i % 2 === 0 ? split : length - split;
    return { inputs: [...window.subarray(0, at)], targets: [...window.subarray(at)] };
  });
}

/**
 * Batches for pretraining.
 * @param at the number of the first batch
 * @throws RangeError for a text that is shorter than a window
 */
export function pretrainingBatches(
  tokens: Int32Array,
  cell: Cell,
  { size, seed }: { readonly size: StepSize; readonly seed: number },
  at = 0,
): BatchStream<TrainingBatch<NDArray>, number> {
  const { text, examples, rows, lengths, facts } = rowsOf(cell, size);
  const windows = windowsOf(tokens, text, seed);
  return counted(at, (number) => {
    const row = (r: number) => {
      const ordinal = number * rows + r;
      const own = Array.from({ length: examples }, (_, i) => windows(ordinal * examples + i));
      return examplesOf(cell, own, Draws.of(seed, 1, ordinal));
    };
    return layOut(
      cell.architecture,
      Array.from({ length: rows }, (_, r) => row(r)),
      lengths,
      facts,
    );
  });
}

/** The n-th window of an endless stream: every epoch cuts the text anew, and takes all of it in random order. */
function windowsOf(tokens: Int32Array, length: number, seed: number): (ordinal: number) => Int32Array {
  const count = Math.floor(tokens.length / length) - 1;
  if (count < 1) throw new RangeError(`pretraining: expected more than ${2 * length} tokens, got ${tokens.length}`);
  const key = random.key(seed);
  let epoch = -1;
  let offset = 0;
  let order: Uint32Array = new Uint32Array(0);
  return (ordinal) => {
    const own = Math.floor(ordinal / count);
    if (own !== epoch) {
      [epoch, offset, order] = [own, Draws.of(seed, 0, own).below(length), shuffled(key, count, own)];
    }
    const from = offset + order[ordinal % count]! * length;
    return tokens.subarray(from, from + length);
  };
}

/** Rows of an encoder–decoder that finetunes: shared out between source and target as its examples need them. */
export function finetuningLengths(architecture: Architecture, examples: readonly Example[], row: number): RowLengths {
  if (architecture !== 'ED') return { source: 0, row };
  const total = (of: 'inputs' | 'targets') => examples.reduce((sum, example) => sum + example[of].length, 0);
  const longest = Math.max(...examples.map(({ targets }) => targets.length));
  const target = Math.max(longest, Math.ceil((row * total('targets')) / (total('inputs') + total('targets'))));
  return { source: row - target, row: target };
}

/** All examples in random order, packed into rows. */
export function packEpoch(
  architecture: Architecture,
  examples: readonly Example[],
  row: number,
  draws: Draws,
): Example[][] {
  const order = draws.shuffled(examples);
  const sizes = order.map((example) => lengthsOf(architecture, example));
  const lengths = finetuningLengths(architecture, examples, row);
  return packRows(sizes, lengths).map((own) => own.map((i) => order[i]!));
}

/** Batches for multitask finetuning: the examples, packed anew every epoch. @param at the number of the first batch */
export function finetuningBatches(
  architecture: Architecture,
  examples: readonly Example[],
  { size, seed }: { readonly size: StepSize; readonly seed: number },
  at = 0,
): BatchStream<TrainingBatch<NDArray>, number> {
  const lengths = finetuningLengths(architecture, examples, size.row);
  // every epoch gives as many rows as the first, so that a row's number tells its epoch
  const first = packEpoch(architecture, examples, size.row, Draws.of(seed, 2, 0));
  let [epoch, packed] = [0, first];
  const rowAt = (ordinal: number) => {
    const own = Math.floor(ordinal / first.length);
    if (own !== epoch) [epoch, packed] = [own, packEpoch(architecture, examples, size.row, Draws.of(seed, 2, own))];
    // one that packs better begins again for a row or two, one that packs worse leaves them out
    return packed[(ordinal % first.length) % packed.length]!;
  };
  return counted(at, (number) =>
    layOut(
      architecture,
      Array.from({ length: size.rows }, (_, r) => rowAt(number * size.rows + r)),
      lengths,
      { segmented: true, prompted: true },
    ),
  );
}

/** A stream of batches that are functions of their number. */
function counted<B>(at: number, batch: (number: number) => B): BatchStream<B, number> {
  let number = at;
  return {
    get position() {
      return number;
    },
    next: () => ({ done: false, value: batch(number++) }),
  };
}
