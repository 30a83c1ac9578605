/**
 * Elementwise ops. Operands broadcast by NumPy's rule; a number beside a tensor takes the tensor's element type.
 *
 * Derivatives are written beside each op: `g` is the cotangent of the result `y`.
 */
import type { NDArray } from '../array.ts';
import { type DType, isFloat, isInteger, wrap } from '../dtype.ts';
import type { Emitter } from '../lower.ts';
import {
  apply,
  constantOp,
  formatType,
  type Node,
  type Op,
  requireSameDType,
  type Tensor,
  type Value,
} from '../program.ts';
import { broadcastShapes, elements, sameShape, strides } from '../shape.ts';
import { requireHeld, scalar, unbroadcast } from './movement.ts';

/** What arithmetic takes: a tensor, or a number. */
export type Operand = Tensor | number;

// ---------------------------------------------------------------- how the families work

/** The number `value` as a tensor of the element type of `like`. */
export function scalarLike(like: Tensor, value: number): Tensor {
  return scalar(like.dtype, value);
}

/** An operand beside `like`: a number takes its element type, if it fits. */
function operand(op: string, like: Tensor, value: Operand): Tensor {
  if (typeof value !== 'number') return value;
  requireHeld(op, like.dtype, value);
  return scalarLike(like, value);
}

