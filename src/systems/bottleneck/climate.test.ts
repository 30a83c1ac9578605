import { expect, test } from 'vitest';
import { goodReading, lookedAt, whereGood } from './climate.ts';
import { rules } from './rules.ts';
import type { TableReading } from './table-run.ts';

const reading = (step: number, validation: number) => ({ step, validation }) as TableReading;
const good = [reading(1, 0.9), reading(2, 0.97), reading(3, 0.96), reading(4, 0.8)];
const poor = [reading(1, 0.5), reading(2, 0.931), reading(3, 0.2)];

test('a run is looked at where it last explains enough, or explains most', () => {
  expect(goodReading(good)).toBe(good[2]);
  expect(lookedAt(good)).toBe(good[2]);
  expect(goodReading(poor)).toBeUndefined();
  expect(lookedAt(poor)).toBe(poor[1]);
});

test('a claim about models that explain enough cannot be told where one never does, and says why', () => {
  const step = (one: TableReading) => one.step;
  expect(whereGood([good, good], step)).toEqual([3, 3]);
  const why = whereGood([good, poor], step);
  expect(why).toBe('never at 95%: a run explains 93.1% at best');
  expect(rules.control.judge({ tier: 'quick', value: why as string })).toMatchObject({
    measured: why,
    verdict: 'not testable at this scale',
  });
});
