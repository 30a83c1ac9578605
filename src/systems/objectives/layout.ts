/**
 * Examples as the rows that a model reads, and which of its predictions count.
 *
 * Whatever the objective, an example is an input and a target. A decoder reads both in one row behind a start token and
 * predicts every token from those before it; only predictions of the target count. An encoder–decoder reads the input in
 * its encoder, and its decoder reads the target behind a start token. So, of an input `a b` and a target `x y`:
 *
 *   decoder           reads  <s> a b x      predicts  a b x y      counts  . . 1 1      input  1 1 1 .
 *   encoder–decoder   reads  <s> x          predicts  x y          counts  1 1          source  a b
 *
 * A non-causal decoder sees from both sides what the last line marks as input: the start token and the whole input. Several
 * examples in a row are segments, which do not see each other.
 *
 * Source: seqio's feature converters, with which the paper's code was run (`PrefixLMFeatureConverter`, shift right by one,
 * loss on targets only).
 */
import { NDArray, type Tensor } from '../../tensor/index.ts';
import { type Batch, padRows, type Segment, type Sequence } from '../../text/index.ts';
import { type Architecture, start } from './cells.ts';

/** What is read, and what is to be told of it. */
export interface Example {
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

/** A batch for training: what a transformer reads, the token that comes next at each place, and whether that counts. */
export interface TrainingBatch<T = Tensor> extends Batch<T> {
  /** [N, T] int32 */
  readonly next: T;
  /** [N, T] float32: 1 where the prediction counts, 0 elsewhere. Absent where all count. */
  readonly weight?: T;
}

/** Lengths of a batch's rows. An encoder–decoder's source has its own; of a decoder it is 0. */
export interface RowLengths {
  readonly source: number;
  readonly row: number;
}

/** What one example takes of a row. */
export function lengthsOf(architecture: Architecture, { inputs, targets }: Example): RowLengths {
  return architecture === 'ED'
    ? { source: inputs.length, row: targets.length }
    : { source: 0, row: inputs.length + targets.length };
}

/**
 * Rows of examples as a batch. What every batch of a stream has must not depend on its examples: `facts` says it.
 * @param facts.segmented whether rows may hold several examples, or padding; without, segments are left out
 * @param facts.prompted whether there are inputs that a non-causal decoder sees from both sides, and that do not count
 */
export function layOut(
  architecture: Architecture,
  rows: readonly (readonly Example[])[],
  lengths: RowLengths,
  facts: { readonly segmented: boolean; readonly prompted: boolean },
): TrainingBatch<NDArray> {
  const encoded = architecture === 'ED';
  const reads = ({ inputs, targets }: Example) => (encoded ? targets : [...inputs, ...targets]);
  const segmentOf = (example: Example): Segment => ({
    tokens: [start, ...reads(example).slice(0, -1)],
    inputs: encoded ? 0 : example.inputs.length + 1,
  });
  const own = padRows(
    rows.map((row) => row.map(segmentOf)),
    lengths.row,
  );
  const shape = [rows.length, lengths.row];
  const [next, weight] = [new Int32Array(rows.length * lengths.row), new Float32Array(rows.length * lengths.row)];
  for (const [r, row] of rows.entries()) {
    let at = r * lengths.row;
    for (const example of row) {
      next.set(reads(example), at);
      const length = reads(example).length;
      weight.fill(1, at + length - example.targets.length, at + length);
      at += length;
    }
  }
  const source = encoded
    ? padRows(
        rows.map((row) => row.map(({ inputs }) => ({ tokens: inputs }))),
        lengths.source,
      )
    : undefined;
  const { segmented, prompted } = facts;
  const sequence = ({ ids, segment }: Required<Sequence<NDArray>>): Sequence<NDArray> =>
    segmented ? { ids, segment } : { ids };
  return {
    ...sequence(own),
    ...(architecture === 'ND' && prompted && { input: own.input }),
    ...(source && { source: sequence(source) }),
    next: new NDArray('int32', shape, next),
    ...((segmented || (prompted && !encoded)) && { weight: new NDArray('float32', shape, weight) }),
  };
}

/** The share of places that hold no token of an example. */
export function wasteOf(
  architecture: Architecture,
  rows: readonly (readonly Example[])[],
  { source, row }: RowLengths,
): number {
  const used = rows.flat().reduce((sum, example) => {
    const own = lengthsOf(architecture, example);
    return sum + own.source + own.row;
  }, 0);
  return 1 - used / (rows.length * (source + row));
}
