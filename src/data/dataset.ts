/**
 * What batches are drawn from: rows that can be taken by their numbers.
 */
import { elements, flattenTree, mapTree, type NDArray, zerosArray } from '../tensor/index.ts';

/** Rows of any kind. Anything with these two members can be batched: arrays in memory, windows of a text, files. */
export interface Dataset<Batch> {
  /** Number of rows. */
  readonly size: number;
  /** The rows of these numbers, each in [0, size), put together as one batch. */
  take(rows: Uint32Array): Batch;
}

/**
 * Arrays whose first axis counts the rows, nested as a batch shall be.
 * @throws RangeError when there are none, or when they differ in the number of rows
 * @example
 * const train = dataset({ image: images, label: labels });
 */
export function dataset<T>(arrays: T): Dataset<T> {
  const { leaves, paths } = flattenTree(arrays);
  const counts = (leaves as NDArray[]).map((leaf) => leaf.shape[0]);
  const size = counts[0];
  if (size === undefined) throw new RangeError('dataset: expected arrays with at least one axis, got none');
  const odd = counts.findIndex((count) => count !== size);
  if (odd >= 0)
    throw new RangeError(`dataset: expected ${size} rows in "${paths[odd]}", got ${counts[odd] ?? 'no axis'}`);
  return { size, take: (rows) => mapTree(arrays, (leaf: NDArray) => takeRows(leaf, rows)) as T };
}

/**
 * The rows of an array at these numbers, along its first axis, as a new array.
 * @throws RangeError for a row that is not there
 */
export function takeRows<A extends NDArray>(source: A, rows: ArrayLike<number>): A {
  const [count = 0, ...rest] = source.shape;
  const width = elements(rest);
  const from = source.data as Float32Array; // as of any element type: only copied from here to there
  const taken = zerosArray([rows.length, ...rest], source.dtype);
  const to = taken.data as Float32Array;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!(row >= 0 && row < count)) throw new RangeError(`takeRows: expected rows in [0, ${count}), got ${row}`);
    if (width === 1) to[i] = from[row]!;
    else to.set(from.subarray(row * width, (row + 1) * width), i * width);
  }
  return taken as NDArray as A;
}
