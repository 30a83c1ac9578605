/**
 * One interface for scoring and completing text, whoever computes it: a model of this process, an ONNX folder, a server.
 *
 * Its three questions are those of the language model evaluation harness, and so is what they mean. Context and
 * continuation are tokenized *together* and then split, spaces at the end of the context going with the continuation, so
 * that a text scores the same wherever it is cut between words. An empty context is the token that rows begin with. What
 * is too long loses its beginning, and the answer says how much. A whole text is scored in windows, each token once and
 * every window but the first as full as it can be.
 *
 * Source: EleutherAI's lm-evaluation-harness (Gao et al.), `lm_eval/api/model.py` and `lm_eval/utils.py`, whose rules
 * these are. One thing differs: what rows begin with is never itself scored in a whole text.
 */
import type { Continued, Scored, ScoreWatch } from '../decoding.ts';
import { checkDraw } from '../generation/draw.ts';
import { begun } from '../generation/text.ts';
import type { Tokenizer } from '../tokenizer.ts';

/** A text and what follows it. */
export interface ContextAndContinuation {
  readonly context: string;
  readonly continuation: string;
}

/** How likely a text is. */
export interface LogLikelihood {
  /** ln p(continuation | context). */
  readonly logProbability: number;
  /** Whether each token is the most likely one at its place. */
  readonly isGreedy: boolean;
  /** The continuation's tokens; spaces moved from the end of the context are among them. */
  readonly tokens: readonly { readonly id: number; readonly logProb: number }[];
  /** Tokens at the beginning of the context that did not fit. */
  readonly truncated: number;
}

/** A text to complete. */
export interface CompletionRequest {
  readonly prompt: string;
  /** Strings that end the completion, and are no part of it. */
  readonly stop?: readonly string[];
  /** Default 256, or half of the context where that is less. */
  readonly maxTokens?: number;
  /** Default 0: greedy. */
  readonly temperature?: number;
  /** Default 1. */
  readonly topP?: number;
  /** Default 1234. */
  readonly seed?: number;
}

/** A completed text. */
export interface Completion {
  readonly text: string;
  /** `stop`: an end token or a stop string. */
  readonly finish: 'stop' | 'length';
  /** Tokens at the beginning of the prompt that did not fit. */
  readonly truncated: number;
}

/** Scores and completes text. Requests may come in any order, and are answered in theirs. */
export interface Likelihood {
  readonly tokenizer: Tokenizer;
  /**
   * How likely each continuation is.
   * @throws RangeError naming the request, for a continuation without tokens or longer than the context
   */
  loglikelihood(requests: readonly ContextAndContinuation[], watch?: ScoreWatch): Promise<LogLikelihood[]>;
  /**
   * How likely whole texts are, of any length, each by itself.
   *
   * A window scores as many tokens as the context holds, two fewer where the model is served: a server is sent the last
   * token, too, and asked for a new one. So it is in the harness, whose `local-completions` and `hf` differ by the same
   * two. A text of more than context − 2 tokens therefore scores a little differently by the two ways; others do not.
   */
  loglikelihoodRolling(texts: readonly string[], watch?: ScoreWatch): Promise<LogLikelihood[]>;
  /**
   * Completes texts.
   * @throws RangeError for an option that makes no sense, TypeError for an empty stop string, before anything is computed
   */
  generateUntil(requests: readonly CompletionRequest[], watch?: ScoreWatch): Promise<Completion[]>;
  /** Completes a text, handing out pieces as they come; together they are its text. */
  stream(request: CompletionRequest, watch?: Pick<ScoreWatch, 'signal'>): AsyncGenerator<string, Completion>;
}

/** A completion to make of tokens. */
export interface TokenRequest extends Required<Omit<CompletionRequest, 'prompt'>> {
  readonly prompt: readonly number[];
}

/** What computes for a {@link Likelihood}, in tokens. */
export interface TokenScorer {
  readonly tokenizer: Tokenizer;
  /** Most tokens of a prompt. */
  readonly context: number;
  /** Most tokens of prompt and continuation together, to score. */
  readonly window: number;
  /** Prompt and continuation are tokenized apart, as encoder–decoders want it. */
  readonly apart: boolean;
  score(pairs: readonly Continued[], watch: ScoreWatch): Promise<Scored[]>;
  complete(requests: readonly TokenRequest[], watch: ScoreWatch): Promise<Omit<Completion, 'truncated'>[]>;
  stream(
    request: TokenRequest,
    watch: Pick<ScoreWatch, 'signal'>,
  ): AsyncGenerator<string, Omit<Completion, 'truncated'>>;
}

