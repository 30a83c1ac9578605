/**
 * Reductions and what is normalised by one: mean, extremes, products, softmax, cumulative sums.
 */
import { wrap } from '../dtype.ts';
import { apply, formatType, type Op, requireFloat, type Tensor, type Value } from '../program.ts';
import { elements, normalizeAxes, normalizeAxis, reducedShape } from '../shape.ts';
import { div, exp, mul, sub } from './arithmetic.ts';
import { reshape } from './axes.ts';
import { type Reduction, reduce, sum } from './broadcast.ts';
import { scalarLike } from './families.ts';
import { equal, notEqual } from './logic.ts';
import { cast, where } from './select.ts';
import { foldOver, forEachIndex } from './walk.ts';

type Axes = number | readonly number[];

interface KeepDims {
  /** Leave the reduced axes in place with size 1. Default false. */
  keepDims?: boolean;
}

/** g, which has lost `axes`, spread over the shape of x again. */
function spreadOver(g: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(g, reducedShape(x.shape, axes, true));
}

/** Mean over axes (default: all). */
export function mean(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  requireFloat('mean', x);
  const list = normalizeAxes('mean', axes, x.rank);
  const count = elements(list.map((axis) => x.shape[axis]!));
  return mul(sum(x, list, options), 1 / count);
}

/** Variance over axes (default: all), with the population's divisor n. */
export function variance(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  const centred = sub(x, mean(x, axes, { keepDims: true }));
  return mean(mul(centred, centred), axes, options);
}

function extreme(name: string, lower: string, start: number, fold: (a: number, b: number) => number) {
  const op: Op<Reduction> = {
    name,
    infer: ([x], { axes, keepDims }) => {
      if (axes.some((axis) => x!.shape[axis] === 0))
        throw new RangeError(`${name}: expected at least one element, got ${formatType(x!)}`);
      if (x!.dtype === 'bool') throw new TypeError(`${name}: expected numbers, got ${formatType(x!)} (use any or all)`);
      return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
    },
    // shared equally by the positions that attain it
    vjp: ({ inputs: [x], outputs: [y], attrs: { axes } }, [g]) => {
      const attained = cast(equal(x!, spreadOver(y!, x!, axes)), g!.dtype);
      const share = div(spreadOver(g!, x!, axes), sum(attained, axes, { keepDims: true }));
      return [mul(attained, share)];
    },
    lower: (emit, [x], { inputs, attrs }) => reduce(emit, lower, x!, inputs[0]!, attrs),
    meaning: ([x], { axes }, [type]) => [foldOver(x!, axes, type!, start, fold)],
  };
  return (x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor =>
    apply(op, [x], { axes: normalizeAxes(name, axes, x.rank), keepDims: options.keepDims ?? false });
}

// the runtime's kernels skip a NaN or not by its place; carrying it through, by the sum, costs half as much again or more
/** Largest element over axes (default: all). With a NaN among them unspecified: test with `any(isNaN(x))`. */
export const max = extreme('max', 'ReduceMax', Number.NEGATIVE_INFINITY, Math.max);

/** Smallest element over axes (default: all). With a NaN among them unspecified: test with `any(isNaN(x))`. */
export const min = extreme('min', 'ReduceMin', Number.POSITIVE_INFINITY, Math.min);

const prodOp: Op<Reduction> = {
  name: 'prod',
  infer: ([x], { axes, keepDims }) => {
    if (x!.dtype === 'bool' || x!.dtype === 'uint8')
      throw new TypeError(`prod: expected numbers of at least 32 bits, got ${formatType(x!)} (cast first)`);
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
  },
  // the product of the others: with one zero it is the rest's product at that place, with two it is 0 everywhere
  vjp: ({ inputs: [x], attrs: { axes } }, [g]) => {
    const zero = equal(x!, 0);
    const rest = where(zero, scalarLike(x!, 1), x!);
    const product = prod(rest, axes, { keepDims: true });
    const zeros = sum(cast(zero, x!.dtype), axes, { keepDims: true });
    const others = where(
      equal(zeros, 0),
      div(product, rest),
      where(equal(zeros, 1), mul(product, cast(zero, x!.dtype)), scalarLike(x!, 0)),
    );
    return [mul(spreadOver(g!, x!, axes), others)];
  },
  lower: (emit, [x], { inputs, attrs }) => reduce(emit, 'ReduceProd', x!, inputs[0]!, attrs),
  meaning: ([x], { axes }, [type]) => [foldOver(x!, axes, type!, 1, (a, b) => a * b)],
};

/** Product over axes (default: all). That of integers has to fit their type, and 53 bits. */
export function prod(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  return apply(prodOp, [x], { axes: normalizeAxes('prod', axes, x.rank), keepDims: options.keepDims ?? false });
}

/** True where any element over axes (default: all) is. */
export function any(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  return notEqual(sum(cast(cast(x, 'bool'), 'int32'), axes, options), 0);
}

/** True where all elements over axes (default: all) are. */
export function all(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  const count = elements(normalizeAxes('all', axes, x.rank).map((axis) => x.shape[axis]!));
  return equal(sum(cast(cast(x, 'bool'), 'int32'), axes, options), count);
}

function argExtreme(name: string, lower: string, better: (a: number, b: number) => boolean) {
  const op: Op<{ axis: number; keepDims: boolean }> = {
    name,
    infer: ([x], { axis, keepDims }) => {
      if (x!.dtype === 'bool' || x!.dtype === 'uint32')
        throw new TypeError(`${name}: expected a float, int32, int64 or uint8 tensor, got ${formatType(x!)}`);
      if (x!.shape[axis] === 0)
        throw new RangeError(`${name}: expected at least one element along axis ${axis}, got ${formatType(x!)}`);
      return [{ dtype: 'int32', shape: reducedShape(x!.shape, [axis], keepDims) }];
    },
    vjp: () => [undefined],
    lower: (emit, [x], { attrs: { axis, keepDims } }) =>
      emit.cast(emit.op(lower, [x!], { axis, keepdims: Number(keepDims), select_last_index: 0 }), 'int32'),
    meaning: ([x], { axis }, [type]) => {
      const out = new Float64Array(elements(type!.shape));
      forEachLine(x!, axis, (line, at) => {
        out[at] = line.reduce((best, v, i) => (better(v, line[best]!) ? i : best), 0);
      });
      return [out];
    },
  };
  return (x: Tensor, axis = -1, options: KeepDims = {}): Tensor =>
    apply(op, [x], { axis: normalizeAxis(name, axis, x.rank), keepDims: options.keepDims ?? false });
}

/** Visits every line along `axis`: a copy of its values, its number, and where they lie. */
export function forEachLine(
  x: Value,
  axis: number,
  visit: (line: Float64Array, number: number, offset: (i: number) => number) => void,
): void {
  const n = x.shape[axis]!;
  const inner = elements(x.shape.slice(axis + 1));
  const outer = elements(x.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const offset = (k: number) => (o * n + k) * inner + i;
      visit(
        Float64Array.from({ length: n }, (_, k) => x.data[offset(k)]!),
        o * inner + i,
        offset,
      );
    }
  }
}

