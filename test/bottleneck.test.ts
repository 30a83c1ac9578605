/** The system through its public face: a circuit counted, and annealed. */
import {
  bestInformation,
  closingOrder,
  members,
  outputEntropy,
  runCircuit,
  shapleyValues,
  subsetInformation,
  supplementary,
  tenInputs,
} from 'tenfold/bottleneck';
import { expect, test } from 'vitest';

test('the example of the README', async () => {
  const information = subsetInformation(tenInputs);
  expect(outputEntropy(tenInputs)).toBeCloseTo(0.7578784625, 10);
  expect(bestInformation(information)[5]).toBeCloseTo(0.622, 3);
  expect(shapleyValues(information)[2]).toBeCloseTo(0.31262, 5);

  const { readings } = await runCircuit(
    supplementary.c,
    {
      hidden: [32, 32],
      annealing: { from: 0.005, to: 1, pretraining: 200, steps: 600 },
      rate: 6e-3,
      batch: 256,
      every: 50,
      learnt: 200,
    },
    { seed: 1 },
  );
  // inputs 2 and 4 have the largest Shapley values, and their channels close last
  expect(closingOrder(readings).slice(-2)).toEqual([3, 1]);
  const counted = subsetInformation(supplementary.c);
  const best = bestInformation(counted);
  const isBest = readings.filter(({ open }) => best[members(open).length]! - counted[open]! < 1e-9);
  expect(isBest.length / readings.length).toBeGreaterThan(0.9);
});
