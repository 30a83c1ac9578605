/** Trigonometric and hyperbolic functions and their inverses. */
import { add, div, mul, neg, sqrt, sub } from './arithmetic.ts';
import { unary } from './families.ts';

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
