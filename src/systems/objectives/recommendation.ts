/** What a study recommends, in words, with its doubt. */
import { meanInterval } from '../../report/index.ts';
import { cellId, cellName, cells } from './cells.ts';
import { type Average, meanAccuracy } from './evaluation.ts';
import type { Results } from './study.ts';

/** A way to a model, and how it did: a value a seed. */
export interface Candidate {
  readonly name: string;
  readonly id: string;
  readonly values: readonly number[];
}

/** What is compared: the runs of one use, with every seed that has all of them. */
export function candidates(results: Results, use: 'pretrained' | 'finetuned'): Candidate[] {
  const tail = use === 'pretrained' ? '' : '-mtf';
  const listed = cells.map((cell) => ({ name: cellName(cell), id: cellId(cell) + tail }));
  if (use === 'finetuned') listed.push({ name: 'CD:FLM, then NC-A', id: 'nc-a-mtf' });
  const average: Average = use === 'pretrained' ? 'first' : 'median';
  const ids = listed.map(({ id }) => id);
  return listed.map(({ name, id }) => {
    const at = ids.indexOf(id);
    return { name, id, values: results.each(ids, (...all) => meanAccuracy(all[at]!.scores!, average)) };
  });
}

/** Which is best, and which of the others cannot be told from it. */
export interface Recommendation {
  readonly best: string;
  readonly accuracy: number;
  /** Those whose distance to the best holds 0 in its interval at 95 % over seeds, or whose distance one seed cannot tell. */
  readonly unsure: readonly string[];
  readonly words: string;
}

/**
 * The best of some candidates. With one seed there is no interval, and everything stays in doubt.
 * @param guessing the accuracy of guessing, in per cent
 */
export function recommend(list: readonly Candidate[], guessing: number): Recommendation | undefined {
  const seeds = list[0]?.values.length ?? 0;
  if (seeds === 0) return undefined;
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const ranked = list.toSorted((a, b) => mean(b.values) - mean(a.values));
  const [best, ...others] = ranked as [Candidate, ...Candidate[]];
  const lead = ({ values }: Candidate) => best.values.map((value, i) => value - values[i]!);
  const unsure = others.filter((other) => seeds < 2 || meanInterval(lead(other)).interval[0] <= 0);
  const accuracy = mean(best.values);
  const aboveGuessing = seeds >= 2 && meanInterval(best.values).interval[0] > guessing;
  const points = (x: number) => `${x.toFixed(1)} ${Math.abs(x) < 1.05 && x.toFixed(1) === '1.0' ? 'point' : 'points'}`;
  const next = others[0];
  const words = [
    `${best.name} answers best: ${accuracy.toFixed(1)} % of held-out questions, guessing ${guessing.toFixed(1)} %.`,
    next && `${next.name} is ${points(mean(lead(next)))} behind.`,
    !aboveGuessing &&
      (seeds < 2
        ? 'With one seed nothing can be said of chance: take more seeds before deciding.'
        : 'That is not above guessing beyond doubt: train longer before deciding.'),
    aboveGuessing &&
      unsure.length > 0 &&
      `Over ${seeds} seeds it cannot be told from ${namesOf(unsure)}: choose among them by cost, or give a larger budget.`,
    aboveGuessing && unsure.length === 0 && `It is ahead of every other beyond what ${seeds} seeds differ by.`,
  ];
  return {
    best: best.name,
    accuracy,
    unsure: unsure.map(({ name }) => name),
    words: words.filter((word) => typeof word === 'string').join(' '),
  };
}

function namesOf(list: readonly Candidate[]): string {
  const names = list.map(({ name }) => name);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
