/**
 * Threshold gates, and the one circuit that the checksum needs of them: the lowest bit of a whole number.
 *
 * A gate is 1 where what reaches it is at least 0, and 0 elsewhere. Its derivative is 0 wherever it has one, so nothing
 * behind a gate gets a gradient. The lowest bit of u is found from the highest down: bit k is 1 where what is left of u
 * is at least 2^k. Every gate sees a plain linear combination with weights of its own, so weights that all shrink by one
 * factor, as weight decay makes them, change no gate's answer.
 */
import { add, array, at, cast, greaterEqual, mul, type NDArray, sub, type Tensor } from '../../../tensor/index.ts';

/** What stands between the layers: the step, or in a control something smooth. */
export type Gate = (x: Tensor) => Tensor;

/** 1 where x ≥ 0, else 0. */
export const step: Gate = (x) => cast(greaterEqual(x, 0), 'float32');

/** Weights of {@link lowestBit} for numbers below 2^stages. */
export interface LowestBit<T = Tensor> {
  /** From the higher bits: [stages, stages], of which the part above the diagonal is used. */
  readonly higher: T;
  /** [stages] */
  readonly bias: T;
}

/** The arrays of {@link LowestBit}. */
export function lowestBitWeights(stages: number): LowestBit<NDArray> {
  const bits = Array.from({ length: stages }, (_, k) => k);
  return {
    higher: array(bits.map((k) => bits.map((higher) => (higher > k ? -(2 ** higher) : 0)))),
    bias: array(bits.map((k) => 0.5 - 2 ** k)),
  };
}

/**
 * The lowest bit of each number, as 0 or 1. Numbers between whole ones count as the nearest.
 * @param weighted what the numbers give to each gate: 1 a unit, from weights of the layer before
 */
export function lowestBit({ higher, bias }: LowestBit, weighted: Tensor, gate: Gate): Tensor {
  const stages = bias.shape[0]!;
  const found: Tensor[] = [];
  for (let k = stages - 1; k >= 0; k--) {
    const left = found.reduce(
      (sum, bit, i) => add(sum, mul(bit, at(at(higher, k), stages - 1 - i))),
      add(weighted, at(bias, k)),
    );
    found.push(gate(left));
  }
  return found.at(-1)!;
}

/** 1 where more than half of the votes are. */
export function majority(votes: readonly Tensor[]): Tensor {
  return step(
    sub(
      votes.reduce((sum, vote) => add(sum, vote)),
      votes.length / 2,
    ),
  );
}
