import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import { fitVerb } from './fit-command.ts';
import { plotVerb } from './plot-command.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bottleneck-'));
  file = join(folder, 'tea <b>.csv');
  const rows = Array.from({ length: 300 }, (_, i) => {
    const minutes = i % 15 === 0 ? '' : (i * 7) % 15;
    return `cup ${i},${minutes},${i % 2 ? 'green' : 'black'},${Number(minutes) > 7 ? 'bitter' : 'mild'}`;
  });
  await writeFile(file, `name,minutes,kind,"taste & ""smell"""\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

type FitOptions = Parameters<typeof fitVerb.run>[0]['options'];
const defaults: FitOptions = {
  target: 'taste & "smell"',
  type: [],
  skip: [],
  loss: 'squared',
  joint: false,
  betaFrom: 1e-3,
  betaTo: 3,
  steps: 600,
  sample: undefined,
  seed: 0,
  out: undefined,
};
const notes: string[] = [];
const progress = { ...silent, note: (line: string) => void notes.push(line) };
const run = (options: Partial<FitOptions>, signal = new AbortController().signal) =>
  fitVerb.run({ args: { file }, options: { ...defaults, ...options }, signal, progress });
const plot = (of: string) =>
  plotVerb.run({ args: { run: of }, options: {}, signal: new AbortController().signal, progress: silent });

describe('a run', () => {
  let out: string;
  let result: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    out = join(folder, 'run');
    result = await run({ out });
  });

  test('finds the column that tells', () => {
    expect(result.columns[0]!.name).toBe('minutes');
    expect(result.rows).toEqual({ train: 240, validation: 30, test: 30 });
    expect(result.best.aboveZero).toBe(true);
    expect(result.best.kind === 'bits' && result.best.bits).toBeGreaterThan(0.7);
    expect(result.columns.map(({ name }) => name)).not.toContain('name');
  });

  test('says what it took the table for', () => {
    expect(notes).toContain('name left out: its 300 values are too many and too rare to learn from.');
    expect(notes.join('\n')).toMatch(/minutes: \d+ of 300 values are missing/);
  });

  test('is told in lines that name the columns and the next step', () => {
    const text = fitVerb.text(result).replaceAll('\u00a0', ' ');
    expect(text).toMatch(/^taste & "smell": \d\.\d+ ± 0\.\d+ of at most \d\.\d+ bit known, on 30 test rows\n/);
    expect(text).toMatch(/\nminutes +\d\.\d\d–\d\.\d\d/);
    expect(text).toContain(`tenfold bottleneck plot ${out}`);
  });

  test('given again with the same settings is done at once', async () => {
    expect(await run({ out })).toEqual(result);
  });

  test.each([
    [{ seed: 1 }, 'expected the seed that the run in'],
    [{ betaTo: 5 }, 'expected the settings that the run in'],
    [{ target: 'kind' }, 'began with'],
  ])('with other settings than the folder has, %j, is refused', async (options, message) => {
    await expect(run({ out, ...options })).rejects.toThrow(message);
  });

  test('is drawn while a line of it is being written', async () => {
    const metrics = join(out, 'metrics.jsonl');
    const whole = await readFile(metrics);
    const { page } = await plot(out);
    const before = await readFile(page, 'utf8');
    await writeFile(metrics, '{"step":600,"evalu', { flag: 'a' });
    await plot(out);
    expect(await readFile(page, 'utf8')).toBe(before);
    await writeFile(metrics, whole);
  });

  test('is drawn: figures and a page, with everything escaped', async () => {
    const { page, figures } = await plot(out);
    expect(await readdir(join(out, 'figures'))).toEqual(
      expect.arrayContaining(['plane.svg', 'columns.svg', 'values-1.svg']),
    );
    expect(figures.length).toBeGreaterThanOrEqual(3);
    const text = await readFile(page, 'utf8');
    expect(text).toContain('What tells taste &#38; &#34;smell&#34;');
    expect(text).not.toContain('tea <b>');
    expect(text.match(/<svg /g)?.length).toBe(figures.length);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('a run that was stopped goes on', async () => {
  const out = join(folder, 'stopped');
  const stop = new AbortController();
  const options = { ...defaults, out, steps: 300 };
  const stopping = { update: () => stop.abort(new Error('stopped')), note: () => {} };
  await expect(fitVerb.run({ args: { file }, options, signal: stop.signal, progress: stopping })).rejects.toThrow(
    'stopped',
  );
  const done = await run({ out, steps: 300 });
  expect(done.best).toEqual((await run({ out: join(folder, 'whole'), steps: 300 })).best);
});

test('all columns together', async () => {
  const out = join(folder, 'joint');
  const { columns } = await run({ out, joint: true, steps: 120 });
  expect(columns.map(({ name }) => name)).toEqual(['all columns together']);
  expect((await plot(out)).figures).toEqual([join(out, 'figures', 'plane.svg')]);
});

test('what the rows that were looked at cannot tell apart is marked, and so is the ceiling of a contrastive score', async () => {
  const numbers = join(folder, 'numbers.csv');
  const rows = Array.from({ length: 300 }, (_, i) => `${i / 300},${(i * 7) % 3},${i / 100}`);
  await writeFile(numbers, `x,other,y\n${rows.join('\n')}\n`);
  const out = join(folder, 'numbers');
  const options: FitOptions = { ...defaults, target: 'y', loss: 'contrastive', sample: 16, out };
  const request = { args: { file: numbers }, options, signal: new AbortController().signal, progress };
  const result = await fitVerb.run(request);
  expect(result.best).toMatchObject({ kind: 'bits', ceiling: Math.log2(3), aboveZero: true });
  const text = fitVerb.text(result).replaceAll('\u00a0', ' ');
  expect(text).toContain('of at most 1.58 bit known');
  expect(text).toMatch(/\nx +≥ [34]\.\d\d/);
  expect(text).toContain('the 16 rows that it was looked at on tell no more than 4.0 bit apart. --sample N takes more');
  const { page } = await plot(out);
  expect(await readFile(page, 'utf8')).toMatch(/≥\u00a0[34]\.\d\d.*more than the 16 rows/s);
});

test('a target that no column tells is said to be so, in lines and on the page', async () => {
  const noise = join(folder, 'noise.csv');
  const rows = Array.from({ length: 300 }, (_, i) => `${(i * 7919) % 101},${(i * 104_729 + 7) % 13 > 6 ? 'a' : 'b'}`);
  await writeFile(noise, `x,y\n${rows.join('\n')}\n`);
  const out = join(folder, 'noise');
  const options = { ...defaults, target: 'y', steps: 120, betaFrom: 0.1, out };
  const request = { args: { file: noise }, options, signal: new AbortController().signal, progress };
  const result = await fitVerb.run(request);
  expect(result.columns).toMatchObject([{ name: 'x', bits: {} }]);
  expect(fitVerb.text(result)).toMatch(
    /, on 30 test rows\nnot above zero: no column is shown to tell anything about it\n/,
  );
  const { page } = await plot(out);
  expect(await readFile(page, 'utf8')).toContain(
    'This is not above zero: no column is shown to tell anything about it.',
  );
});

describe('bad requests', () => {
  test.each([
    [{ target: 'tast' }, 'fit: tea <b>.csv: there is no column "tast"'],
    [{ target: 'minuts' }, 'did you mean "minutes"?'],
    [{ skip: ['knd'] }, 'did you mean "kind"?'],
    [{ type: ['minutes'] }, 'fit: expected --type COLUMN=continuous or COLUMN=categorical, got minutes'],
    [{ type: ['minutes=number'] }, 'fit: expected --type COLUMN=continuous'],
    [{ type: ['kind=continuous'] }, 'column "kind": expected a number, got "black"'],
    [{ loss: 'contrastive' }, 'expected a continuous target for --loss contrastive'],
    [{ betaFrom: 3, betaTo: 1 }, 'expected --beta-to above --beta-from'],
  ] as [Partial<FitOptions>, string][])('%j', async (options, message) => {
    await expect(run({ out: join(folder, 'bad'), ...options })).rejects.toThrow(message);
  });

  test('a target that the rows held out have one value of, before there is a folder', async () => {
    const rare = join(folder, 'rare.csv');
    await writeFile(
      rare,
      `x,y\n${Array.from({ length: 60 }, (_, i) => `${i % 11},${i === 5 ? 'a' : 'b'}`).join('\n')}\n`,
    );
    const out = join(folder, 'rare');
    const request = { options: { ...defaults, target: 'y', out }, signal: new AbortController().signal, progress };
    await expect(fitVerb.run({ args: { file: rare }, ...request })).rejects.toThrow(
      'fit: expected several values of "y" among the rows held out, got one (another --seed splits otherwise)',
    );
    expect(existsSync(out)).toBe(false);
  });

  test('a table with too few rows', async () => {
    const small = join(folder, 'small.csv');
    await writeFile(small, 'x,y\n1,a\n2,b\n');
    const request = {
      options: { ...defaults, target: 'y', out: join(folder, 'bad') },
      signal: new AbortController().signal,
    };
    await expect(fitVerb.run({ args: { file: small }, ...request, progress })).rejects.toThrow('at least 40 rows');
  });

  test.skipIf(!existsSync('/proc/self'))('a folder that cannot be made is refused at once', async () => {
    await expect(run({ out: '/proc/tenfold' })).rejects.toThrow('/proc/tenfold');
  });

  test('a folder that holds no run', async () => {
    await expect(plot(folder)).rejects.toThrow('plot: expected the folder of a run');
    await writeFile(join(folder, 'run.json'), '{');
    await expect(plot(folder)).rejects.toThrow('run: expected JSON in');
    await writeFile(join(folder, 'run.json'), '{}');
    await expect(plot(folder)).rejects.toThrow('run: expected a tenfold bottleneck 2');
  });
});
