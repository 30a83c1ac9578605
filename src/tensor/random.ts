/**
 * Random numbers inside programs, from keys.
 *
 * A key is a uint32 pair. Numbers are a pure function of key and position (threefry2x32, see threefry.ts), so the same
 * key gives the same bits on every provider, in any order and after every resume. A key is used once: either to draw
 * from, or to derive further keys by `split` and `foldIn`; using it twice gives correlated numbers.
 */
import { NDArray } from './array.ts';
import type { Emitter } from './lower.ts';
import { add, log, maximum, minimum, mod, mul, neg, sqrt, sub } from './ops/arithmetic.ts';
import { reshape } from './ops/axes.ts';
import { full, iota } from './ops/constants.ts';
import type { Operand } from './ops/families.ts';
import { sort } from './ops/indexing.ts';
import { bitwiseXor, less, shiftRight } from './ops/logic.ts';
import { argmax } from './ops/reduce.ts';
import { cast } from './ops/select.ts';
import { at, concat, slice } from './ops/slicing.ts';
import { cos, sin } from './ops/trigonometric.ts';
import { applyAll, formatType, type Op, type Tensor } from './program.ts';
import { elements } from './shape.ts';
import { seedKey, threefry2x32 } from './threefry.ts';

/** Rotations of the 20 rounds, eight in a cycle, and the constant that closes the key schedule. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

const threefryOp: Op<undefined> = {
  name: 'threefry',
  infer: ([key, counter]) => {
    if (formatType(key!) !== 'uint32[2]')
      throw new TypeError(`random: expected a key of type uint32[2], got ${formatType(key!)}`);
    if (counter!.dtype !== 'uint32')
      throw new TypeError(`random: expected a uint32 counter, got ${formatType(counter!)}`);
    return [counter!, counter!];
  },
  vjp: () => [undefined, undefined],
  lower: (emit, [key, counter]) => lowerThreefry(emit, key!, counter!),
  meaning: ([key, counter]) => {
    const low = Uint32Array.from(counter!.data);
    const words = threefry2x32([key!.data[0]!, key!.data[1]!], new Uint32Array(low.length), low);
    return words.map((word) => Float64Array.from(word));
  },
};

function lowerThreefry(emit: Emitter, key: string, counter: string): string[] {
  const u = (value: number) => emit.scalar('uint32', value);
  const binary = (type: string, a: string, b: string) => emit.op(type, [a, b]);
  const rotate = (x: string, by: number) =>
    binary(
      'BitwiseOr',
      emit.op('BitShift', [x, u(by)], { direction: 'LEFT' }),
      emit.op('BitShift', [x, u(32 - by)], { direction: 'RIGHT' }),
    );
  const word = (i: number) => emit.op('Gather', [key, emit.scalar('int32', i)], { axis: 0 });
  const [k0, k1] = [word(0), word(1)];
  const keys = [k0, k1, binary('BitwiseXor', binary('BitwiseXor', k0, k1), u(parity))];
  // the counter's high word is 0
  let a = k0;
  let b = binary('Add', counter, k1);
  for (let round = 0; round < 20; round++) {
    a = binary('Add', a, b);
    b = binary('BitwiseXor', rotate(b, rotations[round % 8]!), a);
    if (round % 4 !== 3) continue;
    const step = (round + 1) / 4;
    a = binary('Add', a, keys[step % 3]!);
    b = binary('Add', b, binary('Add', keys[(step + 1) % 3]!, u(step)));
  }
  return [a, b];
}

/** The key of a seed, an integer in [0, 2⁵³): what a program is given to draw from. */
export function key(seed: number): NDArray<'uint32'> {
  return new NDArray('uint32', [2], Uint32Array.from(seedKey(seed)));
}

/** `count` keys derived from one. */
export function split(from: Tensor, count = 2): Tensor[] {
  const [a, b] = applyAll(threefryOp, [from, iota(count, 'uint32')], undefined) as [Tensor, Tensor];
  return Array.from({ length: count }, (_, i) => concat([slice(a, [[i, i + 1]]), slice(b, [[i, i + 1]])]));
}