/** Index (int32) of the largest element along an axis; the first of equals. With a NaN unspecified, as {@link max}. */
export const argmax = argExtreme('argmax', 'ArgMax', (a, b) => a > b);

/** Index (int32) of the smallest element along an axis; the first of equals. With a NaN unspecified, as {@link max}. */
export const argmin = argExtreme('argmin', 'ArgMin', (a, b) => a < b);

// ---------------------------------------------------------------- softmax

interface AlongAxis {
  readonly axis: number;
}

const softmaxOp: Op<AlongAxis> = {
  name: 'softmax',
  infer: ([x]) => {
    requireFloat('softmax', x!);
    return [x!];
  },
  vjp: ({ outputs: [y], attrs: { axis } }, [g]) => [mul(y!, sub(g!, sum(mul(g!, y!), axis, { keepDims: true })))],
  lower: (emit, [x], { attrs }) => emit.op('Softmax', [x!], { axis: attrs.axis }),
  meaning: ([x], { axis }) => [mapLines(x!, axis, (line) => softmaxOf(line))],
};

/** Softmax of one line, in the reference interpreter. */
export function softmaxOf(line: Float64Array): Float64Array {
  const top = Math.max(...line);
  const e = line.map((v) => Math.exp(v - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}

/** Each line of `x` along `axis` replaced by a function of it. */
export function mapLines(x: Value, axis: number, fn: (line: Float64Array) => ArrayLike<number>): Float64Array {
  const out = new Float64Array(x.data.length);
  forEachLine(x, axis, (line, _, offset) => {
    const result = fn(line);
    for (let k = 0; k < line.length; k++) out[offset(k)] = result[k]!;
  });
  return out;
}

/** eˣ / Σ eˣ along an axis. A line of −∞ everywhere gives NaN: mask with a large finite negative number. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(softmaxOp, [x], { axis: normalizeAxis('softmax', axis, x.rank) });
}

const logSoftmaxOp: Op<AlongAxis> = {
  name: 'logSoftmax',
  infer: ([x]) => {
    requireFloat('logSoftmax', x!);
    return [x!];
  },
  vjp: ({ outputs: [y], attrs: { axis } }, [g]) => [sub(g!, mul(exp(y!), sum(g!, axis, { keepDims: true })))],
  lower: (emit, [x], { attrs }) => emit.op('LogSoftmax', [x!], { axis: attrs.axis }),
  meaning: ([x], { axis }) => [
    mapLines(x!, axis, (line) => {
      const top = Math.max(...line);
      const lse = top + Math.log(line.reduce((total, v) => total + Math.exp(v - top), 0));
      return line.map((v) => v - lse);
    }),
  ],
};

/** x − ln Σ eˣ along an axis. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply(logSoftmaxOp, [x], { axis: normalizeAxis('logSoftmax', axis, x.rank) });
}

const logSumExpOp: Op<Reduction> = {
  name: 'logSumExp',
  infer: ([x], { axes, keepDims }) => {
    requireFloat('logSumExp', x!);
    if (axes.some((axis) => x!.shape[axis] === 0))
      throw new RangeError(`logSumExp: expected at least one element, got ${formatType(x!)}`);
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
  },
  vjp: ({ inputs: [x], outputs: [y], attrs: { axes } }, [g]) => [
    mul(spreadOver(g!, x!, axes), exp(sub(x!, spreadOver(y!, x!, axes)))),
  ],
  // not ReduceLogSumExp, which is five times slower; the largest term is bounded so that ∞ − ∞ cannot arise
  lower: (emit, [x], { inputs, outputs, attrs: { axes } }) => {
    const { dtype } = inputs[0]!;
    const limit = dtype === 'float16' ? 65504 : 3e38;
    const largest = emit.op('ReduceMax', [x!, emit.ints(axes)], { keepdims: 1, noop_with_empty_axes: 1 });
    const above = emit.op('Max', [largest, emit.scalar(dtype, -limit)]);
    const top = emit.op('Min', [above, emit.scalar(dtype, limit)]);
    const e = emit.op('Exp', [emit.op('Sub', [x!, top])]);
    const total = emit.op('ReduceSum', [e, emit.ints(axes)], { keepdims: 1, noop_with_empty_axes: 1 });
    return emit.reshape(emit.op('Add', [emit.op('Log', [total]), top]), outputs[0]!.shape);
  },
  meaning: ([x], { axes }, [type]) => {
    const top = foldOver(x!, axes, type!, -1e308, Math.max).map((v) => Math.min(v, 1e308));
    const shifted = broadcastMinus(x!, axes, top);
    const total = foldOver({ ...x!, data: shifted.map(Math.exp) }, axes, type!, 0, (a, b) => a + b);
    return [total.map((v, i) => Math.log(v) + top[i]!)];
  },
};

/** x minus, at every place, the value of its reduced place. */
function broadcastMinus(x: Value, axes: readonly number[], reduced: Float64Array): Float64Array {
  const out = new Float64Array(x.data.length);
  const kept = reducedShape(x.shape, axes, true);
  forEachIndex(x.shape, (index, flat) => {
    let offset = 0;
    for (const [axis, n] of kept.entries()) offset = offset * n + (axes.includes(axis) ? 0 : index[axis]!);
    out[flat] = x.data[flat]! - reduced[offset]!;
  });
  return out;
}

/** ln Σ eˣ over axes (default: all), without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, options: KeepDims = {}): Tensor {
  return apply(logSumExpOp, [x], {
    axes: normalizeAxes('logSumExp', axes, x.rank),
    keepDims: options.keepDims ?? false,
  });
}

// ---------------------------------------------------------------- cumulative

const cumsumOp: Op<{ axis: number; reverse: boolean; exclusive: boolean }> = {
  name: 'cumsum',
  infer: ([x]) => {
    if (x!.dtype === 'bool' || x!.dtype === 'uint8' || x!.dtype === 'uint32')
      throw new TypeError(`cumsum: expected a float, int32 or int64 tensor, got ${formatType(x!)}`);
    return [x!];
  },
  vjp: ({ attrs }, [g]) => [apply(cumsumOp, [g!], { ...attrs, reverse: !attrs.reverse })],
  lower: (emit, [x], { attrs: { axis, reverse, exclusive } }) =>
    emit.op('CumSum', [x!, emit.scalar('int64', axis)], { reverse: Number(reverse), exclusive: Number(exclusive) }),
  meaning: ([x], { axis, reverse, exclusive }) => [
    mapLines(x!, axis, (line) => {
      const ordered = reverse ? line.toReversed() : line;
      let total = 0;
      const running = ordered.map((v) => {
        const before = total;
        total = wrap(x!.dtype, total + v);
        return exclusive ? before : total;
      });
      return reverse ? running.toReversed() : running;
    }),
  ],
};

/** Running sums along an axis: of what comes up to each place, or (`exclusive`) before it; `reverse` runs backwards. */
export function cumsum(x: Tensor, axis = -1, options: { reverse?: boolean; exclusive?: boolean } = {}): Tensor {
  return apply(cumsumOp, [x], {
    axis: normalizeAxis('cumsum', axis, x.rank),
    reverse: options.reverse ?? false,
    exclusive: options.exclusive ?? false,
  });
}
