/**
 * A linear support vector machine on sparse rows, by dual coordinate descent.
 *
 * C. Hsieh, K. Chang, C. Lin, S. Keerthi, S. Sundararajan, "A Dual Coordinate Descent Method for Large-scale Linear SVM"
 * (ICML 2008), algorithm 1, with the squared loss max(0, 1 − y·(w·x + b))² and the bias as one more column of ones.
 */
import { Draws } from '../draws.ts';
import type { Rows } from '../search/terms.ts';

export interface SvmOptions {
  /** What a row outside of the margin costs, by row. */
  readonly cost: Float64Array;
  readonly seed?: number;
  /** Sweeps over all rows, at most. */
  readonly sweeps?: number;
}

export interface Linear {
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Sweeps end when no step would be longer. */
const tolerance = 1e-4;

/** @param labels 1 or −1, by row */
export function trainSvm(
  { count, starts, columns, values }: Rows,
  labels: Int8Array,
  width: number,
  { cost, seed = 1, sweeps = 200 }: SvmOptions,
): Linear {
  const weights = new Float64Array(width);
  let bias = 0;
  const alpha = new Float64Array(count);
  const draws = new Draws(seed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  // Dᵢᵢ of the squared loss, and Q̄ᵢᵢ = xᵢ·xᵢ + Dᵢᵢ
  const extra = Float64Array.from(cost, (c) => 1 / (2 * c));
  const diagonal = Float64Array.from({ length: count }, (_, i) => {
    let sum = 1 + extra[i]!;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) sum += values[k]! ** 2;
    return sum;
  });
  for (let sweep = 0; sweep < sweeps; sweep++) {
    draws.shuffle(order);
    let longest = 0;
    for (const i of order) {
      const y = labels[i]!;
      let product = bias;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) product += weights[columns[k]!]! * values[k]!;
      const gradient = y * product - 1 + extra[i]! * alpha[i]!;
      const before = alpha[i]!;
      alpha[i] = Math.max(0, before - gradient / diagonal[i]!);
      const step = (alpha[i]! - before) * y;
      if (step === 0) continue;
      longest = Math.max(longest, Math.abs(step));
      bias += step;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) weights[columns[k]!]! += step * values[k]!;
    }
    if (longest < tolerance) break;
  }
  return { weights, bias };
}