/** The key of stream `data` under a key: a number in [0, 2³²), or an integer scalar such as a step counter. */
export function foldIn(from: Tensor, data: Operand): Tensor {
  const counter = typeof data === 'number' ? full([1], data, 'uint32') : reshape(cast(data, 'uint32'), [1]);
  return concat(applyAll(threefryOp, [from, counter], undefined));
}

/** Uniform 32-bit words. */
export function bits(from: Tensor, shape: readonly number[]): Tensor {
  const count = elements(shape);
  const half = Math.ceil(count / 2);
  const words = concat(applyAll(threefryOp, [from, iota(half, 'uint32')], undefined));
  return reshape(slice(words, [[0, count]]), shape);
}

/** Uniform numbers in [0, 1), multiples of 2⁻²⁴; or in [low, high), as float32 has them. */
export function uniform(from: Tensor, shape: readonly number[], low = 0, high = 1): Tensor {
  const unit = mul(cast(shiftRight(bits(from, shape), 8), 'float32'), 2 ** -24);
  if (low === 0) return mul(unit, high);
  // the sum may round up to high
  const below = Math.fround(high) - Math.abs(high) * 2 ** -23;
  return minimum(add(mul(unit, high - low), low), Math.max(low, below));
}

/** Standard normal numbers, by Box and Muller's transform. */
export function normal(from: Tensor, shape: readonly number[]): Tensor {
  const count = elements(shape);
  const half = Math.ceil(count / 2);
  const u = uniform(from, [2, half]);
  const radius = sqrt(mul(log(sub(1, at(u, 0))), -2));
  const angle = mul(at(u, 1), 2 * Math.PI);
  const both = concat([mul(radius, cos(angle)), mul(radius, sin(angle))]);
  return reshape(slice(both, [[0, count]]), shape);
}

/** True with probability p. */
export function bernoulli(from: Tensor, p: Operand, shape: readonly number[]): Tensor {
  return less(uniform(from, shape), p);
}

/**
 * Uniform numbers in [0, 1) from a hash of the position: a fifth of the cost of {@link uniform}, good enough for
 * dropout's masks and the like, not for statistics. Two multiplications with the key's words between them
 * (after Wellons' lowbias32).
 */
export function hashed(from: Tensor, shape: readonly number[]): Tensor {
  const word = (i: number) => slice(from, [[i, i + 1]]);
  const fold = (x: Tensor, by: number) => bitwiseXor(x, shiftRight(x, by));
  let x = fold(add(iota(elements(shape), 'uint32'), word(0)), 16);
  x = fold(bitwiseXor(mul(x, 0x7feb352d), word(1)), 15);
  x = fold(mul(x, 0x846ca68b), 16);
  return reshape(mul(cast(shiftRight(x, 8), 'float32'), 2 ** -24), shape);
}

/** Integers (int32) uniform in [low, high); the bias is below (high − low) / 2³². */
export function integers(from: Tensor, shape: readonly number[], low: number, high: number): Tensor {
  if (!(high > low)) throw new RangeError(`random.integers: expected high above low, got [${low}, ${high})`);
  return add(cast(mod(bits(from, shape), high - low), 'int32'), low);
}

/** One index (int32) a line of the last axis, drawn with probability softmax(logits), by Gumbel's trick. */
export function categorical(from: Tensor, logits: Tensor): Tensor {
  // half a step off either end of u in [0, 1): no draw is infinite, which would choose a class whatever its logit
  const exponential = neg(log(maximum(uniform(from, logits.shape), 2 ** -25)));
  const gumbel = neg(log(maximum(exponential, 2 ** -25)));
  return argmax(add(logits, gumbel), -1);
}

/** The integers 0 … n−1 (int32) in random order. */
export function permutation(from: Tensor, n: number): Tensor {
  return sort(cast(bits(from, [n]), 'int64')).indices;
}
