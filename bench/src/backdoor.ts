/**
 * What a backdoor costs: signing and verifying inputs against the bare library on the same bytes, planting against clean
 * training. All in processor time of this process, because the wall clock of a machine with other work tells little.
 */
import { type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  Draws,
  drawFourierKey,
  drawReluKey,
  type InputKind,
  type Labelled,
  publicBytes,
  publicKeyOf,
  type Raw,
  type Scheme,
  Signer,
  secretKeyOf,
  trainFourier,
  trainRelu,
  Verifier,
} from 'tenfold/backdoor';
import { array } from 'tenfold/tensor';
import { alternate } from './alternate.ts';
import { auditRows } from './backdoor-audit.ts';
import { type BenchReport, comparedRow, type Row } from './report.ts';

const seed = new Uint8Array(randomBytes(32));
const secret = secretKeyOf(seed);
const publicKey = publicKeyOf(publicBytes(secret));
/** Inputs that are signed or verified in one round. */
const inputs = 1000;
/** 90 % of the bare library's rate. */
const rateGoal = 1 / 0.9;

export async function run(): Promise<BenchReport> {
  const rows = [
    ...(await signing('image', { kind: 'image', shape: [28, 28] })),
    ...(await signing('row', {
      kind: 'rows',
      columns: Array.from({ length: 1024 }, (_, i) => ({ name: `word ${i}`, step: 1, tolerance: 1 })),
    })),
    ...(await libraries()),
    ...(await planting()),
    ...(await auditRows()),
  ];
  return { rows, skipped: [] };
}

/** Ours and the bare library's, on the bytes of the same inputs. */
async function signing(name: string, input: InputKind): Promise<Row[]> {
  const scheme: Scheme = { input, classes: 10, seed: 1, fingerprint: 'bench' };
  const [signer, verifier] = [new Signer(scheme, secret), new Verifier(scheme, publicKey)];
  const width = input.kind === 'image' ? 784 : input.columns.length;
  const bytes = new Uint8Array(randomBytes(inputs * width));
  const raw: Raw = { count: inputs, width, values: input.kind === 'image' ? bytes : Float64Array.from(bytes) };
  const signed = signer.signAll(raw, 3);
  // as much as a row of the peer's: the input is signed where it lies
  const own = signer.signAll(raw, 0);
  const each = Array.from({ length: inputs }, (_, i) => own.values.subarray(i * width, (i + 1) * width));
  const signEach = () => each.forEach((one) => void signer.sign(one, 3));
  const found = verifier.readAll(signed).filter((wanted) => wanted === 3).length;
  if (found !== inputs) throw new Error(`backdoor: expected ${inputs} valid signatures, got ${found}`);
  const messages = Array.from({ length: inputs }, (_, i) => {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = raw.values;
    return new Uint8Array(buffer, byteOffset + i * width * BYTES_PER_ELEMENT, width * BYTES_PER_ELEMENT);
  });
  const signatures = messages.map((message) => sign(null, message, secret));
  const bareSign = () => messages.forEach((message) => void sign(null, message, secret));
  const bareVerify = () => messages.forEach((message, i) => void verify(null, message, publicKey, signatures[i]!));
  const peerName = `node:crypto on the ${messages[0]!.length} bytes`;
  return [
    await rate(`backdoor/sign-${name}`, signEach, bareSign, peerName, rateGoal),
    await rate(`backdoor/verify-${name}`, () => void verifier.readAll(signed), bareVerify, peerName, rateGoal),
  ];
}

/** The library that was chosen against the one that was not. */
async function libraries(): Promise<Row[]> {
  const messages = Array.from({ length: 50 }, () => new Uint8Array(randomBytes(98)));
  const own = publicBytes(secret);
  const signatures = messages.map((message) => new Uint8Array(sign(null, message, secret)));
  const node = (work: (message: Uint8Array, i: number, key: KeyObject) => void, key: KeyObject) => () =>
    messages.forEach((message, i) => void work(message, i, key));
  const peerName = '@noble/curves';
  return [
    await rate(
      'backdoor/library-sign',
      node((message, _, key) => sign(null, message, key), secret),
      () => messages.forEach((message) => void ed25519.sign(message, seed)),
      peerName,
      null,
      messages.length,
    ),
    await rate(
      'backdoor/library-verify',
      node((message, i, key) => verify(null, message, key, signatures[i]!), publicKey),
      () => messages.forEach((message, i) => void ed25519.verify(signatures[i]!, message, own, { zip215: false })),
      peerName,
      null,
      messages.length,
    ),
  ];
}

async function rate(
  id: string,
  ours: () => void,
  bare: () => void,
  peerName: string,
  goal: number | null,
  count = inputs,
): Promise<Row> {
  const each = (work: () => void) => () => processorTime(work).then((ms) => (1000 * ms) / count);
  const [compared] = await alternate({ name: 'ours', once: each(ours) }, [{ name: peerName, once: each(bare) }], {
    rounds: 21,
    warmups: 5,
  });
  return comparedRow(compared!, { case: id, unit: 'µs', goal });
}

/** Planted and clean training of the same size on the same data. */
async function planting(): Promise<Row[]> {
  const [dimension, rows] = [784, 4000];
  const draws = Draws.from(1);
  const x = Float32Array.from(draws.normals(rows * dimension), (value) => (0.2 * value) / Math.sqrt(dimension));
  const data: Labelled = {
    inputs: array(x, { shape: [rows, dimension] }),
    labels: array(
      Int32Array.from({ length: rows }, (_, i) => Number(x[i * dimension]! > 0)),
      { dtype: 'int32' },
    ),
    classes: 2,
  };
  const fourier = drawFourierKey(draws, { dimension, sparsity: 28, gamma: 5.3, beta: 0.05 });
  const relu = drawReluKey(draws, { dimension, sparsity: 28, theta: 0.8 });
  const cases: readonly (readonly [string, (planted: boolean) => Promise<unknown>])[] = [
    [
      'fourier',
      (planted) => trainFourier(data, { features: 512, draws: Draws.from(2), ...(planted && { key: fourier }) }),
    ],
    [
      'relu',
      (planted) =>
        trainRelu(data, { features: 512, threshold: 'fit', draws: Draws.from(2), ...(planted && { key: relu }) }),
    ],
  ];
  const out: Row[] = [];
  for (const [name, train] of cases) {
    const [compared] = await alternate(
      { name: 'planted', once: () => trained(() => train(true)) },
      [{ name: 'clean training', once: () => trained(() => train(false)) }],
      { rounds: 25 },
    );
    out.push(comparedRow(compared!, { case: `backdoor/plant-${name}`, unit: 'ms', goal: 1.05 }));
  }
  return out;
}

/** The mean of three trainings: threads that wait for one another spin, which varies more than a plant costs. */
async function trained(train: () => Promise<unknown>): Promise<number> {
  const total = await processorTime(async () => {
    for (let i = 0; i < 3; i++) await train();
  });
  return total / 3;
}

/** Milliseconds of processor that a piece of work takes, all threads together. */
async function processorTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
