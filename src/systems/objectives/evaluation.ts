/**
 * Zero-shot evaluation: of a question's choices, a model picks the one that it finds likeliest behind the prompt.
 *
 * Two averages are made of the accuracies, as the paper makes them of its two suites: `first`, over the tasks with the
 * first prompt of each (the harness has one prompt a task), and `median`, over the tasks with the median of all prompts
 * (T0's way). Normalised, an accuracy s becomes (s − r) / (1 − r), with r what guessing gets right.
 */
import type { Device, NDArray } from '../../tensor/index.ts';
import { type LanguageModel, languageModel, type Transformer, type TransformerConfig } from '../../text/index.ts';
import { end, firstSentinel, start } from './cells.ts';
import type { SuiteTask } from './material.ts';
import { normalizedScore } from './tasks/task.ts';

/** How a model did in a task. */
export interface TaskScore {
  readonly name: string;
  readonly random: number;
  /** Share of right answers by prompt, in [0, 1]. */
  readonly accuracy: readonly number[];
  /** The probability of the right choice among a question's choices, mean over questions, by prompt. */
  readonly probability: readonly number[];
  /** By prompt a mark a question, in the suite's order: `1` where it was answered right, `0` where not. */
  readonly answers: readonly string[];
}

/** How prompt and answer are joined. */
export type Asking =
  /** The answer follows the prompt. */
  | 'plain'
  /** The answer is the span that a sentinel at the input's end stands for, as the last one of each row of span corruption. */
  | 'sentinel';

/** Asks a model all questions of a suite, in every prompt. */
export async function evaluate(
  config: TransformerConfig,
  params: Transformer<NDArray>,
  suite: readonly SuiteTask[],
  options: AskOptions & { readonly asking?: Asking; readonly device?: Device } = {},
): Promise<TaskScore[]> {
  const { asking = 'plain', device, ...watch } = options;
  const model = languageModel(config, params, device && { device });
  try {
    return await ask(model, config, suite, asking, watch);
  } finally {
    await model.release();
  }
}

/** How a suite is watched while it is asked. */
export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Called with the share that is done. */
  readonly done?: (share: number) => void;
}

/** The same of a language model that is there, made of `config`: it may be asked in more than one way. */
export async function ask(
  model: LanguageModel,
  { family }: Pick<TransformerConfig, 'family'>,
  suite: readonly SuiteTask[],
  asking: Asking,
  { signal, done }: AskOptions = {},
): Promise<TaskScore[]> {
  const sentinel = asking === 'sentinel' ? [firstSentinel] : [];
  // an input of span corruption ends with a span that is cut out, and the end token
  const closing = asking === 'sentinel' ? [firstSentinel, end] : [];
  const first = family === 'encoder-decoder' ? [] : [start];
  const pairs = suite.flatMap(({ items }) =>
    items.flatMap(({ prompts }) =>
      prompts.flatMap(({ prompt, choices }) => {
        const row = [...first, ...prompt, ...closing];
        return choices.map((choice) => ({ prompt: row, continuation: [...sentinel, ...choice] }));
      }),
    ),
  );
  const scored = await model.score(pairs, {
    ...(signal && { signal }),
    ...(done && { done: (count) => done(count / pairs.length) }),
  });
  const likelihoods = scored.map(({ logProbs }) => logProbs.reduce((sum, x) => sum + x, 0));
  let at = 0;
  return suite.map(({ name, random, items }) => {
    const answers = items[0]!.prompts.map(() => '');
    const probability = answers.map(() => 0);
    for (const { answer, prompts } of items) {
      for (const [p, { choices }] of prompts.entries()) {
        const own = likelihoods.slice(at, at + choices.length);
        at += choices.length;
        const best = Math.max(...own);
        answers[p]! += own.indexOf(best) === answer ? '1' : '0';
        const weights = own.map((x) => Math.exp(x - best));
        probability[p]! += weights[answer]! / weights.reduce((sum, x) => sum + x, 0) / items.length;
      }
    }
    const accuracy = answers.map((marks) => marks.replaceAll('0', '').length / items.length);
    return { name, random, accuracy, probability, answers };
  });
}

/** Which of its prompts a task's score is of. */
export type Average = 'first' | 'median';

/** A task's accuracy. */
export function accuracyOf({ accuracy }: Pick<TaskScore, 'accuracy'>, average: Average): number {
  if (average === 'first') return accuracy[0]!;
  const sorted = accuracy.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** The mean accuracy over tasks, in per cent. */
export function meanAccuracy(scores: readonly TaskScore[], average: Average): number {
  return (100 * scores.reduce((sum, score) => sum + accuracyOf(score, average), 0)) / scores.length;
}

/** The mean normalised score over tasks, in per cent. */
export function meanNormalized(scores: readonly TaskScore[], average: Average): number {
  const normalized = scores.map((score) => normalizedScore(accuracyOf(score, average), score.random));
  return (100 * normalized.reduce((sum, x) => sum + x, 0)) / scores.length;
}
