import { expect, test } from 'vitest';
import type { CircuitReading } from './circuit-run.ts';
import {
  bestReading,
  channelBits,
  channelBounds,
  closingOrder,
  closings,
  descent,
  lastAsGood,
  totalBounds,
} from './trajectory.ts';

const at = (beta: number, information: readonly number[]) => ({ beta, information }) as unknown as CircuitReading;

test('a channel closes where it falls under a tenth of a bit for good, between readings', () => {
  const readings = [at(0.01, [1, 0.05, 1]), at(0.1, [0.2, 0.3, 0.9]), at(1, [0, 0.05, 0.8])];
  const [first, second, third] = closings(readings) as [number, number, number];
  expect(first).toBeCloseTo(0.1 ** 0.5, 6); // half way from 0.2 to 0, in ln β
  expect(second).toBeCloseTo(10 ** (-1 + 0.8), 6); // it was under at first, and opened again
  expect(third).toBe(Number.POSITIVE_INFINITY);
  expect(closingOrder(readings)).toEqual([0, 1, 2]);
});

test('a channel that was never open closed before the first reading', () => {
  expect(closings([at(0.01, [0.01]), at(0.1, [0])])).toEqual([0.01]);
});

const reading = (total: number, validation: number) => ({
  step: 0,
  beta: 1,
  task: 0,
  channels: [{ lower: total, upper: total, kl: total }],
  sampled: 1024,
  validation,
});

test('the descent begins where most is taken in', () => {
  const readings = [reading(1, 0.5), reading(6, 0.9), reading(4, 0.95), reading(2, 0.7)];
  expect(descent(readings)).toEqual(readings.slice(1));
  expect(lastAsGood(readings, 0.9)).toBe(readings[2]);
  expect(lastAsGood(readings, 0.99)).toBeUndefined();
  expect(bestReading(readings)).toBe(readings[2]);
});

test('the upper bound is the smaller of two, and a channel near log₂ N is saturated', () => {
  const channels = [
    { lower: 1, upper: 1.5, kl: 2 },
    { lower: -0.01, upper: 0.2, kl: 0.1 },
    { lower: 9.8, upper: 40, kl: 15 },
  ];
  const mixed = { ...reading(0, 0), channels };
  expect([0, 1, 2].map((i) => channelBounds(mixed, i))).toEqual([
    { lower: 1, upper: 1.5, saturated: false },
    { lower: 0, upper: 0.1, saturated: false },
    { lower: 9.8, upper: 15, saturated: true },
  ]);
  expect(channelBits(mixed, 0)).toBe(1.25);
  expect(totalBounds(mixed)).toEqual({ lower: 10.8, upper: 16.6, saturated: true });
  expect(totalBounds({ ...mixed, sampled: 4096 }).saturated).toBe(false);
});
