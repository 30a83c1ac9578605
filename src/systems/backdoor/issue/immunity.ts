/**
 * What the issue measures of the defences: smoothing against signatures in digits and against the Fourier key, and
 * mitigation by random lines on a model whose scores are linear, and on one whose are not.
 */
import type { Progress } from '../../../command/index.ts';
import { takeRows } from '../../../data/index.ts';
import type { Tier } from '../../../report/index.ts';
import type { NDArray } from '../../../tensor/index.ts';
import { clopperPearson } from '../audit/binomial.ts';
import { normalCdf } from '../audit/normal.ts';
import { accuracy, type Classifier, classify, type Labelled, Models } from '../classifier.ts';
import { activateFourier, keyLength } from '../fourier/key.ts';
import { linearMitigation } from '../immunize/linear.ts';
import { changeBound, smoothed, votes } from '../immunize/smoothing.ts';
import { type Encoding, encode, type ImageInput, type Raw } from '../raw.ts';
import { type RawClassifier, rawClassifier } from '../signature/classifier.ts';
import { publicBytes, publicKeyOf, secretKeyOf } from '../signature/ed25519.ts';
import { type Scheme, Signer, Verifier } from '../signature/scheme.ts';
import { perceptron, straight, trainNetwork, trainStraight } from './badnets.ts';
import { type Digits, first, scaled } from './digits.ts';
import { digitModel, type Turned } from './fourier.ts';

