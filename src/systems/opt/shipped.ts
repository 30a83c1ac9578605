/**
 * The model that ships with the project: OPT's architecture in small, trained by `scripts/train-shipped-opt.mjs` on text in
 * the public domain. `tenfold opt generate` runs it where no other is named.
 */
import { fileURLToPath } from 'node:url';
import type { OptConfig } from './config.ts';
import { paperRecipe, type Recipe } from './recipe.ts';

/** Where its checkpoint lies. */
export const shippedModel = fileURLToPath(new URL('../../../models/opt-6m', import.meta.url));

/** 5.9 million parameters: heads of 64 and a feed-forward layer of 4 d_model, as all of the paper's models have. */
export const shippedConfig: OptConfig = {
  vocabSize: 4096,
  hiddenSize: 256,
  layers: 6,
  heads: 4,
  ffnDim: 1024,
  maxPositions: 512,
  embedDim: 256,
  preNorm: true,
  finalNorm: true,
  dropout: 0,
  bos: 2,
  eos: 2,
  pad: 1,
};

/** Its recipe: the paper's, but without dropout, because no text is seen twice. */
export const shippedRecipe: Recipe = {
  ...paperRecipe,
  dropout: 0,
  steps: 3000,
  warmUp: 150,
  rate: 1e-3,
  window: 512,
  batch: 2,
  accumulate: 1,
  seed: 0,
};

/** The special tokens of OPT's tokenizer, in the order of their ids: `</s>` begins every text and ends it. */
export const specialTokens = ['<s>', '<pad>', '</s>', '<unk>'] as const;
export const specialRoles = { bos: '</s>', eos: '</s>', pad: '<pad>', unk: '<unk>', prefix: ['</s>'] } as const;
