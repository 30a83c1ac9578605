/** Numbers as waves: what lets a network tell apart places, times and values that lie close together. */
import {
  array,
  cast,
  concat,
  constant,
  cos,
  expandDims,
  isFloat,
  matmul,
  mul,
  reshape,
  sin,
  stack,
  type Tensor,
} from '../tensor/index.ts';
import { normalInitial } from './initial.ts';

/**
 * Sinusoids of geometrically spaced wavelengths from 2π to `period` · 2π, sine and cosine in turn: entry 2i is
 * sin(x / period^(2i / width)), entry 2i + 1 its cosine (Vaswani et al. 2017, section 3.5).
 * @param positions [...] numbers: places in a sequence (`iota(length)`), or times of a diffusion process
 * @param width even
 * @returns [..., width]
 */
export function sinusoidalEncoding(positions: Tensor, width: number, period = 10_000): Tensor {
  if (width % 2 !== 0) throw new RangeError(`sinusoidalEncoding: expected an even width, got ${width}`);
  const rates = Array.from({ length: width / 2 }, (_, i) => period ** (-(2 * i) / width));
  const x = isFloat(positions.dtype) ? positions : cast(positions, 'float32');
  const angles = mul(expandDims(x, -1), constant(array(rates, { dtype: x.dtype, shape: [rates.length] })));
  return reshape(stack([sin(angles), cos(angles)], angles.rank), [...positions.shape, width]);
}

/**
 * x beside its sines: [x, sin f₁x, sin f₂x, …], as the Distributed Information Bottleneck encodes continuous features.
 * @param x [..., features]
 * @returns [..., features · (1 + frequencies)]
 * @example
 * positionalEncoding(x, [2, 4, 8, 16]) // 0.5 becomes 0.5, 0.8415, 0.9093, −0.7568, 0.9894
 */
export function positionalEncoding(x: Tensor, frequencies: readonly number[]): Tensor {
  return concat([x, ...frequencies.map((f) => sin(mul(x, f)))], -1);
}

/** Directions of random Fourier features, drawn once and not trained. */
export interface FourierFeatures<T = Tensor> {
  /** [waves, in] */
  readonly weight: T;
}

/** `waves` directions, normal with standard deviation `scale`: the larger, the finer the detail. */
export function initFourierFeatures(
  key: Tensor,
  { in: inputs, waves, scale }: { readonly in: number; readonly waves: number; readonly scale: number },
): FourierFeatures {
  return { weight: normalInitial(key, [waves, inputs], scale) };
}

/**
 * Random Fourier features: cos(2πBx) beside sin(2πBx) (Tancik et al. 2020).
 * @param x [..., in]
 * @returns [..., 2 · waves]
 */
export function fourierFeatures({ weight }: FourierFeatures, x: Tensor): Tensor {
  const angles = mul(matmul(x, weight, { transposeB: true }), 2 * Math.PI);
  return concat([cos(angles), sin(angles)], -1);
}
