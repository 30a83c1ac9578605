import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { array, compile, type Tensor, toFloats } from '../../tensor/index.ts';
import {
  type Belief,
  bestInformation,
  binaryEntropy,
  type Circuit,
  members,
  outputBelief,
  outputEntropy,
  shapleyValues,
  subsetInformation,
  subsetOf,
  supplementary,
  tenInputs,
  truthTable,
} from './circuits.ts';

const information = subsetInformation(tenInputs);
/** Of inputs numbered from 1, as the paper numbers them. */
const bits = (...inputs: number[]) => information[subsetOf(inputs.map((i) => i - 1))]!;

describe('the circuit of ten inputs', () => {
  test('its output', () => {
    const table = truthTable(tenInputs);
    expect(table.length).toBe(1024);
    expect(table.reduce((ones, y) => ones + y, 0) / 1024).toBe(0.21875);
    expect(outputEntropy(tenInputs)).toBeCloseTo(0.7578784625, 10);
  });

  test('single inputs', () => {
    expect(bits(3)).toBeCloseTo(0.26353, 5);
    expect(bits(10)).toBeCloseTo(0.05236, 5);
    expect(bits(1)).toBeCloseTo(0.00413, 5);
    expect(bits(2)).toBeCloseTo(0.00413, 5);
    expect(bits(7)).toBeCloseTo(0.00103, 5);
    for (const input of [4, 5, 6, 8, 9]) expect(bits(input)).toBeCloseTo(0, 12);
  });

  // of each size, the subsets that hold most (reference values to four digits)
  test.each([
    [0.2635, [[3]]],
    [0.3363, [[3, 10]]],
    [0.4428, [[3, 6, 10]]],
    [
      0.4629,
      [
        [1, 3, 6, 10],
        [2, 3, 6, 10],
      ],
    ],
    [0.622, [[3, 6, 8, 9, 10]]],
    [
      0.6565,
      [
        [1, 3, 6, 8, 9, 10],
        [2, 3, 6, 8, 9, 10],
      ],
    ],
    [0.6954, [[1, 2, 3, 6, 8, 9, 10]]],
    [0.7072, [[1, 2, 3, 6, 7, 8, 9, 10]]],
    [
      0.7266,
      [
        [1, 2, 3, 4, 6, 7, 8, 9, 10],
        [1, 2, 3, 5, 6, 7, 8, 9, 10],
      ],
    ],
    [0.7579, [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]],
  ])('%d bit is the most for its size', (expected, subsets) => {
    const size = subsets[0]!.length;
    const best = bestInformation(information)[size]!;
    expect(best).toBeCloseTo(expected, 4);
    const found = [...information.keys()].filter((s) => members(s).length === size && information[s]! > best - 1e-9);
    expect(found.map((s) => members(s).map((i) => i + 1)).sort()).toEqual(subsets.sort());
  });

  test('Shapley values', () => {
    const values = shapleyValues(information);
    const expected = [0.02131, 0.02131, 0.31262, 0.00749, 0.00749, 0.07488, 0.01729, 0.05791, 0.05791, 0.17967];
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
    expect(values.reduce((a, b) => a + b)).toBeCloseTo(0.7578784625, 10);
  });
});

describe('the supplementary circuits', () => {
  // H(Y) and the Shapley values that the authors' notebook prints
  test.each([
    ['a', 1, [1 / 3, 1 / 3, 1 / 3]],
    ['b', 1, [0.21854635407652215, 0.21854635407652215, 0.5629072918469556]],
    ['c', 0.811, [0.0962198571076538, 0.37685891933722027, 0.0962198571076538, 0.24197949090660467]],
    ['d', 1, [0.3425060887628776, 0.09250608876287761, 0.47248173371136726, 0.09250608876287761]],
    [
      'e',
      0.954,
      [0.6361993267150806, 0.04121479843161109, 0.13619932671508067, 0.09960575263158164, 0.0412147984316111],
    ],
    [
      'f',
      1,
      [0.20314536459234778, 0.0937092708153044, 0.0937092708153044, 0.20314536459, 0.20314536459, 0.20314536459],
    ],
  ] as const)('%s', (letter, entropy, shapley) => {
    const circuit: Circuit = supplementary[letter];
    expect(outputEntropy(circuit)).toBeCloseTo(entropy, 3);
    const values = shapleyValues(subsetInformation(circuit));
    expect(values.length).toBe(shapley.length);
    for (const [i, value] of shapley.entries()) expect(values[i]).toBeCloseTo(value, 10);
  });

  test("the third input of b tells 0.189 bit, as the notebook's logistic regression does", () => {
    expect(subsetInformation(supplementary.b)[0b100]).toBeCloseTo(0.189, 3);
  });
});

const gate = (wires: number) =>
  fc.tuple(fc.constantFrom('and', 'or', 'xor'), fc.nat(wires - 1), fc.nat(wires - 1)) as fc.Arbitrary<
    Circuit['gates'][number]
  >;
const circuits = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([inputs, gates]) =>
    fc
      .tuple(...Array.from({ length: gates }, (_, g) => gate(inputs + g)))
      .map((list): Circuit => ({ inputs, gates: list })),
  );

test('information grows with the subset, from 0 to H(Y)', () => {
  fc.assert(
    fc.property(circuits, (circuit) => {
      const all = subsetInformation(circuit);
      expect(all[0]).toBeCloseTo(0, 12);
      expect(all.at(-1)).toBeCloseTo(outputEntropy(circuit), 12);
      for (const [subset, value] of all.entries()) {
        for (let i = 0; i < circuit.inputs; i++) expect(all[subset | (1 << i)]!).toBeGreaterThanOrEqual(value - 1e-12);
      }
      expect(shapleyValues(all).reduce((a, b) => a + b)).toBeCloseTo(outputEntropy(circuit), 10);
    }),
  );
});

test('the belief about the output is the sum over the truth table', async () => {
  const circuit: Circuit = supplementary.e;
  const beliefs = compile((p: Tensor[], q: Tensor[]) =>
    outputBelief(
      circuit,
      p.map((x, i): Belief => [x, q[i]!]),
    ),
  );
  const ones = [0.1, 0.8, 0.35, 0.6, 0.9];
  const [zero, one] = await beliefs(
    ones.map((p) => array([1 - p])),
    ones.map((p) => array([p])),
  );
  let expected = 0;
  for (const [row, y] of truthTable(circuit).entries()) {
    expected += y * ones.reduce((product, p, i) => product * ((row >> i) & 1 ? p : 1 - p), 1);
  }
  expect(toFloats(one)[0]).toBeCloseTo(expected, 6);
  expect(toFloats(zero)[0]).toBeCloseTo(1 - expected, 6);
});

test('a wire that is read twice is refused', () => {
  const twice: Circuit = { inputs: 1, gates: [['xor', 0, 0]] };
  const run = compile((p: Tensor, q: Tensor) => outputBelief(twice, [[p, q]]));
  return expect(run(0.5, 0.5)).rejects.toThrow('expected every wire to be read once');
});

test('entropy of a certain bit is 0', () => {
  expect([0, 0.5, 1].map(binaryEntropy)).toEqual([0, 1, 0]);
});
