/**
 * Tasks: what the integrated channels shall tell about the target, and how far they do.
 */
import { infoNceLoss, type Similarity } from '../../nn/index.ts';
import { crossEntropy, expandDims, mean, relu, square, sub, type Tensor } from '../../tensor/index.ts';
import { initMlp, type Mlp, mlp } from './mlp.ts';

/** A target and its loss. */
export interface Task {
  /** Numbers that the integration network puts out. */
  readonly outputs: number;
  /** What the loss itself learns: layers, or none. */
  init(key: Tensor): Mlp;
  /**
   * Losses whose mean is what is trained on: one a row, or one for the whole batch where its rows judge each other.
   * @param output [batch, outputs]
   * @param y the targets
   * @returns [batch] or [1]
   */
  losses(params: Mlp, output: Tensor, y: Tensor): Tensor;
}

/** One of `count` classes, given as int32 [batch]: cross-entropy in nats. H(Y) minus it is a lower bound of I(U;Y). */
export function classTask(count: number): Task {
  return { outputs: count, init: () => [], losses: (_, output, y) => crossEntropy(output, y) };
}

/** Standardised numbers [batch, width]: the mean squared error, in units of their variance. */
export function numberTask(width: number): Task {
  return { outputs: width, init: () => [], losses: (_, output, y) => mean(square(sub(output, y)), -1) };
}

/**
 * Standardised numbers [batch, width], told apart from those of the other rows of the batch in a space that both sides
 * are mapped into (InfoNCE): the loss is in nats, and ln batch minus it is a lower bound of I(U;Y), whatever the
 * numbers' distribution. It shows no more than ln batch.
 */
export function contrastiveTask(
  width: number,
  { shared = 64, hidden = [128, 128], similarity = 'l2' as Similarity } = {},
): Task {
  return {
    outputs: shared,
    init: (key) => initMlp(key, { widths: [width, ...hidden, shared] }),
    losses: (layers, output, y) => expandDims(infoNceLoss(output, mlp(layers, y, relu), { similarity }), 0),
  };
}
