import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commonDecimals,
  formatDate,
  formatExact,
  formatInterval,
  formatMeasured,
  formatNumber,
  formatSeconds,
} from './format.ts';

/** With ordinary spaces, to be read here. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test.each([
  [0, '0'],
  [-0, '0'],
  [42, '42'],
  [1234, '1234'],
  [12345, '12,345'],
  [-1234567, '−1,234,567'],
  [0.31234, '0.312'],
  [12.345, '12.3'],
  [0.9996, '1.00'],
  [99999.5, '100,000'],
  [0.000123456, '0.000123'],
  [0.0000123, '1.2 × 10⁻⁵'],
  [6.02e23, '6.0 × 10²³'],
  [Number.POSITIVE_INFINITY, '∞'],
  [Number.NaN, 'NaN'],
])('%d is written %s', (x, text) => {
  expect(plain(formatNumber(x))).toBe(text);
});

test('units follow a no-break space, the percent sign nothing', () => {
  expect(formatNumber(0.3124, { unit: 'bit' })).toBe('0.312\u00a0bit');
  expect(formatNumber(12, { unit: '%' })).toBe('12%');
  expect(formatExact(0.7578784625, 'bit')).toBe('0.7578784625\u00a0bit');
});

test('a rounded zero has no sign', () => {
  expect(formatNumber(-0.001, { decimals: 2 })).toBe('0.00');
});

describe('with an interval, its width decides the digits', () => {
  test.each([
    [0.3124, [0.3044, 0.3204], '0.312 ± 0.008'],
    [0.3124, [0.2974, 0.3274], '0.312 ± 0.015'],
    [12.3, [9.3, 15.3], '12 ± 3'],
    [0.5, [0.3, 0.55], '0.50 [0.30, 0.55]'],
    [5, [5, 5], '5'],
    [0, [-0.0024, 0.0024], '0.000 ± 0.002'],
  ] as const)('%d in %j: %s', (value, interval, text) => {
    expect(plain(formatMeasured(value, interval))).toBe(text);
  });

  test('brackets', () => {
    expect(plain(formatInterval([0.31, 0.35], { unit: 'bit' }))).toBe('[0.31, 0.35] bit');
  });
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7620, '2 h 07 min'],
])('%d seconds: %s', (seconds, text) => {
  expect(plain(formatSeconds(seconds))).toBe(text);
});

test('a column’s numbers share their decimals', () => {
  expect(commonDecimals([1, 20, 300])).toBe(0);
  expect(commonDecimals([0.5, 0.004])).toBe(3);
  expect(commonDecimals([12.5, 0.004])).toBe(1);
});

test('dates do not follow the machine’s time zone', () => {
  expect(formatDate('2026-11-22T23:30:00.000Z')).toBe('22 November 2026, 23:30 UTC');
});

test('what is written reads back to within its last digit', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e8, noNaN: true }), (x) => {
      const read = Number(formatNumber(-x).replaceAll(',', '').replace('−', '-'));
      expect(Math.abs(read + x)).toBeLessThanOrEqual(0.005 * x);
    }),
  );
});