/** Reads `value` at the positions of a result of `shape`. */
export function broadcastIndex(value: Value, shape: readonly number[]): (i: number) => number {
  const size = value.data.length;
  if (size === 1) return () => value.data[0]!;
  if (sameShape(value.shape, shape)) return (i) => value.data[i]!;
  const lead = shape.length - value.shape.length;
  const own = strides(value.shape);
  const outer = strides(shape);
  const step = shape.map((_, axis) => (axis < lead || value.shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
  return (i) => {
    let offset = 0;
    let rest = i;
    for (let axis = 0; axis < shape.length; axis++) {
      const at = Math.floor(rest / outer[axis]!);
      rest -= at * outer[axis]!;
      offset += at * step[axis]!;
    }
    return value.data[offset]!;
  };
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
function unary(name: string, rule: Unary): (x: Tensor) => Tensor {
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
function binary(name: string, rule: Binary): (a: Operand, b: Operand) => Tensor {
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

/** The value of a constant scalar; undefined for anything else. */
function scalarOf(t: Tensor): number | undefined {
  if (t.node.op !== (constantOp as unknown) || t.size !== 1) return undefined;
  const { value } = t.node.attrs as { value: NDArray };
  return value.dtype === 'float16' ? undefined : Number(value.data[0]);
}

/** `x`, if it has the type that the op on `a` and `b` would have. */
function keeps(x: Tensor, a: Tensor, b: Tensor): Tensor | undefined {
  return sameShape(x.shape, broadcastShapes('', a.shape, b.shape)) ? x : undefined;
}

// ---------------------------------------------------------------- arithmetic

/** Sum a + b. */
export const add = binary('add', {
  accepts: 'number',
  lower: 'Add',
  meaning: (a, b) => a + b,
  derivative: (g) => [g, g],
  simplify: (a, b) => (scalarOf(b) === 0 ? keeps(a, a, b) : scalarOf(a) === 0 ? keeps(b, a, b) : undefined),
});

/** Difference a − b. */
export const sub = binary('sub', {
  accepts: 'number',
  lower: 'Sub',
  meaning: (a, b) => a - b,
  derivative: (g) => [g, neg(g)],
  simplify: (a, b) => (scalarOf(b) === 0 ? keeps(a, a, b) : undefined),
});

/** Product a · b, element by element. */
export const mul = binary('mul', {
  accepts: 'number',
  lower: 'Mul',
  meaning: (a, b, dtype) => (dtype === 'int32' || dtype === 'uint32' ? Math.imul(a, b) : a * b),
  derivative: (g, a, b) => [mul(g, b), mul(g, a)],
  simplify: (a, b) => (scalarOf(b) === 1 ? keeps(a, a, b) : scalarOf(a) === 1 ? keeps(b, a, b) : undefined),
});

/** Quotient a / b; integers are truncated toward zero. */
export const div = binary('div', {
  accepts: 'number',
  lower: 'Div',
  meaning: (a, b, dtype) => (isFloat(dtype) ? a / b : Math.trunc(a / b)),
  derivative: (g, _, b, y) => [div(g, b), neg(div(mul(g, y), b))],
  simplify: (a, b) => (scalarOf(b) === 1 ? keeps(a, a, b) : undefined),
});

/** Remainder of a / b with the sign of b, as Python's %. Not differentiable in b. */
export const mod = binary('mod', {
  accepts: 'number',
  lower: (emit, [a, b], node) => {
    if (!isFloat(node.inputs[0]!.dtype)) return emit.op('Mod', [a!, b!], { fmod: 0 });
    return emit.op('Sub', [a!, emit.op('Mul', [emit.op('Floor', [emit.op('Div', [a!, b!])]), b!])]);
  },
  meaning: (a, b) => a - Math.floor(a / b) * b,
  derivative: (g, a, b) => [g, neg(mul(g, floor(div(a, b))))],
});

/** Power aᵇ. For the gradient in b, a must be positive. */
export const pow = binary('pow', {
  accepts: 'signed',
  lower: 'Pow',
  meaning: (a, b) => a ** b,
  derivative: (g, a, b, y) => {
    // 0⁰ has slope 0, not 0 · ∞
    const slope = where(equal(b, 0), scalarLike(a, 0), mul(b, pow(a, sub(b, 1))));
    const logarithm = where(greater(a, 0), log(where(greater(a, 0), a, scalarLike(a, 1))), scalarLike(a, 0));
    return [mul(g, slope), mul(g, mul(y, logarithm))];
  },
  simplify: (a, b) => (scalarOf(b) === 1 ? keeps(a, a, b) : scalarOf(b) === 2 ? keeps(mul(a, a), a, b) : undefined),
});

/** The larger of a and b; NaN if either is. At a tie the gradient is halved between them. */
export const maximum = binary('maximum', {
  accepts: 'number',
  lower: 'Max',
  meaning: (a, b) => Math.max(a, b),
  derivative: (g, a, b) => shareByOrder(g, greater(a, b), greater(b, a)),
});

/** The smaller of a and b; NaN if either is. At a tie the gradient is halved between them. */
export const minimum = binary('minimum', {
  accepts: 'number',
  lower: 'Min',
  meaning: (a, b) => Math.min(a, b),
  derivative: (g, a, b) => shareByOrder(g, less(a, b), less(b, a)),
});

function shareByOrder(g: Tensor, first: Tensor, second: Tensor): [Tensor, Tensor] {
  const half = mul(g, 0.5);
  const zero = scalarLike(g, 0);
  return [where(first, g, where(second, zero, half)), where(second, g, where(first, zero, half))];
}

/** −x. */
export const neg = unary('neg', {
  accepts: 'signed',
  lower: 'Neg',
  meaning: (x) => -x,
  derivative: (g) => neg(g),
});

/** |x|. The slope at 0 is 0. */
export const abs = unary('abs', {
  accepts: 'number',
  lower: 'Abs',
  meaning: Math.abs,
  derivative: (g, x) => mul(g, sign(x)),
});

/** −1, 0 or 1. */
export const sign = unary('sign', {
  accepts: 'number',
  lower: 'Sign',
  meaning: Math.sign,
  derivative: (g) => mul(g, 0),
});

/** x clipped to [low, high]; the slope is 1 inside and at the bounds, 0 outside. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return minimumOfBounds(maximumOfBounds(x, low), high);
}

const maximumOfBounds = bound(
  'clipBelow',
  'Max',
  (a, b) => Math.max(a, b),
  (x, limit) => greaterEqual(x, limit),
);
const minimumOfBounds = bound(
  'clipAbove',
  'Min',
  (a, b) => Math.min(a, b),
  (x, limit) => lessEqual(x, limit),
);

function bound(
  name: string,
  lower: string,
  meaning: (a: number, b: number) => number,
  inside: (x: Tensor, limit: Tensor) => Tensor,
) {
  return binary(name, {
    accepts: 'number',
    lower,
    meaning: (a, b) => meaning(a, b),
    derivative: (g, x, limit) => [where(inside(x, limit), g, scalarLike(g, 0)), scalarLike(g, 0)],
  });
}

// ---------------------------------------------------------------- exponentials and powers

/** eˣ. */
export const exp = unary('exp', {
  accepts: 'float',
  lower: 'Exp',
  meaning: Math.exp,
  derivative: (g, _, y) => mul(g, y),
});

/** eˣ − 1, exact for small x. */
export const expm1 = unary('expm1', {
  accepts: 'float',
  // 2t / (1 − t) with t = tanh(x/2) loses nothing near 0; beyond ½ the plain form does not either
  lower: (emit, [x], node) => {
    const { dtype } = node.inputs[0]!;
    const c = (v: number) => emit.scalar(dtype, v);
    const t = emit.op('Tanh', [emit.op('Mul', [x!, c(0.5)])]);
    const near = emit.op('Div', [emit.op('Mul', [t, c(2)]), emit.op('Sub', [c(1), t])]);
    const far = emit.op('Sub', [emit.op('Exp', [x!]), c(1)]);
    return emit.op('Where', [emit.op('Less', [emit.op('Abs', [x!]), c(0.5)]), near, far]);
  },
  meaning: Math.expm1,
  derivative: (g, _, y) => mul(g, add(y, 1)),
});

/** Natural logarithm. */
export const log = unary('log', { accepts: 'float', lower: 'Log', meaning: Math.log, derivative: (g, x) => div(g, x) });

/** ln(1 + x), exact for small x. */
export const log1p = unary('log1p', {
  accepts: 'float',
  // Kahan: with u = fl(1 + x), ln(u) · x / (u − 1) cancels the rounding of u
  lower: (emit, [x], node) => {
    const { dtype } = node.inputs[0]!;
    const one = emit.scalar(dtype, 1);
    const u = emit.op('Add', [x!, one]);
    const d = emit.op('Sub', [u, one]);
    const far = emit.op('Log', [u]);
    const near = emit.op('Mul', [far, emit.op('Div', [x!, d])]);
    const tiny = emit.op('Equal', [d, emit.scalar(dtype, 0)]);
    const small = emit.op('Less', [emit.op('Abs', [x!]), emit.scalar(dtype, 0.5)]);
    return emit.op('Where', [tiny, x!, emit.op('Where', [small, near, far])]);
  },
  meaning: Math.log1p,
  derivative: (g, x) => div(g, add(x, 1)),
});

/** Square root. */
export const sqrt = unary('sqrt', {
  accepts: 'float',
  lower: 'Sqrt',
  meaning: Math.sqrt,
  derivative: (g, _, y) => div(g, mul(y, 2)),
});

/** 1 / √x. */
export const rsqrt = (x: Tensor): Tensor => reciprocal(sqrt(x));

/** 1 / x. */
export const reciprocal = unary('reciprocal', {
  accepts: 'float',
  lower: 'Reciprocal',
  meaning: (x) => 1 / x,
  derivative: (g, _, y) => neg(mul(g, mul(y, y))),
});

/** x². */
export const square = (x: Tensor): Tensor => mul(x, x);

// ---------------------------------------------------------------- trigonometric and hyperbolic

/** Sine of an angle in radians. */
export const sin = unary('sin', {
  accepts: 'float',
  lower: 'Sin',
  meaning: Math.sin,
  derivative: (g, x) => mul(g, cos(x)),
});

/** Cosine of an angle in radians. */
export const cos = unary('cos', {
  accepts: 'float',
  lower: 'Cos',
  meaning: Math.cos,
  derivative: (g, x) => neg(mul(g, sin(x))),
});

/** Tangent of an angle in radians. */
export const tan = unary('tan', {
  accepts: 'float',
  lower: 'Tan',
  meaning: Math.tan,
  derivative: (g, _, y) => mul(g, add(mul(y, y), 1)),
});

/** Inverse sine, in [−π/2, π/2]. */
export const asin = unary('asin', {
  accepts: 'float',
  lower: 'Asin',
  meaning: Math.asin,
  derivative: (g, x) => div(g, sqrt(sub(1, mul(x, x)))),
});

/** Inverse cosine, in [0, π]. */
export const acos = unary('acos', {
  accepts: 'float',
  lower: 'Acos',
  meaning: Math.acos,
  derivative: (g, x) => neg(div(g, sqrt(sub(1, mul(x, x))))),
});

/** Inverse tangent, in (−π/2, π/2). */
export const atan = unary('atan', {
  accepts: 'float',
  lower: 'Atan',
  meaning: Math.atan,
  derivative: (g, x) => div(g, add(mul(x, x), 1)),
});

/** Hyperbolic sine. */
export const sinh = unary('sinh', {
  accepts: 'float',
  lower: 'Sinh',
  meaning: Math.sinh,
  derivative: (g, x) => mul(g, cosh(x)),
});

/** Hyperbolic cosine. */
export const cosh = unary('cosh', {
  accepts: 'float',
  lower: 'Cosh',
  meaning: Math.cosh,
  derivative: (g, x) => mul(g, sinh(x)),
});

/** Hyperbolic tangent. */
export const tanh = unary('tanh', {
  accepts: 'float',
  lower: 'Tanh',
  meaning: Math.tanh,
  derivative: (g, _, y) => mul(g, sub(1, mul(y, y))),
});

/** Inverse hyperbolic sine. */
export const asinh = unary('asinh', {
  accepts: 'float',
  lower: 'Asinh',
  meaning: Math.asinh,
  derivative: (g, x) => div(g, sqrt(add(mul(x, x), 1))),
});

/** Inverse hyperbolic cosine, for x ≥ 1. */
export const acosh = unary('acosh', {
  accepts: 'float',
  lower: 'Acosh',
  meaning: Math.acosh,
  derivative: (g, x) => div(g, sqrt(sub(mul(x, x), 1))),
});

/** Inverse hyperbolic tangent, for |x| < 1. */
export const atanh = unary('atanh', {
  accepts: 'float',
  lower: 'Atanh',
  meaning: Math.atanh,
  derivative: (g, x) => div(g, sub(1, mul(x, x))),
});

// ---------------------------------------------------------------- activations

/** 1 where x > 0, else 0: the slope of relu. */
const step = unary('step', {
  accepts: 'float',
  // one op at half the cost of a comparison and a cast; every normal positive float32 times 3e38 is above 1
  lower: (emit, [x], node) =>
    node.inputs[0]!.dtype === 'float32'
      ? emit.op('HardSigmoid', [x!], { alpha: { float: 3e38 }, beta: { float: 0 } })
      : emit.cast(emit.op('Greater', [x!, emit.scalar(node.inputs[0]!.dtype, 0)]), node.inputs[0]!.dtype),
  meaning: (x) => Number(x > 0),
  derivative: (g) => mul(g, 0),
});

/** max(x, 0); the slope at 0 is 0, as in PyTorch. */
export const relu = unary('relu', {
  accepts: 'signed',
  lower: (emit, [x], node) =>
    node.inputs[0]!.dtype === 'int64' ? emit.op('Max', [x!, emit.scalar('int64', 0)]) : emit.op('Relu', [x!]),
  meaning: (x) => (Number.isNaN(x) ? x : Math.max(x, 0)),
  derivative: (g, _, y) => mul(g, step(y)),
});

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary('sigmoid', {
  accepts: 'float',
  lower: 'Sigmoid',
  meaning: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  derivative: (g, _, y) => mul(g, mul(y, sub(1, y))),
});

/** ln(1 + eˣ); −softplus(−x) is the logarithm of the sigmoid. */
export const softplus = unary('softplus', {
  accepts: 'float',
  lower: 'Softplus',
  meaning: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  derivative: (g, x) => mul(g, sigmoid(x)),
});

/** Gauss error function. */
export const erf = unary('erf', {
  accepts: 'float',
  lower: 'Erf',
  meaning: erfOf,
  derivative: (g, x) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
});

/** x · Φ(x), with the exact Gaussian Φ. */
export const gelu = unary('gelu', {
  accepts: 'float',
  lower: 'Gelu',
  meaning: (x) => x * 0.5 * (1 + erfOf(x * Math.SQRT1_2)),
  // Φ(x) + x φ(x)
  derivative: (g, x) => {
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(g, add(cumulative, mul(x, density)));
  },
});

/** x · sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

/** x for x > 0, slope · x below. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => where(greater(x, 0), x, mul(x, slope));

/** erf to double precision: its series below 3, the continued fraction of erfc above. */
function erfOf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    let term = a;
    let total = a;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
      term *= (-a * a) / n;
      total += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (a + fraction) / Math.sqrt(Math.PI));
}

// ---------------------------------------------------------------- rounding and tests

/** Largest integer not above x. */
export const floor = unary('floor', {
  accepts: 'float',
  lower: 'Floor',
  meaning: Math.floor,
  derivative: (g) => mul(g, 0),
});

/** Smallest integer not below x. */
export const ceil = unary('ceil', {
  accepts: 'float',
  lower: 'Ceil',
  meaning: Math.ceil,
  derivative: (g) => mul(g, 0),
});

/** Nearest integer, ties to even. */
export const round = unary('round', {
  accepts: 'float',
  lower: 'Round',
  meaning: (x) => {
    const low = Math.floor(x);
    return x - low === 0.5 ? low + (Math.abs(low) % 2) : Math.round(x);
  },
  derivative: (g) => mul(g, 0),
});

/** True where x is NaN. */
export const isNaN = unary('isNaN', {
  accepts: 'float',
  result: 'bool',
  lower: 'IsNaN',
  meaning: (x) => Number(Number.isNaN(x)),
});

/** True where x is neither infinite nor NaN. */
export const isFinite = unary('isFinite', {
  accepts: 'float',
  result: 'bool',
  // x − x is 0 for a finite x and NaN for the rest
  lower: (emit, [x]) => emit.op('Not', [emit.op('IsNaN', [emit.op('Sub', [x!, x!])])]),
  meaning: (x) => Number(Number.isFinite(x)),
});

// ---------------------------------------------------------------- comparison and logic

/** a = b. */
export const equal = binary('equal', {
  accepts: 'any',
  result: 'bool',
  lower: 'Equal',
  meaning: (a, b) => Number(a === b),
});

/** a ≠ b. */
export const notEqual = binary('notEqual', {
  accepts: 'any',
  result: 'bool',
  lower: (emit, inputs) => emit.op('Not', [emit.op('Equal', inputs)]),
  meaning: (a, b) => Number(a !== b),
});

/** a < b. */
export const less = binary('less', {
  accepts: 'number',
  result: 'bool',
  lower: 'Less',
  meaning: (a, b) => Number(a < b),
});

/** a ≤ b. */
export const lessEqual = binary('lessEqual', {
  accepts: 'number',
  result: 'bool',
  lower: 'LessOrEqual',
  meaning: (a, b) => Number(a <= b),
});

/** a > b. */
export const greater = binary('greater', {
  accepts: 'number',
  result: 'bool',
  lower: 'Greater',
  meaning: (a, b) => Number(a > b),
});

/** a ≥ b. */
export const greaterEqual = binary('greaterEqual', {
  accepts: 'number',
  result: 'bool',
  lower: 'GreaterOrEqual',
  meaning: (a, b) => Number(a >= b),
});

/** Both of two bool tensors. */
export const logicalAnd = binary('logicalAnd', { accepts: 'bool', lower: 'And', meaning: (a, b) => a & b });

/** Either of two bool tensors. */
export const logicalOr = binary('logicalOr', { accepts: 'bool', lower: 'Or', meaning: (a, b) => a | b });

/** Exactly one of two bool tensors. */
export const logicalXor = binary('logicalXor', { accepts: 'bool', lower: 'Xor', meaning: (a, b) => a ^ b });

/** The opposite of a bool tensor. */
export const logicalNot = unary('logicalNot', { accepts: 'bool', lower: 'Not', meaning: (x) => 1 - x });

// ---------------------------------------------------------------- bits

/** On all 64 bits: JavaScript's own operators keep 32. */
function bitwise(name: string, lower: string, meaning: (a: bigint, b: bigint) => bigint) {
  return binary(name, { accepts: 'integer', lower, meaning: (a, b) => Number(meaning(BigInt(a), BigInt(b))) });
}

/** Bitwise and of integers. */
export const bitwiseAnd = bitwise('bitwiseAnd', 'BitwiseAnd', (a, b) => a & b);

/** Bitwise or of integers. */
export const bitwiseOr = bitwise('bitwiseOr', 'BitwiseOr', (a, b) => a | b);

/** Bitwise exclusive or of integers. */
export const bitwiseXor = bitwise('bitwiseXor', 'BitwiseXor', (a, b) => a ^ b);

/** a shifted left by b bits, 0 ≤ b < width. For uint8 and uint32. */
export const shiftLeft = binary('shiftLeft', {
  accepts: 'unsigned',
  lower: (emit, inputs) => emit.op('BitShift', inputs, { direction: 'LEFT' }),
  meaning: (a, b) => a << b,
});

/** a shifted right by b bits, 0 ≤ b < width. For uint8 and uint32. */
export const shiftRight = binary('shiftRight', {
  accepts: 'unsigned',
  lower: (emit, inputs) => emit.op('BitShift', inputs, { direction: 'RIGHT' }),
  meaning: (a, b) => a >>> b,
});

// ---------------------------------------------------------------- selection and types

const whereOp: Op<undefined> = {
  name: 'where',
  elementwise: true,
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool')
      throw new TypeError(`where: expected a bool condition, got ${formatType(condition!)}`);
    return [
      {
        dtype: requireSameDType('where', [a!, b!]),
        shape: broadcastShapes('where', condition!.shape, a!.shape, b!.shape),
      },
    ];
  },
  vjp: ({ inputs: [condition, a, b] }, [g]) => {
    const zero = scalarLike(g!, 0);
    return [
      undefined,
      unbroadcast(where(condition!, g!, zero), a!.shape),
      unbroadcast(where(condition!, zero, g!), b!.shape),
    ];
  },
  lower: (emit, [condition, a, b], { inputs: [, x] }) => {
    // no kernels for these two: a bool is chosen by logic, a uint32 through int64
    if (x!.dtype === 'bool') {
      const other = emit.op('And', [emit.op('Not', [condition!]), b!]);
      return emit.op('Or', [emit.op('And', [condition!, a!]), other]);
    }
    if (x!.dtype === 'uint32') {
      return emit.cast(emit.op('Where', [condition!, emit.cast(a!, 'int64'), emit.cast(b!, 'int64')]), 'uint32');
    }
    return emit.op('Where', [condition!, a!, b!]);
  },
  meaning: ([condition, a, b], _, [type]) => {
    const [ct, at, bt] = [condition!, a!, b!].map((v) => broadcastIndex(v, type!.shape)) as [
      (i: number) => number,
      (i: number) => number,
      (i: number) => number,
    ];
    return [Float64Array.from({ length: elements(type!.shape) }, (_, i) => (ct(i) ? at(i) : bt(i)))];
  },
};

/** a where the condition holds, b elsewhere; all three broadcast. Gradients reach only what was chosen. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = typeof a === 'number' ? b : a;
  if (typeof like === 'number') throw new TypeError('where: expected a tensor to choose, got two numbers');
  return apply(whereOp, [condition, operand('where', like, a), operand('where', like, b)], undefined);
}

const castOp: Op<{ dtype: DType }> = {
  name: 'cast',
  elementwise: true,
  infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  vjp: ({ inputs: [x] }, [g]) => [isFloat(x!.dtype) && isFloat(g!.dtype) ? cast(g!, x!.dtype) : undefined],
  lower: (emit, [x], { attrs }) => emit.cast(x!, attrs.dtype),
  simplify: ([x], { dtype }) => (x!.dtype === dtype ? x : undefined),
  meaning: ([x], { dtype }) => [
    x!.data.map((v) => (isFloat(dtype) ? v : dtype === 'bool' ? Number(v !== 0) : wrap(dtype, Math.trunc(v)))),
  ],
};

/** x as another element type: floats to integers truncate toward zero, numbers to bool test for non-zero. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return apply(castOp, [x], { dtype });
}

const stopGradientOp: Op<undefined> = {
  name: 'stopGradient',
  elementwise: true,
  infer: ([x]) => [x!],
  vjp: () => [undefined],
  lower: (_, [x]) => x!,
  meaning: ([x]) => [x!.data],
};

/** x, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], undefined);
}

const identityOp: Op<undefined> = {
  name: 'identity',
  elementwise: true,
  infer: ([x]) => [x!],
  vjp: (_, [g]) => [g],
  lower: (_, [x]) => x!,
  simplify: ([x]) => x,
  meaning: ([x]) => [x!.data],
};

/** x itself, as a node of its own: gradients stop here when a function is differentiated at x. */
export function identity(x: Tensor): Tensor {
  return apply(identityOp, [x], undefined);
}
