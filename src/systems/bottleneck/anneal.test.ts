import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataset, readJsonLines, tableOf } from '../../data/index.ts';
import type { MetricsRecord } from '../../nn/index.ts';
import { array, compile, relu, type Tensor } from '../../tensor/index.ts';
import { type AnnealOptions, anneal, betaSchedule, fromRecord, type Reading, readRecords } from './anneal.ts';
import { columnsOf } from './columns.ts';
import { denseEncoders } from './encoders.ts';
import { patchInputs } from './inputs.ts';
import { bottleneck } from './model.ts';
import { runTable, splitTable, type TableReading, type TableRecipe } from './table-run.ts';
import { classTask } from './task.ts';
import { channelBits, lastAsGood, totalBits } from './trajectory.ts';

test.each([
  [0, 1e-4],
  [1000, 1e-4],
  [6000, 0.0173205081],
  [11_000, 3],
])('β at step %d is %d', async (step, expected) => {
  const beta = betaSchedule({ from: 1e-4, to: 3, pretraining: 1000, steps: 10_000 });
  const got = (await compile((t: Tensor) => beta(t))(step)).item();
  expect(Math.abs(got / expected - 1)).toBeLessThan(1e-5);
});

/** y follows from `cause`; `copy` says the same once more, `chance` says nothing. */
function exampleTable(rows: number, continuous: boolean) {
  const random = lcg(1);
  return tableOf(
    Array.from({ length: rows }, () => {
      const cause = Math.floor(random() * 12);
      const number = Math.sin(cause) + 0.1 * (random() - 0.5);
      return {
        chance: `c${Math.floor(random() * 4)}`,
        cause,
        copy: `k${cause}`,
        y: continuous ? number : cause % 3 === 0 ? 'a' : cause % 3 === 1 ? 'b' : 'c',
      };
    }),
    { types: { cause: 'continuous' } },
  );
}

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const recipe: TableRecipe = {
  encoder: [16],
  latent: 2,
  integrator: [32],
  loss: 'squared',
  joint: false,
  annealing: { from: 1e-3, to: 30, pretraining: 200, steps: 600 },
  rate: 5e-3,
  batch: 64,
  every: 40,
};

/** Readings of a run of seed 3; with `stopAt` it is stopped when that step has been read. */
async function readingsOf(
  table: ReturnType<typeof exampleTable>,
  given: TableRecipe,
  { folder, stopAt }: { folder?: string; stopAt?: number } = {},
) {
  const { columns, table: rows } = columnsOf(table, 'y');
  const readings: TableReading[] = [];
  const stop = new AbortController();
  const onReading = (reading: TableReading) => {
    readings.push(reading);
    if (reading.step === stopAt) stop.abort();
  };
  const options = { seed: 3, onReading, signal: stop.signal, ...(folder !== undefined && { folder }) };
  await runTable(splitTable(rows, columns, 3), given, options);
  return readings;
}

describe('a table with a categorical target', () => {
  const readings = readingsOf(exampleTable(800, false), recipe);

  test('its information is found', async () => {
    const best = Math.max(...(await readings).map(({ score }) => (score.kind === 'bits' ? score.bits : Number.NaN)));
    expect(best).toBeGreaterThan(1.4); // of log₂ 3 = 1.585
    expect(best).toBeLessThan(1.6);
  });

  test('a column that tells nothing carries nothing once information has a price', async () => {
    const still = lastAsGood(await readings, 1.2)!;
    expect(channelBits(still, 0)).toBeLessThan(0.05);
    expect(channelBits(still, 1) + channelBits(still, 2)).toBeGreaterThan(1.2);
  });

  test('at a high price every channel is closed and the score is that of no knowledge', async () => {
    const last = (await readings).at(-1)!;
    expect(totalBits(last)).toBeLessThan(0.02);
    expect(last.score.kind === 'bits' && Math.abs(last.score.bits)).toBeLessThan(0.02);
  });

  test('the KL that the loss counts is never below the information', async () => {
    for (const { channels } of await readings) {
      for (const { lower, upper, kl } of channels) {
        expect(lower).toBeLessThanOrEqual(kl + 0.05);
        expect(lower).toBeLessThanOrEqual(upper + 1e-3);
      }
    }
  });

  test('values that the target does not tell apart overlap', async () => {
    const still = lastAsGood(await readings, 1.2)!;
    for (const overlap of still.overlaps) {
      const n = Math.round(Math.sqrt(overlap.length));
      for (let i = 0; i < n; i++) expect(overlap[i * n + i]).toBeCloseTo(1, 4);
    }
    expect(still.overlaps.map((overlap) => overlap.length)).toEqual([16, 1600, 144]);
  });
});

