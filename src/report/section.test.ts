import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from '../command/index.ts';
import { atMost, claimRule } from './claim.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';
import { type RecordedSection, readRecorded, writeRecorded } from './recorded.ts';
import { failedSection, runExperiment } from './section.ts';

const system = { id: 'canopy', title: 'Canopy', citation: 'arXiv:2204.08322' };
const context: ExperimentContext = { tier: 'quick', seed: 0, signal: new AbortController().signal, progress: silent };
const both = claimRule({
  id: 'both',
  system: 'canopy',
  statement: 'In both.',
  paper: 1,
  unit: 'm',
  predicate: atMost(2),
  seeds: { quick: [1], recorded: [1, 2] },
  detects: 0.5,
});
const late = claimRule({ ...both, id: 'late', seeds: { quick: [], recorded: [1] } });
const experiment: Experiment = {
  summary: 'Trees.',
  rules: [both, late],
  run: async ({ tier }) => ({ claims: [both.judge({ tier, value: 1 })], figures: [], tables: [] }),
};

describe('running an experiment', () => {
  test('gives a section with the tier’s rules in words', async () => {
    const section = await runExperiment(system, experiment, context);
    expect(section).toMatchObject({
      ...system,
      tier: 'quick',
      summary: 'Trees.',
      claims: [{ id: 'both', verdict: 'holds' }],
    });
    expect(section.rules).toEqual([
      {
        id: 'both',
        statement: 'In both.',
        paper: 1,
        unit: 'm',
        predicate: 'measured ≤ 2\u00a0m',
        seeds: [1],
        detects: '0.5\u00a0m',
      },
    ]);
  });

  test('refuses claims other than those announced', async () => {
    const run = runExperiment(system, experiment, { ...context, tier: 'recorded' });
    await expect(run).rejects.toThrow('experiment canopy: expected the claims both, late, got both');
  });

  test('refuses two figures or tables of one name', async () => {
    const table = { id: 't', title: '', caption: '', columns: {}, rows: [] };
    const twice = { ...experiment, rules: [], run: async () => ({ claims: [], figures: [], tables: [table, table] }) };
    await expect(runExperiment(system, twice, context)).rejects.toThrow("got 't' twice");
  });

  test('a failure keeps the rules and the reason', () => {
    const section = failedSection(system, experiment, 'quick', 3, new Error('no trees'));
    expect(section).toMatchObject({ error: 'no trees', seconds: 3, claims: [], rules: [{ id: 'both' }] });
    expect(failedSection(system, undefined, 'quick', 0, 'gone')).toMatchObject({ error: 'gone', rules: [] });
  });
});

describe('recorded runs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenfold-recorded-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('come back as they were, from a folder that is made for them', async () => {
    const recorded = { date: '2026-01-02T03:04:05.000Z', commit: 'abc', machine: 'm', command: 'tenfold issue' };
    const section: RecordedSection = {
      ...(await runExperiment(system, experiment, context)),
      tier: 'recorded',
      recorded,
    };
    const path = join(folder, 'recorded', 'canopy.json');
    await writeRecorded(path, section);
    expect(await readRecorded(path)).toEqual(section);
    expect(await readdir(join(folder, 'recorded'))).toEqual(['canopy.json']);
  });

  test('none is undefined, and another file an error that names it', async () => {
    const path = join(folder, 'canopy.json');
    expect(await readRecorded(path)).toBeUndefined();
    await writeFile(path, '{');
    await expect(readRecorded(path)).rejects.toThrow(`recorded: expected JSON in ${path}`);
    for (const other of ['null', '{"format":2}', '{"format":1,"section":{}}']) {
      await writeFile(path, other);
      await expect(readRecorded(path)).rejects.toThrow('recorded: expected a recorded section of format 1');
    }
  });
});
