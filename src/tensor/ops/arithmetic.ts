/** Arithmetic, exponentials, powers and rounding, element by element. */
import type { NDArray } from '../array.ts';
import { isFloat } from '../dtype.ts';
import { constantOp, type Tensor } from '../program.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import { binary, scalarLike, unary } from './families.ts';
import { equal, greater, greaterEqual, less, lessEqual } from './logic.ts';
import { where } from './select.ts';

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

// ---------------------------------------------------------------- rounding

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
