/** Training through loss spikes, stops and resumptions. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logbook, type Recipe, type TrainOptions, train } from 'tenfold/opt';
import { flattenTree, type NDArray } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const window = 16;
const config = {
  vocabSize: 64,
  hiddenSize: 32,
  layers: 1,
  heads: 2,
  ffnDim: 64,
  maxPositions: window,
  embedDim: 32,
  preNorm: true,
  finalNorm: true,
  dropout: 0,
  bos: 2,
  eos: 2,
  pad: 1,
};
const recipe: Recipe = {
  steps: 240,
  warmUp: 10,
  rate: 5e-3,
  window,
  batch: 1,
  accumulate: 1,
  dropout: 0,
  clip: 1,
  weightDecay: 0.1,
  seed: 1,
};

/** A cycle of seven tokens that a model learns in no time, with three windows of noise. */
const row = Int32Array.from({ length: window * 240 + 1 }, (_, i) => 4 + (i % 7));
for (const w of [60, 150, 200]) {
  for (let i = 0; i < window; i++) row[w * window + i] = 4 + ((i * i * w * 31 + i * 17) % 59);
}
const tokens = { train: row, held: row.slice(0, 200) };

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'opt-train-'));
});
afterAll(() => rm(parent, { recursive: true }));

const run = async (name: string, options: Partial<TrainOptions> = {}) => {
  const folder = join(parent, name);
  const trained = await train({ config, recipe, tokens, folder, ...options });
  return { trained, logbook: await Logbook.open(folder), folder };
};

describe('loss spikes', () => {
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    whole = await run('whole');
  });

  test('each of the noisy windows is met, passed over and written down', async () => {
    const { interventions, skipped, entries } = whole.logbook;
    expect(interventions.length).toBe(3);
    expect(skipped.size).toBe(3);
    expect(interventions.map(({ back }) => back)).toEqual([
      'last checkpoint',
      'last good checkpoint',
      'last good checkpoint',
    ]);
    expect(interventions.map(({ factor }) => factor)).toEqual([1, 0.5, 0.25]);
    for (const { loss, mean } of interventions) expect(loss).toBeGreaterThan(mean + 1);
    expect(entries.map(({ event }) => event)).toEqual(['begin', 'spike', 'spike', 'spike', 'end']);
    expect(await readFile(join(whole.folder, 'logbook.md'), 'utf8')).toMatch(
      /a loss of [\d.]+ where the steps before had [\d.]+\. Back to the last good checkpoint, batch \d+ passed over, the rate times 0.5\./,
    );
  });

  test('the metrics read as if there had been none: every step once', async () => {
    const lines = (await readFile(join(whole.folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const steps = lines.map((line) => JSON.parse(line)).filter(({ loss }) => loss !== undefined);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: recipe.steps }, (_, i) => i + 1));
    expect(Math.max(...steps.slice(100).map(({ loss }) => loss))).toBeLessThan(1.5);
  });

  test('a finished run has nothing left to do', async () => {
    const again = await run('whole');
    expect(again.trained.steps).toBe(recipe.steps);
    const [a, b] = [whole, again].map(({ trained }) => flattenTree(trained.params).leaves as NDArray[]);
    for (const [i, leaf] of a!.entries()) expect(leaf.data).toEqual(b![i]!.data);
  });
});

test('a run that is stopped goes on to the same weights', async () => {
  const steps = 60;
  const short = { recipe: { ...recipe, steps } };
  const whole = await run('short', short);
  const stop = new AbortController();
  const stopping = run('stopped', {
    ...short,
    signal: stop.signal,
    onRecord: ({ step }) => step >= 20 && stop.abort(new Error('enough')),
  });
  await expect(stopping).rejects.toThrow('enough');
  const resumed = await run('stopped', short);
  expect(resumed.logbook.entries.map(({ event }) => event)).toEqual(['begin', 'stop', 'resume', 'end']);
  const [a, b] = [whole, resumed].map(({ trained }) => flattenTree(trained.params).leaves as NDArray[]);
  for (const [i, leaf] of a!.entries()) expect(leaf.data).toEqual(b![i]!.data);
});

test('too little text is refused', async () => {
  await expect(run('little', { tokens: { train: row.slice(0, 10), held: row } })).rejects.toThrow(
    /^train: expected more than 16 tokens of text, got 10/,
  );
});
