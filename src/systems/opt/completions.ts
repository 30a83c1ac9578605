/**
 * Completions by a model of this process, in the shape of OpenAI's API: texts, why each ended, and where asked for the
 * log-probabilities of what was written and of the prompt.
 *
 * The recipe by which harnesses score is `echo` with `logprobs`: the prompt comes back with the log-probability of each
 * of its tokens after those before it, which is what the model's own scoring gives.
 */
import {
  type Alternatives,
  type LanguageModel,
  promptRow,
  streamTexts,
  type TextModel,
  type Tokenizer,
} from '../../text/index.ts';
import type { CompletionTask } from './completion-request.ts';

/** Log-probabilities as the API has them, by token. */
export interface LogprobsBlock {
  /** Each token's own text; of a token that is no whole characters `bytes:\xNN…`. */
  readonly tokens: readonly string[];
  /** ln p; null for what nothing stands before. */
  readonly token_logprobs: readonly (number | null)[];
  /** The most likely tokens in its place and the token itself. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Where it begins in the text, in characters. */
  readonly text_offset: readonly number[];
}

/** One text that was written, or a piece of one. */
export interface Choice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: LogprobsBlock | null;
  readonly finish_reason: 'stop' | 'length' | null;
}

/** Tokens that were read and written. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** What a task ends with. */
export interface Completed {
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

/** A token where it stands. */
interface Placed {
  readonly id: number;
  readonly logProb: number | null;
  readonly alternatives: Alternatives | undefined;
}

/**
 * Completes, handing out pieces as they come; the choices that it returns are whole.
 * @throws RangeError naming what does not fit: a prompt with too little room after it, an id that is none; the signal's
 * reason
 */
export async function* complete(
  by: TextModel,
  task: CompletionTask,
  signal?: AbortSignal,
): AsyncGenerator<Choice, Completed> {
  const { tokenizer, model } = by;
  const { prompts, samples, maxTokens, temperature, topP, presencePenalty, frequencyPenalty, stop, echo } = task;
  const rows = prompts.map((prompt) => promptRow(tokenizer, prompt));
  for (const row of rows) checkRow(row, maxTokens, model);
  const counted = task.logprobs !== undefined;
  const alternatives = task.logprobs ?? 0;
  const heads = echo && counted ? await placedPrompts(by, rows, alternatives, signal) : [];
  const written: Placed[][] = rows.flatMap(() => Array.from({ length: samples }, () => []));
  const sent = written.map(() => 0);
  const options = { maxTokens, samples, temperature, topP, presencePenalty, frequencyPenalty, stop, alternatives };
  const found: Choice[] = [];
  if (maxTokens > 0) {
    // each prompt's own: it is completed alike alone and beside others
    const seed = rows.map(() => task.seed);
    const pieces = streamTexts(by, rows, { ...options, seed, ...(signal && { signal }) });
    let next = await pieces.next();
    for (; !next.done; next = await pieces.next()) {
      const { prompt, sample, text, token, logProb, alternatives: own } = next.value;
      const index = prompt * samples + sample;
      const placed = { id: token, logProb, alternatives: own };
      written[index]!.push(placed);
      const logprobs = counted ? blockOf(tokenizer, [placed], sent[index]!) : null;
      sent[index]! += text.length;
      yield { index, text, logprobs, finish_reason: null };
    }
    for (const [i, { text, finish }] of next.value.flat().entries()) {
      const reason = finish === 'length' ? 'length' : 'stop';
      found.push({ index: i, text, logprobs: null, finish_reason: reason });
    }
  } else for (const index of written.keys()) found.push({ index, text: '', logprobs: null, finish_reason: 'length' });

  const choices = found.map(({ index, text, finish_reason }): Choice => {
    const prompt = Math.floor(index / samples);
    const given = prompts[prompt]!;
    const before = !echo ? '' : typeof given === 'string' ? given : tokenizer.decode(given, { special: false });
    const logprobs = counted ? blockOf(tokenizer, [...(heads[prompt] ?? []), ...written[index]!], 0) : null;
    return { index, text: before + text, logprobs, finish_reason };
  });
  const read = rows.reduce((sum, { length }) => sum + length, 0);
  const wrote = written.reduce((sum, { length }) => sum + length, 0);
  return {
    choices,
    usage: { prompt_tokens: read, completion_tokens: wrote, total_tokens: read + wrote },
  };
}

function checkRow(row: readonly number[], maxTokens: number, { vocabulary, context }: LanguageModel): void {
  const odd = row.find((id) => id >= vocabulary);
  if (odd !== undefined) throw new RangeError(`prompt: expected token ids below ${vocabulary}, got ${odd}`);
  if (row.length + maxTokens > context) {
    throw new RangeError(
      `max_tokens: expected prompt and completion of at most ${context} tokens, the model's context, got ${row.length} and ${maxTokens}`,
    );
  }
}

/** The tokens of prompts, each with how likely it was after those before it. */
async function placedPrompts(
  { model }: TextModel,
  rows: readonly (readonly number[])[],
  alternatives: number,
  signal: AbortSignal | undefined,
): Promise<Placed[][]> {
  const pairs = rows.flatMap((row, at) => (row.length < 2 ? [] : [{ at, prompt: [row[0]!], rest: row.slice(1) }]));
  const scored = await model.score(
    pairs.map(({ prompt, rest }) => ({ prompt, continuation: rest })),
    { alternatives, ...(signal && { signal }) },
  );
  const placed = rows.map(([first]): Placed[] => [{ id: first!, logProb: null, alternatives: undefined }]);
  for (const [i, { at, rest }] of pairs.entries()) {
    const own = scored[i]!;
    for (const [t, id] of rest.entries()) {
      placed[at]!.push({ id, logProb: own.logProbs[t]!, alternatives: own.alternatives?.[t] });
    }
  }
  return placed;
}

function blockOf(tokenizer: Tokenizer, placed: readonly Placed[], from: number): LogprobsBlock {
  let at = from;
  const offsets: number[] = [];
  const tokens = placed.map(({ id }) => spelled(tokenizer, id));
  const stream = tokenizer.stream();
  for (const { id } of placed) {
    offsets.push(at);
    at += stream.push(id).length;
  }
  return {
    tokens,
    token_logprobs: placed.map(({ logProb }) => logProb),
    top_logprobs: placed.map(({ id, logProb, alternatives }) => {
      if (logProb === null) return null;
      const best = (alternatives?.ids ?? []).map((other, k) => [spelled(tokenizer, other), alternatives!.logProbs[k]!]);
      return Object.fromEntries([...best, [spelled(tokenizer, id), logProb]]) as Record<string, number>;
    }),
    text_offset: offsets,
  };
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A token's text; of one that is no whole characters its bytes, as the API spells them. */
function spelled(tokenizer: Tokenizer, id: number): string {
  const bytes = tokenizer.bytes(id);
  try {
    return strict.decode(bytes);
  } catch {
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
  }
}
