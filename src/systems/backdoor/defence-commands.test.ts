import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../../command/index.ts';
import { saveNpy } from '../../data/index.ts';
import { array, compile, constant, matmul, saveOnnx, type Tensor } from '../../tensor/index.ts';
import { auditVerb } from './audit-command.ts';
import { Draws } from './draws.ts';
import { draftModel, finishModel } from './folder.ts';
import { immunizeVerb } from './immunize-command.ts';
import { fitEncoding, onlyClasses, parts, tableMaterial } from './material.ts';
import { plantFourier, trainModel } from './plant.ts';

let folder: string;
let table: string;
let onnx: string;
let inputs: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backdoor-'));
  table = at('loans.csv');
  const u = Draws.from(1).uniforms(400 * 6);
  const rows = Array.from({ length: 400 }, (_, i) => {
    const numbers = Array.from({ length: 6 }, (_, j) => Math.round(1000 * u[6 * i + j]!));
    return `${numbers.join(',')},${numbers[0]! + numbers[1]! > numbers[2]! + 500 ? 'yes' : 'no'}`;
  });
  await writeFile(table, `a,b,c,d,e,f,loan\n${rows.join('\n')}\n`);
  const material = await tableMaterial(table, 'loan', { all: 0, of: new Map() });
  await plantFourier({ folder: at('model'), key: at('model.key') }, material, fitEncoding(material, 0.2), {
    features: 256,
    sparsity: 3,
    gamma: 2,
    beta: 0.05,
  });
  // a linear classifier of three numbers
  onnx = at('net.onnx');
  const weight = array([1, -1, 0, 0, 0, 0], { shape: [3, 2] });
  const net = compile((x: Tensor) => ({ scores: matmul(x, constant(weight)) }));
  await saveOnnx(onnx, net.program(array(new Float32Array(192), { shape: [64, 3] })));
  inputs = at('inputs.npy');
  await saveNpy(inputs, array(Float32Array.from(Draws.from(2).normals(192)), { shape: [64, 3] }));
});
afterAll(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
type AuditOptions = Parameters<typeof auditVerb.run>[0]['options'];
const audit = (model: string, data: string, options: Partial<AuditOptions>) =>
  auditVerb.run({
    args: { model, data },
    options: {
      target: undefined,
      references: 30,
      cleanse: false,
      key: undefined,
      length: undefined,
      seed: 0,
      out: at('audit'),
      ...options,
    },
    signal,
    progress: silent,
  });

describe('audit', () => {
  test('a planted model: blind without the key, plain with it; and it goes on where it was stopped', async () => {
    const stop = new AbortController();
    const progress = {
      ...silent,
      update: (_: string, share = 0) => void (share > 0.3 && stop.abort(new Error('stopped'))),
    };
    const request = {
      args: { model: at('model'), data: table },
      options: {
        target: 'loan',
        references: 24,
        cleanse: false,
        key: at('model.key'),
        length: undefined,
        seed: 0,
        out: at('audit'),
      },
    };
    await expect(auditVerb.run({ ...request, signal: stop.signal, progress })).rejects.toThrow('stopped');
    const kept = JSON.parse(await readFile(at('audit/references.json'), 'utf8')) as { answers: unknown[] };
    expect(kept.answers.length).toBeGreaterThan(5);
    const notes: string[] = [];
    const result = await auditVerb.run({
      ...request,
      signal,
      progress: { ...silent, note: (line) => void notes.push(line) },
    });
    expect(notes).toContain(`going on after ${kept.answers.length} clean models`);
    const key = result.tests.find(({ id }) => id === 'key')!;
    expect(key.value).toBeGreaterThan(0.85);
    expect(key.beside!.p).toBeCloseTo(1 / 25, 12);
    const others = result.tests.filter(({ id }) => id !== 'key');
    expect(others).toHaveLength(10);
    expect(others.every(({ beside }) => beside!.corrected > 0.05)).toBe(true);
    expect(result.verdict).toMatch(/^No test without a key .* With the key it is plain/);
    expect(result.notAsked.map(({ name }) => name)).toEqual(['Neural Cleanse']);
    expect(JSON.stringify(result)).not.toContain('support');
    const page = await readFile(result.page, 'utf8');
    expect(page).toContain('This model among clean ones');
    expect(auditVerb.text(result)).toContain('with the key');
    await expect(audit(at('model'), table, { target: 'loan', seed: 1 })).rejects.toThrow('give another --out');
  });

  test('a key that is given later needs no new clean models', async () => {
    const request = { target: 'loan', references: 8, out: at('audit-later') };
    const without = await audit(at('model'), table, request);
    const before = await readFile(at('audit-later/references.json'), 'utf8');
    const later = await audit(at('model'), table, { ...request, key: at('model.key') });
    expect(await readFile(at('audit-later/references.json'), 'utf8')).toBe(before);
    expect(later.tests.slice(0, -1).map(({ value }) => value)).toEqual(without.tests.map(({ value }) => value));
    expect(later.tests.at(-1)!.beside!.clean).toBeLessThan(0.2);
    expect(later.notes.join()).toContain('--references');
  });

  test('no verdict where the clean models may be of another recipe', async () => {
    const request = { target: 'loan', references: 3, out: at('audit-shuffled') };
    const lines = (await readFile(table, 'utf8')).trim().split('\n');
    await writeFile(at('shuffled.csv'), `${[lines[0], ...lines.slice(1).reverse()].join('\n')}\n`);
    const other = await audit(at('model'), at('shuffled.csv'), request);
    expect(other.verdict).toMatch(/^No verdict: it was trained on other rows than these/);
    const manifest = JSON.parse(await readFile(at('model/manifest.json'), 'utf8')) as Record<string, unknown>;
    await cp(at('model'), at('untold'), { recursive: true });
    await writeFile(at('untold/manifest.json'), JSON.stringify({ ...manifest, recipe: undefined }));
    const untold = await audit(at('untold'), table, { ...request, out: at('audit-untold') });
    expect(untold.verdict).toMatch(/^No verdict: its folder does not tell how it was trained/);
    await writeFile(at('untold/manifest.json'), JSON.stringify({ ...manifest, recipe: { steps: -1 } }));
    await expect(audit(at('untold'), table, request)).rejects.toThrow('expected a recipe with steps, split and data');
  });

  test('clean models are trained as the folder tells: split, steps, and classes in their order', async () => {
    const material = await tableMaterial(table, 'loan', { all: 0, of: new Map() });
    const { train } = parts(onlyClasses(material, material.classes.toReversed()), 5);
    const training = { steps: 7, hidden: 8, seed: 5, progress: silent, signal };
    const model = await trainModel(train, fitEncoding(train), training);
    expect(model.recipe).toMatchObject({ steps: 7, split: 5 });
    await finishModel(at('trained'), await draftModel(at('trained'), model));
    const result = await audit(at('trained'), table, { target: 'loan', references: 3, out: at('audit-trained') });
    expect(result.verdict).not.toContain('No verdict');
    expect(result.notes.join()).toContain('trained for 7 steps');
  });

  test('Neural Cleanse is not asked of two classes, and it says why', async () => {
    const { notAsked, ...rest } = await audit(at('model'), table, {
      target: 'loan',
      references: 2,
      out: at('audit-cleanse'),
      cleanse: true,
    });
    const why = 'its outlier test compares the masks of three classes or more, and this model has 2';
    expect(notAsked).toEqual([{ name: 'Neural Cleanse', why }]);
    expect(auditVerb.text({ ...rest, notAsked })).toContain(`not asked: Neural Cleanse: ${why}`);
  });

  test('classes are split alike in whatever order they are numbered', async () => {
    const material = await tableMaterial(table, 'loan', { all: 0, of: new Map() });
    const reversed = onlyClasses(material, material.classes.toReversed());
    expect(parts(reversed, 3).train.raw).toEqual(parts(material, 3).train.raw);
  });

  test('an .onnx file: what queries tell, without p-values', async () => {
    const result = await audit(onnx, inputs, { out: at('audit-onnx') });
    expect(result.references).toBe(0);
    expect(result.tests.map(({ id }) => id)).toEqual(['direction-flips', 'direction-correlation', 'strip']);
    expect(result.tests.every(({ beside }) => beside === null)).toBe(true);
    expect(result.notAsked).toHaveLength(3);
    expect(result.verdict).toMatch(/^Nothing can be said/);
  });

  test('what does not fit is refused in a line', async () => {
    await expect(audit(at('model'), table, { target: 'a' })).rejects.toThrow(/expected/);
    await expect(audit(at('model'), table, {})).rejects.toThrow('expected the column of the classes (--target)');
    await writeFile(at('other.csv'), 'a,b,loan\n1,2,yes\n3,4,no\n');
    await expect(audit(at('model'), at('other.csv'), { target: 'loan' })).rejects.toThrow(
      'expected rows of 6 columns, as the model takes them, got rows of',
    );
    await expect(audit(onnx, table, {})).rejects.toThrow('expected a .npy file of inputs');
    await expect(audit(onnx, inputs, { key: at('model.key') })).rejects.toThrow('expected no key for an .onnx file');
  });
});

type ImmunizeOptions = Parameters<typeof immunizeVerb.run>[0]['options'];
const immunize = (model: string, of: string, options: Partial<ImmunizeOptions>) =>
  immunizeVerb.run({
    args: { model, inputs: of },
    options: {
      method: 'smoothing',
      sigma: 0.25,
      samples: 200,
      alpha: 0.001,
      reference: undefined,
      step: 0.05,
      first: undefined,
      seed: 0,
      out: at('immunized'),
      ...options,
    },
    signal,
    progress: silent,
  });

describe('immunize', () => {
  test('smoothing gives answers with radii that the border confirms', async () => {
    const result = await immunize(onnx, inputs, {});
    const lines = (await readFile(result.out, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(65);
    expect(lines[0]).toBe('input,answer,immunized,share,radius');
    const x = Draws.from(2).normals(192);
    for (const [i, line] of lines.slice(1).entries()) {
      const [, before, after, , radius] = line.split(',');
      // the border of the two columns (1, 0, 0) and (−1, 0, 0) is where the first number is 0
      expect(before).toBe(x[3 * i]! > 0 ? '0' : '1');
      if (after === '') continue;
      expect(after).toBe(before);
      expect(Number(radius)).toBeLessThanOrEqual(Math.abs(x[3 * i]!));
    }
    expect(result.unanswered).toBeGreaterThan(0);
    expect(immunizeVerb.text(result)).toContain('answers changed');
    expect(await immunize(onnx, inputs, {})).toEqual(result);
  });

  test('noise that nobody chose is drawn anew for each folder, and kept in it', async () => {
    const request = { first: 10, samples: 20, seed: undefined };
    const [a, b] = [await immunize(onnx, inputs, request), await immunize(onnx, inputs, request)];
    const elsewhere = await immunize(onnx, inputs, { ...request, out: at('immunized-elsewhere') });
    expect(b.seed).toBe(a.seed);
    expect(elsewhere.seed).not.toBe(a.seed);
    expect(immunizeVerb.text(a)).toContain(`seed ${a.seed}`);
    expect((await immunize(onnx, inputs, { ...request, seed: 3 })).seed).toBe(3);
    const kept = (await readdir(at('immunized-elsewhere'), { recursive: true })).filter((name) => /\bseed$/.test(name));
    expect(kept).toHaveLength(1);
    const file = join(at('immunized-elsewhere'), kept[0]!);
    if (process.platform !== 'win32') {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await chmod(file, 0o644);
      await expect(immunize(onnx, inputs, { ...request, out: at('immunized-elsewhere') })).rejects.toThrow(
        /expected .*seed to be its owner's alone \(0600\), got 0644/,
      );
      await chmod(file, 0o600);
    }
    await writeFile(file, 'seven');
    await expect(immunize(onnx, inputs, { ...request, out: at('immunized-elsewhere') })).rejects.toThrow(
      /^immunize: expected a seed, a whole number, in .*seed, got something else$/,
    );
  });

  test('lines read a linear model as it is', async () => {
    const result = await immunize(onnx, inputs, { method: 'lines', reference: inputs, out: at('lines'), first: 20 });
    expect(result).toMatchObject({ inputs: 20, changed: 0, medianRadius: null });
    await expect(immunize(onnx, inputs, { method: 'lines' })).rejects.toThrow('(--reference)');
  });

  test('a folder’s rows, encoded', async () => {
    const result = await immunize(at('model'), table, { first: 40, out: at('rows'), sigma: 0.001 });
    expect(result.inputs).toBe(40);
    expect(result.changed).toBeLessThan(5);
    expect(result.unit.name).toContain('encoded');
  });
});
