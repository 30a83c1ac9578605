/** The same elements under other axes: reshaped and transposed. */
import { NDArray } from '../array.ts';
import { apply, constantOp, formatType, type Op, type Tensor } from '../program.ts';
import { elements, formatShape, normalizeAxes, normalizeAxis, reducedShape, sameShape } from '../shape.ts';
import { remap } from './walk.ts';

const reshapeOp: Op<{ shape: readonly number[] }> = {
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (elements(shape) !== x!.size) {
      throw new RangeError(
        `reshape: expected a shape of ${x!.size} elements for ${formatType(x!)}, got ${formatShape(shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x] }, [g]) => [reshape(g!, x!.shape)],
  simplify: ([x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    if (x!.node.op === (reshapeOp as unknown)) return reshape(x!.node.inputs[0]!, shape);
    if (x!.node.op !== (constantOp as unknown) || x!.size !== 1) return undefined;
    const { value } = x!.node.attrs as { value: NDArray };
    return apply(constantOp, [], { value: new NDArray(value.dtype, shape, value.data) });
  },
  lower: (emit, [x], { attrs }) => emit.reshape(x!, attrs.shape),
  meaning: ([x]) => [x!.data],
};

/** The same elements in another shape; one size may be −1, to be worked out. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return apply(reshapeOp, [x], { shape: [...shape] });
  const known = elements(shape.filter((_, i) => i !== unknown));
  if (known === 0 || x.size % known !== 0) {
    throw new RangeError(`reshape: expected a shape that divides ${x.size} elements, got ${formatShape(shape)}`);
  }
  return apply(reshapeOp, [x], { shape: shape.map((n) => (n === -1 ? x.size / known : n)) });
}

/** x with an axis of size 1 put in at `axis`. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis('expandDims', axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** x without the given axes, which must have size 1 (default: all that have). */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const drop =
    axes === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : normalizeAxes('squeeze', axes, x.rank);
  for (const axis of drop) {
    if (x.shape[axis] !== 1) throw new RangeError(`squeeze: expected size 1 at axis ${axis}, got ${formatType(x)}`);
  }
  return reshape(x, reducedShape(x.shape, drop, false));
}

const transposeOp: Op<{ permutation: readonly number[] }> = {
  name: 'transpose',
  infer: ([x], { permutation }) => {
    if (
      !sameShape(
        [...permutation].sort((a, b) => a - b),
        x!.shape.map((_, i) => i),
      )
    ) {
      throw new RangeError(`transpose: expected a permutation of ${x!.rank} axes, got ${formatShape(permutation)}`);
    }
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },
  vjp: ({ attrs: { permutation } }, [g]) => [
    transpose(
      g!,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  simplify: ([x], { permutation }) => {
    // axes of size 1 may stand anywhere: with the others in order nothing moves
    const moved = permutation.filter((axis) => x!.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!))
      return reshape(
        x!,
        permutation.map((axis) => x!.shape[axis]!),
      );
    if (x!.node.op !== (transposeOp as unknown)) return undefined;
    const inner = (x!.node.attrs as { permutation: readonly number[] }).permutation;
    return transpose(
      x!.node.inputs[0]!,
      permutation.map((axis) => inner[axis]!),
    );
  },
  lower: (emit, [x], { attrs }) => emit.op('Transpose', [x!], { perm: attrs.permutation }),
  meaning: ([x], { permutation }, [type]) => {
    const source = new Array<number>(permutation.length);
    return [
      remap(x!, type!, (index) => {
        for (const [i, axis] of permutation.entries()) source[axis] = index[i]!;
        return source;
      }),
    ];
  },
};

/** x with its axes in another order: axis i of the result is axis permutation[i] of x. Default: reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation ?? x.shape.map((_, i) => x.rank - 1 - i);
  return apply(transposeOp, [x], { permutation: order.map((axis) => normalizeAxis('transpose', axis, x.rank)) });
}

/** x with two axes exchanged. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  const [i, j] = [normalizeAxis('swapAxes', a, x.rank), normalizeAxis('swapAxes', b, x.rank)];
  return transpose(
    x,
    x.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)),
  );
}
