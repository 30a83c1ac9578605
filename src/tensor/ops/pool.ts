/**
 * Pooling and resizing over the spatial axes of x [n, c, ...space].
 */
import { NDArray, store } from '../array.ts';
import {
  apply,
  applyAll,
  constantOp,
  formatType,
  type Op,
  requireFloat,
  type Tensor,
  type Type,
  type Value,
} from '../program.ts';
import { elements, formatShape, strides as stridesOf } from '../shape.ts';
import { mul } from './arithmetic.ts';
import { reshape } from './axes.ts';
import { full, zeros } from './constants.ts';
import { convTranspose, readWindow, type Window, windowSizes } from './conv.ts';
import { scatterAdd } from './indexing.ts';
import { forEachIndex } from './walk.ts';

interface PoolAttrs extends Window {
  readonly kernel: readonly number[];
}

/** The window of a pool; a number holds for every spatial axis. */
export interface PoolOptions {
  /** Default: the window's size, so that windows do not overlap. */
  stride?: number | readonly number[];
  /** Default 0. What is added takes no part in maxima or means. */
  padding?: number | readonly (number | readonly [number, number])[];
}

function inferPool(name: string, x: Tensor, attrs: PoolAttrs): number[] {
  requireFloat(name, x);
  const [n, c, ...space] = x.shape as [number, number, ...number[]];
  for (const [i, [before, after]] of attrs.padding.entries()) {
    if (before >= attrs.kernel[i]! || after >= attrs.kernel[i]!)
      throw new RangeError(`${name}: expected padding below the window's size, got ${formatShape(attrs.padding[i]!)}`);
  }
  return [n, c, ...windowSizes(name, space, attrs.kernel, attrs)];
}

/** Visits every element of every window: its flat place in x, and the window's. */
function forEachInWindow(
  x: Type,
  y: Type,
  { kernel, stride, padding }: PoolAttrs,
  visit: (xi: number, yi: number) => void,
): void {
  const step = stridesOf(x.shape);
  forEachIndex(y.shape, (at, yi) => {
    forEachIndex(kernel, (tap) => {
      let xi = at[0]! * step[0]! + at[1]! * step[1]!;
      for (const [i, t] of tap.entries()) {
        const place = at[i + 2]! * stride[i]! - padding[i]![0] + t;
        if (place < 0 || place >= x.shape[i + 2]!) return;
        xi += place * step[i + 2]!;
      }
      visit(xi, yi);
    });
  });
}

const pads = ({ padding }: Window) => [...padding.map((p) => p[0]), ...padding.map((p) => p[1])];

function readPool(op: string, x: Tensor, window: number | readonly number[], options: PoolOptions): PoolAttrs {
  const rank = x.rank - 2;
  if (rank < 1) throw new RangeError(`${op}: expected x [n, c, ...space], got ${formatType(x)}`);
  const kernel = typeof window === 'number' ? new Array<number>(rank).fill(window) : window;
  return { kernel, ...readWindow(op, rank, { stride: options.stride ?? kernel, padding: options.padding ?? 0 }) };
}

