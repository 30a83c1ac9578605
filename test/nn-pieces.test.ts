/** Masks, encodings, dropout, initial parameters, and names of checkpoints. */
import * as nn from 'tenfold/nn';
import {
  array,
  compile,
  iota,
  type NDArray,
  random,
  type Tensor,
  toNested,
  valueAndGrad,
  zerosArray,
} from 'tenfold/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from './nn-fixtures.ts';

const numbers = (x: NDArray) => Array.from(x.data as Float32Array);
const variance = (values: readonly number[]) => values.reduce((total, v) => total + v * v, 0) / values.length;

describe('attention', () => {
  const wave = (shape: readonly number[]) =>
    array(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i)),
      { shape },
    );
  const [q, k, v] = [wave([2, 4, 3]), wave([2, 4, 3]), wave([2, 4, 5])];
  const attend = compile((q: Tensor, k: Tensor, v: Tensor) => nn.attention(q, k, v, { causal: true }));

  test('causal: later keys change nothing', async () => {
    const [before, after] = [await attend(q, k, v), await attend(q, withLast(k, 9), withLast(v, 9))];
    const rows = (x: NDArray) => (toNested(x) as number[][][]).map((sequence) => sequence.slice(0, 3));
    expect(rows(after)).toEqual(rows(before));
    expect(numbers(after)).not.toEqual(numbers(before));
  });

  test('fewer queries than keys stand at the end, as with a cache of keys', async () => {
    const whole = toNested(await attend(q, k, v)) as number[][][];
    const lastTwo = array((toNested(q) as number[][][]).map((sequence) => sequence.slice(2)));
    expectClose(await attend(lastTwo, k, v), array(whole.map((sequence) => sequence.slice(2))), 'last two', 1e-6);
    const mask = await compile(() => nn.causalMask(2, 4))();
    expect(numbers(mask)).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });

  test('a query that may see no key gets the mean of all values', async () => {
    const blind = compile((q: Tensor, k: Tensor, v: Tensor, mask: Tensor) => nn.attention(q, k, v, { mask }));
    const mask = array([[0, 0, 0, 0]], { dtype: 'bool' });
    const out = toNested(await blind(q, k, v, mask)) as number[][][];
    const values = (toNested(v) as number[][][])[0]!;
    const mean = values[0]!.map((_, i) => values.reduce((total, row) => total + row[i]! / 4, 0));
    expectClose(array(out[0]![2]!), array(mean), 'mean', 1e-6);
  });

  test('heads must divide the width', async () => {
    const layer = compile((key: Tensor, x: Tensor) =>
      nn.multiHeadAttention(nn.initMultiHeadAttention(key, { width: 6 }), x, { heads: 4 }),
    );
    await expect(layer(random.key(0), zerosArray([1, 2, 6]))).rejects.toThrow('heads that divide the width 6, got 4');
  });

  function withLast(x: NDArray, value: number): NDArray {
    return array((toNested(x) as number[][][]).map((s) => s.map((row, i) => (i === 3 ? row.map(() => value) : row))));
  }
});

describe('encodings', () => {
  test('sinusoidal: sine and cosine in turn, of falling frequencies', async () => {
    const encode = compile(() => nn.sinusoidalEncoding(iota(3), 4, 100));
    const rows = [0, 1, 2].map((p) => [Math.sin(p), Math.cos(p), Math.sin(p / 10), Math.cos(p / 10)]);
    expectClose(await encode(), array(rows), 'encoding', 1e-6);
    expect(() => compile(() => nn.sinusoidalEncoding(iota(3), 5)).program()).toThrow('expected an even width, got 5');
  });

  test("positional: the information bottleneck's published values", async () => {
    const encode = compile((x: Tensor) => nn.positionalEncoding(x, [2, 4, 8, 16]));
    const wanted = [[0.5, 0.841470985, 0.909297427, -0.756802495, 0.989358247]];
    expectClose(await encode(array([[0.5]])), array(wanted), 'encoding', 1e-6);
  });

  test('Fourier features: the inner product of two depends on their difference only', async () => {
    const encode = compile((key: Tensor, x: Tensor) =>
      nn.fourierFeatures(nn.initFourierFeatures(key, { in: 1, waves: 16, scale: 2 }), x),
    );
    const [a, b, c, d] = toNested(await encode(random.key(1), array([[0], [0.3], [5], [5.3]]))) as number[][];
    const dot = (x: number[], y: number[]) => x.reduce((total, v, i) => total + v * y[i]!, 0);
    expect(a).toHaveLength(32);
    expect(dot(a!, a!)).toBeCloseTo(16, 4);
    expect(dot(a!, b!)).toBeCloseTo(dot(c!, d!), 3);
    expect(dot(a!, b!)).toBeLessThan(15);
  });
});

describe('dropout', () => {
  const drop = compile((x: Tensor, key: Tensor) => nn.dropout(x, 0.25, key));
  const ones = array(new Float32Array(10_000).fill(3));

  test('sets the rate of elements to 0 and scales the rest', async () => {
    const out = numbers(await drop(ones, random.key(2)));
    expect(new Set(out)).toEqual(new Set([0, 4]));
    // four standard deviations of a binomial share
    expect(Math.abs(out.filter((v) => v === 0).length / 10_000 - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 10_000));
  });

  test('is identity without a key, and refuses a rate outside [0, 1)', async () => {
    const still = compile((x: Tensor) => nn.dropout(x, 0.25, undefined));
    expect(numbers(await still(ones))).toEqual(numbers(ones));
    const all = compile((x: Tensor, key: Tensor) => nn.dropout(x, 1, key));
    await expect(all(ones, random.key(0))).rejects.toThrow('dropout: expected a rate in [0, 1), got 1');
  });
});

