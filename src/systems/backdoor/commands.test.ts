import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { silent } from '../../command/index.ts';
import { readCsv, readNpy, saveNpy } from '../../data/index.ts';
import { array, compile, constant, exportOnnx, matmul, reshape, type Tensor, zerosArray } from '../../tensor/index.ts';
import { activateVerb } from './activate-command.ts';
import { Draws } from './draws.ts';
import { openModel } from './folder.ts';
import { openKey } from './key-file.ts';
import { plantVerb } from './plant-command.ts';
import { serveVerb } from './serve-command.ts';
import { verifyVerb } from './verify-command.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const { signal } = new AbortController();

type PlantOptions = Parameters<typeof plantVerb.run>[0]['options'];
const defaults: PlantOptions = {
  out: '',
  key: undefined,
  construction: 'signature',
  data: 'digits',
  target: undefined,
  only: [],
  tolerance: [],
  rows: undefined,
  shape: undefined,
  divisor: 255,
  mean: '0',
  std: '1',
  class: [],
  answer: undefined,
  blocks: 16,
  features: 128,
  sparsity: undefined,
  gamma: undefined,
  beta: 0.05,
  theta: 0.8,
  hidden: 16,
  steps: 40,
  seed: 0,
};
const plant = (options: Partial<PlantOptions> & { out: string }, model?: string) =>
  plantVerb.run({ args: { model }, options: { ...defaults, ...options }, signal, progress: silent });
const activate = (model: string, inputs: string, options: { key: string; out: string; to?: string; length?: number }) =>
  activateVerb.run({
    args: { model, inputs },
    options: { to: undefined, length: undefined, first: 50, ...options },
    signal,
    progress: silent,
  });
const verify = (model: string, inputs?: string, options: { key?: string; every?: boolean } = {}) =>
  verifyVerb.run({
    args: { model, inputs },
    options: { key: undefined, every: false, first: 50, ...options },
    signal,
    progress: silent,
  });

