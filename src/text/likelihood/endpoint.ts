/**
 * Likelihoods of a served model: any server with OpenAI's completions (`POST …/completions`), as vLLM and metaseq have.
 *
 * Prompts go as token ids, so that the server tokenizes nothing. To score, the prompt is context and continuation, and is
 * asked back with the log-probability of each of its tokens (`echo`, `logprobs`, one new token that is ignored): the
 * recipe of lm-evaluation-harness's `local-completions`. A server that does not answer with them is refused, because no
 * likelihood can be made of its answer.
 */
import { servedAt } from '../../command/index.ts';
import type { Continued, Scored } from '../decoding.ts';
import { StopText } from '../generation/stop.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { batchesOf, each } from './batches.ts';
import { type Connection, EndpointError, post, readEvents, readJson } from './http.ts';
import { type Completion, type Likelihood, likelihoodOf, type TokenRequest } from './likelihood.ts';

/** A served model. */
export interface EndpointOptions {
  /** The server's address, to which `/completions` is appended: `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  /** The tokenizer of the served model. */
  readonly tokenizer: Tokenizer;
  /** Most tokens of prompt and completion together. */
  readonly context: number;
  /** The model's name, for servers with several. */
  readonly model?: string;
  /** Goes into the `authorization` header, and nowhere else. */
  readonly apiKey?: string;
  /** Prompts of one request. Default 8. */
  readonly batch?: number;
  /** Requests at once. Default 4. */
  readonly concurrency?: number;
  /** Longest wait for an answer, in seconds. Default 300. */
  readonly timeout?: number;
  /** New tries where the server is busy or the connection fails, each after a longer wait. Default 4. */
  readonly retries?: number;
}

/** What is read of an answer; a server may leave out anything. */
interface Answer {
  readonly choices?: readonly Choice[];
  readonly error?: unknown;
}

interface Choice {
  readonly index?: number;
  readonly text?: string;
  readonly finish_reason?: string | null;
  readonly logprobs?: {
    readonly token_logprobs?: readonly (number | null)[] | null;
    readonly top_logprobs?: readonly (Readonly<Record<string, number>> | null)[] | null;
    /** Where metaseq has it. */
    readonly finish_reason?: string | null;
  } | null;
}

/**
 * A served model as a {@link Likelihood}.
 * @throws TypeError for an address or key that cannot be one; RangeError for a number that makes no sense
 * @example
 * const served = endpoint({ url: 'http://127.0.0.1:8000/v1', model: 'facebook/opt-66b', tokenizer, context: 2048 });
 */
export function endpoint(options: EndpointOptions): Likelihood {
  const { tokenizer, context, model, batch = 8, concurrency = 4, retries = 4 } = options;
  const to = connectionOf(options);
  const named = model === undefined ? {} : { model };
  for (const [name, value] of Object.entries({
    context,
    batch,
    concurrency,
    timeout: to.timeout,
    retries: retries + 1,
  }))
    if (!(value > 0)) throw new RangeError(`endpoint: expected ${name} above 0, got ${value}`);

  const bodyOf = ({ stop, maxTokens, temperature, topP, seed }: Omit<TokenRequest, 'prompt'>) => ({
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    seed,
    ...(stop.length > 0 && { stop }),
  });
  const ask = async (prompts: readonly (readonly number[])[], body: object, signal: AbortSignal | undefined) => {
    const reply = await post(to, 'completions', { ...named, prompt: prompts, ...body }, signal);
    return choicesOf(to, (await readJson(to, reply)) as Answer, prompts.length);
  };

  return likelihoodOf({
    tokenizer,
    context,
    window: context - 1, // scoring takes one new token
    apart: false,
    async score(pairs, { done, signal }) {
      const scored: Scored[] = [];
      const length = ({ prompt, continuation }: Continued) => prompt.length + continuation.length;
      let complete = 0;
      await each(batchesOf(pairs, batch, { length }), concurrency, async (indices) => {
        const asked = indices.map((i) => pairs[i]!);
        const prompts = asked.map(({ prompt, continuation }) => [...prompt, ...continuation]);
        const choices = await ask(
          prompts,
          { max_tokens: 1, temperature: 0, logprobs: 1, echo: true, seed: 1234 },
          signal,
        );
        for (const [k, i] of indices.entries()) scored[i] = scoredOf(to, choices[k]!, asked[k]!);
        complete += indices.length;
        done?.(complete);
      });
      return scored;
    },
    async complete(requests, { done, signal }) {
      const found: Omit<Completion, 'truncated'>[] = [];
      const order = { kind: (request: TokenRequest) => JSON.stringify(bodyOf(request)), length: lengthOf };
      let complete = 0;
      await each(batchesOf(requests, batch, order), concurrency, async (indices) => {
        const prompts = indices.map((i) => requests[i]!.prompt);
        const choices = await ask(prompts, bodyOf(requests[indices[0]!]!), signal);
        for (const [k, i] of indices.entries()) found[i] = completionOf(choices[k]!, requests[i]!);
        complete += indices.length;
        done?.(complete);
      });
      return found;
    },
    async *stream(request, { signal }) {
      const body = { ...named, prompt: request.prompt, ...bodyOf(request), stream: true };
      const reply = await post(to, 'completions', body, signal);
      if (!reply.events) {
        // A server that knows no streams, as metaseq's, answers all at once.
        const [choice] = choicesOf(to, (await readJson(to, reply)) as Answer, 1);
        const found = completionOf(choice!, request);
        if (found.text !== '') yield found.text;
        return found;
      }
      const read = new StopText(request.stop);
      let reason: string | undefined;
      try {
        for await (const event of readEvents(reply)) {
          const [choice] = choicesOf(to, answerOf(to, event), 1);
          reason = reasonOf(choice!) ?? reason;
          const met = read.push(textOf(choice!));
          const piece = read.show(met);
          if (piece !== '') yield piece;
          if (met) break;
        }
      } finally {
        reply.close();
      }
      if (read.stop === undefined && reason === undefined)
        throw new EndpointError(`endpoint: ${to.base.href}: the stream ended before the completion did`);
      const rest = read.show(true);
      if (rest !== '') yield rest;
      return ended(read, reason);
    },
  });
}

