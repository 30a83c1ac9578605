/**
 * Reading and writing at positions that are themselves computed. Indices are int32 (or int64); a negative one counts
 * from the end, one outside the axis is an error when the program runs.
 */
import { type DType, wrap } from '../dtype.ts';
import type { Emitter } from '../lower.ts';
import {
  apply,
  applyAll,
  formatType,
  type Op,
  requireIndices,
  requireSameDType,
  type Tensor,
  type Value,
} from '../program.ts';
import { elements, formatShape, normalizeAxis, sameShape } from '../shape.ts';
import { add, clip, sub } from './arithmetic.ts';
import { reshape } from './axes.ts';
import { iota, zeros } from './constants.ts';
import { equal, greaterEqual, less, logicalAnd } from './logic.ts';
import { forEachLine } from './reduce.ts';
import { cast, where } from './select.ts';
import { forEachIndex } from './walk.ts';

interface AlongAxis {
  readonly axis: number;
}

function position(op: string, index: number, size: number): number {
  const at = index < 0 ? index + size : index;
  if (!(at >= 0 && at < size))
    throw new RangeError(`${op}: expected an index in [${-size}, ${size - 1}], got ${index}`);
  return at;
}

// ---------------------------------------------------------------- whole slices

const takeOp: Op<AlongAxis> = {
  name: 'take',
  infer: ([x, indices], { axis }) => {
    requireIndices('take', indices!);
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] }];
  },
  vjp: ({ inputs: [x, indices], attrs: { axis } }, [g]) => {
    const flat = reshape(g!, [...x!.shape.slice(0, axis), indices!.size, ...x!.shape.slice(axis + 1)]);
    return [indexAdd(zeros(x!.shape, g!.dtype), reshape(indices!, [-1]), flat, axis), undefined];
  },
  lower: (emit, inputs, { attrs }) => emit.op('Gather', inputs, { axis: attrs.axis }),
  meaning: ([x, indices], { axis }, [type]) => {
    const inner = elements(x!.shape.slice(axis + 1));
    const n = x!.shape[axis]!;
    const picked = Array.from(indices!.data, (i) => position('take', i, n));
    const out = new Float64Array(elements(type!.shape));
    const outer = elements(x!.shape.slice(0, axis));
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (const i of picked) {
        out.set(x!.data.subarray((o * n + i) * inner, (o * n + i + 1) * inner), to);
        to += inner;
      }
    }
    return [out];
  },
};

/** The entries of `x` along `axis` at `indices`: the shape of the indices takes the axis's place. */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply(takeOp, [x, indices], { axis: normalizeAxis('take', axis, x.rank) });
}

function requireAddable(op: string, dtype: DType): void {
  if (dtype === 'bool') throw new TypeError(`${op}: expected numbers, got bool (cast first)`);
}

const indexAddOp: Op<AlongAxis> = {
  name: 'indexAdd',
  infer: ([base, indices, updates], { axis }) => {
    requireIndices('indexAdd', indices!);
    requireAddable('indexAdd', requireSameDType('indexAdd', [base!, updates!]));
    const expected = base!.shape.map((n, i) => (i === axis ? indices!.size : n));
    if (indices!.rank !== 1 || !sameShape(updates!.shape, expected)) {
      throw new RangeError(
        `indexAdd: expected one axis of indices and updates ${formatShape(expected)}, got ${formatType(indices!)} and ${formatType(updates!)}`,
      );
    }
    return [base!];
  },
  vjp: ({ inputs: [, indices], attrs: { axis } }, [g]) => [g, undefined, take(g!, indices!, axis)],
  // ScatterElements, not ScatterND: with repeated indices and two threads the latter loses updates without a word
  lower: (emit, [base, indices, updates], { inputs: [, i, u], attrs: { axis } }) => {
    const column = emit.reshape(
      indices!,
      u!.shape.map((_, a) => (a === axis ? i!.size : 1)),
    );
    return lowerScatter(emit, base!, emit.op('Expand', [column, emit.ints(u!.shape)]), updates!, u!.dtype, axis);
  },
  meaning: ([base, indices, updates], { axis }) => {
    const out = base!.data.slice();
    const n = base!.shape[axis]!;
    const inner = elements(base!.shape.slice(axis + 1));
    forEachIndex(updates!.shape, (index, flat) => {
      const row = position('indexAdd', indices!.data[index[axis]!]!, n);
      const outer = Math.floor(flat / (inner * indices!.data.length));
      const to = (outer * n + row) * inner + (flat % inner);
      out[to] = wrap(base!.dtype, out[to]! + updates!.data[flat]!);
    });
    return [out];
  },
};

