import { describe, expect, test } from 'vitest';
import { tableOf } from '../../data/index.ts';
import { array } from '../../tensor/index.ts';
import { columnsOf } from './columns.ts';
import {
  aboveZero,
  classScorer,
  contrastiveScorer,
  describeScore,
  numberScorer,
  numbersOf,
  type Score,
  scoreIn,
} from './score.ts';
import { runTable, splitTable, type TableReading, type TableRecipe } from './table-run.ts';
import { bestReading } from './trajectory.ts';
import { levelsOf } from './worth.ts';

const target = { name: 'y', kind: 'continuous', scale: { mean: 5, std: 2 }, range: [0, 1] } as const;
const codes = array([0, 0, 1, 1, 0, 0, 1, 1], { dtype: 'int32' });
const numbers = array([-1, 1, -1, 1], { shape: [4, 1] });

describe('what losses come to', () => {
  test('of classes: entropy minus cross-entropy, in bits', () => {
    const half = classScorer(codes, target)(Array(8).fill(Math.LN2 / 2));
    expect(half).toMatchObject({ kind: 'bits', bits: expect.closeTo(0.5, 10), ceiling: expect.closeTo(1, 10) });
    expect(aboveZero(half)).toBe(true);
    expect(() => classScorer(array([1, 1], { dtype: 'int32' }), target)).toThrow('expected several values of "y"');
    // Student's t of 7 degrees: ±2.3646 standard errors
    const { bits, interval } = classScorer(codes, target)([0, 1, 0, 1, 0, 1, 0, 1]) as Extract<Score, { kind: 'bits' }>;
    expect(bits).toBeCloseTo(1 - 0.5 / Math.LN2, 10);
    expect(interval[1] - bits).toBeCloseTo((2.3646 * Math.sqrt(2 / 7)) / Math.LN2 / Math.sqrt(8), 4);
  });

  test('of numbers: the share of the variance, and the error in the target’s unit', () => {
    const score = numberScorer(numbers, target)([0.25, 0.25, 0.25, 0.25]);
    expect(score).toEqual({ kind: 'error', error: 1, explained: 0.75, interval: [0.75, 0.75], rows: 4 });
    expect(() => numberScorer(array([3, 3], { shape: [2, 1] }), target)).toThrow('expected several values of "y"');
  });

  test('of InfoNCE: log₂ of a block’s rows minus the loss, with that ceiling', () => {
    const score = contrastiveScorer(64)([Math.log(16), Math.log(16)]);
    expect(score).toMatchObject({ kind: 'bits', bits: expect.closeTo(2, 10), ceiling: 6 });
    expect(describeScore(score).replaceAll('\u00a0', ' ')).toBe('2 of at most 6 bit known, on 128 test rows');
  });

  test('a record keeps them', () => {
    const scores: Score[] = [
      { kind: 'bits', bits: 0.5, interval: [0.4, 0.6], ceiling: 7, rows: 9 },
      { kind: 'error', error: 2, explained: 0.5, interval: [0.4, 0.6], rows: 9 },
    ];
    for (const score of scores) expect(scoreIn({ beta: 1, ...numbersOf(score) })).toEqual(score);
  });

  test('to know nothing is never above zero, whatever the constant prediction', () => {
    for (const p of [0.1, 0.3, 0.5, 0.9]) {
      const losses = Array.from(codes.data, (code) => -Math.log(Number(code) === 1 ? p : 1 - p));
      expect(aboveZero(classScorer(codes, target)(losses))).toBe(false);
    }
    for (const guess of [-2, 0, 0.1]) {
      const losses = Array.from(numbers.data, (y) => (Number(y) - guess) ** 2);
      expect(aboveZero(numberScorer(numbers, target)(losses))).toBe(false);
    }
  });
});

/** A target that has nothing to do with the columns, and a network that has every chance to believe otherwise. */
function noiseTable(seed: number, continuous: boolean) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return tableOf(
    Array.from({ length: 400 }, () => ({
      a: random(),
      b: random(),
      c: `c${Math.floor(random() * 5)}`,
      y: continuous ? random() + random() : `y${Math.floor(random() * 3)}`,
    })),
  );
}

describe('a target of pure noise', () => {
  const recipe: TableRecipe = {
    encoder: [16],
    latent: 2,
    integrator: [32],
    loss: 'squared',
    joint: false,
    annealing: { from: 1e-4, to: 1, pretraining: 0, steps: 150 },
    rate: 1e-2,
    batch: 64,
    every: 5,
  };
  const kinds = [
    ['categories', false, 'squared'],
    ['numbers', true, 'squared'],
    ['numbers, contrastive', true, 'contrastive'],
  ] as const;
  test.each(kinds)('is not told by any column: %s', async (_, continuous, loss) => {
    const chosen: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const { columns, table } = columnsOf(noiseTable(seed, continuous), 'y');
      const readings: TableReading[] = [];
      const onReading = (reading: TableReading) => void readings.push(reading);
      await runTable(splitTable(table, columns, seed), { ...recipe, loss }, { seed, onReading });
      expect(aboveZero(bestReading(readings).score), `seed ${seed}`).toBe(false);
      expect(levelsOf(readings)).toEqual([]);
      chosen.push(bestReading(readings).validation);
    }
    // what these rows would have been told from the rows that chose the reading
    expect(Math.max(...chosen)).toBeGreaterThan(0);
  });
});
