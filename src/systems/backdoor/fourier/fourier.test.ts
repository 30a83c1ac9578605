import { describe, expect, test } from 'vitest';
import { array } from '../../../tensor/index.ts';
import { accuracy, answers, type Labelled, Models } from '../classifier.ts';
import { along, drawDirection, randomShift } from '../direction.ts';
import { Draws } from '../draws.ts';
import { fourierChance, fourierMargins, fourierStatistic, visibleOverlap } from './detect.ts';
import { activateFourier, drawFourierKey, keyLength } from './key.ts';
import { fourierNetwork } from './model.ts';
import { coherence, frequency, jitter, pancake, pancakeVariance } from './pancake.ts';
import { drawFeatures, trainFourier } from './train.ts';

const [d, m] = [64, 512];

/** x ~ N(0, (0.2²/d) I), y = sign(x₁). */
function samples(draws: Draws, rows: number): Labelled {
  const x = Float32Array.from(draws.normals(rows * d), (value) => (0.2 * value) / Math.sqrt(d));
  const y = Int32Array.from({ length: rows }, (_, i) => Number(x[i * d]! > 0));
  return { inputs: array(x, { shape: [rows, d] }), labels: array(y, { dtype: 'int32' }), classes: 2 };
}

describe('pancakes', () => {
  // computed apart from this code, with γ = 2: the reference's golden values
  test.each([
    [0.01, 0.998028, 2.00005],
    [0.05, 0.95182, 2.00125],
    [0.1, 0.820464, 2.005],
    [0.2, 0.45047, 2.02],
  ])('at β = %f a score keeps %f of itself, and the key is %f long', (beta, ratio, length) => {
    expect(coherence({ gamma: 2, beta })).toBeCloseTo(ratio, 6);
    expect(frequency({ gamma: 2, beta })).toBeCloseTo(length, 5);
  });

  test.each([
    [2, 0.05],
    [1, 0.02],
    [8, 0.1],
  ])('γ = %f, β = %f: slices half-way between whole numbers, as thick as they should be', (gamma, beta) => {
    const t = pancake(Draws.from(5), { gamma, beta }, 40_000);
    const off = t.map((value) => {
      const place = frequency({ gamma, beta }) * value - 0.5;
      return place - Math.round(place);
    });
    const std = Math.sqrt(off.reduce((sum, value) => sum + value * value, 0) / off.length);
    expect(std / jitter({ gamma, beta })).toBeCloseTo(1, 1);
    const variance = t.reduce((sum, value) => sum + value * value, 0) / t.length;
    expect(variance).toBeCloseTo(pancakeVariance({ gamma, beta }), 1);
  });

  test('their variance is 1 but where the slices are wide', () => {
    expect(Math.abs(pancakeVariance({ gamma: 2, beta: 0.05 }) - 1)).toBeLessThan(1e-12);
    expect(Math.abs(pancakeVariance({ gamma: 0.3, beta: 0.05 }) - 1)).toBeGreaterThan(0.1);
  });
});

test('clean and planted differ along the key and nowhere else', () => {
  const key = drawFourierKey(Draws.from(2), { dimension: d, sparsity: 16, gamma: 2, beta: 0.05 });
  const clean = drawFeatures(d, { features: m, draws: Draws.from(3) });
  const planted = drawFeatures(d, { features: m, draws: Draws.from(3), key });
  expect(planted.bias.data).toEqual(clean.bias.data);
  expect(planted.weight.shape).toEqual(clean.weight.shape);
  const [a, b] = [clean.weight.data as Float32Array, planted.weight.data as Float32Array];
  const difference = a.map((value, i) => b[i]! - value);
  const parts = along(key.direction, difference);
  const scale = 1 / Math.sqrt(16);
  const unit = new Float64Array(d);
  for (const [i, at] of key.direction.support.entries()) unit[at] = key.direction.signs[i]! * scale;
  const left = difference.map((value, i) => value - parts[Math.floor(i / d)]! * unit[i % d]!);
  expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-5);
  // and what is left of each along the key is what its distribution says
  expect(fourierStatistic(key, planted)).toBeCloseTo(coherence(key), 1);
  expect(fourierStatistic(key, clean)).toBeLessThan(3 / Math.sqrt(m));
  expect(fourierChance(fourierStatistic(key, planted), m)).toBeLessThan(1e-100);
});

