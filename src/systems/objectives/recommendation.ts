/** What a study recommends, in words, with its doubt. */
import { meanInterval } from '../../report/index.ts';
import { cellId, cellName, cells } from './cells.ts';
import { type Average, meanAccuracy, type TaskScore } from './evaluation.ts';
import { overQuestions } from './over-questions.ts';
import { adaptationShare } from './plan.ts';
import type { Results } from './study.ts';

/** A way to a model, and how it did: a value a seed. */
export interface Candidate {
  readonly name: string;
  readonly id: string;
  readonly values: readonly number[];
  /** Its answers, a suite a seed, and how they are averaged. */
  readonly scores: readonly (readonly TaskScore[])[];
  readonly average: Average;
}

/** What an adaptation reads besides a pretraining, in per cent. */
const more = Math.round(100 * adaptationShare);

/** What is compared: the runs of one use, with every seed that has all of them. */
export function candidates(results: Results, use: 'pretrained' | 'finetuned'): Candidate[] {
  const tail = use === 'pretrained' ? '' : '-mtf';
  const listed = cells.map((cell) => ({ name: cellName(cell), id: cellId(cell) + tail }));
  if (use === 'finetuned') listed.push({ name: `CD:FLM, then NC-A (${more} % more tokens)`, id: 'nc-a-mtf' });
  const average: Average = use === 'pretrained' ? 'first' : 'median';
  const ids = listed.map(({ id }) => id);
  return listed.map(({ name, id }) => {
    const at = ids.indexOf(id);
    const scores: (readonly TaskScore[])[] = [];
    const values = results.each(ids, (...all) => {
      scores.push(all[at]!.scores!);
      return meanAccuracy(all[at]!.scores!, average);
    });
    return { name, id, values, scores, average };
  });
}

/** Which is best, and which of the others cannot be told from it. */
export interface Recommendation {
  readonly best: string;
  readonly accuracy: number;
  /** Those whose distance to the best holds 0 in its interval over seeds or over questions, or that one seed cannot tell. */
  readonly unsure: readonly string[];
  readonly words: string;
}

/**
 * The best of some candidates. Which one that is was not fixed before: so intervals are at 95 % for all distances together
 * (Bonferroni). With one seed there is no interval, and everything stays in doubt.
 * @param guessing the accuracy of guessing, in per cent
 */
export function recommend(list: readonly Candidate[], guessing: number): Recommendation | undefined {
  const seeds = list[0]?.values.length ?? 0;
  if (seeds === 0) return undefined;
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const ranked = list.toSorted((a, b) => mean(b.values) - mean(a.values));
  const [best, ...others] = ranked as [Candidate, ...Candidate[]];
  const lead = ({ values }: Candidate) => best.values.map((value, i) => value - values[i]!);
  const level = 1 - 0.05 / Math.max(1, others.length);
  const lowest = (other: Candidate) =>
    Math.min(
      meanInterval(lead(other), level).interval[0],
      overQuestions(
        best.scores.map((own, i) => [own, other.scores[i]!]),
        best.average,
        level,
      )[0],
    );
  const unsure = others.filter((other) => seeds < 2 || lowest(other) <= 0);
  const accuracy = mean(best.values);
  const aboveGuessing = seeds >= 2 && meanInterval(best.values).interval[0] > guessing;
  const points = (x: number) => `${x.toFixed(1)} ${Math.abs(x) < 1.05 && x.toFixed(1) === '1.0' ? 'point' : 'points'}`;
  const next = others[0];
  const questions = best.scores[0]!.reduce((sum, { answers }) => sum + answers[0]!.length, 0);
  const words = [
    `${best.name} answers best: ${accuracy.toFixed(1)} % of held-out questions, guessing ${guessing.toFixed(1)} %.`,
    next && `${next.name} is ${points(mean(lead(next)))} behind.`,
    !aboveGuessing &&
      (seeds < 2
        ? 'With one seed nothing can be said of chance: take more seeds before deciding.'
        : 'That is not above guessing beyond doubt: train longer before deciding.'),
    aboveGuessing &&
      unsure.length > 0 &&
      `Over ${seeds} seeds and ${questions} questions it cannot be told from ${namesOf(unsure)}: give a larger budget, or take ${cheapest([best, ...unsure]).name}, the cheapest of them to train and to run.`,
    aboveGuessing &&
      unsure.length === 0 &&
      `It is ahead of every other beyond what ${seeds} seeds and ${questions} questions differ by.`,
  ];
  return {
    best: best.name,
    accuracy,
    unsure: unsure.map(({ name }) => name),
    words: words.filter((word) => typeof word === 'string').join(' '),
  };
}

/**
 * A causal decoder needs half the weights of an encoder–decoder, and what it has read of a prompt stays as it is when the
 * prompt goes on; an adaptation is a second training.
 */
function cheapest(list: readonly Candidate[]): Candidate {
  const order = ['cd-', 'nd-', 'ed-', 'nc-a'];
  const cost = ({ id }: Candidate) => order.findIndex((start) => id.startsWith(start));
  return list.toSorted((a, b) => cost(a) - cost(b))[0]!;
}

function namesOf(list: readonly Candidate[]): string {
  const names = list.map(({ name }) => name);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
