/** The system through its public face: a circuit counted, and annealed. */
import {
  bestInformation,
  bestReading,
  closingOrder,
  columnsOf,
  levelsOf,
  members,
  outputEntropy,
  runCircuit,
  runTable,
  shapleyValues,
  splitTable,
  subsetInformation,
  supplementary,
  type TableReading,
  tenInputs,
} from 'tenfold/bottleneck';
import { tableOf } from 'tenfold/data';
import { expect, test } from 'vitest';

test('the README’s example of a circuit', async () => {
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

test('the README’s example of a table', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({
    acid: (i * 7) % 20,
    label: `l${i % 3}`,
    quality: (i * 7) % 20,
  }));
  const { columns, table } = columnsOf(tableOf(rows), 'quality');
  const readings: TableReading[] = [];
  await runTable(
    splitTable(table, columns, 0),
    {
      encoder: [16],
      latent: 2,
      integrator: [32],
      loss: 'squared',
      joint: false,
      annealing: { from: 1e-3, to: 3, pretraining: 150, steps: 450 },
      rate: 5e-3,
      batch: 64,
      every: 30,
    },
    { seed: 0, onReading: (reading) => void readings.push(reading) },
  );
  const { score } = bestReading(readings);
  expect(score.kind === 'error' && score.interval[0]).toBeGreaterThan(0.9);
  const [first] = levelsOf(readings);
  const [acid, label] = first!.channels;
  expect(acid!.lower).toBeGreaterThan(2);
  expect(label!.upper).toBeLessThan(acid!.lower);
});
