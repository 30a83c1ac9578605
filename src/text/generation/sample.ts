/**
 * Greedy decoding and sampling: one token after another, each drawn from what the model, the rules and the constraint
 * leave. Rows that are finished leave the batch.
 */
import { threefry } from '../../tensor/index.ts';
import { breathe } from '../breathe.ts';
import type { Alternatives, LanguageModel } from '../decoding.ts';
import { type Allowed, settle } from './constraint.ts';
import { checkDraw, Drawing, type DrawOptions, uniform } from './draw.ts';
import { type Finish, logitsOf, type Reader, type Row, type StepOptions, Steps } from './row.ts';

/** How to sample. */
export interface SampleOptions<State = unknown> extends StepOptions<State>, DrawOptions {
  /** Continuations of each prompt. Default 1. */
  readonly samples?: number;
  /** The same seed gives the same tokens; one number for all prompts, or one of its own for each. Default 0. */
  readonly seed?: number | readonly number[];
}

/** A continuation. */
export interface Generated {
  /** The new tokens, an end token included. */
  readonly tokens: readonly number[];
  /** Of each token, ln p by the model alone, without penalties, temperature or constraint. */
  readonly logProbs: readonly number[];
  /** What it is ranked by: for samples the sum of the log-probabilities that its tokens were chosen by. */
  readonly score: number;
  readonly finish: Finish;
  /** As many as asked for, at each token's place. */
  readonly alternatives: readonly Alternatives[];
  /** What followed its text. */
  readonly reader: Reader | undefined;
}

/** A token as it comes. */
export interface Step {
  readonly prompt: number;
  readonly sample: number;
  readonly token: number;
  /** ln p by the model alone. */
  readonly logProb: number;
  /** As many as asked for, in its place. */
  readonly alternatives: Alternatives | undefined;
  readonly reader: Reader | undefined;
  /** Set with the last token of a row. */
  readonly finish: Finish | undefined;
}

/**
 * Continues prompts, and hands out each token when it is there.
 * @returns for each prompt its samples
 * @throws as {@link sample}
 */
export async function* sampleSteps<State>(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: SampleOptions<State> = {},
): AsyncGenerator<Step, Generated[][]> {
  const { samples = 1, seed = 0, signal } = options;
  const { vocabulary } = model;
  if (!(Number.isSafeInteger(samples) && samples >= 1))
    throw new RangeError(`sample: expected samples of at least 1, got ${samples}`);
  checkDraw('sample', options);
  const steps = new Steps('sample', vocabulary, prompts, options);
  const drawing = new Drawing(vocabulary, options);
  if (typeof seed !== 'number' && seed.length !== prompts.length)
    throw new RangeError(`sample: expected a seed for each of ${prompts.length} prompts, got ${seed.length}`);
  const keyOf = (prompt: number) =>
    typeof seed === 'number' ? threefry.foldIn(threefry.seedKey(seed), prompt) : threefry.seedKey(seed[prompt]!);
  const results: Generated[][] = prompts.map(() => []);
  if (prompts.length === 0) return results;

  const decoding = await model.begin(prompts, signal && { signal });
  try {
    let live = (await steps.begin(decoding)).flatMap((row, source) =>
      Array.from({ length: samples }, (_, sample) => {
        return { row, sample, source, key: threefry.foldIn(keyOf(row.prompt), sample) };
      }),
    );
    for (;;) {
      if (signal) await breathe();
      signal?.throwIfAborted();
      const asked: readonly Allowed[] = await settle(steps.allowed(live.map(({ row }) => row)));
      const going: typeof live = [];
      const { room } = decoding;
      for (const [i, { row, sample, source, key }] of live.entries()) {
        const logits = logitsOf(decoding, vocabulary, source);
        const { choices, norm, own } = steps.prepare(row, logits, asked[i]!);
        const choice = drawing.draw(choices, () => uniform(key, row.tokens.length));
        if (choice === undefined) {
          results[row.prompt]![sample] = generated(row, 'constraint', row.score);
          continue;
        }
        const token = choices.id(choice);
        const score = row.score + choices.values[choice]! - norm;
        const { row: longer, finish } = steps.extend(row, token, { logits, own, score, room: room[source]! });
        if (finish === undefined) going.push({ row: longer, sample, source, key });
        else results[row.prompt]![sample] = generated(longer, finish, score);
        const logProb = longer.logProbs.at(-1)!;
        const alternatives = longer.alternatives.at(-1);
        yield { prompt: row.prompt, sample, token, logProb, alternatives, reader: longer.reader, finish };
      }
      if (going.length === 0) break;
      const rows = await steps.follow(going.map(({ row }) => row));
      await decoding.advance(
        going.map(({ source }) => source),
        rows.map(({ tokens }) => tokens.at(-1)!),
      );
      live = going.map(({ sample, key }, source) => ({ row: rows[source]!, sample, source, key }));
    }
  } finally {
    decoding.close();
  }
  return results;
}

/**
 * Continues prompts: greedily at temperature 0, the default, else by drawing.
 * @returns for each prompt its samples
 * @throws RangeError for an option that makes no sense, a prompt that does not fit, a constraint whose ids do not ascend,
 * and, naming prompt and step, for logits that are not finite; the signal's reason when it is aborted
 * @example
 * const [samples] = await sample(model, [tokenizer.encode('Once')], { temperature: 0.8, topP: 0.95, seed: 1, end: 2 });
 */
export async function sample<State>(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: SampleOptions<State> = {},
): Promise<Generated[][]> {
  const steps = sampleSteps(model, prompts, options);
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
  }
}

/** A row that is finished. */
export function generated<State>(row: Row<State>, finish: Finish, score: number): Generated {
  const { tokens, logProbs, alternatives, reader } = row;
  return { tokens, logProbs, score, finish, alternatives, reader };
}
