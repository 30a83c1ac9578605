/**
 * How elementwise ops are made: from one tensor, and from two that broadcast together by NumPy's rule, where a number
 * beside a tensor takes the tensor's element type.
 *
 * Derivatives are written beside each op: `g` is the cotangent of the result `y`.
 */
import { type DType, isFloat, isInteger, wrap } from '../dtype.ts';
import type { Emitter } from '../lower.ts';
import { apply, formatType, type Node, type Op, requireSameDType, type Tensor } from '../program.ts';
import { broadcastShapes, elements, sameShape } from '../shape.ts';
import { unbroadcast } from './broadcast.ts';
import { requireHeld, scalar } from './constants.ts';
import { broadcastIndex } from './walk.ts';

/** What arithmetic takes: a tensor, or a number. */
export type Operand = Tensor | number;

/** The number `value` as a tensor of the element type of `like`. */
export function scalarLike(like: Tensor, value: number): Tensor {
  return scalar(like.dtype, value);
}

/** An operand beside `like`: a number takes its element type, if it fits. */
export function operand(op: string, like: Tensor, value: Operand): Tensor {
  if (typeof value !== 'number') return value;
  requireHeld(op, like.dtype, value);
  return scalarLike(like, value);
}

type Accepts = 'float' | 'number' | 'signed' | 'integer' | 'unsigned' | 'bool' | 'any';

function requireKind(op: string, accepts: Accepts, { dtype, shape }: Tensor): void {
  const fits =
    accepts === 'any' ||
    (accepts === 'float' && isFloat(dtype)) ||
    (accepts === 'bool' && dtype === 'bool') ||
    (accepts === 'integer' && isInteger(dtype)) ||
    (accepts === 'unsigned' && (dtype === 'uint8' || dtype === 'uint32')) ||
    (accepts === 'number' && dtype !== 'bool') ||
    (accepts === 'signed' && (isFloat(dtype) || dtype === 'int32' || dtype === 'int64'));
  if (!fits)
    throw new TypeError(
      `${op}: expected ${/^[aeiou]/.test(accepts) ? 'an' : 'a'} ${accepts} tensor, got ${formatType({ dtype, shape })}`,
    );
}

type Lower = string | ((emit: Emitter, inputs: readonly string[], node: Node) => string);

interface Unary {
  accepts: Accepts;
  result?: DType;
  lower: Lower;
  meaning: (x: number, dtype: DType) => number;
  derivative?: (g: Tensor, x: Tensor, y: Tensor) => Tensor;
}

/** An op from one tensor to one of the same shape. */
export function unary(name: string, rule: Unary): (x: Tensor) => Tensor {
  const { derivative } = rule;
  const op: Op<undefined> = {
    name,
    elementwise: true,
    infer: ([x]) => {
      requireKind(name, rule.accepts, x!);
      return [{ dtype: rule.result ?? x!.dtype, shape: x!.shape }];
    },
    ...(derivative && { vjp: ({ inputs: [x], outputs: [y] }, [g]) => [derivative(g!, x!, y!)] }),
    lower: (emit, inputs, node) =>
      typeof rule.lower === 'string' ? emit.op(rule.lower, inputs) : rule.lower(emit, inputs, node as Node),
    meaning: ([x], _, [type]) => [x!.data.map((v) => wrap(type!.dtype, rule.meaning(v, x!.dtype)))],
  };
  return (x) => apply(op, [x], undefined);
}

interface Binary {
  accepts: Accepts;
  result?: DType;
  lower: Lower;
  meaning: (a: number, b: number, dtype: DType) => number;
  /** Cotangents of both operands, before the sums over broadcast axes. */
  derivative?: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor];
  /** A simpler equal, found when a program is simplified. */
  simplify?: (a: Tensor, b: Tensor) => Tensor | undefined;
}

/** An op from two tensors that broadcast together. */
export function binary(name: string, rule: Binary): (a: Operand, b: Operand) => Tensor {
  const { derivative, simplify } = rule;
  const op: Op<undefined> = {
    name,
    elementwise: true,
    infer: (inputs) => {
      const dtype = requireSameDType(name, inputs);
      for (const input of inputs) requireKind(name, rule.accepts, input);
      return [{ dtype: rule.result ?? dtype, shape: broadcastShapes(name, ...inputs.map((t) => t.shape)) }];
    },
    ...(derivative && {
      vjp: ({ inputs: [a, b], outputs: [y] }, [g]) => {
        const [ga, gb] = derivative(g!, a!, b!, y!);
        return [unbroadcast(ga, a!.shape), unbroadcast(gb, b!.shape)];
      },
    }),
    simplify: ([a, b], attrs) => {
      // not both: one of them has to carry the shape
      const x = unspread(a!, b!);
      const y = unspread(b!, x);
      return simplify?.(x, y) ?? (x !== a || y !== b ? apply(op, [x, y], attrs) : undefined);
    },
    lower: (emit, inputs, node) =>
      typeof rule.lower === 'string' ? emit.op(rule.lower, inputs) : rule.lower(emit, inputs, node as Node),
    meaning: ([a, b], _, [type]) => {
      const at = broadcastIndex(a!, type!.shape);
      const bt = broadcastIndex(b!, type!.shape);
      return [
        Float64Array.from({ length: elements(type!.shape) }, (_, i) =>
          wrap(type!.dtype, rule.meaning(at(i), bt(i), a!.dtype)),
        ),
      ];
    },
  };
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number')
      throw new TypeError(`${name}: expected a tensor, got two numbers`);
    const left = operand(name, b as Tensor, a);
    return apply(op, [left, operand(name, left, b)], undefined);
  };
}

/** x before it was broadcast, where the op with `other` broadcasts it all the same. */
function unspread(x: Tensor, other: Tensor): Tensor {
  return x.node.op.name === 'broadcastTo' && sameShape(x.shape, other.shape) ? x.node.inputs[0]! : x;
}