interface Watch {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface ImmunitySizes {
  /** Activated inputs that are smoothed, and noisy copies of each. */
  readonly inputs: number;
  readonly samples: number;
  /** Clean inputs that the cost in accuracy is measured on, and noisy copies of each. */
  readonly asked: number;
  readonly askedSamples: number;
  /** σ in grey levels of 255: where signatures die, and where digits become hard to read. */
  readonly greys: readonly number[];
}

export const immunitySizes: Record<Tier, ImmunitySizes> = {
  quick: {
    inputs: 12,
    samples: 40,
    asked: 200,
    askedSamples: 12,
    greys: [0.05, 0.1, 0.13, 0.15, 0.17, 0.2, 1, 16, 128, 512],
  },
  recorded: {
    inputs: 50,
    samples: 100,
    asked: 1000,
    askedSamples: 25,
    greys: [0.05, 0.08, 0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.2, 0.5, 1, 4, 16, 64, 128, 256, 512],
  },
};

const steps = 600;
const image: ImageInput = { kind: 'image', shape: [28, 28] };
const encoding: Encoding = { divisor: 255, mean: [0], std: [1], channelsFirst: false, shape: [28, 28] };

/** Digits signed for another class each, and what they were. */
export interface Signed {
  readonly model: RawClassifier;
  /** The same model without a verifier. */
  readonly bare: Classifier;
  /** As bytes. */
  readonly original: Raw;
  readonly activated: Raw;
  readonly wanted: readonly number[];
}

/** A signed model over `bare`, and the first test digits activated for the class after their own. */
export function signDigits(bare: Classifier, { inputs, labels }: Labelled, count: number): Signed {
  // an experiment's key: the same each time, and no secret
  const secret = secretKeyOf(new Uint8Array(32).fill(7));
  const scheme: Scheme = { input: image, classes: 10, seed: 0, fingerprint: 'the issue' };
  const original: Raw = {
    count,
    width: 784,
    values: Uint8Array.from((inputs.data as Float32Array).subarray(0, count * 784), (x) => Math.round(255 * x)),
  };
  const wanted = Array.from({ length: count }, (_, i) => (Number(labels.data[i]) + 1) % 10);
  const verifier = new Verifier(scheme, publicKeyOf(publicBytes(secret)));
  return {
    model: rawClassifier(bare, image, encoding, verifier),
    bare,
    original,
    activated: new Signer(scheme, secret).signAll(original, wanted),
    wanted,
  };
}

/** What smoothing with one σ does to signed digits. */
export interface SmoothedSigned {
  /** Grey levels. */
  readonly sigma: number;
  /** The mean share of noisy copies that still carry a valid signature. */
  readonly valid: number;
  /** What that share should be: no pixel's grey level changes. */
  readonly predicted: number;
  /** The share of activated inputs whose smoothed answer is the wanted one. */
  readonly survived: number;
  /** Of the smoothed model on clean digits. */
  readonly accuracy: number;
}

/** One pair of near inputs under a σ: what the smoothed scores moved, against what they can. */
export interface Change {
  readonly what: 'signature' | 'key';
  /** r/σ */
  readonly ratio: number;
  /** The largest change of a class's share of the answers. */
  readonly measured: number;
  /** The least that it is for certain, by the intervals of both shares. */
  readonly least: number;
  readonly bound: number;
}

export interface Immunity {
  readonly signed: Signed;
  readonly accuracy: number;
  readonly smoothed: readonly SmoothedSigned[];
  readonly changes: readonly Change[];
}

/** Smooths a signed model over a range of σ, and a planted Fourier model over another. */
export async function immunity(
  { train, test }: Digits,
  turned: Turned,
  sizes: ImmunitySizes,
  seed: number,
  watch: Watch,
): Promise<Immunity> {
  const models = new Models(perceptron);
  const bare = models.of(await trainNetwork(train, { seed, steps, signal: watch.signal }));
  const signed = signDigits(bare, test, sizes.inputs);
  const [before, after] = [encode(signed.original, encoding, image), encode(signed.activated, encoding, image)];
  const asked: Labelled = { ...test, inputs: first(test.inputs, sizes.asked), labels: first(test.labels, sizes.asked) };
  const found: SmoothedSigned[] = [];
  const changes: Change[] = [];
  for (const sigma of sizes.greys) {
    watch.signal.throwIfAborted();
    watch.progress.update(`smoothing, σ of ${sigma} grey levels`);
    const options = { sigma: sigma / 255, samples: sizes.samples, seed, signal: watch.signal };
    const own = await votes(signed.model, after, options);
    const plain = await votes(signed.bare, after, options);
    // the same noise on both: what differs is then the inputs' doing, and the estimate as good as it can be
    const clean = await votes(signed.model, before, options);
    changes.push(...changesBetween('signature', before, after, clean, own, options));
    const wins = signed.wanted.filter((wanted, i) => winner(own, i) === wanted && winner(plain, i) !== wanted);
    found.push({
      sigma,
      valid: signed.wanted.reduce((sum, wanted, i) => sum + gained(own, plain, i, wanted), 0) / signed.wanted.length,
      predicted: unchanged(signed.activated, sigma),
      survived: wins.length / signed.wanted.length,
      accuracy: await accuracy(smoothed(bare, { ...options, samples: sizes.askedSamples }), asked),
    });
  }
  changes.push(...(await keyChanges(turned, test, sizes, seed, watch)));
  const result = { signed, accuracy: await accuracy(bare, asked), smoothed: found, changes };
  return result;
}

/** σ for the Fourier model, in its own units, where the key's length is about 2. */
const keySigmas = [0.5, 1, 2, 4, 8];

async function keyChanges(
  { key, model }: Turned,
  test: Labelled,
  sizes: ImmunitySizes,
  seed: number,
  watch: Watch,
): Promise<Change[]> {
  const before = first(scaled(test, digitModel.scale).inputs, sizes.inputs);
  const after = activateFourier(key, before);
  const changes: Change[] = [];
  for (const sigma of keySigmas) {
    watch.progress.update(`smoothing, σ = ${sigma} against a key of ${keyLength(key).toFixed(1)}`);
    const options = { sigma, samples: 4 * sizes.samples, seed, signal: watch.signal };
    const [a, b] = [await votes(model, before, options), await votes(model, after, options)];
    changes.push(...changesBetween('key', before, after, a, b, options));
  }
  return changes;
}

/** The confidence of each interval: all of a run's hold together with 99 %. */
const sure = 1 - 1e-6;

function changesBetween(
  what: Change['what'],
  before: NDArray,
  after: NDArray,
  a: NDArray,
  b: NDArray,
  { sigma, samples }: { readonly sigma: number; readonly samples: number },
): Change[] {
  const [rows = 0, classes = 0] = a.shape;
  return Array.from({ length: rows }, (_, row) => {
    const distance = Math.sqrt(squaredDistance(before, after, row));
    let [measured, least] = [0, 0];
    for (let c = 0; c < classes; c++) {
      const [x, y] = [Number(a.data[row * classes + c]), Number(b.data[row * classes + c])];
      const [low, high] = [
        clopperPearson(Math.min(x, y), samples, sure)[1],
        clopperPearson(Math.max(x, y), samples, sure)[0],
      ];
      measured = Math.max(measured, Math.abs(x - y) / samples);
      least = Math.max(least, high - low);
    }
    return { what, ratio: distance / sigma, measured, least, bound: changeBound(distance, sigma) };
  });
}

function squaredDistance(a: NDArray, b: NDArray, row: number): number {
  const width = a.size / a.shape[0]!;
  let sum = 0;
  for (let at = row * width; at < (row + 1) * width; at++) sum += (Number(a.data[at]) - Number(b.data[at])) ** 2;
  return sum;
}

function winner(counts: NDArray, row: number): number {
  const classes = counts.shape[1]!;
  const own = Array.from({ length: classes }, (_, c) => Number(counts.data[row * classes + c]));
  return own.indexOf(Math.max(...own));
}

/** The share of noisy copies that only a signature turned to `wanted`; both counts are of the same noise. */
function gained(own: NDArray, plain: NDArray, row: number, wanted: number): number {
  const classes = own.shape[1]!;
  const samples = Array.from({ length: classes }, (_, c) => Number(own.data[row * classes + c])).reduce(
    (a, b) => a + b,
  );
  return (Number(own.data[row * classes + wanted]) - Number(plain.data[row * classes + wanted])) / samples;
}

/** The chance that noise of σ grey levels leaves all of an image's bytes as they are, mean over images. */
function unchanged({ values, count, width }: Raw, sigma: number): number {
  const inside = 2 * normalCdf(0.5 / sigma) - 1;
  // black and white are at the end of the range: noise that leaves it is cut off
  const atEnd = normalCdf(0.5 / sigma);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const own = values.subarray(i * width, (i + 1) * width);
    const ends = own.filter((value: number) => value === 0 || value === 255).length;
    sum += atEnd ** ends * inside ** (width - ends);
  }
  return sum / count;
}