/** The interface over what computes. */
export function likelihoodOf(scorer: TokenScorer): Likelihood {
  const { tokenizer } = scorer;
  return {
    tokenizer,
    async loglikelihood(requests, watch = {}) {
      const pairs = requests.map((request, i) => shorten(scorer, pairOf(scorer, request, i), i));
      const scored = await scorer.score(pairs, watch);
      return pairs.map(({ continuation, truncated }, i) => ({ ...summed([continuation], [scored[i]!]), truncated }));
    },
    async loglikelihoodRolling(texts, watch = {}) {
      const first = beginning(tokenizer);
      const windows = texts.map((text) => windowsOf(tokenizer.encode(text, { special: false }), first, scorer.window));
      const scored = await scorer.score(windows.flat(), watch);
      let from = 0;
      return windows.map((pairs) => {
        const own = scored.slice(from, from + pairs.length);
        const continuations = pairs.map(({ continuation }) => continuation);
        from += pairs.length;
        return { ...summed(continuations, own), truncated: 0 };
      });
    },
    async generateUntil(requests, watch = {}) {
      const given = requests.map((request) => tokenRequest(scorer, request));
      const found = await scorer.complete(
        given.map(({ request }) => request),
        watch,
      );
      return found.map((completion, i) => ({ ...completion, truncated: given[i]!.truncated }));
    },
    async *stream(request, watch = {}) {
      const given = tokenRequest(scorer, request);
      const found = yield* scorer.stream(given.request, watch);
      return { ...found, truncated: given.truncated };
    },
  };
}

/** The token that stands for an empty context. */
function beginning({ bos, eos, prefix }: Tokenizer): number {
  const first = prefix[0] ?? bos ?? eos;
  if (first === undefined)
    throw new TypeError('loglikelihood: expected a tokenizer with a token that begins or ends rows, got none');
  return first;
}

/** A pair in tokens, by the harness's rule. */
function pairOf({ tokenizer, apart }: TokenScorer, request: ContextAndContinuation, i: number): Continued {
  for (const [part, text] of Object.entries({ context: request.context, continuation: request.continuation }))
    if (typeof text !== 'string') throw new TypeError(`loglikelihood: expected a ${part}, got ${text} in request ${i}`);
  const bare = (text: string) => tokenizer.encode(text, { special: false });
  if (request.context === '') {
    const first = beginning(tokenizer);
    const ids = bare(request.continuation);
    return { prompt: [first], continuation: ids[0] === first ? ids.slice(1) : ids };
  }
  const context = request.context.trimEnd();
  const continuation = request.context.slice(context.length) + request.continuation;
  if (apart) return { prompt: tokenizer.encode(context), continuation: bare(continuation) };
  const prompt = begun(tokenizer, bare(context));
  const whole = begun(tokenizer, bare(context + continuation));
  if (prompt.length === 0) prompt.push(beginning(tokenizer));
  return { prompt, continuation: whole.slice(begun(tokenizer, bare(context)).length) };
}

/** A pair without the beginning of its prompt that does not fit. */
function shorten({ window, context, apart }: TokenScorer, { prompt, continuation }: Continued, i: number) {
  const room = apart ? context : Math.min(context, window - continuation.length);
  if (continuation.length === 0)
    throw new RangeError(`loglikelihood: expected continuations of at least one token, got none in request ${i}`);
  if (room < 1 || continuation.length > context)
    throw new RangeError(
      `loglikelihood: expected continuations of at most ${Math.min(context, window - 1)} tokens, got ${continuation.length} in request ${i}`,
    );
  const truncated = Math.max(0, prompt.length - room);
  return { prompt: prompt.slice(truncated), continuation, truncated };
}

/**
 * A text's tokens as pairs that score each once: the first window begins with `first`, and the others reach back as far
 * as they can.
 * @param window most tokens of a pair, of which the last is only predicted
 */
export function windowsOf(tokens: readonly number[], first: number, window: number): Continued[] {
  const size = window - 1;
  const pairs: Continued[] = [];
  for (let done = 0; done < tokens.length; ) {
    const count = Math.min(size, tokens.length - done);
    const end = done + count;
    const prompt = done === 0 ? [first] : tokens.slice(end - size - 1, done);
    pairs.push({ prompt, continuation: tokens.slice(done, end) });
    done = end;
  }
  return pairs;
}

function summed(continuations: readonly (readonly number[])[], scored: readonly Scored[]) {
  const tokens = continuations.flatMap((ids, k) => ids.map((id, t) => ({ id, logProb: scored[k]!.logProbs[t]! })));
  return {
    logProbability: tokens.reduce((total, { logProb }) => total + logProb, 0),
    isGreedy: scored.every(({ greedy }) => greedy.every(Boolean)),
    tokens,
  };
}

/** A request in tokens, its prompt cut to leave room for what is to come. */
function tokenRequest({ tokenizer, context, apart }: TokenScorer, request: CompletionRequest) {
  const { stop = [], temperature = 0, topP = 1, seed = 1234 } = request;
  const { maxTokens = Math.min(256, Math.floor(context / 2)) } = request;
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1 && (apart || maxTokens < context)))
    throw new RangeError(`generateUntil: expected maxTokens in [1, ${context}), the context, got ${maxTokens}`);
  checkDraw('generateUntil', { temperature, topP });
  if (stop.includes(''))
    throw new TypeError('generateUntil: expected stop strings of at least one character, got an empty one');
  const row = [...begun(tokenizer, tokenizer.encode(request.prompt, { special: false })), ...tokenizer.suffix];
  if (row.length === 0) row.push(beginning(tokenizer));
  const truncated = Math.max(0, row.length - (apart ? context : context - maxTokens));
  return { request: { prompt: row.slice(truncated), stop, maxTokens, temperature, topP, seed }, truncated };
}
