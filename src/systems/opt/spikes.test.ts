import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Logbook } from './logbook.ts';
import { remedy, SpikeWatch } from './spikes.ts';

describe('a spike', () => {
  const fed = (losses: readonly number[]) => {
    const watch = new SpikeWatch();
    return losses.map((loss) => watch.isSpike(loss));
  };
  const calm = Array.from({ length: 40 }, (_, i) => 5 - 0.02 * i + 0.1 * Math.sin(i * 7));

  test('stands out of the losses before it, or is no number', () => {
    expect(fed(calm).some(Boolean)).toBe(false);
    expect(fed([...calm, 9]).at(-1)).toBe(true);
    expect(fed([...calm, 4.6]).at(-1)).toBe(false);
    expect(fed([Number.NaN])[0]).toBe(true);
    expect(fed([Number.POSITIVE_INFINITY])[0]).toBe(true);
  });

  test('is none in a noisy run, nor at its beginning', () => {
    expect(fed([8, 8, 20])).toEqual([false, false, false]);
    const noisy = Array.from({ length: 40 }, (_, i) => 5 + (i % 2));
    expect(fed([...noisy, 8]).at(-1)).toBe(false);
  });

  test('is not remembered: the next one stands out too', () => {
    expect(fed([...calm, 9, 9]).slice(-2)).toEqual([true, true]);
  });

  test('calm is where the losses are about the lowest they have been', () => {
    const watch = new SpikeWatch();
    for (const loss of calm) watch.isSpike(loss);
    expect(watch.isCalm).toBe(true);
    for (let i = 0; i < 64; i++) watch.isSpike(5);
    expect(watch.isCalm).toBe(false);
  });
});

test('a first spike goes back and passes over; one soon after halves the rate', () => {
  expect(remedy(500, [])).toEqual({ back: 'last checkpoint', factor: 1 });
  expect(remedy(600, [{ step: 500, factor: 1 }])).toEqual({ back: 'last good checkpoint', factor: 0.5 });
  expect(remedy(900, [{ step: 500, factor: 0.5 }])).toEqual({ back: 'last checkpoint', factor: 0.5 });
});

describe('a logbook', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opt-logbook-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is read again as it was written, in words beside it, and an unfinished line is cut off', async () => {
    const logbook = await Logbook.open(folder);
    await logbook.add({ event: 'begin', step: 0, recipe: { steps: 100 } });
    const spike = {
      event: 'spike',
      step: 40,
      loss: 9,
      mean: 4.5,
      back: 'last checkpoint',
      skipped: [39],
      factor: 1,
    } as const;
    await logbook.add(spike);
    await logbook.add({
      ...spike,
      step: 50,
      loss: 'NaN',
      back: 'last good checkpoint',
      skipped: [50, 51],
      factor: 0.5,
    });
    await writeFile(join(folder, 'logbook.jsonl'), `${await readFile(join(folder, 'logbook.jsonl'), 'utf8')}{"ev`);
    const again = await Logbook.open(folder);
    expect(again.entries).toEqual(logbook.entries);
    expect([...again.skipped]).toEqual([39, 50, 51]);
    expect(again.factor).toBe(0.5);
    await again.add({ event: 'resume', step: 50, changed: { steps: 200 } });
    expect(again.recipe).toEqual({ steps: 200 });
    expect((await Logbook.open(folder)).entries.length).toBe(4);
    const words = (await readFile(join(folder, 'logbook.md'), 'utf8')).replace(/\d{4}-\S+Z/g, 'TIME');
    expect(words).toMatchInlineSnapshot(`
      "# Logbook

      - **TIME**, step 0: begun. steps 100.
      - **TIME**, step 40: a loss of 9 where the steps before had 4.500. Back to the last checkpoint, batch 39 passed over.
      - **TIME**, step 50: a loss of NaN where the steps before had 4.500. Back to the last good checkpoint, batches 50, 51 passed over, the rate times 0.5.
      - **TIME**, step 50: taken up again, with another recipe: steps 200.
      "
    `);
  });
});
