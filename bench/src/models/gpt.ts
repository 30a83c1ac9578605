/** A pre-norm decoder: 6 layers of width 384 with 6 heads, 256 tokens, a tied vocabulary of 8,192, batch 8. */
import {
  crossEntropyLoss,
  embedding,
  initEmbedding,
  initLinear,
  initMultiHeadAttention,
  initNorm,
  layerNorm,
  linear,
  multiHeadAttention,
} from 'tenfold/nn';
import { add, gelu, matmul, random, type Tensor } from 'tenfold/tensor';
import { model } from './model.ts';

const [layers, width, heads, length, vocabulary, batch] = [6, 384, 6, 256, 8192, 8];
const std = 0.02;

function initBlock(key: Tensor) {
  const [a, b, c] = random.split(key, 3) as [Tensor, Tensor, Tensor];
  return {
    norm1: initNorm(width),
    attention: initMultiHeadAttention(a, { width, std }),
    norm2: initNorm(width),
    up: initLinear(b, { in: width, out: 4 * width, std }),
    down: initLinear(c, { in: 4 * width, out: width, std }),
  };
}

function init(key: Tensor) {
  const [tokens, positions, ...blocks] = random.split(key, layers + 2) as [Tensor, Tensor, ...Tensor[]];
  return {
    tokens: initEmbedding(tokens, { count: vocabulary, width, std }),
    positions: initEmbedding(positions, { count: length, width, std }),
    blocks: blocks.map(initBlock),
    norm: initNorm(width),
  };
}

type Params = ReturnType<typeof init>;

function block(p: Params['blocks'][number], x: Tensor): Tensor {
  const h = add(x, multiHeadAttention(p.attention, layerNorm(p.norm1, x), { heads, causal: true }));
  return add(h, linear(p.down, gelu(linear(p.up, layerNorm(p.norm2, h)))));
}

function forward(p: Params, { x }: { x: Tensor }): Tensor {
  const h = p.blocks.reduce((h, own) => block(own, h), add(embedding(p.tokens, x), p.positions.weight));
  return matmul(layerNorm(p.norm, h), p.tokens.weight, { transposeB: true });
}

export const gpt = model({
  init,
  state: () => [],
  batch: (key) => {
    const [a, b] = random.split(key) as [Tensor, Tensor];
    return {
      x: random.integers(a, [batch, length], 0, vocabulary),
      y: random.integers(b, [batch, length], 0, vocabulary),
    };
  },
  loss: (params, data: { x: Tensor; y: Tensor }, state) => [crossEntropyLoss(forward(params, data), data.y), state],
  forward,
});
