/** The models of the tests: a multilayer perceptron, and a GPT in sixty lines. */
import {
  type Embedding,
  embedding,
  initEmbedding,
  initLinear,
  initMultiHeadAttention,
  initNorm,
  type Linear,
  layerNorm,
  linear,
  type MultiHeadAttention,
  multiHeadAttention,
  type Norm,
} from 'tenfold/nn';
import { add, gelu, matmul, random, relu, slice, type Tensor } from 'tenfold/tensor';

/** Linear layers with ReLU between them. */
export interface Mlp<T = Tensor> {
  readonly layers: readonly Linear<T>[];
}

/** Parameters for layers of the given sizes: `[784, 256, 256, 10]` has three. */
export function initMlp(key: Tensor, sizes: readonly number[]): Mlp {
  const keys = random.split(key, sizes.length - 1);
  return { layers: keys.map((k, i) => initLinear(k, { in: sizes[i]!, out: sizes[i + 1]! })) };
}

/** x [N, sizes[0]] to logits [N, sizes.at(-1)]. */
export function mlp({ layers }: Mlp, x: Tensor): Tensor {
  return layers.reduce((y, layer, i) => linear(layer, i === 0 ? y : relu(y)), x);
}

/** A decoder-only transformer in the manner of GPT-2: learned positions, normalisation first, GELU, a tied head. */
export interface Gpt<T = Tensor> {
  readonly tokens: Embedding<T>;
  readonly positions: Embedding<T>;
  readonly blocks: readonly Block<T>[];
  readonly norm: Norm<T>;
}

export interface Block<T = Tensor> {
  readonly norm1: Norm<T>;
  readonly attention: MultiHeadAttention<T>;
  readonly norm2: Norm<T>;
  readonly expand: Linear<T>;
  readonly contract: Linear<T>;
}

export interface GptSizes {
  readonly layers: number;
  readonly width: number;
  readonly context: number;
  readonly vocabulary: number;
}

const std = 0.02;

function initBlock(key: Tensor, width: number): Block {
  const [k1, k2, k3] = random.split(key, 3) as [Tensor, Tensor, Tensor];
  return {
    norm1: initNorm(width),
    attention: initMultiHeadAttention(k1, { width, std }),
    norm2: initNorm(width),
    expand: initLinear(k2, { in: width, out: 4 * width, std }),
    contract: initLinear(k3, { in: 4 * width, out: width, std }),
  };
}

export function initGpt(key: Tensor, { layers, width, context, vocabulary }: GptSizes): Gpt {
  const [k1, k2, ...keys] = random.split(key, layers + 2) as [Tensor, Tensor, ...Tensor[]];
  return {
    tokens: initEmbedding(k1, { count: vocabulary, width, std }),
    positions: initEmbedding(k2, { count: context, width, std }),
    blocks: keys.map((k) => initBlock(k, width)),
    norm: initNorm(width),
  };
}

/** ids [N, T] int32 to the logits of each next token, [N, T, vocabulary]. */
export function gpt(p: Gpt, ids: Tensor, heads: number): Tensor {
  let x = add(embedding(p.tokens, ids), slice(p.positions.weight, [[0, ids.shape[1]!]]));
  for (const block of p.blocks) {
    x = add(x, multiHeadAttention(block.attention, layerNorm(block.norm1, x), { heads, causal: true }));
    x = add(x, linear(block.contract, gelu(linear(block.expand, layerNorm(block.norm2, x)))));
  }
  return matmul(layerNorm(p.norm, x), p.tokens.weight, { transposeB: true });
}