const maxPoolOp: Op<PoolAttrs> = {
  name: 'maxPool',
  infer: ([x], attrs) => {
    const shape = inferPool('maxPool', x!, attrs);
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  vjp: ({ inputs: [x], outputs: [, indices] }, [g]) => [
    g && reshape(scatterAdd(zeros([x!.size], g.dtype), reshape(indices!, [-1]), reshape(g, [-1]), 0), x!.shape),
  ],
  lower: (emit, [x], { outputs, attrs }) => {
    const options = { kernel_shape: attrs.kernel, strides: attrs.stride, pads: pads(attrs) };
    if (!emit.isUsed(outputs[1]!)) return [emit.op('MaxPool', [x!], options), ''];
    const [y, indices] = emit.ops('MaxPool', [x!], 2, options);
    return [y!, emit.cast(indices!, 'int32')];
  },
  meaning: ([x], attrs, [type]) => {
    const y = new Float64Array(elements(type!.shape)).fill(Number.NEGATIVE_INFINITY);
    const indices = new Float64Array(y.length);
    forEachInWindow(x!, type!, attrs, (xi, yi) => {
      if (x!.data[xi]! > y[yi]!) [y[yi], indices[yi]] = [x!.data[xi]!, xi];
    });
    return [y, indices];
  },
};

/** The largest element of each window; the gradient goes to the first of equals. */
export function maxPool(x: Tensor, window: number | readonly number[], options: PoolOptions = {}): Tensor {
  return applyAll(maxPoolOp, [x], readPool('maxPool', x, window, options))[0]!;
}

const avgPoolOp: Op<PoolAttrs> = {
  name: 'avgPool',
  infer: ([x], attrs) => [{ dtype: x!.dtype, shape: inferPool('avgPool', x!, attrs) }],
  vjp: ({ inputs: [x], outputs: [y], attrs }, [g]) => {
    const [, c, ...space] = x!.shape as [number, number, ...number[]];
    const shared = mul(g!, apply(constantOp, [], { value: reciprocalCounts(x!, y!, attrs) }));
    const { kernel, stride, padding } = attrs;
    const outputPadding = space.map(
      (n, i) => n - ((y!.shape[i + 2]! - 1) * stride[i]! - padding[i]![0] - padding[i]![1] + kernel[i]!),
    );
    return [convTranspose(shared, full([c, 1, ...kernel], 1, g!.dtype), { stride, padding, groups: c, outputPadding })];
  },
  lower: (emit, [x], { attrs }) =>
    emit.op('AveragePool', [x!], {
      kernel_shape: attrs.kernel,
      strides: attrs.stride,
      pads: pads(attrs),
      count_include_pad: 0,
    }),
  meaning: ([x], attrs, [type]) => {
    const total = new Float64Array(elements(type!.shape));
    const count = new Float64Array(total.length);
    forEachInWindow(x!, type!, attrs, (xi, yi) => {
      total[yi]! += x!.data[xi]!;
      count[yi]!++;
    });
    return [total.map((v, i) => v / count[i]!)];
  },
};

/** One over the number of real elements in each window, [1, 1, ...space']. */
function reciprocalCounts(x: Type, y: Type, attrs: PoolAttrs): NDArray {
  const one = { dtype: x.dtype, shape: [1, 1, ...x.shape.slice(2)] };
  const windows = { dtype: x.dtype, shape: [1, 1, ...y.shape.slice(2)] };
  const count = new Float64Array(elements(windows.shape));
  forEachInWindow(one, windows, attrs, (_, yi) => {
    count[yi]!++;
  });
  const reciprocals = store(
    x.dtype,
    count.map((n) => 1 / n),
  );
  return new NDArray(x.dtype, windows.shape, reciprocals);
}

/** The mean of each window's real elements. */
export function avgPool(x: Tensor, window: number | readonly number[], options: PoolOptions = {}): Tensor {
  return apply(avgPoolOp, [x], readPool('avgPool', x, window, options));
}

// ---------------------------------------------------------------- resizing

/** How {@link resize} fills the new entries. */
export type ResizeMode = 'nearest' | 'linear';

interface ResizeAttrs {
  readonly sizes: readonly number[];
  readonly mode: ResizeMode;
}

const resizeOp: Op<ResizeAttrs> = {
  name: 'resize',
  infer: ([x], { sizes }) => {
    requireFloat('resize', x!);
    if (sizes.length !== x!.rank - 2 || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new RangeError(
        `resize: expected ${x!.rank - 2} positive sizes for ${formatType(x!)}, got ${formatShape(sizes)}`,
      );
    }
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...sizes] }];
  },
  vjp: ({ inputs: [x], attrs: { mode } }, [g]) => [apply(resizeTransposeOp, [g!], { sizes: x!.shape.slice(2), mode })],
  lower: (emit, [x], { inputs, attrs: { sizes, mode } }) =>
    emit.op('Resize', [x!, '', '', emit.ints([...inputs[0]!.shape.slice(0, 2), ...sizes])], {
      mode,
      coordinate_transformation_mode: mode === 'nearest' ? 'asymmetric' : 'half_pixel',
      nearest_mode: 'floor',
    }),
  meaning: ([x], { sizes, mode }) => [alongSpace(x!, sizes, (from, to) => resizeMatrix(from, to, mode))],
};

