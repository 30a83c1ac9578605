/** What the training benchmark asks of a model. The PyTorch side of each is in bench/peers/train.py. */
import type { Tensor } from 'tenfold/tensor';

/** A model with its loss; trees of tensors, all traced. `S` is what batch normalisation keeps. */
export interface Model {
  /** Parameters, from a key. */
  init(key: Tensor): unknown;
  /** What the model keeps besides parameters. */
  state(): unknown;
  /** A batch of random inputs. */
  batch(key: Tensor): unknown;
  /** The loss of a training step, and the new state. */
  loss(params: unknown, batch: unknown, state: unknown): readonly [Tensor, unknown];
  /** What the model answers when it is used. */
  forward(params: unknown, batch: unknown, state: unknown): Tensor;
}

/** A model with its own types, as the interface for any. */
export function model<P, B, S>(own: {
  init(key: Tensor): P;
  state(): S;
  batch(key: Tensor): B;
  loss(params: P, batch: B, state: S): readonly [Tensor, S];
  forward(params: P, batch: B, state: S): Tensor;
}): Model {
  return own as unknown as Model;
}
