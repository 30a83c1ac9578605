import { describe, expect, it } from 'vitest';
import { comparisons, speedUp } from './comparisons.ts';
import type { TaskScore } from './evaluation.ts';
import type { RunResult } from './perform.ts';
import { planOf } from './plan.ts';
import { type Candidate, candidates, recommend } from './recommendation.ts';
import { rules } from './rules.ts';
import { Results } from './study.ts';

const run = (id: string, seed: number, more: Partial<RunResult>): RunResult => ({
  id,
  seed,
  steps: 100,
  tokensPerStep: 1000,
  curve: [],
  entropy: 1,
  seconds: 1,
  ...more,
});
/** Of a hundred questions the first ones are answered right. */
const task = (score: Pick<TaskScore, 'name' | 'random' | 'accuracy'>): TaskScore => ({
  probability: score.accuracy,
  answers: score.accuracy.map((share) => '1'.repeat(Math.round(100 * share)).padEnd(100, '0')),
  ...score,
});
const curve = (...held: number[]) => held.map((value, i) => ({ step: 20 * (i + 1), held: value }));

describe('a speed-up', () => {
  const scratch = run('a', 1, { curve: curve(6, 5, 4.5, 4.2, 4) });

  it('is the tokens of training from scratch over those until the same loss, straight between looks', () => {
    const adapted = run('b', 1, { curve: curve(4.4, 3.6) });
    expect(speedUp(adapted, scratch)).toBeCloseTo(100 / 30);
  });

  it('takes both where they first get there: of a training over itself it is 1, however its looks go up and down', () => {
    const own = run('b', 1, { curve: curve(6, 4, 4.5, 3.9, 4.1) });
    expect(speedUp(own, own)).toBeCloseTo(1);
  });

  it('counts tokens, not steps', () => {
    const adapted = run('b', 1, { tokensPerStep: 500, curve: curve(4.4, 3.6) });
    expect(speedUp(adapted, scratch)).toBeCloseTo(200 / 30);
  });

  it('is none where the loss is never reached', () => {
    expect(speedUp(run('b', 1, { curve: curve(5, 4.5, 4.3, 4.2, 4.1) }), scratch)).toBe(1);
    expect(speedUp(run('b', 1, { steps: 200, curve: curve(5, 4.5) }), scratch)).toBe(0.5);
  });
});

describe('comparisons and recommendations', () => {
  const scores = (accuracy: number, other = accuracy) => [
    task({ name: 'a', random: 0.25, accuracy: [accuracy, other, other] }),
    task({ name: 'b', random: 0.25, accuracy: [accuracy, other, other] }),
  ];
  const seeds = [1, 2, 3];
  const ids = ['cd-flm', 'nd-plm', 'ed-plm', 'cd-mlm', 'nd-mlm', 'ed-mlm'];
  const results = new Results(
    seeds,
    seeds.flatMap((seed) =>
      ids.map((id, i) => {
        const accuracy = 0.6 - 0.05 * i + 0.001 * seed * (i % 2);
        return run(id, seed, { scores: scores(accuracy), ...(i > 2 && { asSpans: scores(0.6) }) });
      }),
    ),
  );

  it('are of seeds that have all runs, the paper’s side first', () => {
    expect(comparisons.causalFirst(results)).toHaveLength(3);
    expect(comparisons.causalFirst(results)[0]).toBeCloseTo(4.9);
    expect(comparisons.languageOverSpans(results)[0]).toBeCloseTo(15 - 0.1 / 3);
    expect(comparisons.languageOverAskedSpans(results)[0]).toBeCloseTo((60 + 55.1 + 50 - 180) / 3);
    expect(comparisons.encoderFirst(results)).toEqual([]);
  });

  it('name the best, how sure that is, and what cannot be told from it', () => {
    const sure = recommend(candidates(results, 'pretrained'), 25)!;
    expect(sure).toMatchObject({ best: 'CD:FLM', unsure: [] });
    expect(sure.words).toBe(
      'CD:FLM answers best: 60.0 % of held-out questions, guessing 25.0 %. ND:PLM is 4.8 points behind. It is ahead of every other beyond what 3 seeds and 200 questions differ by.',
    );
    const candidate = (name: string, values: readonly number[], right = values[0]!): Candidate => ({
      name,
      id: name === 'D' ? 'cd-flm' : 'ed-mlm',
      values,
      average: 'first',
      scores: values.map(() => [task({ name: 'a', random: 0.25, accuracy: [right / 100] })]),
    });
    const list = [
      candidate('A', [50, 54, 52]),
      candidate('B', [51, 50, 53]),
      candidate('C', [30, 31, 32]),
      // ahead over seeds, and not over questions: a question of a hundred
      candidate('D', [49, 53, 51], 49),
    ];
    expect(recommend(list, 25)!.words).toContain(
      'Over 3 seeds and 100 questions it cannot be told from B and D: give a larger budget, or take D, the cheapest of them to train and to run.',
    );
    expect(recommend(list, 60)!.words).toContain('not above guessing beyond doubt');
    const one = list.map((each) => ({ ...each, values: each.values.slice(0, 1) }));
    expect(recommend(one, 25)!.words).toContain('With one seed nothing can be said of chance');
    expect(recommend(candidates(results, 'finetuned'), 25)).toBeUndefined();
  });
});

describe('the plan', () => {
  it('has every run behind the one that it comes from, and every finding’s runs', () => {
    const plan = planOf([1, 2]);
    for (const [i, { from, seed }] of plan.entries()) {
      if (from === undefined) continue;
      expect(plan.slice(0, i).some((before) => before.id === from && before.seed === seed)).toBe(true);
    }
    const full = new Results(
      [1, 2],
      plan.map(({ id, seed }) =>
        run(id, seed, {
          curve: curve(2, 1),
          scores: [task({ name: 'a', random: 0.5, accuracy: [0.5] })],
          practised: [task({ name: 'b', random: 0.5, accuracy: [0.5] })],
        }),
      ),
    );
    for (const of of Object.values(comparisons)) expect(of(full)).toHaveLength(2);
  });

  it('of rules: each comparison has one, with five seeds or more in the recorded tier', () => {
    for (const name of Object.keys(comparisons) as (keyof typeof comparisons)[])
      expect(rules[name].seeds.recorded.length).toBeGreaterThanOrEqual(5);
  });
});