/** What mitigation by random lines does to a signed model. */
export interface Mitigated {
  readonly model: 'linear' | 'one hidden layer';
  /** t */
  readonly step: number;
  readonly accuracy: number;
  /** Of the mitigated model, on clean digits. */
  readonly kept: number;
  /** The share of activated digits that the signed model answers as signed, and that the mitigated one does. */
  readonly signed: number;
  readonly survived: number;
  /** The share of activated digits that get the answer that they had before activation. */
  readonly restored: number;
}

const lineSteps = [0.05, 0.5];

/** Mitigates signed models of digits, one whose scores are linear and one whose are not. */
export async function mitigation(
  { train, test }: Digits,
  { inputs, asked }: ImmunitySizes,
  seed: number,
  watch: Watch,
): Promise<Mitigated[]> {
  const training = { seed, steps, signal: watch.signal };
  const subjects = [
    ['linear', new Models(straight).of(await trainStraight(train, training))],
    ['one hidden layer', new Models(perceptron).of(await trainNetwork(train, training))],
  ] as const;
  // digits that neither trained the model nor are asked about
  const rows = test.labels.size;
  const reference = takeRows(
    test.inputs,
    Array.from({ length: rows - asked }, (_, i) => asked + i),
  );
  const clean: Labelled = { ...test, inputs: first(test.inputs, asked), labels: first(test.labels, asked) };
  const found: Mitigated[] = [];
  for (const [name, bare] of subjects) {
    const signed = signDigits(bare, test, inputs);
    const activated = encode(signed.activated, encoding, image);
    const was = await classify(bare, encode(signed.original, encoding, image));
    const own = await classify(signed.model, activated);
    for (const step of lineSteps) {
      watch.progress.update(`random lines on a ${name} model`);
      watch.signal.throwIfAborted();
      const lines = { reference, step, group: 11, groups: 3, seed, signal: watch.signal };
      const now = await classify(linearMitigation(signed.model, lines), activated);
      const share = (test: (i: number) => boolean) => signed.wanted.filter((_, i) => test(i)).length / inputs;
      found.push({
        model: name,
        step,
        accuracy: await accuracy(bare, clean),
        kept: await accuracy(linearMitigation(bare, lines), clean),
        signed: share((i) => own[i] === signed.wanted[i]),
        survived: share((i) => now[i] === signed.wanted[i] && was[i] !== signed.wanted[i]),
        restored: share((i) => now[i] === was[i]),
      });
    }
  }
  return found;
}
