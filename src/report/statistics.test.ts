import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootstrapInterval, mean, meanInterval, median, standardDeviation, studentQuantile } from './statistics.ts';

// Student's t, two-sided 95 % and 99 %: the tables in the back of every textbook.
test.each([
  [0.975, 1, 12.7062],
  [0.975, 2, 4.30265],
  [0.975, 3, 3.18245],
  [0.975, 4, 2.77645],
  [0.975, 9, 2.26216],
  [0.975, 30, 2.04227],
  [0.995, 1, 63.6567],
  [0.995, 5, 4.03214],
  [0.995, 120, 2.61742],
  [0.975, 100_000, 1.95999],
  [0.5, 7, 0],
])('t quantile %d at %i degrees of freedom', (p, degrees, expected) => {
  expect(studentQuantile(p, degrees)).toBeCloseTo(expected, 4);
});

test('mean, median, standard deviation of known values', () => {
  expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
});

test('the t interval of a textbook sample', () => {
  // n = 5, mean 3, s = √2.5: half-width 2.776445 · √2.5 / √5 = 1.963243.
  const { value, interval } = meanInterval([1, 2, 3, 4, 5]);
  expect(value).toBe(3);
  expect(interval[0]).toBeCloseTo(3 - 1.963243, 5);
  expect(interval[1]).toBeCloseTo(3 + 1.963243, 5);
});

test('too few values and a level outside (0, 1) are refused', () => {
  expect(() => mean([])).toThrow('mean: expected at least 1 values, got 0');
  expect(() => meanInterval([1])).toThrow('meanInterval: expected at least 2 values, got 1');
  expect(() => meanInterval([1, 2], 95)).toThrow('meanInterval: expected a level in (0, 1), got 95');
});

test('the bootstrap of a mean agrees with the normal interval, and follows its seed', () => {
  const values = Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 3 + 10);
  const half = (1.96 * standardDeviation(values)) / Math.sqrt(200);
  const { value, interval } = bootstrapInterval(values, mean, { seed: 1 });
  expect(value).toBe(mean(values));
  expect(interval[0]).toBeCloseTo(value - half, 1);
  expect(interval[1]).toBeCloseTo(value + half, 1);
  expect((interval[1] - interval[0]) / (2 * half)).toBeGreaterThan(0.95);
  expect((interval[1] - interval[0]) / (2 * half)).toBeLessThan(1.05);
  expect(bootstrapInterval(values, mean, { seed: 1 }).interval).toEqual(interval);
  expect(bootstrapInterval(values, mean, { seed: 2 }).interval).not.toEqual(interval);
});

test('a bootstrap interval lies within the values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 }),
      (values) => {
        const { interval } = bootstrapInterval(values, median, { resamples: 50 });
        expect(interval[0]).toBeGreaterThanOrEqual(Math.min(...values));
        expect(interval[1]).toBeLessThanOrEqual(Math.max(...values));
        expect(interval[0]).toBeLessThanOrEqual(interval[1]);
      },
    ),
    { numRuns: 50 },
  );
});
