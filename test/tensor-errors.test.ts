/** Ill-formed programs are refused when they are traced, by a message that names the op, the shapes and what is wrong. */
import * as t from 'tenfold/tensor';
import { array, compile, type DType, type NDArray, type Tensor, zerosArray } from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

const f = (...shape: number[]) => zerosArray(shape);
const i = (...shape: number[]) => zerosArray(shape, 'int32');
const of = (dtype: DType, ...shape: number[]) => zerosArray(shape, dtype);

type Row = [message: string, fn: (...xs: never[]) => unknown, ...inputs: NDArray[]];

const ranges: readonly Row[] = [
  // elementwise
  ['add: expected shapes that broadcast, got [2,3] and [2]', t.add, f(2, 3), f(2)],
  ['mul: expected shapes that broadcast, got [0] and [2]', t.mul, f(0), f(2)],
  ['where: expected shapes that broadcast, got [2] and [3] and []', t.where, of('bool', 2), f(3), f()],
  // movement
  ['reshape: expected a shape of 6 elements for float32[2,3], got [4]', (x) => t.reshape(x, [4]), f(2, 3)],
  ['reshape: expected a shape that divides 6 elements, got [4,-1]', (x) => t.reshape(x, [4, -1]), f(2, 3)],
  ['reshape: expected a shape that divides 0 elements, got [0,-1]', (x) => t.reshape(x, [0, -1]), f(0, 3)],
  ['reshape: expected sizes that are non-negative integers, got [-1,-1]', (x) => t.reshape(x, [-1, -1]), f(1)],
  ['reshape: expected sizes that are non-negative integers, got [1.5,2]', (x) => t.reshape(x, [1.5, 2]), f(3)],
  ['expandDims: expected axis in [-2, 1], got 2', (x) => t.expandDims(x, 2), f(3)],
  ['squeeze: expected size 1 at axis 1, got float32[1,2]', (x) => t.squeeze(x, 1), f(1, 2)],
  ['transpose: expected a permutation of 2 axes, got [0,0]', (x) => t.transpose(x, [0, 0]), f(2, 3)],
  ['transpose: expected a permutation of 2 axes, got [0]', (x) => t.transpose(x, [0]), f(2, 3)],
  ['transpose: expected axis in [-2, 1], got 2', (x) => t.transpose(x, [0, 2]), f(2, 3)],
  ['broadcastTo: expected a shape that float32[2] broadcasts to, got [1]', (x) => t.broadcastTo(x, [1]), f(2)],
  ['broadcastTo: expected shapes that broadcast, got [2] and [3]', (x) => t.broadcastTo(x, [3]), f(2)],
  ['slice: expected at most 1 ranges for float32[3], got 2', (x) => t.slice(x, [[0], [0]]), f(3)],
  ['slice: expected a positive step, got 0 (flip() reverses)', (x) => t.slice(x, [[0, 3, 0]]), f(3)],
  ['slice: expected bounds that are integers, got [0.5,2]', (x) => t.slice(x, [[0.5, 2]]), f(3)],
  ['at: expected an index in [-3, 2], got 3', (x) => t.at(x, 3), f(3)],
  ['split: expected sizes that sum to 3, got 2 equal parts', (x) => t.split(x, 2), f(3)],
  ['split: expected sizes that sum to 3, got [1,1]', (x) => t.split(x, [1, 1]), f(3)],
  ['flip: expected distinct axes, got [0,0]', (x) => t.flip(x, [0, -1]), f(3)],
  ['concat: expected at least one tensor, got none', () => t.concat([])],
  [
    'concat: expected shapes equal but for axis 0, got float32[2,3], float32[2,4]',
    (a, b) => t.concat([a!, b!]),
    f(2, 3),
    f(2, 4),
  ],
  [
    'concat: expected shapes equal but for axis 0, got float32[2], float32[2,4]',
    (a, b) => t.concat([a!, b!]),
    f(2),
    f(2, 4),
  ],
  ['pad: expected 1 pairs of non-negative widths for float32[3], got [[0,-1]]', (x) => t.pad(x, [[0, -1]]), f(3)],
  ['pad: expected 2 pairs of non-negative widths for float32[2,3], got [[0,1]]', (x) => t.pad(x, [[0, 1]]), f(2, 3)],
  ['broadcastTo: expected sizes that are non-negative integers, got [-1]', () => t.zeros([-1])],
  ['iota: expected sizes that are non-negative integers, got [2.5]', () => t.iota(2.5)],
  // reductions
  ['sum: expected axis in [-2, 1], got 2', (x) => t.sum(x, 2), f(2, 3)],
  ['mean: expected distinct axes, got [1,1]', (x) => t.mean(x, [1, -1]), f(2, 3)],
  ['max: expected at least one element, got float32[2,0]', (x) => t.max(x, 1), f(2, 0)],
  ['argmin: expected at least one element along axis 1, got float32[2,0]', (x) => t.argmin(x), f(2, 0)],
  ['logSumExp: expected at least one element, got float32[0]', (x) => t.logSumExp(x), f(0)],
  ['softmax: expected axis in [0, -1], got -1', (x) => t.softmax(x), f()],
  ['crossEntropy: expected labels of shape [2], got int32[3]', t.crossEntropy, f(2, 5), i(3)],
  ['crossEntropy: expected logits [..., classes], got float32[]', t.crossEntropy, f(), i()],
  // products and positions
  ['matmul: expected inner sizes to agree, got 3 of float32[2,3] and 4 of float32[4,2]', t.matmul, f(2, 3), f(4, 2)],
  [
    'matmul: expected inner sizes to agree, got 2 of float32[2,3]ᵀ and 3 of float32[5,3]ᵀ',
    (a, b) => t.matmul(a!, b!, { transposeA: true, transposeB: true }),
    f(2, 3),
    f(5, 3),
  ],
  ['matmul: expected at least 2 axes, got float32[3] and float32[3,2]', t.matmul, f(3), f(3, 2)],
  ['matmul: expected shapes that broadcast, got [2] and [3]', t.matmul, f(2, 1, 1), f(3, 1, 1)],
  ['take: expected axis in [-1, 0], got 1', (x, k) => t.take(x!, k!, 1), f(3), i(2)],
  [
    'indexAdd: expected one axis of indices and updates [2,3], got int32[2] and float32[2,4]',
    t.indexAdd,
    f(5, 3),
    i(2),
    f(2, 4),
  ],
  [
    'indexAdd: expected one axis of indices and updates [4,3], got int32[2,2] and float32[4,3]',
    t.indexAdd,
    f(5, 3),
    i(2, 2),
    f(4, 3),
  ],
  [
    'takeAlongAxis: expected indices no larger than float32[2,3] off axis 1, got int32[3,1]',
    t.takeAlongAxis,
    f(2, 3),
    i(3, 1),
  ],
  [
    'scatterAdd: expected indices and updates of one shape, got int32[2] and float32[3]',
    t.scatterAdd,
    f(4),
    i(2),
    f(3),
  ],
  ['dynamicSlice: expected a size of at most 3 along axis 0, got 4', (x, s) => t.dynamicSlice(x!, s!, 4), f(3), i()],
  [
    'dynamicUpdateSlice: expected an update like float32[3,2] but for axis 0, got float32[1,3]',
    (x, u, s) => t.dynamicUpdateSlice(x!, u!, s!),
    f(3, 2),
    f(1, 3),
    i(),
  ],
  ['topK: expected k in [0, 3] for float32[3], got 4', (x) => t.topK(x, 4), f(3)],
  // spatial
  [
    'conv: expected x [n, c, ...space] and weights of equal rank, got float32[1,2,5] and float32[1,2,3,3]',
    (x, w) => t.conv(x!, w!),
    f(1, 2, 5),
    f(1, 2, 3, 3),
  ],
  [
    'conv: expected weights [o, 2, ...kernel] with o divisible by 1 groups for float32[1,2,5], got float32[1,3,3]',
    (x, w) => t.conv(x!, w!),
    f(1, 2, 5),
    f(1, 3, 3),
  ],
  [
    'conv: expected a kernel that fits, got extent 5 over 3 with padding [0,1]',
    (x, w) => t.conv(x!, w!, { dilation: 2, padding: [[0, 1]] }),
    f(1, 1, 3),
    f(1, 1, 3),
  ],
  [
    'conv: expected stride of 1 positive integers, got 0',
    (x, w) => t.conv(x!, w!, { stride: 0 }),
    f(1, 1, 3),
    f(1, 1, 3),
  ],
  [
    'conv: expected padding of 1 non-negative integers or pairs, got [1,1]',
    (x, w) => t.conv(x!, w!, { padding: [1, 1] }),
    f(1, 1, 3),
    f(1, 1, 3),
  ],
  [
    'conv: expected groups that divide the channels of float32[1,2,5], got 0',
    (x, w) => t.conv(x!, w!, { groups: 0 }),
    f(1, 2, 5),
    f(1, 2, 3),
  ],
  [
    'convTranspose: expected output padding below the stride, got 1',
    (x, w) => t.convTranspose(x!, w!, { outputPadding: 1 }),
    f(1, 1, 3),
    f(1, 1, 3),
  ],
  ["maxPool: expected padding below the window's size, got [2,2]", (x) => t.maxPool(x, 2, { padding: 2 }), f(1, 1, 5)],
  ['avgPool: expected x [n, c, ...space], got float32[2,3]', (x) => t.avgPool(x, 2), f(2, 3)],
  ['resize: expected 1 positive sizes for float32[1,1,4], got [0]', (x) => t.resize(x, [0], 'linear'), f(1, 1, 4)],
  [
    'layerNorm: expected weight and bias of the last axis of float32[2,3], got float32[2] and float32[3]',
    (x, w, b) => t.layerNorm(x!, w!, b!),
    f(2, 3),
    f(2),
    f(3),
  ],
  // loops and random numbers
  [
    'scan: expected 2 entries along the first axis of x.1, got float32[3]',
    (a, b) => t.scan((c: Tensor) => [c, null] as const, t.zeros([]), [a, b]),
    f(2),
    f(3),
  ],
  ['random.integers: expected high above low, got [3, 3)', (k) => t.random.integers(k, [2], 3, 3), of('uint32', 2)],
];

