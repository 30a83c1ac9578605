import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

test('runs take one step until the second has told how long a step is', () => {
  const pace = new Pace(1000);
  expect(pace.next(1000)).toBe(1);
  pace.took(500, 100); // compiles
  expect(pace.next(999)).toBe(1);
  pace.took(10, 100);
  expect(pace.next(998)).toBe(10);
  pace.took(1, 100);
  expect(pace.next(988)).toBe(10);
});

test('what is left before an event is made step by step', () => {
  const pace = told(new Pace(1000), 10);
  expect([pace.next(10), pace.next(9), pace.next(1)]).toEqual([10, 1, 1]);
});

test('runs are no longer than the time between events, and divide it evenly', () => {
  expect(told(new Pace(5), 0.1).next(5)).toBe(5);
  expect(told(new Pace(250), 0.1).next(250)).toBe(62); // four runs and two steps, not three and 58
});

test('slow steps, large batches and few steps between events stay single', () => {
  expect(told(new Pace(1000), 60).next(1000)).toBe(1);
  expect(told(new Pace(1000), 0.1, 2 ** 26).next(1000)).toBe(1);
  expect(told(new Pace(1), 0.1).next(1)).toBe(1);
});

function told(pace: Pace, milliseconds: number, bytes = 1): Pace {
  pace.took(1, bytes);
  pace.took(milliseconds, bytes);
  return pace;
}