describe("initial parameters are PyTorch's", () => {
  const init = <P>(fn: (key: Tensor) => P) => compile(fn)(random.key(7)) as Promise<nn.Arrays<P>>;

  /** Expects values to fill (−bound, bound) evenly. */
  function expectUniform(x: NDArray, bound: number): void {
    const values = numbers(x).map((v) => v / bound);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(Math.abs(variance(values) - 1 / 3)).toBeLessThan(0.05);
  }

  test('linear: ±1/√in, or normal with bias 0', async () => {
    const { weight, bias } = await init((key) => nn.initLinear(key, { in: 64, out: 400 }));
    expect([weight.shape, bias!.shape]).toEqual([[400, 64], [400]]);
    expectUniform(weight, 1 / 8);
    expectUniform(bias!, 1 / 8);
    const normal = await init((key) => nn.initLinear(key, { in: 64, out: 400, std: 0.02 }));
    expect(Math.sqrt(variance(numbers(normal.weight)))).toBeCloseTo(0.02, 3);
    expect(variance(numbers(normal.bias!))).toBe(0);
    expect(Object.keys(await init((key) => nn.initLinear(key, { in: 2, out: 2, bias: false })))).toEqual(['weight']);
  });

  test('convolutions: ±1/√(inputs of one output)', async () => {
    const conv = await init((key) => nn.initConv(key, { in: 16, out: 64, kernel: [3, 3], groups: 4 }));
    expect(conv.weight.shape).toEqual([64, 4, 3, 3]);
    expectUniform(conv.weight, 1 / 6);
    const up = await init((key) => nn.initConvTranspose(key, { in: 16, out: 8, kernel: [4], groups: 2, bias: false }));
    expect([up.weight.shape, Object.keys(up)]).toEqual([[16, 4, 4], ['weight']]);
    expectUniform(up.weight, 1 / 4);
  });

  test('embedding: standard normal; attention: Glorot, biases 0', async () => {
    const { weight } = await init((key) => nn.initEmbedding(key, { count: 100, width: 100 }));
    expect(Math.abs(variance(numbers(weight)) - 1)).toBeLessThan(0.06);
    const attention = await init((key) => nn.initMultiHeadAttention(key, { width: 32 }));
    expect(attention.in_proj_weight.shape).toEqual([96, 32]);
    expectUniform(attention.in_proj_weight, Math.sqrt(6 / 128));
    expectUniform(attention.out_proj.weight, 1 / Math.sqrt(32));
    expect(variance([...numbers(attention.in_proj_bias!), ...numbers(attention.out_proj.bias!)])).toBe(0);
  });

  test('each from its own part of the key', async () => {
    // weights and biases of one size and bound: from one key they would be the same numbers
    const each = [
      await init((key) => nn.initLinear(key, { in: 1, out: 8 })),
      await init((key) => nn.initConv(key, { in: 1, out: 8, kernel: [1] })),
    ];
    for (const { weight, bias } of each) {
      const drawn = [...numbers(weight), ...numbers(bias!)];
      expect(new Set(drawn).size).toBe(16);
    }
  });
});

describe('labels outside the classes', () => {
  const logits = array([
    [1, 2, 3],
    [3, 1, 2],
  ]);
  const int32 = (...labels: number[]) => array(labels, { dtype: 'int32' });
  const trained = compile(valueAndGrad((x: Tensor, labels: Tensor) => nn.crossEntropyLoss(x, labels)));
  const masked = compile(
    valueAndGrad((x: Tensor, labels: Tensor, mask: Tensor) => nn.crossEntropyLoss(x, labels, mask)),
  );

  test.each([-1, -100, 3, 1000])('%i: the loss is NaN, and the gradient of its line', async (label) => {
    const [loss, gradient] = await trained(logits, int32(label, 1));
    expect(numbers(loss)).toEqual([Number.NaN]);
    expect(numbers(gradient).map(Number.isNaN)).toEqual([true, true, true, false, false, false]);
  });

  test.each([-1, -100, 3, 1000])('%i under a mask does not matter, and beside one it does', async (label) => {
    const mask = array([0, 1], { dtype: 'bool' });
    const own = await masked(logits, int32(0, 1), mask);
    expect(await masked(logits, int32(label, 1), mask)).toEqual(own);
    expect(numbers(own[1]).slice(0, 3)).toEqual([0, 0, 0]);
    expect(numbers((await masked(logits, int32(0, label), mask))[0])).toEqual([Number.NaN]);
  });

  test('are refused when they are not int32', () => {
    expect(() => trained.program(logits, array([0, 1], { dtype: 'int64' }))).toThrow(
      'crossEntropy: expected int32 labels, got int64[2] (cast first)',
    );
  });
});

test('fillTree takes arrays by their paths, and says which is missing or of another type', () => {
  const like = { embed: { weight: zerosArray([2, 2]) }, layers: [{ bias: zerosArray([3]) }] };
  const named = {
    'm.embed.weight': array([
      [1, 2],
      [3, 4],
    ]),
    'm.layers.0.bias': array([5, 6, 7]),
    'm.more': array([1]),
  };
  const filled = nn.fillTree(like, named, { prefix: 'm.' });
  expect(filled).toEqual({ embed: { weight: named['m.embed.weight'] }, layers: [{ bias: named['m.layers.0.bias'] }] });
  expect(() => nn.fillTree(like, named)).toThrow('expected embed.weight of type float32[2,2], got nothing');
  const wrong = { ...named, 'm.layers.0.bias': array([5, 6]) };
  expect(() => nn.fillTree(like, wrong, { prefix: 'm.', from: 'x.safetensors' })).toThrow(
    'x.safetensors: expected m.layers.0.bias of type float32[3], got float32[2]',
  );
});
