/**
 * One transformer, and what makes it one of the families.
 *
 * A family is a choice of who sees whom (masks.ts) and of parts: where the normalisation stands, how places are known,
 * which activation, biases or none. Each choice is a field here and one branch in the code; `styles` are the choices
 * of the published models, to be spread into a configuration with the sizes.
 *
 * @example
 * const sizes = { vocabulary: 50272, width: 768, layers: 12, heads: 12, hidden: 3072 };
 * const opt125m: TransformerConfig = { ...styles.opt, ...sizes, positions: { kind: 'learned', count: 2048, offset: 2 } };
 */

/** How a model knows the place of a token. */
export type Positions =
  /** A learned vector a place (places below `count`), in a table whose first `offset` rows are not used. */
  | { readonly kind: 'learned'; readonly count: number; readonly offset?: number }
  /** Sines and cosines (Vaswani et al. 2017). */
  | { readonly kind: 'sinusoidal' }
  /** A learned bias of each head for the distance between query and key, shared by all blocks (Raffel et al. 2020). */
  | { readonly kind: 'relative'; readonly buckets: number; readonly maxDistance: number };

/** `gatedGelu` is T5 v1.1's (Shazeer 2020), with GELU's tanh form; `gelu` is the exact one. */
export type Activation = 'relu' | 'gelu' | 'gatedGelu';

/** The choices of a family. */
export interface Style {
  /** Causal decoder, prefix (non-causal) decoder, or encoder and decoder. */
  readonly family: 'causal' | 'prefix' | 'encoder-decoder';
  /** Layer normalisation, or root-mean-square normalisation without shift. */
  readonly norm: 'layer' | 'rms';
  /** Normalisation before each sublayer (pre-norm), or after its residual sum (post-norm). */
  readonly normFirst: boolean;
  /** One more normalisation after the last block. */
  readonly finalNorm: boolean;
  /** Normalisation of the embeddings, before the first block. */
  readonly embeddingNorm: boolean;
  readonly activation: Activation;
  /** Whether linear layers have biases. */
  readonly biases: boolean;
  /** Whether the output layer is the token embedding. */
  readonly tied: boolean;
  /** Embeddings multiplied by √width. */
  readonly embeddingScale: boolean;
  /** Attention scores divided by √headWidth. */
  readonly scaledAttention: boolean;
  /** Logits divided by √width. */
  readonly scaledLogits: boolean;
}

/** A transformer: its style and its sizes. */
export interface TransformerConfig extends Style {
  /** Number of tokens. */
  readonly vocabulary: number;
  /** d_model */
  readonly width: number;
  /** Blocks of the decoder. */
  readonly layers: number;
  /** Blocks of the encoder; encoder–decoder only. Default: as many as the decoder has. */
  readonly encoderLayers?: number;
  readonly heads: number;
  /** Default: width / heads. */
  readonly headWidth?: number;
  /** Width inside the feed-forward layers. */
  readonly hidden: number;
  readonly positions: Positions;
  /** Width of the token embedding where projections lie between it and the blocks (OPT-350M). Default: width. */
  readonly embeddingWidth?: number;
  /** Added to the variance in normalisations. Default: 1e-5 for layer, 1e-6 for rms. */
  readonly eps?: number;
  /** What the decoder's rows begin with; encoder–decoder only. */
  readonly start?: readonly number[];
}

const original: Style = {
  family: 'encoder-decoder',
  norm: 'layer',
  normFirst: false,
  finalNorm: false,
  embeddingNorm: false,
  activation: 'relu',
  biases: true,
  tied: true,
  embeddingScale: true,
  scaledAttention: true,
  scaledLogits: false,
};

const t5: Style = {
  ...original,
  norm: 'rms',
  normFirst: true,
  finalNorm: true,
  biases: false,
  embeddingScale: false,
  scaledAttention: false,
  scaledLogits: true,
};

/** The choices of published models. */
export const styles = {
  /** Vaswani et al. 2017, with sinusoidal positions. */
  original,
  /** Zhang et al. 2022, with learned positions of offset 2. The 350M model has normFirst and finalNorm false. */
  opt: { ...original, family: 'causal', normFirst: true, finalNorm: true, embeddingScale: false },
  /** Lewis et al. 2020, with learned positions of offset 2. The base model scales its embeddings. */
  bart: { ...original, embeddingNorm: true, activation: 'gelu', embeddingScale: false },
  /** Raffel et al. 2020, with relative positions of 32 buckets up to 128. */
  t5,
  /** T5 v1.1: gated GELU, an output layer of its own. */
  t5v11: { ...t5, activation: 'gatedGelu', tied: false, scaledLogits: false },
  /** The decoders of Wang et al. 2022, with relative positions; `family: 'prefix'` for the non-causal one. */
  decoder: { ...t5, family: 'causal', activation: 'gatedGelu' },
} as const satisfies Record<string, Style>;

/** Sizes that follow from others. */
export function sizesOf(config: TransformerConfig) {
  const headWidth = config.headWidth ?? config.width / config.heads;
  return {
    headWidth,
    /** All heads beside each other. */
    inner: headWidth * config.heads,
    embeddingWidth: config.embeddingWidth ?? config.width,
    encoderLayers: config.family === 'encoder-decoder' ? (config.encoderLayers ?? config.layers) : 0,
    eps: config.eps ?? (config.norm === 'layer' ? 1e-5 : 1e-6),
    /** Most tokens in a row. */
    context: config.positions.kind === 'learned' ? config.positions.count : Number.POSITIVE_INFINITY,
  };
}

/** @throws RangeError for sizes that make no model, naming the first */
export function checkConfig(config: TransformerConfig): void {
  const { headWidth, encoderLayers, embeddingWidth } = sizesOf(config);
  const { vocabulary, width, layers, heads, hidden, positions } = config;
  const whole = { vocabulary, width, layers, heads, hidden, encoderLayers, embeddingWidth };
  for (const [name, value] of Object.entries(whole)) {
    const least = name === 'encoderLayers' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least)
      throw new RangeError(`transformer: expected ${name} to be a whole number of at least ${least}, got ${value}`);
  }
  if (!Number.isSafeInteger(headWidth))
    throw new RangeError(
      `transformer: expected heads that divide the width ${width}, got ${heads} (or give headWidth)`,
    );
  if (positions.kind === 'sinusoidal' && embeddingWidth !== width)
    throw new RangeError('transformer: expected learned or relative positions with an embeddingWidth, got sinusoidal');
  if (config.family === 'encoder-decoder' && !config.start?.length)
    throw new RangeError('transformer: expected start tokens for the decoder, got none');
}