const types: readonly Row[] = [
  ['add: expected one element type, got float32[2] and int32[2] (cast one of them)', t.add, f(2), i(2)],
  ['add: expected a number tensor, got bool[2]', t.add, of('bool', 2), of('bool', 2)],
  ['sqrt: expected a float tensor, got int32[2]', t.sqrt, i(2)],
  ['neg: expected a signed tensor, got uint8[2]', t.neg, of('uint8', 2)],
  ['logicalNot: expected a bool tensor, got int32[2]', t.logicalNot, i(2)],
  ['bitwiseAnd: expected an integer tensor, got float32[2]', t.bitwiseAnd, f(2), f(2)],
  ['shiftLeft: expected an unsigned tensor, got int32[2]', t.shiftLeft, i(2), i(2)],
  ['mul: expected a number of the element type, got 0.5 for int32 (cast first)', (x) => t.mul(x, 0.5), i(2)],
  [
    'maximum: expected a number of the element type, got -1 for uint8 (cast first)',
    (x) => t.maximum(x, -1),
    of('uint8', 2),
  ],
  ['where: expected a number of the element type, got 2 for bool (cast first)', (x) => t.where(x, 2, x), of('bool', 2)],
  [
    'full: expected a number of the element type, got NaN for int64 (cast first)',
    () => t.full([2], Number.NaN, 'int64'),
  ],
  ['where: expected a bool condition, got int32[2]', (c, x) => t.where(c!, x!, x!), i(2), f(2)],
  ['where: expected a tensor to choose, got two numbers', (c) => t.where(c, 1, 2), of('bool', 2)],
  ['mul: expected a tensor, got two numbers', () => t.mul(1, 2)],
  [
    'exp: expected a tensor as argument 1, got undefined (constant() makes one of an array)',
    () => t.exp(undefined as never),
  ],
  [
    'add: expected a tensor as argument 2, got Object (constant() makes one of an array)',
    (x) => t.add(x, f(2) as never),
    f(2),
  ],
  [
    'matmul: expected a tensor as argument 2, got Array (constant() makes one of an array)',
    (x) => t.matmul(x, [[1]] as never),
    f(2, 2),
  ],
  ['sum: expected numbers of at least 32 bits, got uint8[2] (cast first)', (x) => t.sum(x), of('uint8', 2)],
  ['mean: expected a float tensor, got int32[2]', (x) => t.mean(x), i(2)],
  ['max: expected numbers, got bool[2] (use any or all)', (x) => t.max(x), of('bool', 2)],
  [
    'matmul: expected floats, int32 or int64, got uint8[2,2] (cast first)',
    t.matmul,
    of('uint8', 2, 2),
    of('uint8', 2, 2),
  ],
  ['crossEntropy: expected int32 labels, got int64[2] (cast first)', t.crossEntropy, f(2, 3), of('int64', 2)],
  ['take: expected int32 or int64 indices, got float32[2]', (x, k) => t.take(x!, k!), f(3), f(2)],
  ['oneHot: expected int32 or int64 indices, got bool[2]', (x) => t.oneHot(x, 3), of('bool', 2)],
  [
    'scatterAdd: expected numbers, got bool (cast first)',
    (b, k, u) => t.scatterAdd(b!, k!, u!),
    of('bool', 2),
    i(2),
    of('bool', 2),
  ],
  [
    'topK: expected a float32, int32, int64 or uint8 tensor, got float16[3] (cast first)',
    (x) => t.topK(x, 1),
    of('float16', 3),
  ],
  ['dynamicSlice: expected an int32 scalar as start, got int32[1]', (x, s) => t.dynamicSlice(x!, s!, 1), f(3), i(1)],
  [
    'conv: expected one element type, got float32[1,1,3] and float16[1,1,3] (cast one of them)',
    (x, w) => t.conv(x!, w!),
    f(1, 1, 3),
    of('float16', 1, 1, 3),
  ],
  [
    'scan: expected carry to stay float32[], got float32[2]',
    (x) => t.scan((c: Tensor, y: Tensor) => [t.add(c, y), null] as const, t.zeros([]), x),
    f(3, 2),
  ],
  [
    'scan: expected the body to return a carry of structure *, got [*]',
    (x) => t.scan((c: Tensor) => [[c] as never, null] as const, t.zeros([]), x),
    f(3),
  ],
  [
    'scan: expected inputs to scan over or a length, got neither',
    () => t.scan((c: Tensor) => [c, null] as const, t.zeros([]), undefined),
  ],
  [
    'scan: expected a tensor at carry.n, got number',
    (x) => t.scan((c: { n: number }) => [c, null] as const, { n: 3 }, x),
    f(3),
  ],
  ['random: expected a key of type uint32[2], got float32[2]', (k) => t.random.normal(k, [2]), f(2)],
];