/** ScatterElements adding; float16, for which it has no addition, goes through float32. */
function lowerScatter(
  emit: Emitter,
  base: string,
  indices: string,
  updates: string,
  dtype: DType,
  axis: number,
): string {
  if (dtype === 'float16') {
    const [wide, added] = [emit.cast(base, 'float32'), emit.cast(updates, 'float32')];
    return emit.cast(lowerScatter(emit, wide, indices, added, 'float32', axis), 'float16');
  }
  return emit.op('ScatterElements', [base, indices, updates], { axis, reduction: 'add' });
}

/**
 * `base` with `updates` added at `indices` along `axis`; repeated indices add up.
 * @param indices [k]
 * @param updates the shape of base with k along the axis
 */
export function indexAdd(base: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  return apply(indexAddOp, [base, indices, updates], { axis: normalizeAxis('indexAdd', axis, base.rank) });
}

// ---------------------------------------------------------------- element by element

const takeAlongAxisOp: Op<AlongAxis> = {
  name: 'takeAlongAxis',
  infer: ([x, indices], { axis }) => {
    requireIndices('takeAlongAxis', indices!);
    requireAligned('takeAlongAxis', x!, indices!, axis);
    return [{ dtype: x!.dtype, shape: indices!.shape }];
  },
  vjp: ({ inputs: [x, indices], attrs: { axis } }, [g]) => [
    scatterAdd(zeros(x!.shape, g!.dtype), indices!, g!, axis),
    undefined,
  ],
  lower: (emit, inputs, { attrs }) => emit.op('GatherElements', inputs, { axis: attrs.axis }),
  meaning: ([x, indices], { axis }) => {
    const from = lineOffsets(x!, axis, indices!);
    return [indices!.data.map((i, flat) => x!.data[from(flat, position('takeAlongAxis', i, x!.shape[axis]!))]!)];
  },
};

function requireAligned(op: string, x: Tensor, indices: Tensor, axis: number): void {
  if (indices.rank !== x.rank || indices.shape.some((n, i) => i !== axis && n > x.shape[i]!)) {
    throw new RangeError(
      `${op}: expected indices no larger than ${formatType(x)} off axis ${axis}, got ${formatType(indices)}`,
    );
  }
}

/** Where in `x` the entry `i` of the line through the place `flat` of `like` lies. */
function lineOffsets(x: Value, axis: number, like: Value): (flat: number, i: number) => number {
  const offsets = new Int32Array(like.data.length);
  const step = x.shape.map((_, a) => elements(x.shape.slice(a + 1)));
  forEachIndex(like.shape, (index, flat) => {
    offsets[flat] = index.reduce((offset, i, a) => (a === axis ? offset : offset + i * step[a]!), 0);
  });
  return (flat, i) => offsets[flat]! + i * step[axis]!;
}

/** out[…, i, …] = x[…, indices[…, i, …], …] along an axis. */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return apply(takeAlongAxisOp, [x, indices], { axis: normalizeAxis('takeAlongAxis', axis, x.rank) });
}

const scatterAddOp: Op<AlongAxis> = {
  name: 'scatterAdd',
  infer: ([base, indices, updates], { axis }) => {
    requireIndices('scatterAdd', indices!);
    requireAddable('scatterAdd', requireSameDType('scatterAdd', [base!, updates!]));
    requireAligned('scatterAdd', base!, indices!, axis);
    if (!sameShape(indices!.shape, updates!.shape)) {
      throw new RangeError(
        `scatterAdd: expected indices and updates of one shape, got ${formatType(indices!)} and ${formatType(updates!)}`,
      );
    }
    return [base!];
  },
  vjp: ({ inputs: [, indices], attrs: { axis } }, [g]) => [g, undefined, takeAlongAxis(g!, indices!, axis)],
  lower: (emit, [base, indices, updates], { inputs: [b], attrs: { axis } }) =>
    lowerScatter(emit, base!, indices!, updates!, b!.dtype, axis),
  meaning: ([base, indices, updates], { axis }) => {
    const out = base!.data.slice();
    const to = lineOffsets(base!, axis, indices!);
    for (const [flat, i] of indices!.data.entries()) {
      const place = to(flat, position('scatterAdd', i, base!.shape[axis]!));
      out[place] = wrap(base!.dtype, out[place]! + updates!.data[flat]!);
    }
    return [out];
  },
};

/** base with updates[…, i, …] added at […, indices[…, i, …], …]; repeated indices add up. */
export function scatterAdd(base: Tensor, indices: Tensor, updates: Tensor, axis = -1): Tensor {
  return apply(scatterAddOp, [base, indices, updates], { axis: normalizeAxis('scatterAdd', axis, base.rank) });
}

/** 1 where the class along the new last axis is the index, 0 elsewhere. */
export function oneHot(indices: Tensor, classes: number, dtype: Tensor['dtype'] = 'float32'): Tensor {
  requireIndices('oneHot', indices);
  return cast(equal(reshape(indices, [...indices.shape, 1]), iota(classes, indices.dtype)), dtype);
}

