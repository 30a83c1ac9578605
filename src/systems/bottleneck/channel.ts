/**
 * Gaussian channels: what passes between a feature and the network that integrates all features.
 *
 * Each value of a feature is sent as a Gaussian, and how much two values overlap says how far they are told apart. Here
 * are the quantities of such channels that need no training: sampling, the overlap (Bhattacharyya's coefficient), and the
 * exact information of the simplest one, a fair bit sent as ±μ. Training counts information in nats; whatever is
 * reported is in bits, by {@link toBits}.
 */

import type { Gaussian } from '../../nn/index.ts';
import { add, exp, expandDims, log, mul, square, sub, sum, type Tensor } from '../../tensor/index.ts';

/** The Gaussians that a batch of values is sent as: [..., batch, width], diagonal covariance. */
export type Channel = Gaussian;

/** Nats as bits. */
export function toBits(nats: number): number {
  return nats / Math.LN2;
}

/** A sample of the channel, differentiable by its mean and variance. @param noise standard normal */
export function send({ mean, logVariance }: Channel, noise: Tensor): Tensor {
  return add(mean, mul(exp(mul(logVariance, 0.5)), noise));
}

/**
 * How far any two values can be told apart, as the overlap of their Gaussians: exp(−D) with Bhattacharyya's distance
 * D = ⅛ Δμᵀ Σ⁻¹ Δμ + ½ ln(det Σ / √(det Σ₁ det Σ₂)), Σ = ½ (Σ₁ + Σ₂). 1: the values are one to the receiver. 0: they
 * are distinct.
 * @param channel [N, width]
 * @returns [N, N]
 */
export function overlap({ mean, logVariance }: Channel): Tensor {
  const pair = (x: Tensor, combine: (a: Tensor, b: Tensor) => Tensor) => combine(expandDims(x, -2), expandDims(x, -3));
  const both = mul(pair(exp(logVariance), add), 0.5);
  const shift = mul(square(pair(mean, sub)), exp(mul(log(both), -1)));
  const spread = sub(log(both), mul(pair(logVariance, add), 0.5));
  return exp(mul(sum(add(mul(shift, 0.125), mul(spread, 0.5)), -1), -1));
}

/**
 * I(U;X) in bits, for a fair bit sent as ±μ with noise of standard deviation σ: 1 − E log₂(1 + e^(−2μu/σ²)), integrated
 * by the trapezoid rule, which is exact to float64 for a Gaussian weight.
 */
export function binaryChannelInformation(mu: number, sigma: number): number {
  const ratio = Math.abs(mu / sigma);
  const step = 0.05;
  let lost = 0;
  for (let z = -12; z <= 12; z += step) {
    const exponent = -2 * ratio * (ratio + z);
    const softplus = Math.max(exponent, 0) + Math.log1p(Math.exp(-Math.abs(exponent)));
    lost += Math.exp(-0.5 * z * z) * softplus;
  }
  return 1 - (lost * step) / Math.sqrt(2 * Math.PI) / Math.LN2;
}