test('one encoder for all columns takes no more bits', async () => {
  const table = exampleTable(800, false);
  const apart = lastAsGood(await readingsOf(table, recipe), 1.2)!;
  const joint = lastAsGood(await readingsOf(table, { ...recipe, joint: true }), 1.2)!;
  expect(joint.channels.length).toBe(1);
  expect(totalBits(joint)).toBeLessThan(totalBits(apart) + 0.2);
});

test.each(['squared', 'contrastive'] as const)('a continuous target, %s', async (loss) => {
  const readings = await readingsOf(exampleTable(800, true), { ...recipe, loss });
  const scores = readings.map(({ score }) => (score.kind === 'bits' ? score.bits : score.explained));
  const best = Math.max(...scores);
  if (loss === 'squared') {
    expect(best).toBeGreaterThan(0.95);
    expect(best).toBeLessThanOrEqual(1);
  } else expect(best).toBeGreaterThan(1.5);
  expect(Math.abs(scores.at(-1)!)).toBeLessThan(0.05);
  expect(readings.at(-1)!.score.kind).toBe(loss === 'squared' ? 'error' : 'bits');
});

test('a run that is stopped goes on to the same readings', async () => {
  const table = exampleTable(200, false);
  const short = { ...recipe, annealing: { ...recipe.annealing, pretraining: 40, steps: 120 } };
  const root = await mkdtemp(join(tmpdir(), 'bottleneck-'));
  try {
    await readingsOf(table, short, { folder: join(root, 'whole') });
    const folder = join(root, 'parts');
    await expect(readingsOf(table, short, { folder, stopAt: 80 })).rejects.toThrow('aborted');
    const rest = await readingsOf(table, short, { folder });
    expect(rest.map(({ step }) => step)).toEqual([120, 160]);
    const lines = async (name: string) => (await readJsonLines(join(root, name, 'metrics.jsonl'))) as MetricsRecord[];
    const whole = await lines('whole');
    expect(await lines('parts')).toEqual(whole);
    const readings = (await readRecords(join(root, 'whole'))).map(fromRecord);
    expect(readings.map(({ step }) => step)).toEqual([40, 80, 120, 160]);
    expect(readings[0]!.channels.length).toBe(3);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('patches of images: only the one that tells keeps its channel', async () => {
  const random = lcg(2);
  // the class is the brightness of the upper right patch
  const labels = Array.from({ length: 256 }, () => Math.floor(random() * 2));
  const pixels = labels.flatMap((label) =>
    Array.from({ length: 16 }, (_, k) => (k % 4 >= 2 && k < 8 ? label - 0.5 : random() - 0.5)),
  );
  const rows = { x: array(pixels, { shape: [256, 4, 4] }), y: array(labels, { dtype: 'int32' }) };
  const inputs = patchInputs([4, 4], 2);
  const readings: Reading[] = [];
  const options: AnnealOptions<Tensor, unknown> = {
    model: bottleneck({
      inputs,
      encoders: denseEncoders({ features: inputs.count, width: inputs.width, hidden: [8], latent: 1 }),
      hidden: [16],
      activation: relu,
      task: classTask(2),
    }) as never,
    train: dataset(rows) as never,
    held: [rows] as never,
    draws: 1,
    sample: rows.x as never,
    annealing: { from: 1e-3, to: 0.2, pretraining: 150, steps: 250 },
    rate: 1e-2,
    batch: 64,
    every: 100,
    seed: 0,
    onReading: async (reading) => void readings.push(reading),
  };
  await anneal(options);
  const bits = readings.at(-1)!.channels.map((_, i) => channelBits(readings.at(-1)!, i));
  expect(bits[1]).toBeGreaterThan(0.7);
  for (const i of [0, 2, 3]) expect(bits[i]).toBeLessThan(0.05);
});
