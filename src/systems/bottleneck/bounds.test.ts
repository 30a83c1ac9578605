import fc from 'fast-check';
import { expect, test } from 'vitest';
import { array, compile, mul, random, type Tensor, toFloats, zeros } from '../../tensor/index.ts';
import { informationBounds } from './bounds.ts';
import { binaryChannelInformation, toBits } from './channel.ts';

const bounds = compile((mean: Tensor, logVariance: Tensor, noise: Tensor) =>
  informationBounds({ mean, logVariance }, noise),
);

/** The formulas as they are written, in float64. */
function plainly(mean: number[][], logVariance: number[][], noise: number[][]) {
  const n = mean.length;
  const density = (i: number, j: number) =>
    mean[j]!.reduce((sum, m, d) => {
      const u = mean[i]![d]! + Math.exp(logVariance[i]![d]! / 2) * noise[i]![d]!;
      return sum - 0.5 * ((u - m) ** 2 / Math.exp(logVariance[j]![d]!) + logVariance[j]![d]!);
    }, 0);
  let [lower, upper] = [0, 0];
  for (let i = 0; i < n; i++) {
    const row = Array.from({ length: n }, (_, j) => density(i, j));
    const top = Math.max(...row);
    const total = (keep: (j: number) => boolean) =>
      Math.log(row.reduce((sum, p, j) => sum + (keep(j) ? Math.exp(p - top) : 0), 0)) + top;
    lower += (row[i]! - total(() => true) + Math.log(n)) / n;
    upper += (row[i]! - total((j) => j !== i) + Math.log(n - 1)) / n;
  }
  return { lower, upper };
}

test('both bounds are the formulas, with N − 1', async () => {
  const size = fc.record({ n: fc.integer({ min: 2, max: 7 }), width: fc.integer({ min: 1, max: 3 }) });
  const values = (low: number, high: number) => (count: number) =>
    fc.array(fc.double({ min: low, max: high, noNaN: true }), { minLength: count, maxLength: count });
  const channels = size.chain(({ n, width }) =>
    fc.tuple(fc.constant({ n, width }), values(-3, 3)(n * width), values(-2, 1)(n * width), values(-2, 2)(n * width)),
  );
  await fc.assert(
    fc.asyncProperty(channels, async ([{ n, width }, ...flat]) => {
      const rows = (list: number[]) => Array.from({ length: n }, (_, i) => list.slice(i * width, (i + 1) * width));
      const [mean, logVariance, noise] = flat.map(rows) as [number[][], number[][], number[][]];
      const expected = plainly(mean, logVariance, noise);
      const { lower, upper } = await bounds(array(mean), array(logVariance), array(noise));
      expect(lower.item()).toBeCloseTo(expected.lower, 3);
      expect(upper.item()).toBeCloseTo(expected.upper, 3);
    }),
    { numRuns: 60 },
  );
});

test.each([0.25, 0.5, 1, 2, 3])('the bounds straddle the exact information of ±%d', async (mu) => {
  const [batches, n] = [8, 1024];
  const run = compile((key: Tensor, x: Tensor, mu: Tensor) => {
    const noise = random.normal(key, [batches, n, 1]);
    return informationBounds({ mean: mul(x, mu), logVariance: zeros([batches, n, 1]) }, noise);
  });
  const signs = Float32Array.from({ length: batches * n }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const result = await run(random.key(1), array(signs, { shape: [batches, n, 1] }), mu);
  const exact = binaryChannelInformation(mu, 1);
  const [lower, upper] = [result.lower, result.upper].map((b) => summary(Array.from(toFloats(b), toBits)));
  expect(lower!.mean - 3 * lower!.error).toBeLessThanOrEqual(exact);
  expect(upper!.mean + 3 * upper!.error).toBeGreaterThanOrEqual(exact);
  // and they are tight: with N in the place of N − 1 the upper one would be 0.0014 bit higher
  expect(upper!.mean - lower!.mean).toBeLessThan(0.003);
  expect(Math.abs(lower!.mean - exact)).toBeLessThan(0.002 + 3 * lower!.error);
});

test('densities of many dimensions do not underflow', async () => {
  const n = 64;
  const far = Array.from({ length: n }, (_, i) => Array.from({ length: 32 }, (_, d) => (i === d ? 40 : -i)));
  const still = far.map((row) => row.map(() => 0));
  const { lower, upper } = await bounds(array(far), array(still), array(still));
  expect(lower.item()).toBeCloseTo(Math.log(n), 3);
  expect(upper.item()).toBeGreaterThan(Math.log(n));
  expect(Number.isFinite(upper.item())).toBe(true);
});

function summary(values: readonly number[]) {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
