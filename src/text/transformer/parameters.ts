/**
 * Parameters of a transformer: a tree whose paths are the names that the hub's OPT and BART files use, behind
 * `model.`; only the token embedding, which encoder and decoder share, stands at the top.
 */
import { type Embedding, initEmbedding, initLinear, initNorm, initRmsNorm, type Linear } from '../../nn/index.ts';
import { random, type Tensor } from '../../tensor/index.ts';
import type { Attention } from './attention.ts';
import { checkConfig, sizesOf, type TransformerConfig } from './config.ts';

/** Parameters of a transformer. */
export interface Transformer<T = Tensor> {
  readonly embed_tokens: Embedding<T>;
  readonly encoder?: Stack<T>;
  readonly decoder: Stack<T>;
  /** Where the output layer is not the token embedding. */
  readonly lm_head?: Linear<T>;
}

/** Blocks, and what lies before and after them. */
export interface Stack<T = Tensor> {
  readonly embed_positions?: Embedding<T>;
  /** [buckets, heads]: T5's, one for all blocks */
  readonly relative_attention_bias?: Embedding<T>;
  /** From and to the width of the token embedding. */
  readonly project_in?: Linear<T>;
  readonly project_out?: Linear<T>;
  readonly layernorm_embedding?: AnyNorm<T>;
  readonly layers: readonly Block<T>[];
  readonly final_layer_norm?: AnyNorm<T>;
}

/** One block. */
export interface Block<T = Tensor> {
  readonly self_attn: Attention<T>;
  readonly self_attn_layer_norm: AnyNorm<T>;
  /** A decoder's attention to its encoder. */
  readonly encoder_attn?: Attention<T>;
  readonly encoder_attn_layer_norm?: AnyNorm<T>;
  readonly fc1: Linear<T>;
  /** The linear half of a gated feed-forward layer; fc1 is the half that the activation bends. */
  readonly fc_gated?: Linear<T>;
  readonly fc2: Linear<T>;
  readonly final_layer_norm: AnyNorm<T>;
}

/** Layer normalisation, or without bias root-mean-square normalisation. */
export interface AnyNorm<T = Tensor> {
  readonly weight: T;
  readonly bias?: T;
}

/**
 * How weights start; biases start at 0 and normalisations as the identity.
 *
 * `{ std }`: all normal with that standard deviation. With `scaledOutputs`, the layers that end in a residual sum have
 * std / √(2 · layers): OPT's is `{ std: 0.006, scaledOutputs: true }`, BART's `{ std: 0.02 }`.
 *
 * `'fanIn'`: T5's, where every linear layer keeps the variance (standard deviation 1/√inputs), queries have another
 * factor 1/√headWidth instead of scaled scores, and token embeddings have standard deviation 1.
 */
export type Start = { readonly std: number; readonly scaledOutputs?: boolean } | 'fanIn';

/**
 * Parameters of a model.
 * @throws RangeError for sizes that make no model
 */
export function initTransformer(key: Tensor, config: TransformerConfig, start: Start): Transformer {
  checkConfig(config);
  const { embeddingWidth, encoderLayers } = sizesOf(config);
  const [forTokens, forEncoder, forDecoder, forHead] = random.split(key, 4) as [Tensor, Tensor, Tensor, Tensor];
  const std = start === 'fanIn' ? 1 : start.std;
  return {
    embed_tokens: initEmbedding(forTokens, { count: config.vocabulary, width: embeddingWidth, std }),
    ...(config.family === 'encoder-decoder' && {
      encoder: initStack(forEncoder, config, start, 'encoder', encoderLayers),
    }),
    decoder: initStack(forDecoder, config, start, 'decoder', config.layers),
    ...(!config.tied && { lm_head: project(forHead, start, embeddingWidth, config.vocabulary) }),
  };
}

function initStack(
  key: Tensor,
  config: TransformerConfig,
  start: Start,
  side: 'encoder' | 'decoder',
  layers: number,
): Stack {
  const { positions, heads, width } = config;
  const { embeddingWidth } = sizesOf(config);
  const [forPlaces, forIn, forOut, ...forBlocks] = random.split(key, 3 + layers) as [Tensor, Tensor, Tensor];
  const projected = embeddingWidth !== width;
  const [placeStd, biasStd] = start === 'fanIn' ? [1, width ** -0.5] : [start.std, start.std];
  return {
    ...(positions.kind === 'learned' && {
      embed_positions: initEmbedding(forPlaces, {
        count: positions.count + (positions.offset ?? 0),
        width,
        std: placeStd,
      }),
    }),
    ...(positions.kind === 'relative' && {
      relative_attention_bias: initEmbedding(forPlaces, { count: positions.buckets, width: heads, std: biasStd }),
    }),
    ...(projected && { project_in: project(forIn, start, embeddingWidth, width) }),
    ...(projected && side === 'decoder' && { project_out: project(forOut, start, width, embeddingWidth) }),
    ...(config.embeddingNorm && { layernorm_embedding: norm(config) }),
    layers: (forBlocks as Tensor[]).map((k) => initBlock(k, config, start, side, layers)),
    ...(config.finalNorm && { final_layer_norm: norm(config) }),
  };
}

/** A linear layer outside the blocks, without bias. */
function project(key: Tensor, start: Start, inputs: number, out: number): Linear {
  return initLinear(key, { in: inputs, out, bias: false, std: start === 'fanIn' ? inputs ** -0.5 : start.std });
}

function norm({ norm, width }: TransformerConfig): AnyNorm {
  return norm === 'layer' ? initNorm(width) : initRmsNorm(width);
}

function initBlock(
  key: Tensor,
  config: TransformerConfig,
  start: Start,
  side: 'encoder' | 'decoder',
  layers: number,
): Block {
  const { width, hidden, biases, activation } = config;
  const { headWidth, inner } = sizesOf(config);
  const keys = random.split(key, 11);
  const layer = (inputs: number, out: number, { ends = false, factor = 1 } = {}) => {
    const std =
      start === 'fanIn'
        ? factor * inputs ** -0.5
        : start.std * (ends && start.scaledOutputs ? (2 * layers) ** -0.5 : 1);
    return initLinear(keys.pop()!, { in: inputs, out, bias: biases, std });
  };
  const attention = (): Attention => ({
    q_proj: layer(width, inner, { factor: config.scaledAttention ? 1 : headWidth ** -0.5 }),
    k_proj: layer(width, inner),
    v_proj: layer(width, inner),
    out_proj: layer(inner, width, { ends: true }),
  });
  const cross = side === 'decoder' && config.family === 'encoder-decoder';
  return {
    self_attn: attention(),
    self_attn_layer_norm: norm(config),
    ...(cross && { encoder_attn: attention(), encoder_attn_layer_norm: norm(config) }),
    fc1: layer(width, hidden),
    ...(activation === 'gatedGelu' && { fc_gated: layer(width, hidden) }),
    fc2: layer(hidden, width, { ends: true }),
    final_layer_norm: norm(config),
  };
}
