/**
 * bench/src/models in jax-js, on the same trees of parameters: those that it trains at a workable speed.
 *
 * jax-js counts references: a call takes its arguments over, and `.ref` keeps one for another use. Attention is spelled
 * out, because `nn.dotProductAttention` needs the iterator methods of Node 22.
 */
import { lax, nn, numpy as np } from '@jax-js/jax';

type Tensor = np.Array;
type Linear = { weight: Tensor; bias: Tensor };
type Batch = { x: Tensor; y: Tensor };
type GptBlock = {
  norm1: Linear;
  attention: { in_proj_weight: Tensor; in_proj_bias: Tensor; out_proj: Linear };
  norm2: Linear;
  up: Linear;
  down: Linear;
};
type Gpt = { tokens: { weight: Tensor }; positions: { weight: Tensor }; blocks: GptBlock[]; norm: Linear };

const heads = 6;

const linear = (p: Linear, x: Tensor): Tensor => np.matmul(x, p.weight.transpose()).add(p.bias);

const layerNorm = (p: Linear, x: Tensor): Tensor => nn.standardize(x, -1).mul(p.weight).add(p.bias);

function crossEntropy(logits: Tensor, classes: Tensor): Tensor {
  const [count, width] = [classes.size, logits.shape.at(-1)!];
  const own = np.equal(classes.reshape([count, 1]), np.arange(width));
  const logs = nn.logSoftmax(logits.reshape([count, width]));
  return np
    .where(own, logs, 0)
    .sum()
    .mul(-1 / count);
}

function mlp(params: Linear[], { x, y }: Batch): Tensor {
  const logits = params.reduce((h, p, i) => (i < params.length - 1 ? nn.relu(linear(p, h)) : linear(p, h)), x);
  return crossEntropy(logits, y);
}

function attention(p: GptBlock['attention'], x: Tensor): Tensor {
  const [n, length, width] = x.shape as [number, number, number];
  const projected = linear({ weight: p.in_proj_weight, bias: p.in_proj_bias }, x);
  const [q, k, v] = np
    .split(projected.reshape([n, length, 3, heads, width / heads]), 3, 2)
    .map((t) => t.reshape([n, length, heads, width / heads]).transpose([0, 2, 1, 3])) as [Tensor, Tensor, Tensor];
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul((width / heads) ** -0.5);
  const seen = np.tri(length, length, 0, { dtype: np.bool });
  const y = np.matmul(nn.softmax(np.where(seen, scores, Number.NEGATIVE_INFINITY)), v);
  return linear(p.out_proj, y.transpose([0, 2, 1, 3]).reshape([n, length, width]));
}

function block(p: GptBlock, x: Tensor): Tensor {
  const h = x.ref.add(attention(p.attention, layerNorm(p.norm1, x)));
  const inner = nn.gelu(linear(p.up, layerNorm(p.norm2, h.ref)), { approximate: false });
  return h.add(linear(p.down, inner));
}

function gpt(p: Gpt, { x, y }: Batch): Tensor {
  const embedded = np.take(p.tokens.weight.ref, x, 0).add(p.positions.weight);
  const h = p.blocks.reduce((h, own) => block(own, h), embedded);
  return crossEntropy(np.matmul(layerNorm(p.norm, h), p.tokens.weight.transpose()), y);
}

type Separable = { depthwise: { weight: Tensor }; pointwise: { weight: Tensor }; norm: Linear };
type SeparableNet = {
  entry: { conv: { weight: Tensor }; norm: Linear };
  blocks: [Separable, Separable][];
  exit: Linear;
};

/**
 * A 1×1 convolution as a product of matrices: `lax.conv` takes far longer. The weight gets its batch axis here, because
 * 0.1.25 answers wrongly for [out, from] times a batch.
 */
function pointwise(weight: Tensor, x: Tensor): Tensor {
  const [n, from, height, width] = x.shape as [number, number, number, number];
  const out = weight.shape[0]!;
  return np
    .matmul(weight.reshape([1, out, from]), x.reshape([n, from, height * width]))
    .reshape([n, out, height, width]);
}

/** Normalises by the batch; running statistics, which the loss does not see, are left out. */
function batchNorm({ weight, bias }: Linear, x: Tensor): Tensor {
  const each = [1, weight.size, 1, 1];
  return nn.standardize(x, [0, 2, 3]).mul(weight.reshape(each)).add(bias.reshape(each));
}

function separableConv(p: Separable, x: Tensor): Tensor {
  const around: [number, number] = [1, 1];
  const deep = lax.convGeneralDilated(x, p.depthwise.weight, [1, 1], [around, around], {
    featureGroupCount: p.depthwise.weight.shape[0]!,
  });
  return batchNorm(p.norm, pointwise(p.pointwise.weight, deep));
}

function separable(p: SeparableNet, { x, y }: Batch): Tensor {
  let h = nn.relu(batchNorm(p.entry.norm, pointwise(p.entry.conv.weight, x)));
  for (const [first, second] of p.blocks) {
    h = nn.relu(h.ref.add(separableConv(second, nn.relu(separableConv(first, h)))));
  }
  const out = pointwise(p.exit.weight, h).add(p.exit.bias.reshape([1, 2, 1, 1]));
  return np.square(out.sub(y)).mean();
}

/** The losses of training, by model. */
export const losses: Readonly<Record<string, (params: never, batch: never) => Tensor>> = {
  mlp,
  gpt,
  separable,
};
