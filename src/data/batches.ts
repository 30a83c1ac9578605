/**
 * Batches of one size, in an order that is a pure function of a key, from any position on.
 *
 * A program compiled for one batch size never meets another. For training, the rows are an endless stream, each epoch
 * a new order of all of them, and batches are cut from it one after another: the last rows of an epoch and the first
 * of the next share a batch, so that none is dropped and none padded, and every row comes once an epoch. For
 * evaluation, {@link sweep} gives every row once in its own order and fills up the last batch with rows of weight 0.
 */
import { NDArray } from '../tensor/index.ts';
import type { Dataset } from './dataset.ts';
import { shuffled } from './shuffle.ts';

/** How far a stream of batches has come. It is plain JSON: keep it in the checkpoint, beside the key. */
export interface Position {
  /** Epochs that were finished. */
  readonly epoch: number;
  /** Rows of the present epoch that were given. */
  readonly index: number;
}

export interface BatchOptions {
  /** Rows in a batch. */
  readonly size: number;
  /** Decides the order of every epoch; from `random.key`. */
  readonly key: NDArray<'uint32'>;
  /** Where to begin: a {@link Batches.position} of a stream of the same rows and key. */
  readonly start?: Position;
}

/** An endless stream of batches. */
export interface Batches<Batch> extends IterableIterator<Batch> {
  /** Where the next batch begins. */
  readonly position: Position;
  next(): IteratorYieldResult<Batch>;
}

/**
 * An endless stream of batches in random order. Batches of k times the size are the same stream, k at once.
 * @throws RangeError for no rows, a size that is no positive integer, or a position outside the rows
 * @example
 * const stream = batches(train, { size: 128, key: random.key(0), start: checkpoint.position });
 * for (const { image, label } of stream) {
 *   await step(image, label);
 *   save({ position: stream.position });
 * }
 */
export function batches<Batch>(data: Dataset<Batch>, options: BatchOptions): Batches<Batch> {
  const { size, key } = options;
  checkSizes('batches', data.size, size);
  let { epoch, index } = options.start ?? { epoch: 0, index: 0 };
  if (!isCount(epoch) || !isCount(index) || index >= data.size) {
    throw new RangeError(
      `batches: expected start with epoch at 0 or above and index in [0, ${data.size}), got epoch ${epoch}, index ${index}`,
    );
  }
  let order = shuffled(key, data.size, epoch);
  return {
    get position() {
      return { epoch, index };
    },
    next() {
      const rows = new Uint32Array(size);
      for (let filled = 0; filled < size; ) {
        const part = order.subarray(index, index + size - filled);
        rows.set(part, filled);
        filled += part.length;
        index += part.length;
        if (index < data.size) continue;
        index = 0;
        order = shuffled(key, data.size, ++epoch);
      }
      return { done: false, value: data.take(rows) };
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}

/**
 * Every row once, in order, in batches of one size. Each comes with `weight`, float32[size]: 1 for the rows of the data
 * and 0 for those that fill up the last batch, which repeat its first row.
 * @throws RangeError for no rows, or a size that is no positive integer
 */
export function* sweep<Batch>(
  data: Dataset<Batch>,
  size: number,
): Generator<{ batch: Batch; weight: NDArray<'float32'> }> {
  checkSizes('sweep', data.size, size);
  for (let start = 0; start < data.size; start += size) {
    const rows = Uint32Array.from({ length: size }, (_, i) => (start + i < data.size ? start + i : start));
    const weight = Float32Array.from({ length: size }, (_, i) => (start + i < data.size ? 1 : 0));
    yield { batch: data.take(rows), weight: new NDArray('float32', [size], weight) };
  }
}

function checkSizes(op: string, rows: number, size: number): void {
  if (rows === 0) throw new RangeError(`${op}: expected rows, got none`);
  if (!isCount(size) || size === 0) throw new RangeError(`${op}: expected a positive integer size, got ${size}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
