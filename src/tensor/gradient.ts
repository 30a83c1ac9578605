/**
 * Reverse-mode differentiation, as a function from graphs to graphs.
 *
 * The gradient of a scalar is found by walking its graph backwards once: each node turns the cotangents of its outputs
 * into those of its inputs by its op's rule, which builds further nodes. Gradients are therefore ordinary tensors and
 * can be differentiated again. Only nodes on a path to what is asked for are visited.
 */
import { add } from './ops/arithmetic.ts';
import { full } from './ops/constants.ts';
import { identity } from './ops/select.ts';
import { at, formatSite, formatType, type Node, reachable, requireFloat, Tensor } from './program.ts';
import { flattenTree, type MapTree } from './tree.ts';

/**
 * The gradients of the scalar `y` with respect to tensors it was computed from; zeros where it does not depend on one.
 * Each of `xs` counts as independent of the others, even where one was computed from another.
 * @throws TypeError when y is not a float scalar, or when the way to `xs` leads through an op without a gradient
 */
export function gradients(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  if (!(y instanceof Tensor) || y.rank !== 0) {
    throw new TypeError(
      `grad: expected the function to return a float scalar, got ${y instanceof Tensor ? formatType(y) : typeof y} (sum or mean it)`,
    );
  }
  requireFloat('grad', y);
  return pullback([y], [full([], 1, y.dtype)], xs);
}

/** The cotangents of `xs` that those of `ys` give rise to: vector–Jacobian products, one cotangent a `y`. */
export function pullback(ys: readonly Tensor[], gs: readonly Tensor[], xs: readonly Tensor[]): Tensor[] {
  const cotangents = new Map<Tensor, Tensor>();
  const accumulate = (to: Tensor, g: Tensor) => {
    const before = cotangents.get(to);
    cotangents.set(to, before ? add(before, g) : g);
  };
  for (const [i, y] of ys.entries()) accumulate(y, gs[i]!);
  for (const node of nodesBetween(xs, ys).reverse()) {
    const incoming = node.outputs.map((output) => cotangents.get(output));
    if (incoming.every((g) => g === undefined)) continue;
    const { vjp } = node.op;
    if (vjp === undefined) throw new TypeError(`grad: ${node.op.name} has no gradient${siteOf(node)}`);
    at(node.site, () => {
      for (const [i, g] of vjp(node, incoming).entries()) {
        if (g === undefined) continue;
        const input = node.inputs[i]!;
        if (formatType(g) !== formatType(input)) {
          throw new TypeError(
            `internal: the gradient of ${node.op.name} gives ${formatType(g)} for an input ${formatType(input)}`,
          );
        }
        accumulate(input, g);
      }
    });
  }
  return xs.map((x) => cotangents.get(x) ?? full(x.shape, 0, x.dtype));
}

/** The nodes that depend on `xs` and on which `ys` depend, without the producers of `xs`. */
function nodesBetween(xs: readonly Tensor[], ys: readonly Tensor[]): Node[] {
  const sources = new Set(xs.map((x) => x.node));
  const dependent = new Set<Node>(sources);
  const between: Node[] = [];
  for (const node of reachable(ys)) {
    if (sources.has(node) || !node.inputs.some((t) => dependent.has(t.node))) continue;
    dependent.add(node);
    between.push(node);
  }
  return between;
}

function siteOf(node: Node): string {
  const site = formatSite(node.site);
  return site ? ` (made at ${site})` : '';
}

type Loss = Tensor | readonly [Tensor, unknown];

/**
 * A function that returns what `fn` returns together with the gradient of the loss with respect to the first argument,
 * as a tree like that argument. To differentiate with respect to another one, wrap `fn`.
 *
 * `fn` returns the loss, or `[loss, rest]` where `rest` is any tree that it also wants to hand out.
 *
 * @example
 * const [loss, gradient] = valueAndGrad((w: Tensor) => mean(square(matmul(x, w))))(w);
 */
export function valueAndGrad<P, A extends unknown[], R extends Loss>(
  fn: (x: P, ...rest: A) => R,
): (x: P, ...rest: A) => [R, MapTree<P, Tensor, Tensor>] {
  return (x, ...rest) => {
    const flat = flattenTree(x);
    for (const [i, leaf] of flat.leaves.entries()) {
      if (!(leaf instanceof Tensor))
        throw new TypeError(
          `grad: expected tensors to differentiate by, got ${typeof leaf} at ${flat.paths[i] || 'the argument'}`,
        );
      requireFloat(`grad: ${flat.paths[i] || 'argument'}`, leaf);
    }
    // fresh nodes, so that what fn closes over counts as constant even where it was computed from x
    const leaves = (flat.leaves as Tensor[]).map(identity);
    const result = fn(flat.build(leaves) as P, ...rest);
    const loss = (Array.isArray(result) ? result[0] : result) as Tensor;
    return [result, flat.build(gradients(loss, leaves)) as MapTree<P, Tensor, Tensor>];
  };
}

/** The gradient alone: see {@link valueAndGrad}. */
export function grad<P, A extends unknown[]>(
  fn: (x: P, ...rest: A) => Loss,
): (x: P, ...rest: A) => MapTree<P, Tensor, Tensor> {
  const both = valueAndGrad(fn);
  return (x, ...rest) => both(x, ...rest)[1];
}
