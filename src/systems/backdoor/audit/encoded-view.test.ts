import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { array, elements } from '../../../tensor/index.ts';
import type { Classifier } from '../classifier.ts';
import { Draws } from '../draws.ts';
import { keptIn } from '../kept.ts';
import { type Encoding, encode, type InputKind, type Raw } from '../raw.ts';
import { rawClassifier } from '../signature/classifier.ts';
import { encodedView } from './encoded-view.ts';

/** Hands its inputs out as scores. */
const mirror = (shape: readonly number[]): Classifier => ({
  classes: elements(shape),
  input: shape,
  scores: async (batch) => array(batch.data as Float32Array, { shape: [batch.shape[0]!, elements(shape)] }),
  release: async () => {},
});

const image: InputKind = { kind: 'image', shape: [3, 2, 3] };
const rows: InputKind = { kind: 'rows', columns: ['a', 'b', 'c'].map((name) => ({ name, step: 1, tolerance: 0 })) };
const std = [0.5, 0.25, 2];
const mean = [0.1, 0.2, -0.3];

test.each<[string, InputKind, Encoding]>([
  ['images', image, { divisor: 255, mean, std, channelsFirst: false, shape: [3, 2, 3] }],
  ['images with channels first', image, { divisor: 255, mean, std, channelsFirst: true, shape: [3, 3, 2] }],
  ['rows', rows, { divisor: 1, mean, std, channelsFirst: false, shape: [3] }],
])('%s: encoded inputs reach the network as they are', async (_, kind, encoding) => {
  const width = elements(encoding.shape);
  const raw: Raw = { count: 4, width, values: Uint8Array.from(Draws.from(1).uniforms(4 * width), (u) => 256 * u) };
  const encoded = encode(raw, encoding, kind);
  const view = encodedView(rawClassifier(mirror(encoding.shape), kind, encoding), kind, encoding);
  const seen = await view.scores(encoded);
  for (const [i, value] of (encoded.data as Float32Array).entries()) expect(seen.data[i]).toBeCloseTo(value, 4);
  await expect(view.scores(array([1, 2], { shape: [1, 2] }))).rejects.toThrow('expected inputs');
});

test('what was kept is not made again, and a damaged part is not taken for one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  let made = 0;
  const make = async () => ({ made: ++made });
  expect(await keptIn(folder)('a b/c', make)).toEqual({ made: 1 });
  expect(await keptIn(folder)('a b/c', make)).toEqual({ made: 1 });
  expect(await keptIn(folder)('other', make)).toEqual({ made: 2 });
  expect(await keptIn(undefined)('a b/c', make)).toEqual({ made: 3 });
  expect((await readdir(folder)).sort()).toEqual(['a-b-c.json', 'other.json']);
  await writeFile(join(folder, 'other.json'), '{');
  await expect(keptIn(folder)('other', make)).rejects.toThrow(SyntaxError);
  await rm(folder, { recursive: true });
});
