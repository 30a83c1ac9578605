/** What training reads its batches from, and how several become one. */
import { flattenTree, formatType, NDArray, zerosArray } from '../tensor/index.ts';

/**
 * An endless stream of batches that knows where it stands. A batch is a tree of arrays; all batches of a stream have
 * one structure, one element type and one shape a leaf. What `tenfold/data` makes is one.
 */
export interface BatchStream<B, At> {
  /** The next batch; after the last of an epoch comes the first of another. */
  next(): IteratorResult<B, unknown> | Promise<IteratorResult<B, unknown>>;
  /** Where the next batch begins, as plain JSON. */
  readonly position: At;
}

/** Opens a stream: from its beginning, or from a `position` of before, from which on it gives the same batches. */
export type BatchSource<B, At> = (start?: At) => BatchStream<B, At>;

/** Size of a tree of arrays, in bytes. */
export function treeBytes(tree: unknown): number {
  return (flattenTree(tree).leaves as NDArray[]).reduce((total, { data }) => total + data.byteLength, 0);
}

/** Batches, all of one type, joined along new leading axes of the sizes `lead`, in order; with none, the one batch. */
export function stackBatches<B>(batches: readonly B[], lead: readonly number[]): B {
  if (lead.length === 0) return batches[0]!;
  const flats = batches.map((batch) => flattenTree(batch));
  const [first] = flats as [(typeof flats)[0], ...typeof flats];
  const stacked = first.leaves.map((_, i) => {
    const parts = flats.map((flat) => flat.leaves[i] as NDArray);
    const { dtype, shape } = parts[0]!;
    const whole = zerosArray([...lead, ...shape], dtype);
    for (const [k, part] of parts.entries()) (whole.data as Uint8Array).set(part.data as Uint8Array, k * part.size);
    return whole;
  });
  return first.build(stacked) as B;
}

/**
 * The batches of a stream one by one.
 * @throws RangeError when it ends, or when a batch is not of the first one's type; TypeError for other than arrays
 */
export function reader<B>(stream: BatchStream<B, unknown>): () => Promise<B> {
  let first: string | undefined;
  return async () => {
    const { done, value } = await stream.next();
    if (done) throw new RangeError('fit: expected an endless stream of batches, got one that ended');
    const { leaves, paths } = flattenTree(value, 'batch');
    const odd = leaves.findIndex((leaf) => !(leaf instanceof NDArray));
    if (odd >= 0) {
      const got = leaves[odd];
      const kind = got instanceof Object ? got.constructor.name : typeof got;
      throw new TypeError(`fit: expected a batch of arrays, got ${kind} at ${paths[odd]} (array() makes them)`);
    }
    const type = leaves.map((leaf, i) => `${paths[i]} ${formatType(leaf as NDArray)}`).join(', ');
    first ??= type;
    if (type === first) return value;
    throw new RangeError(`fit: expected all batches to be ${first}, got ${type} (leave out a smaller last one)`);
  };
}
