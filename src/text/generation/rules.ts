/**
 * Rules on repetition, as edits of a row of logits before a token is chosen: penalties change what the model finds
 * likely, bans (−∞) take a token away.
 *
 * Sources: repetition penalty, Keskar et al. 2019 (CTRL), section 4.1; presence and frequency as metaseq's sequence
 * generator and OpenAI's completions have them; no repeated n-grams, Paulus et al. 2017, section 2.5.
 */

/** Rules on what a row may repeat. */
export interface RepetitionRules {
  /** ρ > 0: a token of the prompt or the continuation gets l / ρ, or l · ρ for a logit l below 0. Default 1: none. */
  readonly repetitionPenalty?: number;
  /** Taken from the logit of a token that the continuation has. Default 0. */
  readonly presencePenalty?: number;
  /** Taken from the logit of a token for each time that the continuation has it. Default 0. */
  readonly frequencyPenalty?: number;
  /** No n tokens in a row occur twice in prompt and continuation. Default 0: no such rule. */
  readonly noRepeatNgram?: number;
  /** Token sequences that never come up. */
  readonly badWords?: readonly (readonly number[])[];
  /** Whether repetition penalty and n-grams count the prompt. Default true; false for what an encoder reads. */
  readonly countPrompt?: boolean;
}

/** What the rules look at. */
export interface RowHistory {
  /** Empty where it does not count. */
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
}

/** @throws RangeError for a rule that makes no sense */
export function checkRules(op: string, rules: RepetitionRules): void {
  const { repetitionPenalty: rho = 1, presencePenalty = 0, frequencyPenalty = 0, noRepeatNgram = 0 } = rules;
  if (!(rho > 0 && rho < Number.POSITIVE_INFINITY))
    throw new RangeError(`${op}: expected a repetitionPenalty above 0, got ${rho}`);
  for (const [name, value] of Object.entries({ presencePenalty, frequencyPenalty }))
    if (!Number.isFinite(value)) throw new RangeError(`${op}: expected a finite ${name}, got ${value}`);
  if (!(Number.isInteger(noRepeatNgram) && noRepeatNgram >= 0))
    throw new RangeError(`${op}: expected noRepeatNgram to be a whole number, got ${noRepeatNgram}`);
  if (rules.badWords?.some((word) => word.length === 0))
    throw new RangeError(`${op}: expected bad words of at least one token, got an empty one`);
}

/** Whether any penalty is on. */
export function penalizes({
  repetitionPenalty = 1,
  presencePenalty = 0,
  frequencyPenalty = 0,
}: RepetitionRules): boolean {
  return repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
}

/** Changes a row of logits by the penalties. */
export function penalize(row: Float32Array, { prompt, tokens }: RowHistory, rules: RepetitionRules): void {
  const { repetitionPenalty: rho = 1, presencePenalty = 0, frequencyPenalty = 0 } = rules;
  if (rho !== 1) {
    for (const token of new Set([...prompt, ...tokens])) {
      const logit = row[token]!;
      row[token] = logit > 0 ? logit / rho : logit * rho;
    }
  }
  if (presencePenalty === 0 && frequencyPenalty === 0) return;
  for (const token of tokens) row[token]! -= frequencyPenalty;
  for (const token of new Set(tokens)) row[token]! -= presencePenalty;
}

/** The tokens that the rules forbid next. */
export function bannedNext({ prompt, tokens }: RowHistory, { noRepeatNgram = 0, badWords = [] }: RepetitionRules) {
  const banned: number[] = [];
  if (noRepeatNgram === 0 && badWords.length === 0) return banned;
  const all = [...prompt, ...tokens];
  if (noRepeatNgram > 0) {
    const before = noRepeatNgram - 1;
    for (let end = before; end < all.length; end++) if (endsLike(all, end, all.length, before)) banned.push(all[end]!);
  }
  for (const word of badWords) {
    const before = word.length - 1;
    const at = all.length - before;
    if (at >= 0 && word.every((token, i) => i === before || token === all[at + i])) banned.push(word[before]!);
  }
  return banned;
}

/** Whether the `count` tokens before two places are the same. */
function endsLike(all: readonly number[], one: number, other: number, count: number): boolean {
  for (let back = 1; back <= count; back++) if (all[one - back] !== all[other - back]) return false;
  return true;
}
