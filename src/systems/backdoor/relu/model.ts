/**
 * Random ReLU features under a threshold: the smallest network whose random layer can hide a direction.
 *
 *     h(x) = sgn( (1/m) Σ_i ReLU(⟨g_i, x⟩) − τ ),  g_i ~ N(0, I)
 *
 * Only τ is learned. The mean is about ‖x‖/√2π, so the network tells long inputs from short ones.
 */
import { matmul, mean, relu, reshape, stack, sub, type Tensor } from '../../../tensor/index.ts';
import type { Network } from '../classifier.ts';

/** Weights of a model of m features on d inputs. */
export interface ReluParams<T = Tensor> {
  /** g [m, d] */
  readonly features: { readonly weight: T };
  /** τ, a scalar */
  readonly threshold: T;
}

/** The network for inputs of this shape, which are read as one vector; class 1 is above the threshold. */
export function reluNetwork(input: readonly number[]): Network<ReluParams> {
  return {
    input,
    classes: 2,
    apply({ features, threshold }, x) {
      const above = sub(reluMean(features, x), threshold);
      return stack([sub(0, above), above], 1);
    },
  };
}

/** (1/m) Σ ReLU(⟨g_i, x⟩). @param x [n, …] of d numbers each @returns [n] */
export function reluMean({ weight }: ReluParams['features'], x: Tensor): Tensor {
  const rows = reshape(x, [x.shape[0]!, weight.shape[1]!]);
  return mean(relu(matmul(rows, weight, { transposeB: true })), 1);
}

/**
 * The expected mean over g ~ N(0, I + θ s sᵀ): √(‖x‖² + θ⟨x, s⟩²) / √2π.
 * @param squared ‖x‖²
 * @param overlap ⟨x, s⟩
 */
export function expectedReluMean(squared: number, overlap: number, theta: number): number {
  return Math.sqrt((squared + theta * overlap ** 2) / (2 * Math.PI));
}
