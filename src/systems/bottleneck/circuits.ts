/**
 * Boolean circuits, where every quantity that the method estimates can be counted.
 *
 * A circuit's inputs are independent fair bits, so its truth table is the joint distribution of inputs and output.
 * Counting its rows gives the exact mutual information of every subset of the inputs with the output, and with it the
 * best subset of each size and each input's Shapley value: what the trajectory of a trained model is held against.
 *
 * Where every wire is used once (all circuits here) the wires stay independent, and the posterior of the output given
 * noisy inputs follows gate by gate: the best that any integration network could do.
 *
 * Source: Murphy and Bassett, "Information decomposition in complex systems via machine learning" (PNAS 2024), figures
 * 1 and S1, in the form of their notebook.
 */
import { add, mul, type Tensor } from '../../tensor/index.ts';

/** A gate and the wires that it reads: inputs are numbered from 0, gates follow them. */
export type Gate = readonly ['and' | 'or' | 'xor', number, number];

/** The last gate is the output. */
export interface Circuit {
  readonly inputs: number;
  readonly gates: readonly Gate[];
}

/** The circuit of figure 1. */
export const tenInputs: Circuit = {
  inputs: 10,
  gates: [
    ['or', 0, 1],
    ['xor', 8, 7],
    ['and', 4, 3],
    ['or', 11, 5],
    ['xor', 6, 12],
    ['xor', 13, 9],
    ['or', 14, 10],
    ['and', 15, 2],
    ['and', 17, 16],
  ],
};

/** The circuits of figure S1, by their letters. */
export const supplementary = {
  a: {
    inputs: 3,
    gates: [
      ['xor', 1, 2],
      ['xor', 0, 3],
    ],
  },
  b: {
    inputs: 3,
    gates: [
      ['and', 1, 0],
      ['xor', 2, 3],
    ],
  },
  c: {
    inputs: 4,
    gates: [
      ['and', 2, 0],
      ['xor', 4, 3],
      ['and', 5, 1],
    ],
  },
  d: {
    inputs: 4,
    gates: [
      ['or', 1, 3],
      ['and', 4, 0],
      ['xor', 2, 5],
    ],
  },
  e: {
    inputs: 5,
    gates: [
      ['and', 1, 4],
      ['xor', 3, 5],
      ['and', 6, 2],
      ['or', 0, 7],
    ],
  },
  f: {
    inputs: 6,
    gates: [
      ['xor', 5, 4],
      ['xor', 0, 3],
      ['and', 1, 2],
      ['xor', 8, 6],
      ['xor', 9, 7],
    ],
  },
} as const satisfies Record<string, Circuit>;

/** The output for every setting of the inputs; bit i of the row's number is input i. */
export function truthTable({ inputs, gates }: Circuit): Uint8Array {
  return Uint8Array.from({ length: 1 << inputs }, (_, row) => {
    const wires = Array.from({ length: inputs }, (_, i) => (row >> i) & 1);
    for (const [type, a, b] of gates) {
      const [x, y] = [wires[a]!, wires[b]!];
      wires.push(type === 'and' ? x & y : type === 'or' ? x | y : x ^ y);
    }
    return wires.at(-1)!;
  });
}

/** The inputs of every row of the truth table as ±1, [2^inputs · inputs]. */
export function signedInputs({ inputs }: Circuit): Float32Array {
  return Float32Array.from({ length: inputs << inputs }, (_, k) =>
    ((Math.floor(k / inputs) >> (k % inputs)) & 1) === 1 ? 1 : -1,
  );
}

/** Entropy in bits of a binary variable that is 1 with probability p. */
export function binaryEntropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
}

/** H(Y) in bits. */
export function outputEntropy(circuit: Circuit): number {
  const table = truthTable(circuit);
  return binaryEntropy(table.reduce((ones, y) => ones + y, 0) / table.length);
}

/**
 * I(X_S; Y) in bits for every subset S of the inputs; bit i of the index says whether input i is in S.
 */
export function subsetInformation(circuit: Circuit): Float64Array {
  const table = truthTable(circuit);
  const whole = outputEntropy(circuit);
  const ones = new Uint32Array(table.length);
  return Float64Array.from(table, (_, subset) => {
    // H(Y|X_S): rows that agree in S are one group, known by their inputs in S
    ones.fill(0);
    for (let row = 0; row < table.length; row++) ones[row & subset]! += table[row]!;
    const groups = 1 << members(subset).length;
    const size = table.length / groups;
    let conditional = 0;
    for (let row = 0; row < table.length; row++) {
      if ((row & subset) === row) conditional += binaryEntropy(ones[row]! / size) / groups;
    }
    return whole - conditional;
  });
}

/** The inputs of a subset, in rising order. */
export function members(subset: number): number[] {
  return Array.from({ length: 32 - Math.clz32(subset) }, (_, i) => i).filter((i) => (subset >> i) & 1);
}

/** The subset of these inputs. */
export function subsetOf(inputs: Iterable<number>): number {
  let subset = 0;
  for (const i of inputs) subset |= 1 << i;
  return subset;
}

/** The largest information that any subset of each size holds, from size 0 to all inputs. */
export function bestInformation(information: Float64Array): number[] {
  const best: number[] = [];
  for (const [subset, bits] of information.entries()) {
    const size = members(subset).length;
    best[size] = Math.max(best[size] ?? 0, bits);
  }
  return best;
}

/**
 * Shapley values in bits: each input's mean gain over all orders in which the inputs could be learnt. Their sum is
 * I(X; Y).
 */
export function shapleyValues(information: Float64Array): number[] {
  const n = Math.log2(information.length);
  const factorial = Array.from({ length: n + 1 }, (_, k) => k).map((k) => {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return product;
  });
  return Array.from({ length: n }, (_, input) => {
    let value = 0;
    for (const [subset, bits] of information.entries()) {
      if ((subset >> input) & 1) continue;
      const size = members(subset).length;
      const weight = (factorial[size]! * factorial[n - size - 1]!) / factorial[n]!;
      value += weight * (information[subset | (1 << input)]! - bits);
    }
    return value;
  });
}

/** Probabilities that a bit is 0 and 1, both kept so that neither loses its digits near 0. */
export type Belief = readonly [zero: Tensor, one: Tensor];

/**
 * The output's probabilities given independent beliefs about the inputs: Bayes' rule, gate by gate.
 * @param beliefs one an input, tensors of one shape
 * @throws RangeError for a circuit in which a wire is read twice, whose wires do not stay independent
 */
export function outputBelief({ inputs, gates }: Circuit, beliefs: readonly Belief[]): Belief {
  if (beliefs.length !== inputs)
    throw new RangeError(`outputBelief: expected ${inputs} beliefs, got ${beliefs.length}`);
  const read = gates.flatMap(([, a, b]) => [a, b]);
  if (new Set(read).size < read.length) throw new RangeError('outputBelief: expected every wire to be read once');
  const wires = [...beliefs];
  for (const [type, a, b] of gates) {
    const [[p0, p1], [q0, q1]] = [wires[a]!, wires[b]!];
    if (type === 'and') wires.push([add(p0, mul(p1, q0)), mul(p1, q1)]);
    else if (type === 'or') wires.push([mul(p0, q0), add(p1, mul(p0, q1))]);
    else wires.push([add(mul(p0, q0), mul(p1, q1)), add(mul(p0, q1), mul(p1, q0))]);
  }
  return wires.at(-1)!;
}