describe('an ill-formed call', () => {
  it.each(ranges)('%s', (message, fn, ...inputs) => {
    expect(() => compile(fn as (...xs: Tensor[]) => unknown).program(...inputs)).toThrow(new RangeError(message));
  });

  it.each(types)('%s', (message, fn, ...inputs) => {
    expect(() => compile(fn as (...xs: Tensor[]) => unknown).program(...inputs)).toThrow(new TypeError(message));
  });
});

describe('an argument that is no array', () => {
  const identity = compile((x: Tensor) => x);
  it.each([
    ['Float32Array at 0', new Float32Array(2)],
    ['Date at 0', new Date(0)],
    ['Function at 0', () => 1],
    ['BigInt at 0', 1n],
    ['Map at 0.state', { state: new Map() }],
  ])('%s', async (got, value) => {
    await expect(identity(value as never)).rejects.toThrow(
      new TypeError(`compile: expected arrays and numbers, got ${got} (array() makes an array of numbers)`),
    );
  });

  it('a tensor, when a compiled function is called inside another', async () => {
    const outer = compile((x: Tensor) => identity(x as never) as never);
    await expect(outer(f(2))).rejects.toThrow(/^compile: expected .* \(inside, call functions themselves, not /);
  });
});

describe('an ill-formed array', () => {
  it.each([
    ['array: expected 3 values for shape [3], got 2', () => array([1, 2], { shape: [3] })],
    ['array: expected rows of 2 values at depth 1, got 1', () => array([[1, 2], [3]])],
    ['array: expected every row to be nested equally deep', () => array([[1, 2], 3 as never])],
    ['item: expected one element, got shape [2]', () => array([1, 2]).item()],
  ])('%s', (message, fn) => {
    expect(fn).toThrow(new RangeError(message));
  });
});
