/** Concrete arrays inside programs. */
import { NDArray } from './array.ts';
import { dequantize } from './ops/quantized.ts';
import { apply, constantOp, type Tensor } from './program.ts';
import { QuantizedArray } from './quantize.ts';
import { type MapTree, mapTree } from './tree.ts';

/**
 * The arrays of a tree as constants of the program being traced. Weights that do not change go in this way: the
 * runtime packs them once, where weights given as arguments are packed at every run.
 *
 * Weights of hundreds of megabytes are better arguments. A constant is in memory up to three times while a program is
 * loaded (the array, the runtime's copy, the packed form), or once where it lies in a {@link ConstantFile}, and takes a
 * second a gigabyte to pack; arguments are read where they lie, by any number of programs. A product with one row costs
 * the same, because either way it waits for memory; with 2 to 16 rows packed weights are up to twice as fast, with 128 or
 * more by a tenth. (With the operands exchanged, so that not the weights are packed at every run but the rows, a product
 * of few rows gains less than a tenth: the kernel then takes a step for each weight.)
 */
export function constant<T>(tree: T): MapTree<T, NDArray, Tensor> {
  return mapTree(tree, (leaf: unknown) => (leaf instanceof NDArray ? constantOf(leaf) : leaf)) as MapTree<
    T,
    NDArray,
    Tensor
  >;
}

function constantOf(value: NDArray): Tensor {
  if (!(value instanceof QuantizedArray)) return apply(constantOp, [], { value });
  return dequantize(constantOf(value.packed), constantOf(value.scales), value);
}
