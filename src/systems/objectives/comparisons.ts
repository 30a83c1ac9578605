/**
 * What results say of the paper's findings: for each a number a seed, positive where the paper's side is ahead.
 *
 * Accuracies are means over the held-out tasks in per cent: with the first prompt of each where models are only
 * pretrained, as in the paper's EAI-Eval, and with the median prompt where they are finetuned, as in its T0-Eval. A speed-up
 * is the tokens that training from scratch takes over those that an adaptation takes until its cross-entropy on held-out
 * text, under the same objective and mask, is as low.
 */
import { meanAccuracy, meanNormalized } from './evaluation.ts';
import { ownGain } from './finetuning-gain.ts';
import type { RunResult } from './perform.ts';
import type { Results } from './study.ts';

const pretrained = ({ scores }: RunResult) => meanAccuracy(scores!, 'first');
const tuned = ({ scores }: RunResult) => meanAccuracy(scores!, 'median');
const practised = ({ practised: scores }: RunResult) => meanAccuracy(scores!, 'first');

/** Language models and the models of span corruption of the same architecture. */
const pairs = ['cd-flm', 'nd-plm', 'ed-plm', 'cd-mlm', 'nd-mlm', 'ed-mlm'] as const;

/** By finding, from the results that there are. */
export const comparisons = {
  /** CD:FLM over the best of the other five, pretrained only. */
  causalFirst: (results: Results) => overBest(results, 'cd-flm', without('cd-flm'), pretrained),
  /** ND:PLM over ED:PLM, pretrained only. */
  prefixOverEncoder: (results: Results) => results.each(['nd-plm', 'ed-plm'], (a, b) => pretrained(a) - pretrained(b)),
  /** Language modelling over span corruption, pretrained only, mean of the three architectures. */
  languageOverSpans: (results: Results) => results.each(pairs, (...all) => over(all, pretrained)),
  /** The same, where models of span corruption are asked by sentinels. */
  languageOverAskedSpans: (results: Results) =>
    results.each(pairs, (...all) => over(all, ({ scores, asSpans }) => meanAccuracy(asSpans ?? scores!, 'first'))),
  /** What finetuning adds to CD:FLM. */
  finetuningGain: (results: Results) =>
    results.each(['cd-flm-mtf', 'cd-flm'], (after, before) => tuned(after) - tuned(before)),
  /** The same at the paper's own rate. */
  slowFinetuningGain: (results: Results) =>
    results.each(['cd-flm-tenth-mtf', 'cd-flm'], (after, before) => tuned(after) - tuned(before)),
  /** What finetuning adds on questions of its own tasks that it left out, mean of the six cells. */
  practiceGain: ownGain,
  /** Finetuning's rate over the better of a third and a tenth of it, on those questions, mean of two cells. */
  rateOverLower: (results: Results) =>
    least(
      ['third', 'tenth'].map((pace) =>
        results.each(
          ['cd-flm-mtf', `cd-flm-${pace}-mtf`, 'ed-mlm-mtf', `ed-mlm-${pace}-mtf`],
          (a, slowA, b, slowB) => (practised(a) - practised(slowA) + practised(b) - practised(slowB)) / 2,
        ),
      ),
    ),
  /** ED:MLM over the best of the other five, finetuned. */
  encoderFirst: (results: Results) => overBest(results, 'ed-mlm-mtf', without('ed-mlm').map(finetuned), tuned),
  /** ND:MLM over the best of the other four, finetuned. */
  prefixSecond: (results: Results) =>
    overBest(results, 'nd-mlm-mtf', without('ed-mlm', 'nd-mlm').map(finetuned), tuned),
  /** ED:MLM over ED:PLM, finetuned. */
  encoderSpansOverPrefix: (results: Results) =>
    results.each(['ed-mlm-mtf', 'ed-plm-mtf'], (a, b) => tuned(a) - tuned(b)),
  /** ND:MLM over CD:MLM, finetuned. */
  bothSidesOverOne: (results: Results) => results.each(['nd-mlm-mtf', 'cd-mlm-mtf'], (a, b) => tuned(a) - tuned(b)),
  /** NC-A and finetuning over CD:FLM of as many tokens and finetuning. */
  adaptedOverLong: (results: Results) => results.each(['nc-a-mtf', 'cd-flm-long-mtf'], (a, b) => tuned(a) - tuned(b)),
  /** LM-A against CD:FLM from scratch. */
  languageAdaptation: (results: Results) => results.each(['lm-a', 'cd-flm'], speedUp),
  /** NC-A against ND:MLM from scratch. */
  nonCausalAdaptation: (results: Results) => results.each(['nc-a-long', 'nd-mlm'], speedUp),
  /** NC-A against CD:MLM from scratch. */
  nonCausalOverCausal: (results: Results) => results.each(['nc-a-long', 'cd-mlm'], speedUp),
} as const satisfies Record<string, (results: Results) => number[]>;

const without = (...ids: readonly string[]): string[] => pairs.filter((id) => !ids.includes(id));
const finetuned = (id: string) => `${id}-mtf`;

/** What a run is ahead of the best of others by: the one with the highest mean over seeds, the same one for every seed. */
function overBest(results: Results, id: string, others: readonly string[], accuracy: (result: RunResult) => number) {
  return least(
    others.map((_, k) => results.each([id, ...others], (own, ...rest) => accuracy(own) - accuracy(rest[k]!))),
  );
}

/** Of some leads, a value a seed, those of the least mean. */
function least(leads: readonly number[][]): number[] {
  const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
  return leads.reduce((smallest, lead) => (sum(lead) < sum(smallest) ? lead : smallest));
}

function over(all: readonly RunResult[], accuracy: (result: RunResult) => number): number {
  const [language, spans] = [all.slice(0, 3), all.slice(3)];
  return language.reduce((sum, result, i) => sum + accuracy(result) - accuracy(spans[i]!), 0) / 3;
}

/**
 * How many times fewer tokens an adaptation takes than training from scratch until its held-out cross-entropy is the
 * lowest of the latter's, straight between looks. Both are taken where they first get there: looks go up and down, and the
 * end of the one against the first low look of the other would call every training faster than itself. An adaptation that
 * does not get there is given the tokens that it had: the number is then at most 1, and the speed-up is none.
 */
export function speedUp(adapted: RunResult, scratch: RunResult): number {
  const lowest = scratch.curve.reduce((best, look) => (look.held < best.held ? look : best));
  const wanted = lowest.held;
  const tokens = lowest.step * scratch.tokensPerStep;
  const at = adapted.curve.findIndex(({ held }) => held <= wanted);
  if (at < 0) return Math.min(1, tokens / (adapted.steps * adapted.tokensPerStep));
  const [before, after] = [adapted.curve[at - 1], adapted.curve[at]!];
  // before the first look there is nothing to go between
  const step = before
    ? before.step + ((before.held - wanted) / (before.held - after.held)) * (after.step - before.step)
    : after.step;
  return tokens / (step * adapted.tokensPerStep);
}

/** The mean normalised score of a run, in per cent. */
export function normalizedOf(result: RunResult, average: 'first' | 'median'): number {
  return meanNormalized(result.scores!, average);
}
