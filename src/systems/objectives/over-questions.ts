/**
 * What chance there is in which questions were asked: a bootstrap over questions, within each task.
 *
 * The questions of a study are the same for every seed, so that an interval over seeds knows nothing of it: with two
 * hundred questions a task, a model may be ahead because these suit it.
 *
 * Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), chapter 13: the percentile interval.
 */
import type { Interval } from '../../report/index.ts';
import { Draws } from './draws.ts';
import { type Average, accuracyOf, type TaskScore } from './evaluation.ts';

const resamples = 1000;
const one = '1'.charCodeAt(0);

/**
 * The interval of a mean difference of accuracies, in points, over which questions are asked.
 * @param pairs the scores of both sides, a pair a seed
 * @param level in (0, 1)
 */
export function overQuestions(
  pairs: readonly (readonly [readonly TaskScore[], readonly TaskScore[]])[],
  average: Average,
  level = 0.95,
): Interval {
  const tasks = pairs[0]![0];
  const found = Array.from({ length: resamples }, (_, r) => {
    let sum = 0;
    for (const [t, { answers }] of tasks.entries()) {
      const count = answers[0]!.length;
      const drawn = resamplesOf(t, count).subarray(r * count, (r + 1) * count);
      for (const [a, b] of pairs) sum += accuracyIn(a[t]!, drawn, average) - accuracyIn(b[t]!, drawn, average);
    }
    return (100 * sum) / (tasks.length * pairs.length);
  }).sort((a, b) => a - b);
  const cut = Math.floor(((1 - level) / 2) * resamples);
  return [found[cut]!, found[resamples - 1 - cut]!];
}

const kept = new Map<string, Uint32Array>();

/** All resamples of a task's questions, one behind another: the same for every comparison, which a study has dozens of. */
function resamplesOf(task: number, count: number): Uint32Array {
  const key = `${task} ${count}`;
  const before = kept.get(key);
  if (before) return before;
  const draws = Draws.of(0, 5, task);
  const own = Uint32Array.from({ length: resamples * count }, () => draws.below(count));
  kept.set(key, own);
  return own;
}

/** A task's accuracy over some of its questions. */
function accuracyIn(score: TaskScore, drawn: Uint32Array, average: Average): number {
  const asked = average === 'first' ? score.answers.slice(0, 1) : score.answers;
  const accuracy = asked.map((marks) => {
    let right = 0;
    for (const question of drawn) if (marks.charCodeAt(question) === one) right++;
    return right / drawn.length;
  });
  return accuracyOf({ accuracy }, average);
}
