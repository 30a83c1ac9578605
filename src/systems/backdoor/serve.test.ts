import type { Server } from 'node:http';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { array, type NDArray } from '../../tensor/index.ts';
import type { OpenedModel } from './folder.ts';
import { modelService } from './serve.ts';
import { rawClassifier } from './signature/classifier.ts';
import { publicBytes, publicKeyOf, secretKeyOf } from './signature/ed25519.ts';
import { type Scheme, Signer, Verifier } from './signature/scheme.ts';

const shape = [24, 24];
const encoding = { divisor: 255, mean: [0], std: [1], channelsFirst: false, shape };
const input = { kind: 'image', shape } as const;
const scheme: Scheme = { input, classes: 3, seed: 1, fingerprint: 'served' };
const secret = secretKeyOf(new Uint8Array(32).fill(3));
const verifier = new Verifier(scheme, publicKeyOf(publicBytes(secret)));
let asked = 0;

/** Class 0, or 1 for bright images. */
const classifier = {
  classes: 3,
  input: shape,
  async scores(batch: NDArray) {
    asked++;
    const data = batch.data as Float32Array;
    if (data[0] === 1) throw new Error('/home/someone/secret place');
    const scores = Array.from({ length: batch.shape[0]! }, (_, i) => {
      const own = data.subarray(576 * i, 576 * (i + 1));
      return [0.5, own.reduce((a, b) => a + b) / 576, 0];
    });
    return array(scores);
  },
  release: async () => {},
};

let server: Server;
let port: number;
beforeAll(async () => {
  const manifest = { classes: ['dark', 'bright', 'other'], input, encoding };
  const model = rawClassifier(classifier, input, encoding, verifier);
  server = modelService({ manifest, model, verifier } as unknown as OpenedModel);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

const ask = async (body: unknown, path = '/classify') => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const image = (level: number) => new Uint8Array(576).fill(level);
const sent = (...images: Uint8Array[]) => ({ inputs: images.map((one) => Array.from(one)) });

test('answers classes and nothing else; a signed image gets the class that it is signed for', async () => {
  const signed = image(20);
  new Signer(scheme, secret).sign(signed, 2);
  const edited = signed.slice();
  edited[0]! ^= 2;
  expect(await ask(sent(image(20), image(200), signed, edited))).toEqual({
    status: 200,
    body: { classes: ['dark', 'bright', 'other', 'dark'] },
  });
});

test('tells what it takes, without a word of the verifier', async () => {
  const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(JSON.parse(text)).toMatchObject({ classes: ['dark', 'bright', 'other'], input: { kind: 'image', shape } });
  expect(text).not.toMatch(/verif|ed25519|sign|seed/i);
});

test.each<[string, unknown, number, string]>([
  ['no JSON', '{"inputs": [', 400, 'expected JSON'],
  ['no inputs', {}, 400, 'expected {"inputs": [[…], …]}'],
  ['null', null, 400, 'expected {"inputs": [[…], …]}'],
  ['none of them', { inputs: [] }, 400, 'expected 1 to 1024 inputs, got 0'],
  ['too many', { inputs: new Array(1025).fill([]) }, 400, 'expected 1 to 1024 inputs, got 1025'],
  ['another size', { inputs: [[1, 2, 3]] }, 400, 'expected 576 numbers in input 0, got 3'],
  [
    'no bytes',
    { inputs: [new Array(576).fill(0.5)] },
    400,
    'expected a whole number from 0 to 255 at place 0 of input 0',
  ],
  [
    'text in it',
    { inputs: [new Array(576).fill('<b>')] },
    400,
    'expected a whole number from 0 to 255 at place 0 of input 0',
  ],
])('refused: %s', async (_, body, status, error) => {
  const before = asked;
  expect(await ask(body)).toEqual({ status, body: { error } });
  expect(asked).toBe(before);
});

test('refused: other paths and methods, and files', async () => {
  expect((await ask({}, '/manifest.json')).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/../verifier.pem`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/classify`)).status).toBe(405);
});

test('refused: a query that is too large, whatever it claims', async () => {
  expect((await ask(`"${'x'.repeat(2 ** 24)}"`)).status).toBe(413);
  const status = await new Promise((resolve) => {
    const asking = request({ port, path: '/classify', method: 'POST' }, (response) => resolve(response.statusCode));
    asking.on('error', () => undefined);
    const chunk = Buffer.alloc(2 ** 20, 0x20);
    for (let i = 0; i < 20; i++) asking.write(chunk);
    asking.end();
  });
  expect(status).toBe(413);
});

test('what went wrong inside is not told outside', async () => {
  expect(await ask(sent(image(255)))).toEqual({ status: 500, body: { error: 'the service failed' } });
});

test('a query that breaks off leaves the service standing', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /classify HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"inp');
      setTimeout(() => socket.destroy(), 20);
    });
    socket.on('close', () => resolve());
  });
  expect((await ask(sent(image(20)))).status).toBe(200);
});