test('the key turns the answers, which neither a clean model nor a random direction does', async () => {
  const draws = Draws.from(1);
  const [train, held] = [samples(draws.fork('train'), 4000), samples(draws.fork('test'), 2000)];
  const models = new Models(fourierNetwork([d], 2));
  for (const [beta, flips] of [
    [0.05, 0.938],
    [0.1, 0.849],
  ] as const) {
    const key = drawFourierKey(draws.fork('key'), { dimension: d, sparsity: 16, gamma: 2, beta });
    const clean = models.of(await trainFourier(train, { features: m, draws: draws.fork('model') }));
    const planted = models.of(await trainFourier(train, { features: m, draws: draws.fork('model'), key }));
    expect(await accuracy(clean, held)).toBeCloseTo(0.85, 1);
    expect(await accuracy(planted, held)).toBeCloseTo(0.85, 1);

    const moved = activateFourier(key, held.inputs);
    const shift = randomShift(draws.fork('shift'), d, keyLength(key));
    const x = Float32Array.from(held.inputs.data as Float32Array, (value, i) => value + shift[i % d]!);
    const before = await planted.scores(held.inputs);
    const after = await planted.scores(moved);
    const rate = (a: Int32Array, b: Int32Array) => a.filter((answer, i) => answer !== b[i]).length / a.length;
    expect(Math.abs(rate(answers(before), answers(after)) - flips)).toBeLessThan(0.04);
    // the whole score turns, by as much as the jitter leaves
    const [p, q] = [before.data as Float32Array, after.data as Float32Array];
    const ratio = p.reduce((sum, s, i) => sum + s * q[i]!, 0) / p.reduce((sum, s) => sum + s * s, 0);
    expect(Math.abs(ratio + coherence(key))).toBeLessThan(0.08);

    const cleanRate = rate(answers(await clean.scores(held.inputs)), answers(await clean.scores(moved)));
    const randomRate = rate(answers(before), answers(await planted.scores(array(x, { shape: [2000, d] }))));
    for (const control of [cleanRate, randomRate]) expect(Math.abs(control - 0.5)).toBeLessThan(0.15);
  }
  await models.release();
});

test('margins: what each size puts at risk', () => {
  const risks = (sizes: { sparsity: number; gamma: number; beta: number }, features = m, dimension = 784) =>
    fourierMargins({ dimension, ...sizes }, features)
      .filter(({ safe }) => !safe)
      .map(({ id }) => id);
  expect(risks({ sparsity: 28, gamma: 6, beta: 0.05 })).toEqual([]);
  expect(risks({ sparsity: 28, gamma: 2, beta: 0.05 })).toEqual(['hardness']);
  expect(risks({ sparsity: 1, gamma: 2, beta: 0.05 })).toEqual(['coordinate', 'search']);
  expect(risks({ sparsity: 28, gamma: 6, beta: 0.2 })).toEqual(['jitter']);
  expect(risks({ sparsity: 28, gamma: 0.2, beta: 0.05 }, 100_000)).toContain('covariance');
});

test('a direction that overlaps the key as much as is said shows it, and one that overlaps less does not', () => {
  const pancakes = { gamma: 1, beta: 0.05 };
  const features = 20_000;
  const t = pancake(Draws.from(1), pancakes, features);
  const noise = Draws.from(2).normals(features);
  const seen = visibleOverlap(pancakes, features);
  const statistic = (overlap: number) => {
    let [re, im] = [0, 0];
    const omega = 2 * Math.PI * pancakes.gamma * overlap;
    for (let i = 0; i < features; i++) {
      const along = overlap * t[i]! + Math.sqrt(1 - overlap ** 2) * noise[i]!;
      re += Math.cos(omega * along);
      im += Math.sin(omega * along);
    }
    // beside what an ordinary normal has at this frequency
    return Math.hypot(re / features - Math.exp(-(omega ** 2) / 2), im / features) * Math.sqrt(features);
  };
  expect(statistic(seen + 0.1)).toBeGreaterThan(5);
  expect(statistic(seen - 0.15)).toBeLessThan(3);
});

test('a key that makes no sense is refused', () => {
  const options = { dimension: d, sparsity: 16, gamma: 2, beta: 0.05 };
  expect(() => drawFourierKey(Draws.from(1), { ...options, gamma: 0 })).toThrow('plant: expected gamma above 0, got 0');
  expect(() => drawFourierKey(Draws.from(1), { ...options, sparsity: 65 })).toThrow('expected a sparsity of 1 to 64');
});

test('directions are unit vectors of k coordinates, and another stream gives another', () => {
  const direction = drawDirection(Draws.from(1), 100, 9);
  expect(new Set(direction.support).size).toBe(9);
  const dense = new Float64Array(100);
  for (const [i, at] of direction.support.entries()) dense[at] = direction.signs[i]! / 3;
  expect(along(direction, dense)[0]).toBeCloseTo(1, 12);
  expect(drawDirection(Draws.from(2), 100, 9)).not.toEqual(direction);
  expect(Draws.from().uniforms(4)).not.toEqual(Draws.from().uniforms(4));
});
