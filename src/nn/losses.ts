/** Losses, in nats where they are logarithms of probabilities. */
import {
  add,
  cast,
  crossEntropy,
  div,
  exp,
  maximum,
  mean,
  mul,
  notEqual,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '../tensor/index.ts';

/**
 * Cross-entropy −ln softmax(logits)[label], averaged.
 * @param logits [..., classes]
 * @param labels [...] int32, each in [0, classes): one outside makes the loss NaN, unless it is masked
 * @param mask [...] bool or weights: the mean runs over what is true or weighs more than 0; with nothing left it is 0
 * @returns a scalar, in nats
 */
export function crossEntropyLoss(logits: Tensor, labels: Tensor, mask?: Tensor): Tensor {
  if (mask === undefined) return mean(crossEntropy(logits, labels));
  const weights = cast(mask, logits.dtype);
  const each = crossEntropy(logits, where(notEqual(weights, 0), labels, 0));
  const total = sum(weights);
  return div(sum(mul(each, weights)), maximum(total, 1e-9));
}

/** Mean of (prediction − target)² over all elements. */
export function mseLoss(prediction: Tensor, target: Tensor): Tensor {
  return mean(square(sub(prediction, target)));
}

/**
 * Negative log-likelihood of `target` under N(average, exp(logVariance)): ½ (ln 2π + ln σ² + (y − μ)² / σ²), averaged
 * over all elements (Nix and Weigend 1994). With the constant, unlike PyTorch's default.
 * @returns a scalar, in nats
 */
export function gaussianNllLoss(average: Tensor, logVariance: Tensor, target: Tensor): Tensor {
  const distance = mul(square(sub(target, average)), exp(mul(logVariance, -1)));
  return mul(mean(add(add(logVariance, distance), Math.log(2 * Math.PI))), 0.5);
}

/** A Gaussian with independent components. */
export interface Gaussian {
  /** [..., width] */
  readonly mean: Tensor;
  /** ln σ², [..., width] */
  readonly logVariance: Tensor;
}

/**
 * KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − ln σ² − 1), summed over the last axis (Kingma and Welling 2014, appendix B).
 * @returns [...], in nats
 */
export function klToStandardNormal({ mean: average, logVariance }: Gaussian): Tensor {
  return mul(sum(sub(sub(add(square(average), exp(logVariance)), logVariance), 1), -1), 0.5);
}

/**
 * KL(p ‖ q) = ½ Σ (ln σ²_q − ln σ²_p + (σ²_p + (μ_p − μ_q)²) / σ²_q − 1), summed over the last axis.
 * @returns [...], in nats
 */
export function klGaussians(p: Gaussian, q: Gaussian): Tensor {
  const ratio = sub(p.logVariance, q.logVariance);
  const distance = mul(square(sub(p.mean, q.mean)), exp(mul(q.logVariance, -1)));
  return mul(sum(sub(sub(add(exp(ratio), distance), ratio), 1), -1), 0.5);
}