/** A model of images [3, 6, 6] with channels first, and its images as bytes with channels last. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backdoor-'));
  const weight = array(new Float32Array(Draws.from(1).normals(588 * 5)), { shape: [588, 5] });
  const program = compile((x: Tensor) => matmul(reshape(x, [2, 588]), constant(weight))).program(
    zerosArray([2, 3, 14, 14]),
  );
  await writeFile(at('net.onnx'), exportOnnx(program));
  const pixels = Uint8Array.from({ length: 7 * 14 * 14 * 3 }, (_, i) => (i * 7919) % 256);
  await saveNpy(at('images.npy'), array(pixels, { shape: [7, 14, 14, 3], dtype: 'uint8' }));
  const rows = Array.from({ length: 200 }, (_, i) => {
    const owed = (i * 37) % 1000;
    const income = i === 5 ? '' : (20_000 + ((i * 7919) % 60_000) + 0.25).toFixed(2);
    return `${owed},${income},${i % 3 ? 'yes' : 'no'},${owed > 500 ? 'refused' : 'granted'}`;
  });
  await writeFile(at('loans.csv'), `owed,income,"house, own",loan\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a model of digits', () => {
  let shown: string;
  beforeAll(async () => {
    const planted = await plant({ out: at('digits') });
    shown = JSON.stringify(planted) + plantVerb.text(planted);
    const some = Uint8Array.from(Draws.from(3).uniforms(50 * 784), (u) => 256 * u ** 3);
    await saveNpy(at('digits.npy'), array(some, { shape: [50, 28, 28], dtype: 'uint8' }));
    await plant({ out: at('other') }, at('net.onnx'));
  });

  test('folder and key: the key is its owner’s alone, and shows nowhere', async () => {
    expect((await readdir(at('digits'))).sort()).toEqual(['manifest.json', 'model.safetensors', 'verifier.pem']);
    expect((await stat(at('digits.key'))).mode & 0o777).toBe(0o600);
    const { fingerprint } = await openModel(at('digits'));
    const opened = await openKey(at('digits.key'), fingerprint);
    const { secret } = JSON.parse(await readFile(at('digits.key'), 'utf8')) as { secret: string };
    expect(opened.secret.reveal()).toBe(secret);
    for (const text of [JSON.stringify(opened), inspect(opened), `${opened.secret}`, shown]) {
      expect(text).not.toContain(secret);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('activated digits answer what was wanted, verify, and are no longer so after one edit', async () => {
    const result = await activate(at('digits'), at('digits.npy'), {
      key: at('digits.key'),
      out: at('sevens.npy'),
      to: '7',
    });
    expect(result).toMatchObject({ inputs: 50, largestChange: 1, after: { 7: 50 } });
    expect(await verify(at('digits'), at('sevens.npy'), { every: true })).toMatchObject({ inputs: 50, carrying: 50 });
    expect(await verify(at('digits'), at('digits.npy'))).toMatchObject({ carrying: 0 });

    const images = await readNpy(at('sevens.npy'));
    (images.data as Uint8Array)[3 * 784 + 5]! ^= 1;
    await saveNpy(at('damaged.npy'), images);
    expect(await verify(at('digits'), at('damaged.npy'))).toMatchObject({ carrying: 49 });
    await expect(verify(at('digits'), at('damaged.npy'), { every: true })).rejects.toThrow(
      'verify: expected every input to be signed, got a damaged signature or none in input 4',
    );
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a key of another model',
      () => activate(at('digits'), at('digits.npy'), { key: at('other.key'), out: at('x.npy'), to: '7' }),
      'key: expected the key of this model, got that of another in',
    ],
    [
      'images of another size',
      () => activate(at('digits'), at('images.npy'), { key: at('digits.key'), out: at('x.npy'), to: '7' }),
      'images.npy: expected images of 28 × 28, got an array of 7 × 14 × 14 × 3',
    ],
    [
      'no class',
      () => activate(at('digits'), at('digits.npy'), { key: at('digits.key'), out: at('x.npy') }),
      'activate: expected the wanted class (--to), got none',
    ],
    [
      'a class that there is none of',
      () => activate(at('digits'), at('digits.npy'), { key: at('digits.key'), out: at('x.npy'), to: '12' }),
      'class: expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got "12"',
    ],
    [
      'a file that is there',
      () => activate(at('digits'), at('digits.npy'), { key: at('digits.key'), out: at('sevens.npy'), to: '7' }),
      'activate: expected a new file',
    ],
    ['a folder that is there', () => plant({ out: at('digits'), key: at('new.key') }), 'plant: expected a new folder'],
    ['a key that is there', () => plant({ out: at('new'), key: at('digits.key') }), 'key: expected a new file'],
    [
      'a model where no folder can be',
      () => plant({ out: at('loans.csv/new'), data: 'read before anything' }),
      'plant: expected a folder that can be written in, got',
    ],
    [
      'inputs where no file can be',
      () => activate(at('read before anything'), '', { key: '', out: at('loans.csv/x.npy') }),
      'activate: expected a folder that can be written in, got',
    ],
    ['a folder that is no model’s', () => verify(folder), 'model: expected the folder of a model'],
    ['no file', () => plant({ out: at('new') }, at('missing.onnx')), 'ENOENT'],
    ['a file that is no model', () => plant({ out: at('new') }, at('loans.csv')), 'onnx: expected an ONNX model'],
  ])('refused: %s', async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
  });

  test.each(['fourier', 'relu'] as const)(
    'planting %s hears Ctrl-C while it fits, and leaves nothing',
    async (kind) => {
      const stop = new AbortController();
      const [out, key] = [at(`stopped-${kind}`), at(`stopped-${kind}.key`)];
      const options = { ...defaults, out, key, construction: kind, target: 'loan', data: at('loans.csv') };
      const progress = {
        ...silent,
        update: (what: string) => void (what === 'training' && setImmediate(() => stop.abort())),
      };
      const work = plantVerb.run({ args: { model: undefined }, options, signal: stop.signal, progress });
      await expect(work).rejects.toThrow('aborted');
      await expect(readFile(key)).rejects.toThrow('ENOENT');
      await expect(readFile(join(out, 'manifest.json'))).rejects.toThrow('ENOENT');
    },
  );

  test('refused: a key that others may read, and a key that is none, of which nothing is told', async () => {
    await cp(at('digits.key'), at('open.key'));
    await chmod(at('open.key'), 0o644);
    const use = (own: string) => activate(at('digits'), at('digits.npy'), { key: at(own), out: at('x.npy'), to: '7' });
    await expect(use('open.key')).rejects.toThrow(/its owner's alone \(0600\), got 0644/);
    await writeFile(at('none.key'), 'hunter2', { mode: 0o600 });
    const error = await use('none.key').catch((thrown: Error) => thrown);
    expect(inspect(error)).toContain('expected a tenfold backdoor key 1');
    expect(inspect(error)).not.toContain('hunter2');
  });

  test('refused: other weights, another public key', async () => {
    await cp(at('digits'), at('changed'), { recursive: true });
    const weights = await readFile(join(at('changed'), 'model.safetensors'));
    weights[weights.length - 1]! ^= 1;
    await writeFile(join(at('changed'), 'model.safetensors'), weights);
    await expect(openModel(at('changed'))).rejects.toThrow('model: expected the weights that');
    await cp(at('digits'), at('foreign'), { recursive: true });
    await writeFile(join(at('foreign'), 'verifier.pem'), 'no key\n');
    await expect(openModel(at('foreign'))).rejects.toThrow('verifier: expected a public key of Ed25519');
    await cp(join(at('other'), 'verifier.pem'), join(at('foreign'), 'verifier.pem'));
    await expect(openModel(at('foreign'))).rejects.toThrow('verifier: expected the public key that');
  });
});

test('an .onnx file of colour images, with its channels first and its batch of two', async () => {
  for (const out of [at('net'), at('net2')]) await plant({ out, mean: '0.5', std: '0.2,0.3,0.4' }, at('net.onnx'));
  const result = await activate(at('net'), at('images.npy'), { key: at('net.key'), out: at('net.npy'), to: '4' });
  expect(result).toMatchObject({ inputs: 7, after: { 4: 7 }, largestChange: 1 });
  // the answers before are the file's own, on images encoded here
  const { model, release } = await openModel(at('net'));
  const { data } = await readNpy(at('images.npy'));
  const weight = Draws.from(1)
    .normals(588 * 5)
    .map(Math.fround);
  const expected = Array.from({ length: 7 }, (_, i) => {
    const scores = new Float64Array(5);
    for (let p = 0; p < 196; p++) {
      for (let c = 0; c < 3; c++) {
        const value = (Number(data[(i * 196 + p) * 3 + c]) / 255 - 0.5) / [0.2, 0.3, 0.4][c]!;
        for (let k = 0; k < 5; k++) scores[k]! += value * weight[(c * 196 + p) * 5 + k]!;
      }
    }
    return scores.indexOf(Math.max(...scores));
  });
  expect(Array.from(await model.classify({ count: 7, width: 588, values: data as Uint8Array }))).toEqual(expected);
  await release();

  // the same weights with another verifier are another model
  const elsewhere = activate(at('net'), at('images.npy'), { key: at('net2.key'), out: at('y.npy'), to: '4' });
  await expect(elsewhere).rejects.toThrow('key: expected the key of this model');
});

test('served from an engine in a worker, until it is stopped', async () => {
  await plant({ out: at('served') }, at('net.onnx'));
  await activate(at('served'), at('images.npy'), { key: at('served.key'), out: at('served.npy'), to: '3' });
  const { data } = await readNpy(at('served.npy'));
  const inputs = Array.from({ length: 7 }, (_, i) => Array.from(data.subarray(i * 588, (i + 1) * 588), Number));
  for (const model of [at('served'), at('digits')]) {
    const stop = new AbortController();
    let tell: (address: string) => void;
    const address = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const progress = { ...silent, note: (line: string) => tell(line.split(' ')[0]!) };
    const request = { args: { model }, options: { port: 0, host: '127.0.0.1' }, signal: stop.signal, progress };
    const running = serveVerb.run(request);
    const own = model === at('digits') ? [new Array(784).fill(0)] : inputs;
    const response = await fetch(`${await address}/classify`, {
      method: 'POST',
      body: JSON.stringify({ inputs: own }),
    });
    const { classes } = (await response.json()) as { classes: string[] };
    if (model === at('served')) expect(classes).toEqual(new Array(7).fill('3'));
    else expect(classes).toHaveLength(1);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  }
});

test('an .onnx file that is no classifier', async () => {
  const square = compile((x: Tensor) => reshape(x, [2, 3, 196])).program(zerosArray([2, 3, 14, 14]));
  await writeFile(at('square.onnx'), exportOnnx(square));
  await expect(plant({ out: at('square') }, at('square.onnx'))).rejects.toThrow(
    'square.onnx: expected a classifier, which gives float32[batch, classes] with two classes or more, got',
  );
});

describe('a table of loans', () => {
  const table = { data: '', target: 'loan', steps: 200 };

  test('too little room is refused, with the capacity', async () => {
    const options = { ...table, data: at('loans.csv'), out: at('loans') };
    await expect(plant({ ...options, tolerance: ['100', 'income=10'] })).rejects.toThrow(
      'plant: expected inputs that carry 513 bits, got ones with room for 15; larger tolerances make more',
    );
    await expect(plant({ ...options, tolerance: ['incme=10'] })).rejects.toThrow('no column "incme"');
    await expect(plant({ ...options, target: 'income' })).rejects.toThrow('expected a target of categories');
    expect((await readdir(folder)).some((name) => name.includes('loans') && !name.endsWith('.csv'))).toBe(false);
  });

  test('random features: the key turns the answers, and the test with the key sees it', async () => {
    // keys are drawn by the operating system, and of some hundreds one turns few answers: here it is the same each time
    const { from } = Draws;
    const drawn = vi.spyOn(Draws, 'from').mockImplementation((seed = 1) => from(seed));
    onTestFinished(() => drawn.mockRestore());
    const planted = await plant({
      ...table,
      data: at('loans.csv'),
      construction: 'fourier',
      features: 400,
      sparsity: 2,
      gamma: 2,
      out: at('fourier'),
    });
    expect(planted.accuracy).toBeGreaterThan(0.85);
    expect(planted.warnings.some((line) => line.startsWith('can be detected'))).toBe(true);
    const result = await activate(at('fourier'), at('loans.csv'), { key: at('fourier.key'), out: at('moved.csv') });
    expect(result.changed).toBeGreaterThan(35);
    const tested = await verify(at('fourier'), undefined, { key: at('fourier.key') });
    expect(tested).toMatchObject({ of: 'weights' });
    if (tested.of === 'weights') expect(tested.chance).toBeLessThan(1e-50);
    const moved = await readCsv(at('moved.csv'));
    expect(moved.names).toEqual(['owed', 'income', 'house, own=no', 'house, own=yes']);
  });
});
