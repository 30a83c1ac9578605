import { expect, it } from 'vitest';
import { differenceTable } from './differences.ts';
import type { TaskScore } from './evaluation.ts';
import { overQuestions } from './over-questions.ts';
import type { RunResult } from './perform.ts';
import { Results } from './study.ts';

/** A task in which so many of a hundred questions are answered right, in one prompt. */
const task = (right: number, probability = right / 100): TaskScore => ({
  name: 'a',
  random: 0.25,
  accuracy: [right / 100],
  probability: [probability],
  answers: ['1'.repeat(right) + '0'.repeat(100 - right)],
});

it('an interval over questions is the binomial one where a side is always right, and nothing between equals', () => {
  const [low, high] = overQuestions([[[task(100)], [task(50)]]], 'first');
  // 1.96 √(0.25 / 100) = 9.8 points
  expect(low).toBeCloseTo(50 - 9.8, -0.5);
  expect(high).toBeCloseTo(50 + 9.8, -0.5);
  expect(overQuestions([[[task(40)], [task(40)]]], 'median')).toEqual([0, 0]);
});

it('more seeds with the same questions make no interval over questions narrower', () => {
  const one = overQuestions([[[task(100)], [task(50)]]], 'first');
  const five = overQuestions(
    Array.from({ length: 5 }, () => [[task(100)], [task(50)]] as const),
    'first',
  );
  for (const [i, end] of five.entries()) expect(end).toBeCloseTo(one[i]!, 9);
});

it('the table has the differences of which there are results', () => {
  const run = (id: string, seed: number, right: number): RunResult => ({
    id,
    seed,
    steps: 1,
    tokensPerStep: 1,
    curve: [],
    entropy: 1,
    seconds: 1,
    scores: [task(right, 0.3 + right / 1000)],
  });
  expect(differenceTable(new Results([1, 2], []))).toEqual([]);
  const results = new Results(
    [1, 2],
    [run('cd-flm', 1, 50), run('nd-plm', 1, 40), run('cd-flm', 2, 60), run('nd-plm', 2, 30)],
  );
  const [{ rows }] = differenceTable(results) as [ReturnType<typeof differenceTable>[number]];
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    name: 'CD:FLM − ND:PLM',
    seeds: { value: 20 },
    questions: { value: 20 },
    probability: { value: expect.closeTo(2) },
  });
});
