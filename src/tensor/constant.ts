/** Concrete arrays inside programs. */
import { NDArray } from './array.ts';
import { apply, constantOp, type Tensor } from './program.ts';
import { type MapTree, mapTree } from './tree.ts';

/**
 * The arrays of a tree as constants of the program being traced. Weights that do not change go in this way: the
 * runtime packs them once, where weights given as arguments are packed at every run.
 */
export function constant<T>(tree: T): MapTree<T, NDArray, Tensor> {
  return mapTree(tree, (leaf: unknown) =>
    leaf instanceof NDArray ? apply(constantOp, [], { value: leaf }) : leaf,
  ) as MapTree<T, NDArray, Tensor>;
}
