/**
 * Tensors by name, wherever they lie and whatever they are made of, read one at a time.
 *
 * A checkpoint is a tower of these: files at the bottom, above them a view that renames, one that joins shards, one that
 * puts together what tensor parallelism cut. None holds numbers; a tensor exists when it is asked for, so that opening
 * and converting need the memory of one of them and not of the model.
 */
import { bytesOf, type DType, formatShape, NDArray, toFloats, toHalf } from '../../tensor/index.ts';

/** What a tensor is, before it is read. */
export interface TensorInfo {
  /** The element type that it will have; undefined where the engine has none for it. */
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
}

/** Tensors by name. Close it when done. */
export interface TensorSource {
  readonly names: readonly string[];
  /** @throws RangeError for a name that is not there */
  info(name: string): TensorInfo;
  /** @throws RangeError for a name that is not there, or for a file that is truncated or damaged */
  read(name: string): Promise<NDArray>;
  close(): Promise<void>;
}

/** Element types that weights are stored in. */
export const weightTypes = ['float32', 'float16', 'bfloat16'] as const;
export type WeightType = (typeof weightTypes)[number];

/** How one tensor of a view is made. */
export interface Derived extends TensorInfo {
  read(): Promise<NDArray>;
}

/** A source of tensors that are made from others. */
export function derived(tensors: ReadonlyMap<string, Derived>, below: { close(): Promise<void> }): TensorSource {
  const find = (name: string) => {
    const found = tensors.get(name);
    if (found === undefined) throw new RangeError(`checkpoint: expected a tensor ${JSON.stringify(name)}, got none`);
    return found;
  };
  return {
    names: [...tensors.keys()],
    info: find,
    read: async (name) => find(name).read(),
    close: () => below.close(),
  };
}

/** Arrays by name as a source. */
export function inMemory(arrays: Readonly<Record<string, NDArray>>): TensorSource {
  const tensors = Object.entries(arrays).map(
    ([name, array]) => [name, { dtype: array.dtype, shape: array.shape, read: async () => array }] as const,
  );
  return derived(new Map(tensors), { close: async () => {} });
}

/** The source with other names; those for which `rename` gives undefined are left out. */
export function renamed(source: TensorSource, rename: (name: string) => string | undefined): TensorSource {
  const tensors = new Map<string, Derived>();
  for (const old of source.names) {
    const name = rename(old);
    if (name !== undefined) tensors.set(name, { ...source.info(old), read: () => source.read(old) });
  }
  return derived(tensors, source);
}

/**
 * Arrays joined along an axis.
 * @throws RangeError unless all have one type, and one shape but for that axis
 */
export function joined(parts: readonly NDArray[], axis: 0 | 1): NDArray {
  const [first, ...others] = parts as [NDArray, ...NDArray[]];
  if (others.length === 0) return first;
  const along = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const shape = first.shape.map((n, i) => (i === axis ? along : n));
  const fits = ({ dtype, shape: own }: NDArray) =>
    dtype === first.dtype && own.length === shape.length && own.every((n, i) => i === axis || n === shape[i]);
  const odd = others.find((part) => !fits(part));
  if (odd) {
    throw new RangeError(
      `checkpoint: expected parts like ${first.dtype}${formatShape(first.shape)}, got ${odd.dtype}${formatShape(odd.shape)}`,
    );
  }
  const data = new (first.data.constructor as Float32ArrayConstructor)(shape.reduce((a, b) => a * b, 1));
  const rows = axis === 0 ? 1 : shape[0]!;
  const width = data.length / rows;
  let left = 0;
  for (const part of parts) {
    const own = part.size / rows;
    const from = part.data as Float32Array;
    for (let row = 0; row < rows; row++) data.set(from.subarray(row * own, (row + 1) * own), row * width + left);
    left += own;
  }
  return new NDArray(first.dtype, shape, data);
}

/**
 * Weights as float32 or float16; what is that already is passed on. Rounding is to nearest, ties to even.
 * @throws RangeError for a weight that float16 has no finite number for
 */
export function asWeights(tensor: NDArray, dtype: 'float32' | 'float16', name: string): NDArray {
  if (tensor.dtype === dtype) return tensor;
  const values = toFloats(tensor);
  if (dtype === 'float32') return new NDArray('float32', tensor.shape, Float32Array.from(values));
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const half = toHalf(values[i]!);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(values[i]!)) {
      throw new RangeError(
        `convert: expected numbers up to 65504 for float16, got ${values[i]} in ${name}; keep float32`,
      );
    }
    halves[i] = half;
  }
  return new NDArray('float16', tensor.shape, halves);
}

/** Bytes of a tensor when stored as weights of this type. */
export function storedBytes({ shape }: TensorInfo, type: WeightType): number {
  return shape.reduce((a, b) => a * b, 1) * (type === 'bfloat16' ? 2 : bytesOf(type));
}
