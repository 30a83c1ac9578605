/** Vectors for indices. */
import { type Tensor, take } from '../tensor/index.ts';
import { normalInitial } from './initial.ts';

/** Parameters of {@link embedding}, named as PyTorch's `nn.Embedding`. */
export interface Embedding<T = Tensor> {
  /** [count, width] */
  readonly weight: T;
}

/** Parameters of an embedding of `count` indices: normal with standard deviation `std`, PyTorch's 1 by default. */
export function initEmbedding(
  key: Tensor,
  { count, width, std = 1 }: { readonly count: number; readonly width: number; readonly std?: number },
): Embedding {
  return { weight: normalInitial(key, [count, width], std) };
}

/**
 * The rows of the table at `indices`.
 * @param indices [...] int32 or int64, each in [0, count)
 * @returns [..., width]
 */
export function embedding({ weight }: Embedding, indices: Tensor): Tensor {
  return take(weight, indices);
}
