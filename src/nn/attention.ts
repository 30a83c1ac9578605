/**
 * Scaled dot-product attention (Vaswani et al. 2017) and the masks that say who sees whom.
 *
 * Queries and keys are aligned at their ends: with fewer queries than keys, as when earlier keys come from a cache, the
 * last query stands at the last key.
 */
import {
  add,
  cast,
  concat,
  expandDims,
  greaterEqual,
  iota,
  matmul,
  mul,
  slice,
  softmax,
  sub,
  type Tensor,
  where,
  zeros,
} from '../tensor/index.ts';

/** Who sees whom, and how strongly. Everything given applies at once. */
export interface AttentionOptions {
  /** No query sees keys after its own place. */
  readonly causal?: boolean;
  /** Bool, broadcast to [..., queries, keys]: true where the query may see the key. */
  readonly mask?: Tensor;
  /** Added to the scores before the softmax, broadcast to [..., queries, keys]: relative positions, ALiBi. */
  readonly bias?: Tensor;
  /** Factor of the scores. Default 1 / √width. */
  readonly scale?: number;
}

/**
 * softmax(scale · Q Kᵀ + bias) V. A query that may see no key gets the mean of all values.
 * @param q [..., queries, width]
 * @param k [..., keys, width]
 * @param v [..., keys, any]
 * @returns [..., queries, any]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const scale = options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!);
  const bias = scoreBias(q.shape.at(-2)!, k.shape.at(-2)!, q.dtype, options);
  // the queries are scaled, which are fewer than the scores
  return attendTo(mul(q, scale), [{ k, v, bias }]);
}

/** Some of the keys that queries look at, with their values. */
export interface KeyPiece {
  /** [..., keys, width] */
  readonly k: Tensor;
  /** [..., keys, any] */
  readonly v: Tensor;
  /** Added to the scores before the softmax, broadcast to [..., queries, keys]: masks, relative positions. */
  readonly bias?: Tensor | undefined;
}

/**
 * softmax(Q Kᵀ + bias) V over keys that come in pieces, such as those of a cache and a row's own: one softmax runs over
 * all of them, and none is copied to lie beside another.
 * @param q [..., queries, width], scaled
 * @param drop applied to the softmax: dropout
 * @returns [..., queries, any]
 */
export function attendTo(q: Tensor, pieces: readonly KeyPiece[], drop = (weights: Tensor): Tensor => weights): Tensor {
  const scores = pieces.map(({ k, bias }) => {
    const products = matmul(q, k, { transposeB: true });
    return bias === undefined ? products : add(products, bias);
  });
  if (pieces.length === 1) return matmul(drop(softmax(scores[0]!)), pieces[0]!.v);
  const weights = drop(softmax(concat(scores, -1)));
  const leading = q.shape.slice(0, -1).map(() => undefined);
  let from = 0;
  return pieces
    .map(({ k, v }) => {
      const to = from + k.shape.at(-2)!;
      const own = slice(weights, [...leading, [from, to]]);
      from = to;
      return matmul(own, v);
    })
    .reduce((total, part) => add(total, part));
}

/** All that is added to the scores, as one tensor, as small as broadcasting allows. */
function scoreBias(
  queries: number,
  keys: number,
  dtype: Tensor['dtype'],
  { causal, mask, bias }: AttentionOptions,
): Tensor | undefined {
  // finite, so that a row without any key is not 0 / 0, and far above what a score can be
  const hidden = dtype === 'float16' ? -3e4 : -1e9;
  const hiding = (seen: Tensor) => where(seen, zeros([], dtype), hidden);
  const parts = [bias, mask && hiding(mask), causal ? hiding(causalMask(queries, keys)) : undefined];
  return parts.reduce((total, part) => (total && part ? add(total, part) : (total ?? part)));
}

/** True where a query's place is not before the key's: [queries, keys], both counted from their ends. */
export function causalMask(queries: number, keys: number): Tensor {
  const places = sub(add(iota(queries), keys), queries);
  return greaterEqual(expandDims(places, 1), iota(keys));
}

/**
 * The mask of padded sequences: true for the keys that are not padding.
 * @param valid [N, keys], bool or numbers, non-zero for real positions
 * @returns [N, 1, 1, keys], which broadcasts over heads and queries
 */
export function paddingMask(valid: Tensor): Tensor {
  return expandDims(expandDims(cast(valid, 'bool'), 1), 1);
}
