/**
 * Random Fourier features (Rahimi and Recht 2007): a layer of random cosines, and a linear layer that is fitted.
 *
 *     φ_i(x) = cos(2π(⟨g_i, x⟩ + b_i)),  g_i ~ N(0, I),  b_i ~ U[0, 1);  scores = W φ(x)
 *
 * With two classes the largest score is the sign of one half-space, as in the paper.
 */
import { add, cos, matmul, mul, reshape, type Tensor } from '../../../tensor/index.ts';
import type { Network } from '../classifier.ts';

/** Weights of a model of m features on d inputs. */
export interface FourierParams<T = Tensor> {
  /** g [m, d] and b [m], in cycles. */
  readonly features: { readonly weight: T; readonly bias: T };
  /** W [classes, m] */
  readonly out: { readonly weight: T };
}

/** The network for inputs of this shape, which are read as one vector. */
export function fourierNetwork(input: readonly number[], classes: number): Network<FourierParams> {
  return {
    input,
    classes,
    apply: ({ features, out }, x) => matmul(fourierFeatures(features, x), out.weight, { transposeB: true }),
  };
}

/** φ(x). @param x [n, …] of d numbers each @returns [n, m] */
export function fourierFeatures({ weight, bias }: FourierParams['features'], x: Tensor): Tensor {
  const rows = reshape(x, [x.shape[0]!, weight.shape[1]!]);
  return cos(mul(add(matmul(rows, weight, { transposeB: true }), bias), 2 * Math.PI));
}
