/**
 * How much a noisy channel tells about what goes into it: bounds of I(U;X) from samples.
 *
 * Every input x has its own Gaussian p(u|x), so densities are known and only the marginal p(u) is not. Averaging p(u_i|x_j)
 * over a batch estimates it: with the sample's own x_i among the x_j the estimate is too large and the information a
 * lower bound (InfoNCE's form); without it the information is an upper bound (leave one out). The mean leaves N − 1 terms,
 * and everything stays a logarithm, because densities of many dimensions underflow.
 *
 * A lower bound cannot exceed ln N: for a channel that tells more, both say no more than that it does.
 *
 * Source: Poole et al. 2019, "On variational bounds of mutual information", equations 10 and 11.
 */
import {
  add,
  concat,
  equal,
  exp,
  expandDims,
  iota,
  logSumExp,
  matmul,
  mean,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '../../tensor/index.ts';
import type { Channel } from './channel.ts';

/** Both in nats. */
export interface Bounds {
  readonly lower: Tensor;
  readonly upper: Tensor;
}

/**
 * Lower and upper bound of I(U;X) for the N inputs of a batch and one sample of each channel.
 * @param channel [..., N, width]
 * @param noise standard normal, [..., N, width]: u = mean + σ · noise
 * @returns [...] each, in nats
 */
export function informationBounds({ mean: average, logVariance }: Channel, noise: Tensor): Bounds {
  const n = average.shape.at(-2)!;
  // distances are computed as u² − 2uμ + μ², which is exact enough only near 0
  const centre = mean(average, -2, { keepDims: true });
  const mu = sub(average, centre);
  const u = add(mu, mul(exp(mul(logVariance, 0.5)), noise));
  const precision = exp(mul(logVariance, -1));
  const byPoint = concat([precision, mul(mul(mu, precision), -2)], -1);
  const constant = sum(add(mul(square(mu), precision), logVariance), -1);
  const distance = add(matmul(concat([square(u), u], -1), byPoint, { transposeB: true }), expandDims(constant, -2));
  // ln p(u_i|x_j), without the constant that all share; the own density is known exactly from the noise
  const others = mul(distance, -0.5);
  const own = mul(sum(add(square(noise), logVariance), -1), -0.5);
  const diagonal = equal(expandDims(iota(n), 1), expandDims(iota(n), 0));
  const withOwn = logSumExp(where(diagonal, expandDims(own, -1), others), -1);
  const withoutOwn = logSumExp(where(diagonal, -1e30, others), -1);
  return {
    lower: add(mean(sub(own, withOwn), -1), Math.log(n)),
    upper: add(mean(sub(own, withoutOwn), -1), Math.log(n - 1)),
  };
}
