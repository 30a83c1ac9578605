/** Transformers of this process as language models. */
import type { Device, NDArray } from '../tensor/index.ts';
import type { LanguageModel } from './decoding.ts';
import { LocalDecoding } from './local-decoding.ts';
import { Reader } from './reading.ts';
import { scorePairs } from './scoring.ts';
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
    begin: async (prompts, { signal } = {}) => {
      for (const prompt of prompts) {
        checkTokens('begin', 'a prompt', prompt, config);
        checkLength('begin', prompt.length, reader);
      }
      return LocalDecoding.begin(reader, prompts, signal);
    },
    score: async (pairs, options = {}) => {
      for (const { prompt, continuation } of pairs) {
        checkTokens('score', 'a prompt', prompt, config);
        checkTokens('score', 'a continuation', continuation, config);
        checkLength('score', prompt.length, reader);
        // the last token is only predicted
        checkLength('score', reader.rowOf(prompt).length + continuation.length - 1, reader);
      }
      return scorePairs(reader, pairs, options);
    },
    release: () => reader.release(),
  };
}

function checkTokens(op: string, what: string, tokens: readonly number[], { vocabulary }: TransformerConfig): void {
  if (tokens.length === 0) throw new RangeError(`${op}: expected ${what} of at least one token, got none`);
  const odd = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
  if (odd !== undefined) throw new RangeError(`${op}: expected tokens of 0 to ${vocabulary - 1}, got ${odd}`);
}

function checkLength(op: string, length: number, { context }: Reader): void {
  if (length > context) throw new RangeError(`${op}: expected rows of at most ${context} tokens, got ${length}`);
}
