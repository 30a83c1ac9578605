/**
 * Attention layers, taken apart: in training a query's keys are those of its own row; in generation they are those of a
 * cache and its own; in an encoder–decoder also those of the encoder. Queries and keys are projected here, and nn's
 * `attendTo` runs one softmax over all pieces. A mask is a bias: what a query may not see weighs e^−1e9.
 */
import { fromHeads, type Linear, linear, toHeads } from '../../nn/index.ts';
import { mul, reshape, type Tensor, where, zeros } from '../../tensor/index.ts';

/** Projections of an attention layer, named as the hub's files have them. */
export interface Attention<T = Tensor> {
  readonly q_proj: Linear<T>;
  readonly k_proj: Linear<T>;
  readonly v_proj: Linear<T>;
  readonly out_proj: Linear<T>;
}

/** Keys and values: [N, heads, keys, headWidth] each. */
export interface Keys<T = Tensor> {
  readonly k: T;
  readonly v: T;
}

/** What is added to scores: the bias where the query sees the key, and far below any score where it does not. */
export function scoreBias(seen: Tensor | undefined, bias: Tensor | undefined): Tensor | undefined {
  // finite, so that a row without any key is not 0 / 0
  return seen === undefined ? bias : where(seen, bias ?? zeros([]), -1e9);
}

/** A batch's rows, as the flat [N · T, width] of the blocks has them. */
export interface Flat {
  readonly rows: number;
  readonly heads: number;
}

/** Keys and values of x [N · T, width]. */
export function keysOf(p: Attention, x: Tensor, flat: Flat): Keys {
  return { k: inHeads(linear(p.k_proj, x), flat), v: inHeads(linear(p.v_proj, x), flat) };
}

/** Queries of x [N · T, width]. @param scale of the scores */
export function queriesOf(p: Attention, x: Tensor, flat: Flat, scale: number): Tensor {
  const q = linear(p.q_proj, x);
  return inHeads(scale === 1 ? q : mul(q, scale), flat);
}

/** [N · T, inner] cut into heads: [N, heads, T, inner / heads]. */
function inHeads(x: Tensor, { rows, heads }: Flat): Tensor {
  const [length, inner] = x.shape as readonly [number, number];
  return toHeads(reshape(x, [rows, length / rows, inner]), heads);
}

/** The inverse of {@link inHeads}. */
export function flatHeads(y: Tensor): Tensor {
  const x = fromHeads(y);
  return reshape(x, [x.shape[0]! * x.shape[1]!, x.shape[2]!]);
}
