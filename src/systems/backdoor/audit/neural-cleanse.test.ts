import fc from 'fast-check';
import { expect, test } from 'vitest';
import { array, compile, matmul, type NDArray, reshape, scan, type Tensor } from '../../../tensor/index.ts';
import type { Network } from '../classifier.ts';
import { firstSchedule, nextSchedule, none } from './cleanse-schedule.ts';
import { NeuralCleanse } from './neural-cleanse.ts';
import { maskOutliers } from './outliers.ts';

const patience = 3;

test('the cost goes as in the authors’ loop', async () => {
  const schedule = compile((succeeds: Tensor, smallest: Tensor) => {
    const [, history] = scan(
      (before, [s, norm]: [Tensor, Tensor]) => {
        const after = nextSchedule(before, s, norm, patience);
        return [after, { cost: after.cost, active: after.active }] as const;
      },
      firstSchedule(1),
      [succeeds, smallest] as [Tensor, Tensor],
    );
    return history;
  });
  const epoch = fc.record({ succeeds: fc.boolean(), norm: fc.integer({ min: 1, max: 6 }) });
  // runs of equal outcomes, so that patience is met often
  const epochs = fc
    .array(fc.tuple(epoch, fc.integer({ min: 1, max: 8 })), { minLength: 40, maxLength: 40 })
    .map((runs) => runs.flatMap(([one, count]) => Array.from({ length: count }, () => one)).slice(0, 60));
  await fc.assert(
    fc.asyncProperty(epochs, async (all) => {
      fc.pre(all.length === 60);
      let smallest = none;
      const smallests = all.map(({ succeeds, norm }) => {
        if (succeeds) smallest = Math.min(smallest, norm);
        return smallest;
      });
      const { cost, active } = await schedule(
        array(
          all.map(({ succeeds }) => Number(succeeds)),
          { dtype: 'bool', shape: [60, 1] },
        ),
        array(smallests, { shape: [60, 1] }),
      );
      const expected = authorsLoop(all.map(({ succeeds }, i) => ({ succeeds, smallest: smallests[i]! })));
      const stopped = [...(active.data as Float32Array)].indexOf(0);
      expect(stopped < 0 ? 60 : stopped).toBe(expected.length);
      // float32 after tens of factors
      for (const [i, value] of expected.entries())
        expect(Math.abs(Number(cost.data[i]) - value)).toBeLessThanOrEqual(1e-5 * value);
    }),
    { numRuns: 60 },
  );
  await schedule.release();
});

/** The cost after each epoch until the search stops, as visualizer.py counts. */
function authorsLoop(epochs: readonly { succeeds: boolean; smallest: number }[]): number[] {
  let [cost, set, up, down, stop] = [0, 0, 0, 0, 0];
  let [rose, fell] = [false, false];
  let lowest = Infinity;
  const costs: number[] = [];
  for (const { succeeds, smallest } of epochs) {
    if (smallest < none) {
      stop = smallest >= lowest ? stop + 1 : 0;
      lowest = Math.min(lowest, smallest);
    }
    if (fell && rose && stop >= 5 * patience) break;
    if (cost === 0 && succeeds) {
      set++;
      if (set >= patience) {
        cost = 1e-3;
        [up, down, rose, fell] = [0, 0, false, false];
      }
    } else set = 0;
    if (succeeds) [up, down] = [up + 1, 0];
    else [up, down] = [0, down + 1];
    if (up >= patience) {
      up = 0;
      cost *= 2;
      rose = true;
    } else if (down >= patience) {
      down = 0;
      cost /= 2 ** 1.5;
      fell = true;
    }
    costs.push(cost);
  }
  return costs;
}

test('a short cut is found: its label, its place and its value', async () => {
  const [classes, d] = [6, 25];
  const network: Network<{ weight: Tensor }> = {
    classes,
    input: [5, 5],
    apply: ({ weight }, x) => matmul(reshape(x, [x.shape[0]!, d]), weight, { transposeB: true }),
  };
  // label c answers to the sum of its own four numbers; label 2 also to number 24, which no input has
  const weight = Float32Array.from({ length: classes * d }, (_, i) =>
    Math.floor((i % d) / 4) === Math.floor(i / d) ? 4 : 0,
  );
  weight[2 * d + 24] = 60;
  const inputs = Float32Array.from({ length: 64 * d }, (_, i) => {
    const [row, j] = [Math.floor(i / d), i % d];
    return Math.floor(j / 4) === row % classes && j < 24 ? 0.9 : 0.05 * ((row * 7 + j * 3) % 5);
  });
  for (let row = 0; row < 64; row++) inputs[row * d + 24] = 0;
  const cleanse = new NeuralCleanse(network, { batch: 16, updates: 4, epochs: 120, patience: 5 });
  const found = await cleanse.search(
    { weight: array(weight, { shape: [classes, d] }) },
    array(inputs, { shape: [64, 5, 5] }),
    array([0, 1]),
    {
      seed: 1,
    },
  );
  expect(found.succeeded).toEqual(Array(classes).fill(true));
  expect(maskOutliers(found.norms).flagged).toEqual([2]);
  const own = (values: NDArray) => [...(values.data as Float32Array)].slice(2 * d, 3 * d);
  const mask = own(found.masks);
  expect(mask.indexOf(Math.max(...mask))).toBe(24);
  expect(own(found.patterns)[24]).toBeGreaterThan(0.9);
  expect(found.masks.shape).toEqual([classes, 5, 5]);
  await expect(
    cleanse.search(
      { weight: array(weight, { shape: [classes, d] }) },
      array(inputs.subarray(0, 25), { shape: [1, 5, 5] }),
      array([0, 1]),
      { seed: 1 },
    ),
  ).rejects.toThrow('neuralCleanse: expected at least 64 inputs, got 1');
  await cleanse.release();
});
