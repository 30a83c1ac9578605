/**
 * What ONNX Runtime's WebGPU provider lacks (1.30, measured op by op and type by type), and what it is given instead.
 *
 * - `lacks`: nodes that it cannot run in any form: bit operations and hence random bits, int64, arithmetic on uint8,
 *   sorting whole numbers. They go to the host where that can compute them first, and are refused otherwise.
 * - `prepare`: nodes written with others that it has. Each is an equality of programs, so the reference interpreter
 *   holds for it as for any program. Loops are unrolled.
 * - `lowerings`: nodes whose own lowering goes through an int64, which it makes but cannot cast.
 *
 * Its kernels know the operators of set 21: from set 22 on it does not recognise sines, transposed convolutions and
 * pooling. float16 needs an adapter with the feature shader-f16. Indices outside an axis, an error elsewhere, cannot be
 * seen here.
 */
import { NDArray } from './array.ts';
import { constant } from './constant.ts';
import { type DType, isFloat } from './dtype.ts';
import type { Attribute, Emitter, Target } from './lower.ts';
import {
  abs,
  add,
  cast,
  div,
  equal,
  floor,
  greater,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  mul,
  notEqual,
  scalarLike,
  sub,
  where,
} from './ops/elementwise.ts';
import { take } from './ops/indexing.ts';
import { matrixTranspose } from './ops/linear.ts';
import { expandDims, forEachIndex, iota, reshape, sum } from './ops/movement.ts';
import { logSumExp } from './ops/reduce.ts';
import { type Rule, simplify } from './passes/simplify.ts';
import { unroll } from './passes/unroll.ts';
import { apply, applyAll, type Node, type Program, type Tensor } from './program.ts';
import { elements, strides } from './shape.ts';

type Lowering = Target['lowerings'][string];

// ---------------------------------------------------------------- what it cannot run

/** Ops that only move or compare elements, which bytes and truth values take part in as int32. */
const asInt32 = new Set([
  'broadcastTo',
  'slice',
  'flip',
  'concat',
  'pad',
  'takeAlongAxis',
  'where',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'equal',
  'notEqual',
  'max',
  'min',
  'maximum',
  'minimum',
  'argmax',
  'argmin',
]);

/** Ops that it has for bytes. */
const onBytes = new Set(['cast', 'reshape', 'take', ...asInt32]);