function lengthOf({ prompt }: TokenRequest): number {
  return prompt.length;
}

function connectionOf({ url, apiKey, timeout = 300, retries = 4 }: EndpointOptions): Connection {
  return { ...servedAt('endpoint', url, apiKey), timeout, retries };
}

function answerOf(to: Connection, text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new EndpointError(`endpoint: ${to.base.href}: expected events of JSON, got something else`);
  }
}

/** The choices of an answer in the order of its prompts: by index, or, where they have none (metaseq), as they come. */
function choicesOf(to: Connection, { choices, error }: Answer, count: number): readonly Choice[] {
  if (error !== undefined) throw refusal(to, `the server says ${JSON.stringify(error)}`);
  if (!Array.isArray(choices) || choices.length !== count)
    throw refusal(to, `expected ${count} choices, got ${Array.isArray(choices) ? choices.length : 'none'}`);
  return [...(choices as Choice[])].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
}

/** The likelihood of a continuation, of the prompt that came back with it. */
function scoredOf(to: Connection, { logprobs }: Choice, { prompt, continuation }: Continued): Scored {
  const size = prompt.length + continuation.length;
  const logProbs = logprobs?.token_logprobs;
  const tops = logprobs?.top_logprobs;
  if (!Array.isArray(logProbs)) throw refusal(to, 'expected logprobs, got none (the server does not give them)');
  if (logProbs.length < size)
    throw refusal(
      to,
      `expected the log-probabilities of a prompt of ${size} tokens, got ${logProbs.length} (the server ignores echo)`,
    );
  if (logProbs.length > size + 1)
    throw refusal(
      to,
      `expected ${size} tokens and a new one, got ${logProbs.length} (the server adds tokens of its own)`,
    );
  if (!Array.isArray(tops)) throw refusal(to, 'expected top_logprobs, got none');
  const own = logProbs.slice(prompt.length, size) as (number | null)[];
  const odd = own.find((x) => typeof x !== 'number');
  if (odd !== undefined) throw refusal(to, `expected a log-probability of every token, got ${odd}`);
  return {
    logProbs: Float32Array.from(own as number[]),
    greedy: (own as number[]).map((x, t) => {
      const top = Object.values((tops[prompt.length + t] ?? {}) as Record<string, number>);
      if (top.length === 0) throw refusal(to, 'expected top_logprobs of every token, got none');
      return x >= Math.max(...top);
    }),
  };
}

/** A completion; a stop string that the server left in the text is cut off, with what follows it. */
function completionOf(choice: Choice, { stop }: TokenRequest): Omit<Completion, 'truncated'> {
  const read = new StopText(stop);
  read.push(textOf(choice));
  return ended(read, reasonOf(choice));
}

function ended({ text, stop }: StopText, reason: string | undefined): Omit<Completion, 'truncated'> {
  return { text, finish: stop === undefined && reason === 'length' ? 'length' : 'stop' };
}

function textOf({ text }: Choice): string {
  return typeof text === 'string' ? text : '';
}

/** Why a completion ended, when it has. */
function reasonOf({ finish_reason, logprobs }: Choice): string | undefined {
  return finish_reason ?? logprobs?.finish_reason ?? undefined;
}

function refusal(to: Connection, problem: string): EndpointError {
  const message = to.secrets.reduce((text, secret) => text.replaceAll(secret, '***'), problem);
  return new EndpointError(`endpoint: ${to.base.href}: ${message.slice(0, 500)}`);
}
