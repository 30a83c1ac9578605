/**
 * Layout: transpositions pushed down a program until they cancel.
 *
 * The convolutions of spatial.ts want space first and channels last, and wrap themselves in transpositions. Most of
 * what stands between two of them does not care about the order of axes: an elementwise op of transposed operands is
 * the transposed op of the operands. Pushing each transposition below its users lets it meet its inverse, so that a
 * whole network runs in the one layout.
 */
import { reshape, transpose } from '../ops/axes.ts';
import { applyAll, type Node, type Tensor } from '../program.ts';
import type { Rule } from './simplify.ts';

/** Axis i of the transposed tensor is axis by[i] of the plain one. */
type Permutation = readonly number[];

/** What a tensor is the transpose of, and how. An argument is moved where it comes in: above it nothing could cancel. */
function transposed(x: Tensor): { plain: Tensor; by: Permutation } | undefined {
  if (x.node.op.name !== 'transpose') return undefined;
  const plain = x.node.inputs[0]!;
  return plain.node.inputs.length === 0
    ? undefined
    : { plain, by: (x.node.attrs as { permutation: Permutation }).permutation };
}

/** Whether the plain tensor has a spatial axis in front, as the convolutions want it. */
function spaceFirst(by: Permutation): boolean {
  return by.indexOf(0) >= 2;
}

/** A list by transposed axes as one by plain axes. */
function plainOrder<T>(list: readonly T[], by: Permutation): T[] {
  const out = new Array<T>(list.length);
  for (const [i, axis] of by.entries()) out[axis] = list[i]!;
  return out;
}

/** x, broadcast against something transposed, as an operand of the plain op. */
function plainOperand(x: Tensor, by: Permutation): Tensor {
  const other = transposed(x);
  if (other?.by.every((axis, i) => axis === by[i])) return other.plain;
  const full = reshape(x, [...new Array<number>(by.length - x.rank).fill(1), ...x.shape]);
  // with one long axis there is nothing to move
  if (full.shape.filter((n) => n !== 1).length <= 1) return reshape(full, plainOrder(full.shape, by));
  return transpose(
    full,
    plainOrder(
      by.map((_, i) => i),
      by,
    ),
  );
}

/** The op again, on other operands, with other attributes. */
function again(node: Node, inputs: readonly Tensor[], attrs: unknown = node.attrs): Tensor {
  return applyAll(node.op, inputs, attrs)[0]!;
}

interface Attrs {
  readonly axis: number;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
  readonly shape: readonly number[];
  readonly widths: readonly (readonly [number, number])[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
}

/** Ops that have axes among their attributes, on a transposed operand. */
const byName: Readonly<
  Record<
    string,
    (node: Node, plain: Tensor, by: Permutation, attrs: Attrs, inputs: readonly Tensor[]) => Tensor | undefined
  >
> = {
  sum: reduction,
  prod: reduction,
  max: reduction,
  min: reduction,
  softmax: alongAxis,
  logSoftmax: alongAxis,
  broadcastTo: (node, plain, by, { shape }) =>
    shape.length === by.length ? transpose(again(node, [plain], { shape: plainOrder(shape, by) }), by) : undefined,
  pad: (node, plain, by, attrs) =>
    transpose(again(node, [plain], { ...attrs, widths: plainOrder(attrs.widths, by) }), by),
  flip: (node, plain, by, { axes }) =>
    transpose(again(node, [plain], { axes: axes.map((axis) => by[axis]!).sort((a, b) => a - b) }), by),
  slice: (node, plain, by, { starts, ends, steps }) =>
    transpose(
      again(node, [plain], {
        starts: plainOrder(starts, by),
        ends: plainOrder(ends, by),
        steps: plainOrder(steps, by),
      }),
      by,
    ),
  concat: (node, _, by, { axis }, inputs) =>
    transpose(
      again(
        node,
        inputs.map((x) => plainOperand(x, by)),
        { axis: by[axis]! },
      ),
      by,
    ),
  reshape: (_, plain, by, { shape }) => reshaped(plain, by, shape),
};

function reduction(node: Node, plain: Tensor, by: Permutation, { axes, keepDims }: Attrs): Tensor {
  const reduced = axes.map((axis) => by[axis]!).sort((a, b) => a - b);
  const result = again(node, [plain], { axes: reduced, keepDims });
  if (keepDims) return transpose(result, by);
  const left = by.filter((axis) => !reduced.includes(axis));
  const order = left.toSorted((a, b) => a - b);
  return transpose(
    result,
    left.map((axis) => order.indexOf(axis)),
  );
}

function alongAxis(node: Node, plain: Tensor, by: Permutation, { axis }: Attrs): Tensor {
  return transpose(again(node, [plain], { axis: by[axis]! }), by);
}

/** A reshape that only splits axes, or merges ones that lie side by side in the plain tensor too. */
function reshaped(plain: Tensor, by: Permutation, shape: readonly number[]): Tensor | undefined {
  const from = by.map((axis) => plain.shape[axis]!);
  const groups: { first: number; axes: number[]; sizes: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < shape.length) {
    const axes: number[] = [];
    const sizes: number[] = [];
    let [a, b] = [1, 1];
    do {
      if (i >= from.length && j >= shape.length) break;
      if (i < from.length && (a <= b || j >= shape.length)) {
        a *= from[i]!;
        axes.push(by[i++]!);
      } else {
        b *= shape[j]!;
        sizes.push(shape[j++]!);
      }
    } while (a !== b || sizes.length === 0);
    if (axes.length === 0 || a === 0 || axes.some((axis, k) => axis !== axes[0]! + k)) return undefined;
    groups.push({ first: axes[0]!, axes, sizes });
  }
  const inOrder = groups.toSorted((x, y) => x.first - y.first);
  const start = new Map<(typeof groups)[number], number>();
  let at = 0;
  for (const group of inOrder) {
    start.set(group, at);
    at += group.sizes.length;
  }
  const order = groups.flatMap((group) => group.sizes.map((_, k) => start.get(group)! + k));
  return transpose(
    reshape(
      plain,
      inOrder.flatMap((group) => group.sizes),
    ),
    order,
  );
}

/** Pushes a transposition of an operand below the op. */
export const pushTransposition: Rule = (node, inputs) => {
  const [output] = node.outputs;
  if (node.outputs.length !== 1) return undefined;
  if (node.op.elementwise) {
    // operands of the result's size decide: all transposed, or the op would only move others instead
    const large = inputs.filter((x) => x.size === output!.size && x.rank === output!.rank).map(transposed);
    if (large.length === 0 || large.includes(undefined)) return undefined;
    const found = large.find((t) => spaceFirst(t!.by)) ?? large[0]!;
    return transpose(
      again(
        node,
        inputs.map((x) => plainOperand(x, found.by)),
      ),
      found.by,
    );
  }
  const found = inputs[0] && transposed(inputs[0]);
  return found && byName[node.op.name]?.(node, found.plain, found.by, node.attrs as Attrs, inputs);
};
