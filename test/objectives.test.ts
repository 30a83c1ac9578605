/** The system through its public face: a small study, stopped, gone on with in two processes, and shown. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitCorpus } from 'tenfold/data';
import {
  type Material,
  performPlan,
  prepareMaterial,
  Results,
  rates,
  readMaterial,
  type Study,
  saveMaterial,
  saveStudy,
  sizeOf,
  type Task,
} from 'tenfold/objectives';
import { afterAll, beforeAll, expect, test } from 'vitest';

const quiet = { update() {}, note() {} };
let folder: string;
let material: Material;
let study: Study;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objectives-'));
  const subjects = ['the cat', 'a dog', 'my friend', 'the old man', 'her sister', 'this bird'];
  const verbs = ['saw', 'heard', 'liked', 'followed', 'found'];
  const text = Array.from(
    { length: 1500 },
    (_, i) => `${subjects[(i * 7) % 6]} ${verbs[(i * i) % 5]} ${subjects[(i * 5 + 2) % 6]} near the river.`,
  ).join(' ');
  const task = (use: Task['use'], name: string): Task => ({
    name,
    about: 'who comes first',
    use,
    prompts: [{ text: '{who} saw a dog. Who saw it?' }, { text: 'A dog was seen by {who}. By whom? {choices}:' }],
    questions: subjects.map((who, i) => ({
      fields: { who },
      choices: [who, subjects[(i + 1) % 6]!],
      answer: 0,
    })),
  });
  const corpus = splitCorpus([{ name: 'a', text }]);
  const prepared = await prepareMaterial(corpus, [task('training', 'seen'), task('held out', 'unseen')], {
    vocabulary: 320,
    row: 64,
  });
  material = prepared.material;
  await saveMaterial(folder, material, prepared.tokenizer);
  study = {
    recipe: {
      size: sizeOf(64, 1, material.vocabulary),
      step: { row: 64, rows: 2 },
      steps: 4,
      finetuning: 0.5,
      ...rates,
      looks: 2,
      heldRows: 2,
    },
    seeds: [1],
    asked: { texts: 'a' },
  };
  await saveStudy(folder, study);
});
afterAll(() => rm(folder, { recursive: true }));

test('material is read as it was kept', async () => {
  expect(await readMaterial(folder)).toEqual(material);
  expect(material.train.length).toBeGreaterThan(5000);
  expect(material.suite.map(({ name, random }) => [name, random])).toEqual([['unseen', 0.5]]);
});

test('a study that is stopped goes on, spread over processes, and ends with every run', async () => {
  const stop = new AbortController();
  const progress = {
    update(label: string) {
      if (/^2 of 22 runs/.test(label)) stop.abort(new Error('enough'));
    },
    note() {},
  };
  await expect(performPlan(folder, study, { processes: 1, progress, signal: stop.signal })).rejects.toThrow('enough');
  const before = await Results.read(folder, study);
  expect(before.count).toBe(2);
  const kept = await readFile(join(folder, 'runs/1/cd-flm/result.json'), 'utf8');

  await performPlan(folder, study, { processes: 2, progress: quiet, signal: new AbortController().signal });
  const results = await Results.read(folder, study);
  expect(results.count).toBe(22);
  expect(await readFile(join(folder, 'runs/1/cd-flm/result.json'), 'utf8')).toBe(kept);
  expect((await readdir(join(folder, 'runs/1'))).length).toBe(22);

  const long = results.of('nc-a-long', 1)!;
  const short = results.of('nc-a', 1)!;
  // gone on with, not begun again: its curve begins with that of the run that it continues
  expect(short.steps).toBe(1);
  expect(long.steps).toBe(4);
  expect(long.curve.map(({ step }) => step)).toEqual([1, 2, 4]);
  expect(long.curve[0]).toEqual(short.curve[0]);
  for (const id of ['cd-flm', 'ed-mlm-mtf', 'nc-a-mtf', 'lm-a']) {
    const [score] = results.of(id, 1)!.scores!;
    expect(score!.accuracy).toHaveLength(2);
  }
});

test('a worker that cannot begin says why', async () => {
  const broken = { ...study, recipe: { ...study.recipe, size: { ...study.recipe.size, heads: 7 } } };
  const elsewhere = await mkdtemp(join(tmpdir(), 'objectives-broken-'));
  try {
    await saveStudy(elsewhere, broken);
    await expect(
      performPlan(elsewhere, broken, { processes: 2, progress: quiet, signal: new AbortController().signal }),
    ).rejects.toThrow(/expected a study in .*objectives-broken-/);
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});
