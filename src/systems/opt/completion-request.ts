/**
 * A request for completions as OpenAI's API words it, checked field by field.
 *
 * A field that this model cannot honour is refused and not passed over: an answer to another request than was made is
 * worse than none. What only names the caller (`user`) or is null is left out.
 *
 * Source: OpenAI's API reference, "Create completion"; vLLM's and metaseq's servers for what their clients send.
 */
import { Refusal } from '../../command/index.ts';
import { quote } from '../../tensor/index.ts';
import type { Prompt } from '../../text/index.ts';

/** What is to be completed, and how. */
export interface CompletionTask {
  /** Texts, or rows of ids as they are. */
  readonly prompts: readonly Prompt[];
  /** Continuations of each. */
  readonly samples: number;
  /** 0 only beside `echo`: nothing is written. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly stop: readonly string[];
  readonly seed: number;
  /** Whether the prompt is told back. */
  readonly echo: boolean;
  /** How many of the most likely tokens are told in each place; undefined: no log-probabilities at all. */
  readonly logprobs: number | undefined;
}

/** A task, and how its answer is sent. */
export interface CompletionRequest {
  readonly task: CompletionTask;
  /** The model that was asked for, if one was named. */
  readonly model: string | undefined;
  readonly stream: boolean;
  /** Whether a stream ends with the number of tokens. */
  readonly usage: boolean;
}

/** Rows that are written at once, prompts times samples. */
const mostRows = 128;
const mostStops = 16;
const mostLogprobs = 20;

const known = new Set([
  ...['model', 'prompt', 'max_tokens', 'temperature', 'top_p', 'n', 'best_of', 'stop', 'seed', 'echo', 'logprobs'],
  ...['presence_penalty', 'frequency_penalty', 'stream', 'stream_options', 'suffix', 'logit_bias', 'user'],
]);

/**
 * Reads the body of a request.
 * @param freshSeed where no seed was given
 * @throws Refusal with status 400 that names the field
 */
export function completionRequest(body: unknown, freshSeed: () => number): CompletionRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bad('expected an object of JSON');
  const fields = body as Readonly<Record<string, unknown>>;
  const odd = Object.keys(fields).find((name) => !known.has(name) && fields[name] !== null);
  if (odd !== undefined) throw bad(`${quote(odd)}: this server knows no such field`);
  const number = (name: string, least: number, most: number, usual: number, whole = false): number => {
    const value = fields[name] ?? usual;
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value;
    throw bad(`${name}: expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}, got ${quote(value)}`);
  };
  const flag = (name: string): boolean => {
    const value = fields[name] ?? false;
    if (typeof value === 'boolean') return value;
    throw bad(`${name}: expected true or false, got ${quote(value)}`);
  };
  const samples = number('n', 1, mostRows, 1, true);
  const prompts = promptsOf(fields.prompt);
  if (prompts.length * samples > mostRows) {
    throw bad(`prompt: expected at most ${mostRows} prompts times n, got ${prompts.length * samples}`);
  }
  if ((fields.best_of ?? samples) !== samples) throw bad(`best_of: expected ${samples}, as n, or nothing`);
  if ((fields.suffix ?? '') !== '') throw bad('suffix: OPT writes on and does not fill in');
  if (Object.keys(fields.logit_bias ?? {}).length > 0) throw bad('logit_bias: expected none');
  const { model } = fields;
  if (model !== undefined && model !== null && typeof model !== 'string') throw bad('model: expected a name');
  const echo = flag('echo');
  const stream = flag('stream');
  if (echo && stream) throw bad('echo: expected no echo in a stream');
  const topP = number('top_p', 0, 1, 1);
  if (topP === 0) throw bad('top_p: expected a number above 0, got 0');
  const task: CompletionTask = {
    prompts,
    samples,
    maxTokens: number('max_tokens', echo ? 0 : 1, 2 ** 24, 16, true),
    temperature: number('temperature', 0, 10, 1),
    topP,
    presencePenalty: number('presence_penalty', -2, 2, 0),
    frequencyPenalty: number('frequency_penalty', -2, 2, 0),
    stop: stopsOf(fields.stop ?? []),
    seed: fields.seed === undefined || fields.seed === null ? freshSeed() : number('seed', 0, 2 ** 53 - 1, 0, true),
    echo,
    logprobs: (fields.logprobs ?? null) === null ? undefined : number('logprobs', 0, mostLogprobs, 0, true),
  };
  const told = (fields.stream_options ?? {}) as { readonly include_usage?: unknown };
  return { task, model: (model as string | null | undefined) ?? undefined, stream, usage: told.include_usage === true };
}

/** A text, a row of ids, or several of either. */
function promptsOf(given: unknown): Prompt[] {
  const isRow = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id) && id >= 0);
  if (typeof given === 'string' || isRow(given)) return [given];
  if (Array.isArray(given) && given.length > 0 && given.every((one) => typeof one === 'string' || isRow(one))) {
    return given as Prompt[];
  }
  throw bad('prompt: expected a text, a list of token ids, or a list of either, none of the lists empty');
}

function stopsOf(given: unknown): string[] {
  const stops = typeof given === 'string' ? [given] : given;
  const fits = Array.isArray(stops) && stops.every((stop) => typeof stop === 'string' && stop !== '');
  if (fits && stops.length <= mostStops) return stops as string[];
  throw bad(`stop: expected a text, or up to ${mostStops}, none of them empty`);
}

function bad(message: string): Refusal {
  return new Refusal(400, message);
}
