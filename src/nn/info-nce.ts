/**
 * InfoNCE: how well each x finds its own y among those of the batch (van den Oord et al. 2018).
 *
 * ln N minus the loss is a lower bound of the mutual information I(X;Y), in nats, for a batch of N pairs.
 */
import {
  abs,
  add,
  crossEntropy,
  div,
  expandDims,
  iota,
  matmul,
  matrixTranspose,
  max,
  maximum,
  mean,
  mul,
  neg,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '../tensor/index.ts';

/** How like two vectors are: a negative distance, or the cosine of their angle. */
export type Similarity = 'l2' | 'l2sq' | 'l1' | 'linf' | 'cosine';

/** Similarity of each x with each y. @param x [N, width] @param y [M, width] @returns [N, M] */
export function similarities(x: Tensor, y: Tensor, similarity: Similarity): Tensor {
  switch (similarity) {
    case 'l2':
      // a floor under the root, whose slope at 0 is infinite
      return neg(sqrt(maximum(squaredDistances(x, y), 1e-12)));
    case 'l2sq':
      return neg(squaredDistances(x, y));
    case 'l1':
      return neg(sum(abs(differences(x, y)), -1));
    case 'linf':
      return neg(max(abs(differences(x, y)), -1));
    case 'cosine':
      return matmul(unit(x), unit(y), { transposeB: true });
  }
}

/** ‖x − y‖² as ‖x‖² + ‖y‖² − 2 x·y, which needs no [N, M, width]. */
function squaredDistances(x: Tensor, y: Tensor): Tensor {
  const norms = add(sum(square(x), -1, { keepDims: true }), sum(square(y), -1));
  return maximum(sub(norms, mul(matmul(x, y, { transposeB: true }), 2)), 0);
}

function differences(x: Tensor, y: Tensor): Tensor {
  return sub(expandDims(x, 1), expandDims(y, 0));
}

function unit(x: Tensor): Tensor {
  return div(x, sqrt(maximum(sum(square(x), -1, { keepDims: true }), 1e-12)));
}

/**
 * The mean of the cross-entropies of finding y from x and x from y, with the similarities over the temperature as
 * logits.
 * @param x [N, width]
 * @param y [N, width]: row i belongs to row i of x
 * @returns a scalar, in nats
 */
export function infoNceLoss(
  x: Tensor,
  y: Tensor,
  { similarity = 'l2', temperature = 1 }: { readonly similarity?: Similarity; readonly temperature?: number } = {},
): Tensor {
  const logits = mul(similarities(x, y, similarity), 1 / temperature);
  const own = iota(x.shape[0]!);
  return mul(add(mean(crossEntropy(logits, own)), mean(crossEntropy(matrixTranspose(logits), own))), 0.5);
}
