/** Attention in several heads over projected inputs, as one layer. */
import { add, matmul, random, reshape, slice, split, type Tensor, transpose, zeros } from '../tensor/index.ts';
import { type AttentionOptions, attention } from './attention.ts';
import { xavierInitial } from './initial.ts';
import { initLinear, type Linear, linear } from './linear.ts';

/** Parameters of {@link multiHeadAttention}, named and laid out as PyTorch's `nn.MultiheadAttention`. */
export interface MultiHeadAttention<T = Tensor> {
  /** [3 width, width]: the projections of queries, keys and values, one below the other */
  readonly in_proj_weight: T;
  /** [3 width] */
  readonly in_proj_bias?: T;
  readonly out_proj: Linear<T>;
}

/** How the layer starts. */
export interface MultiHeadAttentionOptions {
  readonly width: number;
  /** Biases of all projections. Default true. */
  readonly bias?: boolean;
  /**
   * Weights normal with this standard deviation. Default: PyTorch's, in_proj uniform by Glorot's rule and out_proj
   * as a linear layer. Biases start at 0 in both.
   */
  readonly std?: number;
}

/** Parameters of an attention layer. */
export function initMultiHeadAttention(
  key: Tensor,
  { width, bias = true, std }: MultiHeadAttentionOptions,
): MultiHeadAttention {
  const [forIn, forOut] = random.split(key) as [Tensor, Tensor];
  const normal = std === undefined ? {} : { std };
  const inWeight =
    std === undefined
      ? xavierInitial(forIn, [3 * width, width])
      : initLinear(forIn, { in: width, out: 3 * width, bias: false, std }).weight;
  const { weight } = initLinear(forOut, { in: width, out: width, bias: false, ...normal });
  if (!bias) return { in_proj_weight: inWeight, out_proj: { weight } };
  return {
    in_proj_weight: inWeight,
    in_proj_bias: zeros([3 * width]),
    out_proj: { weight, bias: zeros([width]) },
  };
}

/**
 * Attention of x to itself, or to `memory`, in `heads` heads of width / heads each.
 * @param x [N, queries, width]
 * @param options masks and biases broadcast to [N, heads, queries, keys]; memory is [N, keys, width]
 * @returns [N, queries, width]
 */
export function multiHeadAttention(
  p: MultiHeadAttention,
  x: Tensor,
  { heads, memory, ...seen }: AttentionOptions & { readonly heads: number; readonly memory?: Tensor },
): Tensor {
  const width = x.shape.at(-1)!;
  if (width % heads !== 0)
    throw new RangeError(`multiHeadAttention: expected heads that divide the width ${width}, got ${heads}`);
  const [q, k, v] = memory === undefined ? split(project(p, x, 0, 3), 3) : crossProjected(p, x, memory);
  const y = attention(toHeads(q!, heads), toHeads(k!, heads), toHeads(v!, heads), seen);
  return linear(p.out_proj, fromHeads(y));
}

/** Queries of x, keys and values of memory. */
function crossProjected(p: MultiHeadAttention, x: Tensor, memory: Tensor): Tensor[] {
  return [project(p, x, 0, 1), ...split(project(p, memory, 1, 3), 2)];
}

/** x through the projections `from` to `to` of the three. */
function project({ in_proj_weight, in_proj_bias }: MultiHeadAttention, x: Tensor, from: number, to: number): Tensor {
  const width = x.shape.at(-1)!;
  const part = (t: Tensor) => (to - from === 3 ? t : slice(t, [[from * width, to * width]]));
  const y = matmul(x, part(in_proj_weight), { transposeB: true });
  return in_proj_bias === undefined ? y : add(y, part(in_proj_bias));
}

/** [N, T, width] cut into heads: [N, heads, T, width / heads]. */
export function toHeads(x: Tensor, heads: number): Tensor {
  const [n, length, width] = x.shape as readonly [number, number, number];
  return transpose(reshape(x, [n, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** The inverse of {@link toHeads}. */
export function fromHeads(x: Tensor): Tensor {
  const [n, heads, length, width] = x.shape as readonly [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [n, length, heads * width]);
}