// ---------------------------------------------------------------- slices at computed places

/** `size` entries of an axis from `start` (an int32 scalar, moved inside so that all of them exist). */
export function dynamicSlice(x: Tensor, start: Tensor, size: number, axis = 0): Tensor {
  const i = normalizeAxis('dynamicSlice', axis, x.rank);
  return take(x, add(startWithin('dynamicSlice', x, start, size, i), iota(size)), i);
}

/** x with `update` written over an axis from `start` (an int32 scalar, moved inside so that all of it fits). */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, start: Tensor, axis = 0): Tensor {
  const i = normalizeAxis('dynamicUpdateSlice', axis, x.rank);
  requireSameDType('dynamicUpdateSlice', [x, update]);
  const size = update.shape[i]!;
  if (
    !sameShape(
      update.shape,
      x.shape.map((n, a) => (a === i ? size : n)),
    )
  ) {
    throw new RangeError(
      `dynamicUpdateSlice: expected an update like ${formatType(x)} but for axis ${i}, got ${formatType(update)}`,
    );
  }
  if (size === 0) return x;
  const place = sub(iota(x.shape[i]!), startWithin('dynamicUpdateSlice', x, start, size, i));
  const inside = logicalAnd(greaterEqual(place, 0), less(place, size));
  const along = (t: Tensor) =>
    reshape(
      t,
      x.shape.map((n, a) => (a === i ? n : 1)),
    );
  return where(along(inside), take(update, clip(place, 0, size - 1), i), x);
}

function startWithin(op: string, x: Tensor, start: Tensor, size: number, axis: number): Tensor {
  if (start.dtype !== 'int32' || start.rank !== 0)
    throw new TypeError(`${op}: expected an int32 scalar as start, got ${formatType(start)}`);
  if (size > x.shape[axis]!)
    throw new RangeError(`${op}: expected a size of at most ${x.shape[axis]} along axis ${axis}, got ${size}`);
  return clip(start, 0, x.shape[axis]! - size);
}

// ---------------------------------------------------------------- order

const topKOp: Op<{ k: number; axis: number; largest: boolean }> = {
  name: 'topK',
  infer: ([x], { k, axis }) => {
    if (x!.dtype === 'bool' || x!.dtype === 'uint32' || x!.dtype === 'float16') {
      throw new TypeError(`topK: expected a float32, int32, int64 or uint8 tensor, got ${formatType(x!)} (cast first)`);
    }
    if (!Number.isInteger(k) || k < 0 || k > x!.shape[axis]!)
      throw new RangeError(`topK: expected k in [0, ${x!.shape[axis]}] for ${formatType(x!)}, got ${k}`);
    const shape = x!.shape.map((n, i) => (i === axis ? k : n));
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  vjp: ({ inputs: [x], outputs: [, indices], attrs: { axis } }, [g]) => [
    g && scatterAdd(zeros(x!.shape, g.dtype), indices!, g, axis),
  ],
  lower: (emit, [x], { attrs: { k, axis, largest } }) => {
    const [values, indices] = emit.ops('TopK', [x!, emit.ints([k])], 2, { axis, largest: Number(largest), sorted: 1 });
    return [values!, emit.cast(indices!, 'int32')];
  },
  meaning: ([x], { k, axis, largest }, [type]) => {
    const values = new Float64Array(elements(type!.shape));
    const indices = new Float64Array(values.length);
    const inner = elements(x!.shape.slice(axis + 1));
    forEachLine(x!, axis, (line, number) => {
      const order = Array.from(line.keys()).sort(
        (a, b) => (largest ? line[b]! - line[a]! : line[a]! - line[b]!) || a - b,
      );
      for (let j = 0; j < k; j++) {
        const at = (Math.floor(number / inner) * k + j) * inner + (number % inner);
        values[at] = line[order[j]!]!;
        indices[at] = order[j]!;
      }
    });
    return [values, indices];
  },
};

/**
 * The k largest entries along an axis, largest first, and their int32 indices; of equals the first comes first. With a
 * NaN among the entries both are unspecified: test with `any(isNaN(x))`.
 */
export function topK(x: Tensor, k: number, axis = -1): { values: Tensor; indices: Tensor } {
  const [values, indices] = applyAll(topKOp, [x], { k, axis: normalizeAxis('topK', axis, x.rank), largest: true });
  return { values: values!, indices: indices! };
}

/**
 * x in order along an axis, with the int32 indices that put it so; equals keep their order. With a NaN among the entries
 * both are unspecified: test with `any(isNaN(x))`.
 */
export function sort(
  x: Tensor,
  axis = -1,
  options: { descending?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const i = normalizeAxis('sort', axis, x.rank);
  const [values, indices] = applyAll(topKOp, [x], { k: x.shape[i]!, axis: i, largest: options.descending ?? false });
  return { values: values!, indices: indices! };
}
