/** Stochastic gradient descent. */
import { add, mul, sub, zeros } from '../tensor/index.ts';
import { leafwise, type Optimizer } from './optimizer.ts';
import { type Rate, rateAt } from './schedules.ts';

/** Settings of {@link sgd}, with PyTorch's meanings. */
export interface SgdOptions {
  /** Learning rate. */
  readonly rate: Rate;
  /** Default 0. */
  readonly momentum?: number;
  /** Step along the gradient plus the next momentum (Nesterov). Default false. */
  readonly nesterov?: boolean;
  /** Weight of ½‖θ‖² in the loss. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent, with momentum as in Sutskever et al. (2013) and PyTorch: m ← momentum · m + g, θ ← θ − rate · m.
 */
export function sgd({ rate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): Optimizer {
  return leafwise(momentum === 0 ? {} : { momentum: (p) => zeros(p.shape) }, (step) => {
    const size = rateAt(rate, step);
    return (parameter, gradient, before) => {
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      if (before === undefined) return [sub(parameter, mul(g, size))];
      const m = add(mul(before, momentum), g);
      return [sub(parameter, mul(nesterov ? add(g, mul(m, momentum)) : m, size)), m];
    };
  });
}
