import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import { splitCorpus } from '../../data/index.ts';
import { secondsOf } from './budget.ts';
import { sizeOf } from './cells.ts';
import { masksVerb } from './masks-command.ts';
import { prepareMaterial, saveMaterial } from './material.ts';
import { type RunResult, runFolder } from './perform.ts';
import { runVerb } from './run-command.ts';
import { showVerb } from './show-command.ts';
import { claimStudy, planOfStudy, type Study, saveStudy } from './study.ts';
import type { Task } from './tasks/task.ts';

const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objectives-commands-'));
});
afterAll(() => rm(folder, { recursive: true }));

type RunOptions = Parameters<typeof runVerb.run>[0]['options'];
const defaults: RunOptions = {
  budget: '30m',
  seeds: 1,
  processes: 1,
  width: undefined,
  layers: undefined,
  row: 128,
  batch: 16,
  vocabulary: 512,
  tasks: [],
  out: undefined,
};
const run = (files: readonly string[], options: Partial<RunOptions>) =>
  runVerb.run({ args: { files }, options: { ...defaults, ...options }, signal, progress: silent });

describe('run refuses before it writes anything', () => {
  test.each([
    [[], { budget: 'soon' }, 'run: expected --budget such as 30m, 2h or 1h30m, of at least a minute, got soon'],
    [[], { budget: '10s' }, 'of at least a minute, got 10s'],
    [[], { width: 128 }, 'run: expected --width and --layers together, got one of them'],
    [[], { width: 100, layers: 2 }, 'run: expected --width to be a multiple of 64, got 100'],
    [[], { batch: 5 }, 'run: expected --batch to be even, got 5'],
    [['letters.pdf'], {}, 'run: letters.pdf: expected a .txt, .md or .jsonl file, got another'],
    [['missing.txt'], {}, "ENOENT: no such file or directory, open 'missing.txt'"],
    [[], { tasks: ['missing.json'] }, 'run: expected a file of tasks, got missing.json (ENOENT)'],
  ] as const)('%j %j', async (files, options, message) => {
    const out = join(folder, 'refused');
    await expect(run(files, { ...options, out } as Partial<RunOptions>)).rejects.toThrow(message);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });

  test('and texts that are too short, or none', async () => {
    const path = join(folder, 'short.txt');
    await writeFile(path, ' \n');
    await expect(run([path], { out: join(folder, 'none') })).rejects.toThrow(
      /^run: .*short\.txt: expected text, got none$/,
    );
    await writeFile(path, Uint8Array.of(0xff, 0xfe, 0x41));
    await expect(run([path], { out: join(folder, 'none') })).rejects.toThrow(
      'run: short.txt: expected UTF-8 text, got other bytes',
    );
  });

  test.each([
    ['three lines', 'Drei Zeilen.\nMehr nicht.\nWirklich.\n', 'run: expected texts of at least 25600 tokens'],
    [
      'words without a sentence',
      'eins zwei drei '.repeat(30_000),
      'expected texts that give 50 questions of a held out',
    ],
  ])('and texts that make no study: %s', async (name, text, message) => {
    const path = join(folder, 'few.txt');
    await writeFile(path, text);
    const out = join(folder, name);
    await expect(run([path], { out })).rejects.toThrow(message);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});

test('a budget is read as people write it', () => {
  expect([secondsOf('30m'), secondsOf('2h'), secondsOf('1h30m'), secondsOf('90s'), secondsOf('1.5h')]).toEqual([
    1800, 7200, 5400, 90, 5400,
  ]);
});

const recipe = {
  size: { vocabulary: 512, width: 64, layers: 1, heads: 2, hidden: 160 },
  step: { row: 128, rows: 2 },
  steps: 50,
  finetuning: 0.2,
  rate: 0.01,
  finetuningRate: 0.001,
  dropout: 0.1,
  looks: 2,
  heldRows: 2,
};

test('a folder with another study is refused, and nothing is lost', async () => {
  const out = join(folder, 'study');
  await mkdir(out);
  const asked = { texts: 'a.txt', digest: 'x', budget: 60, seeds: 1 };
  expect(await claimStudy(out, asked)).toBeUndefined();
  await saveStudy(out, { recipe, seeds: [1], asked });
  expect(await claimStudy(out, asked)).toEqual({ recipe, seeds: [1], asked });
  // the same texts by other names are the same study
  expect(await claimStudy(out, { ...asked, texts: 'a.txt, b.txt, c.txt and 4 more' })).toMatchObject({ asked });
  const before = await readFile(join(out, 'study.json'), 'utf8');
  await expect(claimStudy(out, { ...asked, digest: 'y', seeds: 2 })).rejects.toThrow(
    `run: expected the digest, seeds that the study in ${out} began with (x, 1), got y, 2; give another --out`,
  );
  expect(await readFile(join(out, 'study.json'), 'utf8')).toBe(before);
  await writeFile(join(out, 'study.json'), '{');
  await expect(claimStudy(out, asked)).rejects.toThrow('run: expected JSON in');
});

test('show wants the folder of a study', async () => {
  const request = { args: { folder: join(folder, 'nowhere') }, options: {}, signal, progress: silent };
  await expect(showVerb.run(request)).rejects.toThrow('show: expected the folder of a study, got');
});

test('show tells of a study that has ended: table, recommendations with their doubt, and a page', async () => {
  const out = join(folder, 'ended');
  await mkdir(out);
  const text = Array.from({ length: 900 }, (_, i) => `The ${['cat', 'dog', 'bird'][i % 3]} saw me.`).join(' ');
  const asked = (use: Task['use'], count: number): Task => ({
    name: use === 'training' ? 'seen' : 'unseen',
    about: 'who saw',
    use,
    prompts: [{ text: 'Who saw {whom}?' }],
    questions: Array.from({ length: count }, (_, i) => ({
      fields: { whom: `me ${i}` },
      choices: ['cat', 'dog'],
      answer: i % 2,
    })),
  });
  const { material, tokenizer } = await prepareMaterial(
    splitCorpus([{ name: 'a', text }]),
    [asked('training', 32), asked('held out', 40), { ...asked('held out', 0), name: 'none' }],
    { vocabulary: 320, row: 64 },
  );
  expect(material.mixture).toHaveLength(30);
  expect(material.practised.map(({ name, items }) => [name, items.length])).toEqual([['seen', 2]]);
  expect(material.suite.map(({ name }) => name)).toEqual(['unseen']);
  await saveMaterial(out, material, tokenizer);
  const study: Study = {
    recipe: { ...recipe, size: sizeOf(64, 1, material.vocabulary), step: { row: 64, rows: 2 } },
    seeds: [1, 2, 3],
    asked: { texts: 'a.txt' },
  };
  await saveStudy(out, study);
  for (const [place, run] of planOfStudy(study).entries()) {
    // of forty questions so many are right; one training is far ahead
    const right = run.id === 'cd-flm' ? 38 : 10 + ((7 * (place % 22)) % 10);
    const score = (name: string) => ({
      name,
      random: 0.5,
      accuracy: [right / 40],
      probability: [right / 40],
      answers: ['1'.repeat(right).padEnd(40, '0')],
    });
    await mkdir(runFolder(out, run), { recursive: true });
    const result: RunResult = {
      ...run,
      steps: 50,
      tokensPerStep: 128,
      curve: run.objective === 'MTF' ? [] : [25, 50].map((step) => ({ step, held: 100 / (step + place) })),
      entropy: 1,
      ...(run.judged && { scores: [score('unseen')], practised: [score('seen')] }),
      seconds: 1,
    };
    await writeFile(join(runFolder(out, run), 'result.json'), JSON.stringify(result));
  }
  const result = await showVerb.run({ args: { folder: out }, options: {}, signal, progress: silent });
  expect([result.done, result.runs]).toEqual([66, 66]);
  const shown = showVerb.text(result);
  expect(shown).toContain('66 of 66 runs');
  expect(shown).toContain('ED:MLM + MTF, rate × 0.1');
  expect(shown).toMatch(
    /Pretrained only: CD:FLM answers best: 95\.0 % .* beyond what 3 seeds and 40 questions differ by/,
  );
  expect(shown).toContain('the order of finetuned models says little here. It costs more than it brings');
  expect(shown).toMatch(/These models have 0\.\d+ million weights/);
  expect(result.tables.find(({ id }) => id === 'differences')!.rows).toHaveLength(11);
  const byTask = result.tables.find(({ id }) => id === 'pretrained-tasks')!;
  expect(byTask.rows.slice(0, 3).map((row) => [row['training run'], row.unseen])).toEqual([
    ['guessing', 50],
    ['counting words', expect.any(Number)],
    ['CD:FLM', expect.closeTo(95)],
  ]);
  const page = await readFile(result.page, 'utf8');
  for (const said of [
    'What lies between two ways of training',
    'How the adaptations learn',
    'Larger ones may come out',
  ])
    expect(page).toContain(said);
});

describe('masks', () => {
  const masks = (cells: readonly string[], text: string) =>
    masksVerb.run({ args: { cells }, options: { text, seed: 0 }, signal, progress: silent });

  test('draws every cell', async () => {
    const result = await masks([], 'Thank you for inviting me to your party last week .');
    expect(result.pictures.map(({ cell }) => cell)).toEqual([
      'CD:FLM',
      'ND:PLM',
      'ED:PLM',
      'CD:MLM',
      'ND:MLM',
      'ED:MLM',
    ]);
    expect(masksVerb.text(result)).toMatchSnapshot();
  });

  test('refuses what is no cell, and texts that make no row', async () => {
    await expect(masks(['nd-flm'], 'a b c d')).rejects.toThrow('masks: expected cells among cd-flm, nd-plm');
    await expect(masks([], 'a b')).rejects.toThrow('masks: expected a text of 4 to 60 words, got 2');
  });
});
