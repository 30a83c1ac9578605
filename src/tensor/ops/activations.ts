/** What networks put between their layers, and the error function that one of them is made of. */
import type { Tensor } from '../program.ts';
import { add, exp, mul, neg, sub } from './arithmetic.ts';
import { unary } from './families.ts';
import { greater } from './logic.ts';
import { where } from './select.ts';

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