const bitwise = new Set(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor']);

function lacks({ op, inputs, outputs }: Node): string | undefined {
  const types = new Set([...inputs, ...outputs].map((t) => t.dtype));
  const [x] = inputs;
  if (op.name === 'threefry') return 'it has no bit operations to draw random bits with';
  if (bitwise.has(op.name)) return 'it has no bit operations';
  if (types.has('int64') && !(op.name === 'cast' && x!.dtype !== 'int64'))
    return 'it has no int64 arithmetic (use int32)';
  if (types.has('uint8') && !onBytes.has(op.name)) return 'it has no arithmetic on uint8 (cast to int32 first)';
  if (op.name === 'topK' && x!.dtype !== 'float32') return 'it sorts float32 only (cast first)';
  if (op.name === 'convTranspose' && x!.rank > 4) return 'it has transposed convolutions over 1 or 2 axes';
  return undefined;
}

// ---------------------------------------------------------------- written with other ops

const rules: Readonly<Record<string, (inputs: readonly Tensor[], node: Node) => Tensor | undefined>> = {
  stopGradient: ([x]) => x,
  logicalOr: ([a, b]) => logicalNot(logicalAnd(logicalNot(a!), logicalNot(b!))),
  logicalXor: ([a, b]) => notEqual(a!, b!),
  neg: ([x]) => (isFloat(x!.dtype) ? undefined : sub(0, x!)),
  abs: ([x]) => (x!.dtype === 'int32' ? maximum(x!, sub(0, x!)) : isFloat(x!.dtype) ? undefined : x),
  relu: ([x]) => (isFloat(x!.dtype) ? undefined : maximum(x!, 0)),
  sign: ([x]) => {
    const sign = sub(cast(greater(x!, 0), x!.dtype), cast(less(x!, 0), x!.dtype));
    return isFloat(x!.dtype) ? where(equal(x!, x!), sign, x!) : sign;
  },
  // to even at a tie: up when more than half is left, or half of an odd number
  round: ([x]) => {
    const low = floor(x!);
    const rest = sub(x!, low);
    const odd = notEqual(mul(floor(mul(low, 0.5)), 2), low);
    const up = logicalOr(greater(rest, 0.5), logicalAnd(equal(rest, 0.5), odd));
    return add(low, cast(up, x!.dtype));
  },
  mod: ([a, b]) => {
    if (isFloat(a!.dtype)) return undefined;
    const rest = sub(a!, mul(div(a!, b!), b!));
    if (a!.dtype === 'uint32') return rest;
    const otherSide = notEqual(less(rest, 0), less(b!, 0));
    return where(logicalAnd(notEqual(rest, 0), otherSide), add(rest, b!), rest);
  },
  isNaN: ([x]) => notEqual(x!, x!),
  isFinite: ([x]) => lessEqual(abs(x!), x!.dtype === 'float16' ? 65504 : 3.4028234663852886e38),
  // a shader's own sine is off by up to 2⁻¹¹
  sin: ([x]) => sineOf(x!, 0),
  cos: ([x]) => sineOf(x!, 0.5),
  tan: ([x]) => div(sineOf(x!, 0), sineOf(x!, 0.5)),
  shiftLeft: ([a, b]) => (a!.dtype === 'uint32' ? mul(a!, powerOfTwo(b!)) : undefined),
  shiftRight: ([a, b]) => (a!.dtype === 'uint32' ? div(a!, powerOfTwo(b!)) : undefined),
  // bytes are moved one by one: the runtime would push a transposition through the casts around it
  transpose: ([x], { attrs, outputs }) => {
    if (!isSmall(x!)) return undefined;
    const { permutation } = attrs as { permutation: readonly number[] };
    const step = strides(x!.shape);
    const places = new Int32Array(x!.size);
    forEachIndex(outputs[0]!.shape, (index, flat) => {
      places[flat] = index.reduce((offset, i, axis) => offset + i * step[permutation[axis]!]!, 0);
    });
    return take(reshape(x!, [-1]), constant(new NDArray('int32', outputs[0]!.shape, places)));
  },
  take: onInt32Indices,
  indexAdd: onInt32Indices,
  scatterAdd: onInt32Indices,
  slice: ([x], { attrs, outputs }) => {
    if (isFloat(x!.dtype)) return undefined;
    const { starts, steps } = attrs as { starts: readonly number[]; steps: readonly number[] };
    return gathered(x!, outputs[0]!.shape, (axis, i) => starts[axis]! + i * steps[axis]!);
  },
  flip: ([x], { attrs }) => {
    if (isFloat(x!.dtype)) return undefined;
    const { axes } = attrs as { axes: readonly number[] };
    return gathered(x!, x!.shape, (axis, i) => (axes.includes(axis) ? x!.shape[axis]! - 1 - i : i));
  },
  takeAlongAxis: ([x, indices], node) => {
    if (isFloat(x!.dtype) || indices!.dtype === 'int64') return onInt32Indices([x!, indices!], node);
    const { axis } = node.attrs as { axis: number };
    const n = x!.shape[axis]!;
    const step = strides(x!.shape);
    let place = mul(where(less(indices!, 0), add(indices!, n), indices!), step[axis]!);
    for (const [i, size] of indices!.shape.entries()) {
      if (i === axis || size === 1) continue;
      const column = indices!.shape.map((_, j) => (i === j ? size : 1));
      place = add(place, reshape(mul(iota(size), step[i]!), column));
    }
    return take(reshape(x!, [-1]), place);
  },
  matmul: ([a, b], { attrs }) => {
    if (isFloat(a!.dtype)) return undefined;
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const left = transposeA ? matrixTranspose(a!) : a!;
    const right = transposeB ? matrixTranspose(b!) : b!;
    return sum(mul(expandDims(left, -1), expandDims(right, -3)), -2);
  },
  logSoftmax: ([x], { attrs }) => sub(x!, logSumExp(x!, (attrs as { axis: number }).axis, { keepDims: true })),
};

const isSmall = ({ dtype }: Tensor) => dtype === 'uint8' || dtype === 'bool';

/** Bytes and truth values, in the ops that only move or compare, as int32. */
function throughInt32(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (!asInt32.has(node.op.name)) return undefined;
  const own = node.op.name === 'where' ? inputs.slice(1) : inputs;
  if (!own.some(isSmall)) return undefined;
  const wide = inputs.map((t) => (own.includes(t) && isSmall(t) ? cast(t, 'int32') : t));
  return cast(applyAll(node.op, wide, node.attrs)[0]!, node.outputs[0]!.dtype);
}

/** An op with its indices, the second operand, as int32. */
function onInt32Indices([x, indices, ...rest]: readonly Tensor[], node: Node): Tensor | undefined {
  if (indices!.dtype !== 'int64') return undefined;
  return apply(node.op, [x!, cast(indices!, 'int32'), ...rest], node.attrs);
}

const rule: Rule = (node, inputs) => {
  // int64 goes to the host as it is, and what has no elements is never run
  if (inputs[0]?.dtype === 'int64' || [...inputs, ...node.outputs].some((t) => t.size === 0)) return undefined;
  const written = throughInt32(node, inputs);
  if (written !== undefined || !Object.hasOwn(rules, node.op.name)) return written;
  return rules[node.op.name]!(inputs, node);
};

/** π in three parts of few bits, so that multiples of the first two are exact. */
const piParts = [3.140625, 0.0009676535846665502, 2.0051698e-13];

/**
 * sin(x + shift · π): x is brought to [−π/2, π/2] by the nearest multiple of π, where the series needs five terms more;
 * every second half-wave is turned over.
 */
function sineOf(x: Tensor, shift: 0 | 0.5): Tensor {
  const k = floor(add(mul(x, 1 / Math.PI), shift + 0.5));
  const turns = sub(k, shift);
  const r = piParts.reduce((rest, part) => sub(rest, mul(turns, part)), x);
  const r2 = mul(r, r);
  let series = scalarLike(x, 1 / 6227020800);
  for (const factorial of [-39916800, 362880, -5040, 120, -6]) series = add(mul(series, r2), 1 / factorial);
  const wave = add(r, mul(mul(r, r2), series));
  const odd = sub(k, mul(floor(mul(k, 0.5)), 2));
  return mul(wave, sub(1, mul(odd, 2)));
}

/** 2ⁿ for shifts by n. */
function powerOfTwo(n: Tensor): Tensor {
  const powers = new NDArray(
    'uint32',
    [32],
    Uint32Array.from({ length: 32 }, (_, i) => 2 ** i),
  );
  return take(constant(powers), cast(n, 'int32'));
}

/** The entries of x at known places of each axis. */
function gathered(x: Tensor, shape: readonly number[], place: (axis: number, i: number) => number): Tensor {
  let out = x;
  for (const [axis, size] of shape.entries()) {
    const places = Int32Array.from({ length: size }, (_, i) => place(axis, i));
    if (size === x.shape[axis] && places.every((from, i) => from === i)) continue;
    out = take(out, constant(new NDArray('int32', [size], places)), axis);
  }
  return out;
}

// ---------------------------------------------------------------- lowered otherwise

/** An int64 index below `size`, as int32: what stands at that place of 0, 1, 2, … */
function asIndex(emit: Emitter, index: string, size: number): string {
  const counted = emit.constant(
    new NDArray(
      'int32',
      [size],
      Int32Array.from({ length: size }, (_, i) => i),
    ),
  );
  return emit.op('Gather', [counted, index], { axis: 0 });
}

const argExtreme =
  (type: string): Lowering =>
  (emit, [x], { inputs, attrs }) => {
    const { axis, keepDims } = attrs as { axis: number; keepDims: boolean };
    const options = { axis, keepdims: Number(keepDims), select_last_index: 0 };
    return asIndex(emit, emit.op(type, [x!], options), inputs[0]!.shape[axis]!);
  };

/** A reduction of uint32, for which its kernels are enough. */
const reduction =
  (type: string): Lowering =>
  (emit, inputs, node) => {
    if (node.inputs[0]!.dtype !== 'uint32') return node.op.lower(emit, inputs, node);
    const { axes, keepDims } = node.attrs as { axes: readonly number[]; keepDims: boolean };
    return emit.op(type, [inputs[0]!, emit.ints(axes)], { keepdims: Number(keepDims), noop_with_empty_axes: 1 });
  };

const lowerings: Target['lowerings'] = {
  argmax: argExtreme('ArgMax'),
  argmin: argExtreme('ArgMin'),
  sum: reduction('ReduceSum'),
  prod: reduction('ReduceProd'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  where: (emit, inputs) => emit.op('Where', inputs),
  topK: (emit, [x], { inputs, attrs }) => {
    const { k, axis, largest } = attrs as { k: number; axis: number; largest: boolean };
    const options: Record<string, Attribute> = { axis, largest: Number(largest), sorted: 1 };
    const [values, indices] = emit.ops('TopK', [x!, emit.ints([k])], 2, options);
    return [values!, asIndex(emit, indices!, inputs[0]!.shape[axis]!)];
  },
  maxPool: (emit, inputs, node) =>
    emit.isUsed(node.outputs[1]!) ? maxPoolByTaps(emit, inputs[0]!, node) : node.op.lower(emit, inputs, node),
};

/** Its MaxPool gives no indices: the taps of every window side by side, and which of them is the largest. */
function maxPoolByTaps(emit: Emitter, x: string, node: Node): string[] {
  const { kernel, stride, padding } = node.attrs as {
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly (readonly [number, number])[];
  };
  const { shape } = node.inputs[0]!;
  const out = node.outputs[0]!.shape;
  const axes = kernel.map((_, i) => i + 2);
  const edges = [0, 1].flatMap((side) => [0, 0, ...padding.map((p) => p[side]!)]);
  const padded = emit.op('Pad', [x, emit.ints(edges), emit.scalar('float32', -3.4e38)], { mode: 'constant' });
  const step = strides(shape);
  const offsets: number[] = [];
  const taps: string[] = [];
  for (let tap = 0; tap < elements(kernel); tap++) {
    const at = kernel.map((n, i) => Math.floor(tap / elements(kernel.slice(i + 1))) % n);
    offsets.push(at.reduce((total, t, i) => total + t * step[i + 2]!, 0));
    const ends = at.map((t, i) => t + (out[i + 2]! - 1) * stride[i]! + 1);
    const taken = emit.op('Slice', [padded, emit.ints(at), emit.ints(ends), emit.ints(axes), emit.ints(stride)]);
    taps.push(emit.reshape(taken, [1, ...out]));
  }
  const all = taps.length === 1 ? taps[0]! : emit.op('Concat', taps, { axis: 0 });
  const y = emit.op('ReduceMax', [all, emit.ints([0])], { keepdims: 0 });
  const best = emit.op('ArgMax', [all], { axis: 0, keepdims: 0, select_last_index: 0 });
  const offset = emit.op('Gather', [emit.array('int32', [offsets.length], offsets), best], { axis: 0 });
  const starts = new Int32Array(elements(out));
  forEachIndex(out, (index, flat) => {
    starts[flat] = index.reduce(
      (total, i, a) => total + (a < 2 ? i : i * stride[a - 2]! - padding[a - 2]![0]) * step[a]!,
      0,
    );
  });
  return [y, emit.op('Add', [emit.constant(new NDArray('int32', out, starts)), offset])];
}

/** The table of the provider. */
export const webgpu = {
  opset: 21,
  prepare: (program: Program): Program => simplify(unroll(program), [rule]),
  lacks,
  lowerings,
  copies: (dtype: DType) => dtype !== 'bool' && dtype !== 'uint8' && dtype !== 'int64',
  empty: false,
};
