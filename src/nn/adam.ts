/** Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), step by step as PyTorch computes them. */
import { add, div, expm1, mul, neg, sqrt, square, sub, type Tensor, zeros } from '../tensor/index.ts';
import { leafwise, type Optimizer } from './optimizer.ts';
import { type Rate, rateAt } from './schedules.ts';

/** Settings of {@link adam} and {@link adamW}, with PyTorch's meanings. */
export interface AdamOptions {
  /** Learning rate. */
  readonly rate: Rate;
  /** Decays of the first and second moments. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment. Default 1e-8. */
  readonly eps?: number;
  /** Adam: weight of ½‖θ‖² in the loss, default 0. AdamW: share of θ taken off per unit of rate, default 0.01. */
  readonly weightDecay?: number;
}

/** Adam: steps of about the size of the learning rate, whatever the gradient's scale. */
export function adam(options: AdamOptions): Optimizer {
  return adaptive(options, options.weightDecay ?? 0, false);
}

/** AdamW: Adam with weight decay apart from the gradient, θ ← θ (1 − rate · weightDecay) first. */
export function adamW(options: AdamOptions): Optimizer {
  return adaptive(options, options.weightDecay ?? 0.01, true);
}

function adaptive(
  { rate, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 }: AdamOptions,
  weightDecay: number,
  decoupled: boolean,
): Optimizer {
  const start = (p: Tensor) => zeros(p.shape);
  return leafwise({ first: start, second: start }, (step) => {
    const size = rateAt(rate, step);
    const count = add(step, 1);
    // m̂ / (√v̂ + ε), with both corrections moved into scalars: α m / (√v + ε √c₂), α = rate √c₂ / c₁
    const rootC2 = sqrt(correction(beta2, count));
    const alpha = div(mul(size, rootC2), correction(beta1, count));
    const epsilon = mul(rootC2, eps);
    const kept = sub(1, mul(size, weightDecay));
    return (parameter, gradient, m, v) => {
      const p = decoupled && weightDecay !== 0 ? mul(parameter, kept) : parameter;
      const g = decoupled || weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      const first = add(mul(m!, beta1), mul(g, 1 - beta1));
      const second = add(mul(v!, beta2), mul(square(g), 1 - beta2));
      return [sub(p, div(mul(first, alpha), add(sqrt(second), epsilon))), first, second];
    };
  });
}

/** 1 − βᵗ; through expm1, because for β near 1 the difference would lose half of float32's digits. */
function correction(beta: number, count: Tensor): Tensor {
  return neg(expm1(mul(count, Math.log(beta))));
}
