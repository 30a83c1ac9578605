/** Dropout. */
import { cast, less, mul, random, type Tensor } from '../tensor/index.ts';

/**
 * x with each element set to 0 with probability `rate` and the others scaled by 1 / (1 − rate), so that the mean stays
 * (Srivastava et al. 2014).
 * @param key the randomness of this place and step; undefined, as in evaluation, gives x itself
 */
export function dropout(x: Tensor, rate: number, key: Tensor | undefined): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: expected a rate in [0, 1), got ${rate}`);
  if (key === undefined || rate === 0) return x;
  const kept = cast(less(random.hashed(key, x.shape), 1 - rate), x.dtype);
  return mul(x, mul(kept, 1 / (1 - rate)));
}
