import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CircuitRun, runCircuit } from './circuit-run.ts';
import { type Circuit, members, subsetInformation, supplementary } from './circuits.ts';
import { smallCircuitRecipes } from './recipes.ts';
import { closingOrder, closings } from './trajectory.ts';

const circuit: Circuit = supplementary.e;
const information = subsetInformation(circuit);

describe('a circuit of five inputs', () => {
  let run: CircuitRun;
  beforeAll(async () => {
    run = await runCircuit(circuit, smallCircuitRecipes.quick, { seed: 1, reopen: true });
  });

  test('its channels close in the order of the Shapley values', () => {
    expect(closingOrder(run.readings).slice(-2)).toEqual([2, 0]);
    expect(closings(run.readings).every((beta) => beta > 0.05 && beta < 1.5)).toBe(true);
  });

  test('no network gets more out of the channels than Bayes’ rule, and this one little less', () => {
    for (const { measured, possible } of run.readings) {
      expect(possible - measured).toBeGreaterThan(-0.003);
      expect(possible - measured).toBeLessThan(0.04);
    }
  });

  test('no channel tells more than its input', () => {
    for (const { possible, information: bits } of run.readings) {
      expect(possible).toBeLessThanOrEqual(information.at(-1)! + 0.01);
      for (const b of bits) expect(b).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  test('the KL is at least the information, and the bounds agree with it', () => {
    for (const reading of run.readings) {
      for (const [i, { lower, upper, kl }] of reading.channels.entries()) {
        const exact = reading.information[i]!;
        expect(kl).toBeGreaterThan(exact - 1e-3);
        // 256 samples: a few hundredths of a bit
        expect(lower).toBeLessThan(exact + 0.1);
        expect(upper).toBeGreaterThan(exact - 0.1);
      }
    }
  });

  test('opened wide, every set of channels tells what its inputs do', () => {
    expect(run.reopened.size).toBeGreaterThan(2);
    for (const [open, bits] of run.reopened) {
      expect(Math.abs(bits - information[open]!), `inputs ${members(open)}`).toBeLessThan(0.03);
    }
  });
});

test('the same seed gives the same readings', async () => {
  const recipe = {
    ...smallCircuitRecipes.quick,
    annealing: { from: 0.1, to: 1, pretraining: 0, steps: 100 },
    learnt: 0,
  };
  const [first, second] = [
    await runCircuit(circuit, recipe, { seed: 5 }),
    await runCircuit(circuit, recipe, { seed: 5 }),
  ];
  expect(second.readings).toEqual(first.readings);
  const other = await runCircuit(circuit, recipe, { seed: 6 });
  expect(other.readings).not.toEqual(first.readings);
});

test('a run that is stopped goes on in its folder to what it would have been', async () => {
  const recipe = {
    ...smallCircuitRecipes.quick,
    annealing: { from: 0.1, to: 1, pretraining: 0, steps: 200 },
    learnt: 0,
  };
  const folder = await mkdtemp(join(tmpdir(), 'circuit-'));
  try {
    const stop = new AbortController();
    const progress = {
      update: (_: string, share = 0) => void (share > 0.4 && stop.abort(new Error('stopped'))),
      note() {},
    };
    const options = { seed: 2, reopen: true, folder };
    await expect(runCircuit(circuit, recipe, { ...options, progress, signal: stop.signal })).rejects.toThrow('stopped');
    const { seed, reopen } = options;
    expect(await runCircuit(circuit, recipe, options)).toEqual(await runCircuit(circuit, recipe, { seed, reopen }));
  } finally {
    await rm(folder, { recursive: true });
  }
});
