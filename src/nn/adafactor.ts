/** Adafactor: adaptive steps whose memory grows with the sides of a matrix, not its area (Shazeer and Stern 2018). */
import {
  add,
  div,
  exp,
  expandDims,
  full,
  log,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts';
import { leafwise, type Optimizer } from './optimizer.ts';
import { type Rate, rateAt, type Schedule } from './schedules.ts';

/** The paper's relative step sizes: min(10⁻², 1/√t), t counting from 1. */
const paperRate: Schedule = (step) => minimum(div(full([], 1), sqrt(add(step, 1))), 1e-2);

/**
 * Adafactor without momentum, the paper's algorithms 4 and 5 with their constants: second moments of a matrix kept as
 * a row and a column, updates clipped to a root mean square of 1, steps relative to the parameter's own root mean
 * square (at least 10⁻³).
 * @param options.rate relative step size; the paper's min(10⁻², 1/√t) by default
 */
export function adafactor({ rate = paperRate }: { readonly rate?: Rate } = {}): Optimizer {
  const factored = (p: Tensor) => p.rank >= 2;
  return leafwise(
    {
      // a vector's second moment is kept whole in `row`, and its `column` is a scalar that nothing reads
      row: (p) => zeros(factored(p) ? p.shape.slice(0, -1) : p.shape),
      column: (p) => zeros(factored(p) ? [...p.shape.slice(0, -2), p.shape.at(-1)!] : []),
    },
    (step) => {
      const relative = rateAt(rate, step);
      // β₂ = 1 − t^−0.8
      const fresh = exp(mul(log(add(step, 1)), -0.8));
      const moved = (old: Tensor, now: Tensor) => add(mul(old, sub(1, fresh)), mul(now, fresh));
      return (parameter, gradient, oldRow, oldColumn) => {
        const squared = add(square(gradient), 1e-30);
        const matrix = factored(parameter);
        const row = moved(oldRow!, matrix ? mean(squared, -1) : squared);
        const column = matrix ? moved(oldColumn!, mean(squared, -2)) : oldColumn!;
        const update = matrix
          ? // V = R C / mean R; the roots are taken apart, because the product of two small moments underflows
            div(
              div(gradient, expandDims(sqrt(div(row, mean(row, -1, { keepDims: true }))), -1)),
              expandDims(sqrt(column), -2),
            )
          : div(gradient, sqrt(row));
        const clippedUpdate = div(update, maximum(rootMeanSquare(update), 1));
        const size = mul(relative, maximum(rootMeanSquare(parameter), 1e-3));
        return [add(parameter, neg(mul(clippedUpdate, size))), row, column];
      };
    },
  );
}

function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(mean(square(x)));
}
