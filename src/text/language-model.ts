/** Transformers of this process as language models. */
import type { Device, NDArray } from '../tensor/index.ts';
import type { Continued, LanguageModel, Scored } from './decoding.ts';
import { LocalDecoding } from './local-decoding.ts';
import { byFalling, Reader, runsOf, tokensOf } from './reading.ts';
import type { TransformerConfig } from './transformer/config.ts';
import type { Transformer } from './transformer/parameters.ts';

/** A language model that holds programs. */
export interface LocalLanguageModel extends LanguageModel {
  /** Gives the programs back. */
  release(): Promise<void>;
}

/**
 * A transformer as a language model. A decoder's rows begin with the prompt; those of an encoder–decoder with its start
 * tokens, and the prompt is encoded.
 * @throws RangeError for sizes that make no model
 * @example
 * const sizes = { vocabulary: 20, width: 16, layers: 2, heads: 2, hidden: 32 };
 * const config: TransformerConfig = { ...styles.opt, ...sizes, positions: { kind: 'learned', count: 64, offset: 2 } };
 * const params = await compile((key: Tensor) => initTransformer(key, config, { std: 0.02 }))(random.key(0));
 * const model = languageModel(config, params);
 * const decoding = await model.begin([[2, 7, 8]]);
 * const best = decoding.logits.indexOf(Math.max(...decoding.logits));
 * await decoding.advance([0], [best]);
 * await model.release();
 */
export function languageModel(
  config: TransformerConfig,
  params: Transformer<NDArray>,
  options: { readonly device?: Device } = {},
): LocalLanguageModel {
  const reader = new Reader(config, params, options.device);
  return {
    vocabulary: config.vocabulary,
    context: reader.context,
    begin: async (prompts) => {
      for (const prompt of prompts) {
        checkTokens('begin', 'a prompt', prompt, config);
        checkLength('begin', prompt.length, reader);
      }
      return LocalDecoding.begin(reader, prompts);
    },
    score: async (pairs, { done, signal } = {}) => {
      for (const { prompt, continuation } of pairs) {
        checkTokens('score', 'a prompt', prompt, config);
        checkTokens('score', 'a continuation', continuation, config);
        checkLength('score', prompt.length, reader);
        checkLength('score', reader.rowOf(prompt).length + continuation.length - 1, reader);
      }
      const scored: Scored[] = [];
      const order = byFalling(pairs.map(({ prompt, continuation }) => prompt.length + continuation.length));
      const sorted = order.map((i) => pairs[i]!);
      const lengths = sorted.map(({ prompt, continuation }) => prompt.length + continuation.length);
      // what one run can read; a longer pair, whole
      for (const { from, to } of runsOf(lengths, lengths)) {
        signal?.throwIfAborted();
        const found = await scoreBatch(reader, sorted.slice(from, to));
        for (const [k, one] of found.entries()) scored[order[from + k]!] = one;
        done?.(to);
      }
      return scored;
    },
    release: () => reader.release(),
  };
}

/** Scores pairs that fit in one run, or a single long one in several. */
async function scoreBatch(reader: Reader, pairs: readonly Continued[]): Promise<Scored[]> {
  const memory = await reader.remember(pairs.map(({ prompt }) => prompt));
  // the last token is only predicted
  const rows = pairs.map(({ prompt, continuation }) => [...reader.rowOf(prompt), ...continuation.slice(0, -1)]);
  const inputs = pairs.map(({ prompt }) => reader.inputsOf(prompt));
  const lengths = rows.map(({ length }) => length);
  const cache = reader.newCache();
  cache.open(rows.length);
  const scored = pairs.map(({ continuation }) => ({
    logProbs: new Float32Array(continuation.length),
    greedy: continuation.map(() => false),
  }));
  for (const run of runsOf(lengths, inputs)) {
    const tokens = tokensOf(rows, run);
    const asked = pairs.flatMap(({ continuation }, row) => {
      // its token 0 follows the last token of what is before it
      const before = rows[row]!.length - continuation.length;
      return continuation.flatMap((target, token) => {
        const place = before + token - run.start;
        return place >= 0 && place < tokens[row]!.length ? [{ row, place, target, token }] : [];
      });
    });
    const told = await reader.read(0, tokens, inputs, cache, memory, asked, false);
    for (const [k, { row, token }] of asked.entries()) {
      scored[row]!.logProbs[token] = told.logProbs[k]!;
      scored[row]!.greedy[token] = told.greedy[k] === 1;
    }
  }
  return scored;
}

function checkTokens(op: string, what: string, tokens: readonly number[], { vocabulary }: TransformerConfig): void {
  if (tokens.length === 0) throw new RangeError(`${op}: expected ${what} of at least one token, got none`);
  const odd = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
  if (odd !== undefined) throw new RangeError(`${op}: expected tokens of 0 to ${vocabulary - 1}, got ${odd}`);
}

function checkLength(op: string, length: number, { context }: Reader): void {
  if (length > context) throw new RangeError(`${op}: expected rows of at most ${context} tokens, got ${length}`);
}
