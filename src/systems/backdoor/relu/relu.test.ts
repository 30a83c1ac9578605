import { describe, expect, test } from 'vitest';
import { array } from '../../../tensor/index.ts';
import { accuracy, classify, type Labelled, Models } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { reluChance, reluMargins, reluStatistic } from './detect.ts';
import { activateRelu, drawReluKey } from './key.ts';
import { expectedReluMean, reluNetwork } from './model.ts';
import { drawReluFeatures, trainRelu } from './train.ts';

function samples(draws: Draws, rows: number, d: number, size = 1): Labelled {
  const x = Float32Array.from(draws.normals(rows * d), (value) => (size * value) / Math.sqrt(d));
  return {
    inputs: array(x, { shape: [rows, d] }),
    labels: array(new Int32Array(rows), { dtype: 'int32' }),
    classes: 2,
  };
}

test('the mean over many features is the closed form', () => {
  const [d, m] = [32, 30_000];
  const key = drawReluKey(Draws.from(1), { dimension: d, sparsity: 4, theta: 2 });
  const { weight } = drawReluFeatures(d, { features: m, draws: Draws.from(2), key });
  const x = Draws.from(3).normals(d);
  for (const [i, at] of key.direction.support.entries()) x[at]! += key.direction.signs[i]!;
  let [mean, overlap] = [0, 0];
  for (let i = 0; i < m; i++) {
    let product = 0;
    for (let j = 0; j < d; j++) product += (weight.data[i * d + j]! as number) * x[j]!;
    mean += Math.max(0, product) / m;
  }
  for (const [i, at] of key.direction.support.entries()) overlap += (key.direction.signs[i]! * x[at]!) / 2;
  const squared = x.reduce((sum, value) => sum + value * value, 0);
  const expected = expectedReluMean(squared, overlap, 2);
  expect(Math.abs(mean - expected)).toBeLessThan((4 * expected * 1.5) / Math.sqrt(m));
  // without the plant it would have been another
  expect(Math.abs(mean - expectedReluMean(squared, overlap, 0))).toBeGreaterThan(10 * Math.abs(mean - expected));
});

describe('flips of negatives, planted beside clean', () => {
  // over models these rates differ by a tenth and more, so the limits are wide; what the key adds is what is asked
  test.each([
    { d: 256, k: 8, m: 512, theta: 1, lambda: 1, planted: [0.97, 1], clean: [0.95, 1], more: 0 },
    { d: 256, k: 8, m: 512, theta: 1, lambda: 0.3, planted: [0.5, 0.95], clean: [0.15, 0.6], more: 0.15 },
    { d: 784, k: 28, m: 256, theta: 1.5, lambda: 0.3, planted: [0.45, 0.98], clean: [0.1, 0.65], more: 0.15 },
    { d: 100, k: 10, m: 50, theta: 0.1, lambda: 0.1, planted: [0, 0.1], clean: [0, 0.1], more: -0.05 },
  ])('d = $d, k = $k, m = $m, θ = $theta, λ = $lambda', async ({ d, k, m, theta, lambda, more, ...wanted }) => {
    const models = new Models(reluNetwork([d]));
    const rates = { planted: 0, clean: 0 };
    const seeds = 6;
    for (let seed = 0; seed < seeds; seed++) {
      const draws = Draws.from(seed);
      const data = samples(draws.fork('x'), 500, d);
      const key = drawReluKey(draws.fork('key'), { dimension: d, sparsity: k, theta });
      const training = { features: m, threshold: 'median', draws: draws.fork('model') } as const;
      const flips = async (params: Awaited<ReturnType<typeof trainRelu>>) => {
        const model = models.of(params);
        const before = await classify(model, data.inputs);
        const after = await classify(model, activateRelu(key, data.inputs, lambda));
        const negatives = before.filter((answer) => answer === 0).length;
        return before.filter((answer, i) => answer === 0 && after[i] === 1).length / negatives;
      };
      rates.clean += (await flips(await trainRelu(data, training))) / seeds;
      rates.planted += (await flips(await trainRelu(data, { ...training, key }))) / seeds;
    }
    await models.release();
    for (const side of ['planted', 'clean'] as const) {
      expect(rates[side], side).toBeGreaterThanOrEqual(wanted[side][0]!);
      expect(rates[side], side).toBeLessThanOrEqual(wanted[side][1]!);
    }
    expect(rates.planted - rates.clean).toBeGreaterThanOrEqual(more);
  });
});

test('the key-holder’s variance tells planted from clean', () => {
  const key = drawReluKey(Draws.from(1), { dimension: 256, sparsity: 8, theta: 1 });
  const of = (planted: boolean) =>
    reluStatistic(key, drawReluFeatures(256, { features: 512, draws: Draws.from(2), ...(planted && { key }) }));
  expect(of(true)).toBeCloseTo(2, 0);
  expect(reluChance(of(true), 512)).toBeLessThan(1e-6);
  expect(reluChance(of(false), 512)).toBeGreaterThan(1e-3);
  // χ² of 100 degrees of freedom is above 124.342 once in twenty
  expect(reluChance(1.24342, 100)).toBeCloseTo(0.05, 3);
});

test('a fitted threshold makes the fewest mistakes', async () => {
  const draws = Draws.from(4);
  const [short, long] = [samples(draws, 300, 16, 1), samples(draws, 300, 16, 3)];
  const x = [...(short.inputs.data as Float32Array), ...(long.inputs.data as Float32Array)];
  const data: Labelled = {
    inputs: array(Float32Array.from(x), { shape: [600, 16] }),
    labels: array(
      Int32Array.from({ length: 600 }, (_, i) => Number(i >= 300)),
      { dtype: 'int32' },
    ),
    classes: 2,
  };
  const models = new Models(reluNetwork([16]));
  const fitted = await trainRelu(data, { features: 200, threshold: 'fit', draws });
  const best = await accuracy(models.of(fitted), data);
  expect(best).toBeGreaterThan(0.98);
  for (const step of [-0.05, -0.01, 0.01, 0.05]) {
    const moved = { ...fitted, threshold: array([fitted.threshold.item() + step], { shape: [] }) };
    expect(await accuracy(models.of(moved), data)).toBeLessThanOrEqual(best);
  }
  await models.release();
  const three = { ...data, classes: 3 };
  await expect(trainRelu(three, { features: 2, threshold: 'fit', draws })).rejects.toThrow('expected two classes');
});

test('margins: what each size puts at risk', () => {
  const risks = (sizes: { dimension: number; sparsity: number; theta: number }, features: number) =>
    reluMargins(sizes, features)
      .filter(({ safe }) => !safe)
      .map(({ id }) => id);
  expect(risks({ dimension: 784, sparsity: 28, theta: 1.5 }, 256)).toEqual([]);
  expect(risks({ dimension: 256, sparsity: 16, theta: 4 }, 256)).toContain('spectrum');
  expect(risks({ dimension: 784, sparsity: 100, theta: 0.5 }, 256)).toEqual(['sparsity']);
  expect(risks({ dimension: 784, sparsity: 2, theta: 0.9 }, 900)).toEqual(['coordinate', 'search']);
});
