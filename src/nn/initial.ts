/** Random numbers that parameters start from. */
import { add, mul, random, type Tensor } from '../tensor/index.ts';

/** Uniform in [−bound, bound). */
export function uniformInitial(key: Tensor, shape: readonly number[], bound: number): Tensor {
  return random.uniform(key, shape, -bound, bound);
}

/** Normal with mean 0 (or `mean`) and standard deviation `std`. */
export function normalInitial(key: Tensor, shape: readonly number[], std: number, mean = 0): Tensor {
  const x = mul(random.normal(key, shape), std);
  return mean === 0 ? x : add(x, mean);
}

/** Glorot and Bengio's (2010): uniform in ±√(6 / (in + out)) for a weight [out, in]. */
export function xavierInitial(key: Tensor, [out, inputs]: readonly [number, number]): Tensor {
  return uniformInitial(key, [out, inputs], Math.sqrt(6 / (inputs + out)));
}
