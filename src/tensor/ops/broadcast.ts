/** Broadcasting, and the sum: each is what the other becomes when it is differentiated. */
import { NDArray } from '../array.ts';
import type { Emitter } from '../lower.ts';
import { apply, formatType, type Op, type Tensor, type Type } from '../program.ts';
import { broadcastShapes, elements, formatShape, normalizeAxes, reducedShape, sameShape } from '../shape.ts';
import { reshape } from './axes.ts';
import { foldOver, remap } from './walk.ts';

const broadcastOp: Op<{ shape: readonly number[] }> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
      throw new RangeError(
        `broadcastTo: expected a shape that ${formatType(x!)} broadcasts to, got ${formatShape(shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x] }, [g]) => [unbroadcast(g!, x!.shape)],
  simplify: ([x], { shape }) => (sameShape(x!.shape, shape) ? x : undefined),
  lower: (emit, [x], { attrs }) => emit.op('Expand', [x!, emit.ints(attrs.shape)]),
  meaning: ([x], _, [type]) => {
    const lead = type!.shape.length - x!.shape.length;
    return [remap(x!, type!, (index) => x!.shape.map((n, axis) => (n === 1 ? 0 : index[axis + lead]!)))];
  },
};

/** x repeated along axes of size 1 (and along new leading ones) until it has `shape`. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return apply(broadcastOp, [x], { shape: [...shape] });
}

/** Sums a cotangent over the axes along which an operand of `shape` was broadcast. */
export function unbroadcast(g: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return reshape(axes.length > 0 ? sum(g, axes) : g, shape);
}

/** Axes over which an op reduces, and whether they stay with size 1. */
export interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Sums of fewer rows than this are not worth a matrix product. */
const rowsForProduct = 32;

const sumOp: Op<Reduction> = {
  name: 'sum',
  infer: ([x], { axes, keepDims }) => {
    if (x!.dtype === 'bool' || x!.dtype === 'uint8') {
      throw new TypeError(`sum: expected numbers of at least 32 bits, got ${formatType(x!)} (cast first)`);
    }
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) }];
  },
  vjp: ({ inputs: [x], attrs: { axes } }, [g]) => [
    broadcastTo(reshape(g!, reducedShape(x!.shape, axes, true)), x!.shape),
  ],
  simplify: ([x], { axes, keepDims }) => {
    if (axes.every((axis) => x!.shape[axis] === 1)) return reshape(x!, reducedShape(x!.shape, axes, keepDims));
    const { op, inputs, attrs } = x!.node;
    // the sign is changed after the sum, where there is less of it
    return op.name === 'neg' ? apply(op, [sum(inputs[0]!, axes, { keepDims })], attrs) : undefined;
  },
  lower: (emit, [x], { inputs, outputs, attrs: { axes, keepDims } }) => {
    const { dtype, shape } = inputs[0]!;
    const lead = axes.filter((axis, i) => axis === i);
    const [rows, columns] = [elements(shape.slice(0, lead.length)), elements(shape.slice(lead.length))];
    if (dtype !== 'float32' || rows < rowsForProduct || columns === 1 || emit.open) {
      return reduce(emit, 'ReduceSum', x!, inputs[0]!, { axes, keepDims });
    }
    const total = sumOfRows(emit, x!, rows, columns);
    if (lead.length === axes.length) return emit.reshape(total, outputs[0]!.shape);
    const rest = emit.reshape(total, shape.slice(lead.length));
    const others = axes.slice(lead.length).map((axis) => axis - lead.length);
    return emit.reshape(emit.op('ReduceSum', [rest, emit.ints(others)], { keepdims: 0 }), outputs[0]!.shape);
  },
  meaning: ([x], { axes }, [type]) => [foldOver(x!, axes, type!, 0, (total, v) => total + v)],
};

/**
 * The sum of the rows of a matrix [rows, columns], as products with ones: over leading axes these are faster than
 * ReduceSum, and more accurate, when the rows are first summed in about √rows groups.
 */
function sumOfRows(emit: Emitter, x: string, rows: number, columns: number): string {
  const groups = largestDivisor(rows, Math.ceil(Math.sqrt(rows)));
  if (groups === 1) return emit.op('MatMul', [emit.constant(onesRow(rows)), emit.reshape(x, [rows, columns])]);
  const split = emit.reshape(x, [groups, rows / groups, columns]);
  const partial = emit.op('MatMul', [emit.constant(onesRow(rows / groups)), split]);
  return emit.op('MatMul', [emit.constant(onesRow(groups)), emit.reshape(partial, [groups, columns])]);
}

const onesRows = new Map<number, NDArray>();

/** [1, n] ones. Made once, so that a program holds it once. */
function onesRow(n: number): NDArray {
  const known = onesRows.get(n) ?? new NDArray('float32', [1, n], new Float32Array(n).fill(1));
  onesRows.set(n, known);
  return known;
}

/** The largest divisor of n that is at most `limit`. */
function largestDivisor(n: number, limit: number): number {
  for (let d = limit; d > 1; d--) if (n % d === 0) return d;
  return 1;
}

/** Emits one of ONNX's reductions; a uint32 goes through int64, for which there are kernels. */
export function reduce(emit: Emitter, type: string, x: string, { dtype }: Type, { axes, keepDims }: Reduction): string {
  const wide = dtype === 'uint32' ? emit.cast(x, 'int64') : x;
  const out = emit.op(type, [wide, emit.ints(axes)], { keepdims: Number(keepDims), noop_with_empty_axes: 1 });
  return dtype === 'uint32' ? emit.cast(out, 'uint32') : out;
}

/**
 * Sum over axes (default: all). Summing over no elements gives 0. A sum of integers has to fit their type, and 53 bits:
 * runtimes compute it in doubles.
 */
export function sum(x: Tensor, axes?: number | readonly number[], options: { keepDims?: boolean } = {}): Tensor {
  return apply(sumOp, [x], { axes: normalizeAxes('sum', axes, x.rank), keepDims: options.keepDims ?? false });
}