/** The gradient of a resize: what each source entry gave, summed. */
const resizeTransposeOp: Op<ResizeAttrs> = {
  name: 'resizeTranspose',
  infer: ([g], { sizes }) => [{ dtype: g!.dtype, shape: [...g!.shape.slice(0, 2), ...sizes] }],
  vjp: ({ inputs: [x], attrs: { mode } }, [g]) => [apply(resizeOp, [g!], { sizes: x!.shape.slice(2), mode })],
  // a product with one small matrix an axis
  lower: (emit, [g], { inputs, attrs: { sizes, mode } }) => {
    const { dtype, shape } = inputs[0]!;
    return sizes.reduce((out, size, i) => {
      const from = shape[i + 2]!;
      if (from === size) return out;
      const last = shape.map((_, axis) => axis).filter((axis) => axis !== i + 2);
      const weights = emit.array(dtype, [from, size], Array.from(resizeMatrix(size, from, mode)));
      const product = emit.op('MatMul', [emit.op('Transpose', [out], { perm: [...last, i + 2] }), weights]);
      return emit.op('Transpose', [product], { perm: shape.map((_, axis) => [...last, i + 2].indexOf(axis)) });
    }, g!);
  },
  meaning: ([g], { sizes, mode }) => [
    alongSpace(g!, sizes, (from, to) => {
      const forward = resizeMatrix(to, from, mode);
      return Float64Array.from({ length: to * from }, (_, k) => forward[(k % from) * to + Math.floor(k / from)]!);
    }),
  ],
};

/** Applies a matrix [size, from] along each spatial axis. */
function alongSpace(
  x: Value,
  sizes: readonly number[],
  matrix: (from: number, to: number) => Float64Array,
): Float64Array {
  let { data } = x;
  const shape = [...x.shape];
  for (const [i, size] of sizes.entries()) {
    const from = shape[i + 2]!;
    const weights = matrix(from, size);
    const inner = elements(shape.slice(i + 3));
    const outer = elements(shape.slice(0, i + 2));
    const next = new Float64Array(outer * size * inner);
    for (let a = 0; a < outer; a++) {
      for (let t = 0; t < size; t++) {
        for (let s = 0; s < from; s++) {
          const weight = weights[t * from + s]!;
          if (weight === 0) continue;
          for (let b = 0; b < inner; b++)
            next[(a * size + t) * inner + b]! += weight * data[(a * from + s) * inner + b]!;
        }
      }
    }
    data = next;
    shape[i + 2] = size;
  }
  return data;
}

const resizeArrays = new Map<string, NDArray>();

/** {@link resizeMatrix} as an array, [size, from]. Made once. */
export function resizeArray(from: number, size: number, mode: ResizeMode): NDArray {
  const key = [from, size, mode].join();
  const known =
    resizeArrays.get(key) ?? new NDArray('float32', [size, from], Float32Array.from(resizeMatrix(from, size, mode)));
  resizeArrays.set(key, known);
  return known;
}

/** How much of each source entry goes into each entry of the resized axis: [size, from]. */
function resizeMatrix(from: number, size: number, mode: ResizeMode): Float64Array {
  const weights = new Float64Array(size * from);
  for (let t = 0; t < size; t++) {
    if (mode === 'nearest') {
      weights[t * from + Math.floor((t * from) / size)] = 1;
      continue;
    }
    const place = Math.min(from - 1, Math.max(0, ((t + 0.5) * from) / size - 0.5));
    const low = Math.floor(place);
    weights[t * from + low]! += 1 - (place - low);
    if (low + 1 < from) weights[t * from + low + 1]! += place - low;
  }
  return weights;
}

/**
 * x resized to spatial `sizes`: `nearest` takes the entry at ⌊i · from / size⌋, `linear` interpolates between the
 * centres of entries, as PyTorch's interpolate does with align_corners off.
 */
export function resize(x: Tensor, sizes: readonly number[], mode: ResizeMode): Tensor {
  return apply(resizeOp, [x], { sizes, mode });
}
