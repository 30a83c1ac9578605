/**
 * Concrete arrays: what goes into a compiled program and what comes out of it.
 */
import { allocate, type DType, fromHalf, type Storage, toHalf } from './dtype.ts';
import { elements, formatShape } from './shape.ts';

/** Numbers nested to any depth, as in `[[1, 2], [3, 4]]`. */
export type Nested = number | readonly Nested[];

/**
 * A dense row-major array with its element type and shape.
 *
 * An array made on the host, or by a program on the CPU, has its elements in `data`. One that lives elsewhere (on a
 * GPU, in a worker) is a handle: `await toHost(x)` brings it here.
 */
export class NDArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Where the elements lie when they are not in this thread's memory: what the device that made it needs to find it. */
  readonly remote: object | undefined;
  readonly #data: Storage<D> | undefined;

  constructor(dtype: D, shape: readonly number[], content: Storage<D> | { readonly remote: object }) {
    this.dtype = dtype;
    this.shape = shape;
    if ('remote' in content) {
      this.remote = content.remote;
    } else {
      if (content.length !== elements(shape)) {
        throw new RangeError(
          `array: expected ${elements(shape)} elements for shape ${formatShape(shape)}, got ${content.length}`,
        );
      }
      this.#data = content;
    }
  }

  /** The elements in row-major order (float16 as bits, see {@link toFloats}). */
  get data(): Storage<D> {
    if (this.#data === undefined) {
      throw new ReferenceError('array: its elements are on another device; await toHost(array) brings them here');
    }
    if (this.#data.length === 0 && this.size > 0)
      throw new ReferenceError('array: expected elements, got an array given back by dispose()');
    return this.#data;
  }

  /** Number of elements. */
  get size(): number {
    return elements(this.shape);
  }

  /** The value of an array of one element, as a number. */
  item(): number {
    if (this.size !== 1) throw new RangeError(`item: expected one element, got shape ${formatShape(this.shape)}`);
    return toFloats(this)[0]!;
  }
}

/**
 * An array of numbers. The shape is that of the nesting, or `shape` for flat values; the default dtype is float32.
 *
 * @example
 * array([[1, 2], [3, 4]]).shape // [2, 2]
 * array([1, 2, 3, 4], { shape: [2, 2], dtype: 'int32' })
 */
export function array<D extends DType = 'float32'>(
  values: Nested | Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | BigInt64Array,
  options: { dtype?: D; shape?: readonly number[] } = {},
): NDArray<D> {
  const dtype = (options.dtype ?? 'float32') as D;
  const flat = ArrayBuffer.isView(values) ? values : flatten(values);
  const shape = options.shape ?? (ArrayBuffer.isView(values) ? [values.length] : shapeOf(values));
  if (flat.length !== elements(shape)) {
    throw new RangeError(
      `array: expected ${elements(shape)} values for shape ${formatShape(shape)}, got ${flat.length}`,
    );
  }
  return new NDArray(dtype, shape, store(dtype, flat));
}

/** An array of zeros. */
export function zerosArray<D extends DType = 'float32'>(shape: readonly number[], dtype?: D): NDArray<D> {
  const type = (dtype ?? 'float32') as D;
  return new NDArray(type, shape, allocate(type, elements(shape)));
}

/** The elements as ordinary numbers: float16 decoded, int64 as doubles (exact up to 2⁵³), the rest as they are. */
export function toFloats(source: NDArray): ArrayLike<number> {
  const { data } = source;
  if (source.dtype === 'float16') return widened(data as Uint16Array);
  if (data instanceof BigInt64Array) return Float64Array.from(data, Number);
  return data as Exclude<typeof data, BigInt64Array>;
}

/**
 * The bits of the value of each of the 65,536 halves, made when many are wanted: looking one up takes a tenth of decoding
 * it, and moving bits half of moving numbers.
 */
let halves: Uint32Array | undefined;

function widened(bits: Uint16Array): Float32Array {
  if (halves === undefined && bits.length < 2 ** 14) return Float32Array.from(bits, fromHalf);
  halves ??= new Uint32Array(Float32Array.from({ length: 2 ** 16 }, (_, half) => fromHalf(half)).buffer);
  const values = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halves[bits[i]!]!;
  return new Float32Array(values.buffer);
}

/** The elements nested by shape, as `array` takes them. */
export function toNested(source: NDArray): Nested {
  const flat = toFloats(source);
  const build = (axis: number, offset: number): Nested => {
    if (axis === source.shape.length) return flat[offset]!;
    const stride = elements(source.shape.slice(axis + 1));
    return Array.from({ length: source.shape[axis]! }, (_, i) => build(axis + 1, offset + i * stride));
  };
  return build(0, 0);
}

/** Equal for arrays of one type and the same bits: unlike their numbers, it tells −0 from 0. */
export function contentKey({ dtype, shape, data }: NDArray): string {
  return `${dtype}${formatShape(shape)}(${new Uint8Array(data.buffer, data.byteOffset, data.byteLength)})`;
}

/** Numbers put into the storage of `dtype`; integers wrap as typed arrays do. */
export function store<D extends DType>(dtype: D, values: ArrayLike<number> | BigInt64Array): Storage<D> {
  const out = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (dtype === 'int64') (out as BigInt64Array)[i] = BigInt(value);
    else
      (out as Float32Array)[i] =
        dtype === 'float16' ? toHalf(Number(value)) : dtype === 'bool' ? Number(Boolean(value)) : Number(value);
  }
  return out;
}

function shapeOf(values: Nested): number[] {
  const shape: number[] = [];
  for (let level: Nested = values; typeof level !== 'number'; level = level[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

function flatten(values: Nested): number[] {
  const flat: number[] = [];
  const shape = shapeOf(values);
  const walk = (level: Nested, depth: number): void => {
    if (typeof level === 'number') {
      if (depth !== shape.length) throw new RangeError('array: expected every row to be nested equally deep');
      flat.push(level);
      return;
    }
    if (level.length !== shape[depth]) {
      throw new RangeError(
        `array: expected rows of ${shape[depth] ?? 'no'} values at depth ${depth}, got ${level.length}`,
      );
    }
    for (const inner of level) walk(inner, depth + 1);
  };
  walk(values, 0);
  return flat;
}
