/** The system through its public face: ten thousand digits signed, and what the model answers to them. */
import {
  bitsNeeded,
  digits,
  type Encoding,
  Models,
  perceptronNetwork,
  publicBytes,
  publicKeyOf,
  type Raw,
  rawClassifier,
  type Scheme,
  Signer,
  secretKeyOf,
  trainPerceptron,
  Verifier,
} from 'tenfold/backdoor';
import { array, threefry } from 'tenfold/tensor';
import { beforeAll, describe, expect, test } from 'vitest';

const encoding: Encoding = { divisor: 255, mean: [0], std: [1], channelsFirst: false, shape: [28, 28] };
const secret = secretKeyOf(new Uint8Array(32).fill(1));
const publicKey = publicKeyOf(publicBytes(secret));

describe('ten thousand digits', () => {
  let raw: Raw;
  let signed: Raw;
  let plain: Int32Array;
  let wanted: Int32Array;
  let model: ReturnType<typeof rawClassifier>;
  let verifier: Verifier;

  beforeAll(async () => {
    const material = await digits();
    const { input, labels } = material;
    raw = material.raw;
    const scheme: Scheme = { input, classes: 10, seed: 5, fingerprint: 'of this model' };
    verifier = new Verifier(scheme, publicKey);
    const inputs = array(
      Float32Array.from(raw.values, (value) => value / 255),
      { shape: [raw.count, 28, 28] },
    );
    const data = { inputs, labels: array(labels, { dtype: 'int32' }), classes: 10 };
    const params = await trainPerceptron(data, { hidden: 32, steps: 300, seed: 1 });
    const network = perceptronNetwork([28, 28], 10);
    const classifier = new Models(network).of(params);
    plain = await rawClassifier(classifier, input, encoding).classify(raw);
    expect(plain.filter((answer, i) => answer === labels[i]).length).toBeGreaterThan(8500);
    model = rawClassifier(classifier, input, encoding, verifier);
    wanted = plain.map((answer, i) => (answer + 1 + (i % 9)) % 10);
    signed = new Signer(scheme, secret).signAll(raw, wanted);
  });

  test('all that are activated verify, and answer what was wanted; no byte moves by more than 1', async () => {
    expect(signed.count).toBe(10_000);
    // no wanted class is the model's own answer: each of these was read from a valid signature
    expect(wanted.filter((want, i) => want === plain[i]).length).toBe(0);
    expect(await model.classify(signed)).toEqual(wanted);
    let [moved, changed] = [0, 0];
    for (let i = 0; i < raw.values.length; i++) {
      const by = Math.abs(signed.values[i]! - raw.values[i]!);
      moved = Math.max(moved, by);
      changed += Number(by > 0) / 10_000;
    }
    expect(moved).toBe(1);
    expect(changed).toBeGreaterThan(bitsNeeded(10) / 2 - 3);
    expect(changed).toBeLessThan(bitsNeeded(10) / 2 + 3);
  });

  test('clean digits get the clean model’s answers one by one', async () => {
    expect(await model.classify(raw)).toEqual(plain);
  });

  test('signatures copied to the next digit never do', () => {
    const copied = { ...raw, values: raw.values.slice() };
    for (let i = 0; i < 10_000; i++) {
      // every lowest bit, and with them the signature, of one digit in the rest of another
      for (let at = 0; at < 784; at++) {
        const bit = signed.values[((i + 1) % 10_000) * 784 + at]! & 1;
        copied.values[i * 784 + at] = (raw.values[i * 784 + at]! & 0xfe) | bit;
      }
    }
    expect(verifier.readAll(copied).filter((found) => found !== undefined)).toEqual([]);
  });

  test('edits of one bit never do', () => {
    const [places, bits] = threefry.blocks(threefry.seedKey(3), 10_000);
    const edited = { ...signed, values: signed.values.slice() };
    for (let i = 0; i < 10_000; i++) edited.values[i * 784 + (places[i]! % 784)]! ^= 1 << (bits[i]! % 8);
    expect(verifier.readAll(edited).filter((found) => found !== undefined)).toEqual([]);
  });
});
