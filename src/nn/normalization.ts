/**
 * Normalisation: x brought to mean 0 and variance 1 over some of its axes, then scaled and shifted by learned
 * parameters. Layers differ in the axes only; batch normalisation also keeps running statistics, which are state that
 * goes in and comes out, never hidden.
 */
import {
  add,
  formatType,
  mean,
  mul,
  layerNorm as normalize,
  ones,
  reshape,
  rsqrt,
  square,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts';

/** Scale and shift of layer, group and batch normalisation, named as PyTorch's. */
export interface Norm<T = Tensor> {
  /** [width] */
  readonly weight: T;
  /** [width] */
  readonly bias: T;
}

/** Scale 1 and shift 0 for `width` features or channels. */
export function initNorm(width: number): Norm {
  return { weight: ones([width]), bias: zeros([width]) };
}

/** x − mean and 1 / √(variance + eps) over axes, with the population's variance. */
function standard(
  x: Tensor,
  axes: readonly number[],
  eps: number,
): { centred: Tensor; scale: Tensor; average: Tensor; spread: Tensor } {
  // the variance of the centred values: mean(x²) − mean(x)² would lose what float32 has
  const average = mean(x, axes, { keepDims: true });
  const centred = sub(x, average);
  const spread = mean(square(centred), axes, { keepDims: true });
  return { centred, scale: rsqrt(add(spread, eps)), average, spread };
}

/** v [C] in a shape that broadcasts along axis 1 of x [N, C, ...]. */
function alongChannels(v: Tensor, x: Tensor): Tensor {
  return reshape(v, [v.size, ...new Array<number>(x.rank - 2).fill(1)]);
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016).
 * @param x [..., width]
 */
export function layerNorm({ weight, bias }: Norm, x: Tensor, eps = 1e-5): Tensor {
  return normalize(x, weight, bias, eps);
}

/** Scale of root-mean-square normalisation. */
export interface RmsNorm<T = Tensor> {
  /** [width] */
  readonly weight: T;
}

/** Scale 1 for `width` features. */
export function initRmsNorm(width: number): RmsNorm {
  return { weight: ones([width]) };
}

/**
 * x / √(mean x² + eps) over the last axis, scaled (Zhang and Sennrich 2019).
 * @param x [..., width]
 */
export function rmsNorm({ weight }: RmsNorm, x: Tensor, eps = 1e-6): Tensor {
  return mul(mul(x, rsqrt(add(mean(square(x), -1, { keepDims: true }), eps))), weight);
}

/**
 * Group normalisation: each image over its positions and each of `groups` equal groups of channels (Wu and He 2018).
 * @param x [N, C, ...]
 * @throws RangeError unless the groups divide the channels
 */
export function groupNorm({ weight, bias }: Norm, x: Tensor, groups: number, eps = 1e-5): Tensor {
  const [n, channels] = x.shape as readonly [number, number];
  if (channels % groups !== 0)
    throw new RangeError(`groupNorm: expected groups that divide ${channels} channels, got ${groups}`);
  // one axis for the groups and one for their channels, so that nothing has to move in any layout
  const grouped = reshape(x, [n, groups, channels / groups, ...x.shape.slice(2)]);
  const { centred, scale } = standard(grouped, grouped.shape.map((_, i) => i).slice(2), eps);
  const perGroup = (v: Tensor) => reshape(v, [groups, channels / groups, ...new Array<number>(x.rank - 2).fill(1)]);
  return reshape(add(mul(centred, mul(scale, perGroup(weight))), perGroup(bias)), x.shape);
}

/** Running statistics of batch normalisation, named as PyTorch's buffers. */
export interface BatchStatistics<T = Tensor> {
  /** [C] */
  readonly running_mean: T;
  /** [C], with the divisor n − 1 */
  readonly running_var: T;
}

/** Statistics before the first batch: mean 0 and variance 1. */
export function initBatchStatistics(channels: number): BatchStatistics {
  return { running_mean: zeros([channels]), running_var: ones([channels]) };
}

/**
 * Batch normalisation of a trained network, by its running statistics (Ioffe and Szegedy 2015).
 * @param x [N, C, ...]
 */
export function batchNorm({ weight, bias }: Norm, x: Tensor, statistics: BatchStatistics, eps = 1e-5): Tensor {
  const scale = mul(weight, rsqrt(add(statistics.running_var, eps)));
  const centred = sub(x, alongChannels(statistics.running_mean, x));
  return add(mul(centred, alongChannels(scale, x)), alongChannels(bias, x));
}

/**
 * Batch normalisation in training: by the mean and variance of this batch, which also move the running statistics by
 * `momentum` (PyTorch's sense: the weight of the new batch).
 * @param x [N, C, ...]
 * @throws RangeError with one value per channel, which has no variance
 * @returns the normalised batch and the new statistics, through which no gradient is needed
 */
export function batchNormTraining(
  { weight, bias }: Norm,
  x: Tensor,
  statistics: BatchStatistics,
  { momentum = 0.1, eps = 1e-5 }: { readonly momentum?: number; readonly eps?: number } = {},
): [Tensor, BatchStatistics] {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const count = x.size / x.shape[1]!;
  if (count < 2)
    throw new RangeError(`batchNormTraining: expected more than one value per channel, got ${formatType(x)}`);
  const { centred, scale, average, spread } = standard(x, axes, eps);
  const moved = (old: Tensor, now: Tensor) => add(mul(old, 1 - momentum), mul(reshape(now, old.shape), momentum));
  return [
    // the weight goes into the scale, which is small
    add(mul(centred, mul(scale, alongChannels(weight, x))), alongChannels(bias, x)),
    {
      running_mean: moved(statistics.running_mean, average),
      running_var: moved(statistics.running_var, mul(spread, count / (count - 1))),
    },
  ];
}
