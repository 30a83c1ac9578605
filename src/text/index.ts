/**
 * Text: tokenizers, one transformer for every family, generation and likelihoods.
 * @module
 */
export type { Continued, Decoding, LanguageModel, Scored, ScoreWatch } from './decoding.ts';
