/**
 * What the issue measures of the defences: smoothing against signatures in digits and against the Fourier key, and
 * mitigation by random lines on a model whose scores are linear, and on one whose are not.
 */
import type { Progress } from '../../../command/index.ts';
import { takeRows } from '../../../data/index.ts';
import type { Tier } from '../../../report/index.ts';
import { array, type NDArray } from '../../../tensor/index.ts';
import { clopperPearson } from '../audit/binomial.ts';
import { normalCdf } from '../audit/normal.ts';
import { accuracy, type Classifier, classify, type Labelled, Models } from '../classifier.ts';
import { activateFourier } from '../fourier/key.ts';
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
  /** Activated inputs that are answered from random lines where scores are linear, and clean ones of any model. */
  readonly lines: number;
  readonly kept: number;
  /** Pairs of near inputs of each kind that the bound is tried on, and noisy copies of each input. */
  readonly pairs: number;
  readonly copies: number;
  /** r/σ of the pairs: where the bound leaves room for a violation. */
  readonly ratios: readonly number[];
  /** σ in grey levels of 255: where signatures die, and where digits become hard to read. */
  readonly greys: readonly number[];
}

export const immunitySizes: Record<Tier, ImmunitySizes> = {
  quick: {
    inputs: 12,
    samples: 40,
    asked: 400,
    askedSamples: 12,
    lines: 60,
    kept: 200,
    pairs: 1,
    copies: 4000,
    ratios: [1, 2],
    greys: [0.05, 0.1, 0.13, 0.15, 0.17, 0.2, 1, 16, 128, 512],
  },
  recorded: {
    inputs: 50,
    samples: 100,
    asked: 1000,
    askedSamples: 25,
    lines: 200,
    kept: 1000,
    pairs: 10,
    copies: 20_000,
    ratios: [0.5, 1, 2, 3],
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
  /** Clean digits, of all that were asked about, that only the bare model answers right, and that only the smoothed one does. */
  readonly lost: number;
  readonly won: number;
  readonly asked: number;
}

/** One pair of near inputs under a σ: what the smoothed scores moved, against what they can. */
export interface Change {
  readonly what: 'signature' | 'key' | 'half-space';
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
  const after = encode(signed.activated, encoding, image);
  const asked: Labelled = { ...test, inputs: first(test.inputs, sizes.asked), labels: first(test.labels, sizes.asked) };
  const right = async (model: Classifier) => {
    const given = await classify(model, asked.inputs);
    return Array.from(given, (answer, i) => answer === Number(asked.labels.data[i]));
  };
  const before = await right(bare);
  const share = (some: readonly boolean[]) => some.filter(Boolean).length / some.length;
  const found: SmoothedSigned[] = [];
  for (const sigma of sizes.greys) {
    watch.signal.throwIfAborted();
    watch.progress.update(`smoothing, σ of ${sigma} grey levels`);
    const options = { sigma: sigma / 255, samples: sizes.samples, seed, signal: watch.signal };
    const own = await votes(signed.model, after, options);
    const plain = await votes(signed.bare, after, options);
    const now = await right(smoothed(bare, { ...options, samples: sizes.askedSamples }));
    const wins = signed.wanted.filter((wanted, i) => winner(own, i) === wanted && winner(plain, i) !== wanted);
    found.push({
      sigma,
      valid: signed.wanted.reduce((sum, wanted, i) => sum + gained(own, plain, i, wanted), 0) / signed.wanted.length,
      predicted: unchanged(signed.activated, sigma),
      survived: wins.length / signed.wanted.length,
      accuracy: share(now),
      lost: now.filter((own, i) => before[i] && !own).length,
      won: now.filter((own, i) => !before[i] && own).length,
      asked: now.length,
    });
  }
  const changes = await boundedChanges(signed, turned, test, sizes, seed, watch);
  return { signed, accuracy: share(before), smoothed: found, changes };
}

/** The confidence of each interval: all of a run's hold together with 99.9 %. */
const sure = 1 - 1e-6;

/**
 * What smoothing lets through between near inputs: signed digits, digits and the Fourier key, and the classifier that the
 * bound is tight for, a half-space whose border lies half-way between the two (Neyman and Pearson).
 */
async function boundedChanges(
  signed: Signed,
  { key, model }: Turned,
  test: Labelled,
  { pairs, copies, ratios }: ImmunitySizes,
  seed: number,
  { progress, signal }: Watch,
): Promise<Change[]> {
  const digitsAsked = first(scaled(test, digitModel.scale).inputs, pairs);
  const turnedBy = activateFourier(key, digitsAsked);
  const [plain, carrying] = [signed.original, signed.activated].map((raw) =>
    first(encode(raw, encoding, image), pairs),
  );
  const changes: Change[] = [];
  for (let i = 0; i < pairs; i++) {
    const [a, b] = [takeRows(plain!, [i]), takeRows(carrying!, [i])];
    const [c, d] = [takeRows(digitsAsked, [i]), takeRows(turnedBy, [i])];
    for (const [what, asked, before, after] of [
      ['signature', signed.model, a, b],
      ['key', model, c, d],
      ['half-space', halfway(a, b), a, b],
    ] as const) {
      const distance = Math.sqrt(squaredDistance(before, after));
      for (const ratio of ratios) {
        progress.update(`smoothing, pair ${i + 1} of ${pairs}, ${what}, r/σ = ${ratio}`);
        const options = { sigma: distance / ratio, samples: copies, seed, signal };
        // the same noise on both: what differs is then the inputs' doing, and the estimate as good as it can be
        const [x, y] = [await votes(asked, before, options), await votes(asked, after, options)];
        changes.push({ what, ratio, bound: changeBound(ratio, 1), ...changeBetween(x, y, copies) });
      }
    }
  }
  return changes;
}

/** The most that an answer's share changed, and how much it did for certain. */
function changeBetween(a: NDArray, b: NDArray, samples: number): Pick<Change, 'measured' | 'least'> {
  let [measured, least] = [0, 0];
  for (let c = 0; c < a.size; c++) {
    const [x, y] = [Number(a.data[c]), Number(b.data[c])];
    const [low, high] = [
      clopperPearson(Math.min(x, y), samples, sure)[1],
      clopperPearson(Math.max(x, y), samples, sure)[0],
    ];
    measured = Math.max(measured, Math.abs(x - y) / samples);
    least = Math.max(least, high - low);
  }
  return { measured, least };
}

/** A classifier of two classes whose border lies half-way between two inputs, at right angles to the line through them. */
function halfway(a: NDArray, b: NDArray): Classifier {
  const [from, to] = [a.data as Float32Array, b.data as Float32Array];
  const direction = to.map((value, j) => value - from[j]!);
  const middle = direction.reduce((sum, u, j) => sum + (u * (from[j]! + to[j]!)) / 2, 0);
  return {
    classes: 2,
    input: a.shape.slice(1),
    async scores(batch) {
      const [rows = 0, width] = [batch.shape[0], direction.length];
      const data = batch.data as Float32Array;
      const scores = new Float32Array(2 * rows);
      for (let i = 0; i < rows; i++) {
        let sum = -middle;
        for (let j = 0; j < width; j++) sum += direction[j]! * data[i * width + j]!;
        scores[2 * i + 1] = sum;
      }
      return array(scores, { shape: [rows, 2] });
    },
    release: async () => {},
  };
}

/** How far the measured changes certainly lie above a bound: of all pairs the largest, in points. */
export function excess(changes: readonly Change[]): number {
  return Math.max(...changes.map(({ least, bound }) => 100 * (least - bound)));
}

/** The same of each half-space under the bound that a σ twice as large would give, which is wrong: the smallest, in points. */
export function excessOfWrongBound(changes: readonly Change[]): number {
  const tight = changes.filter(({ what, ratio }) => what === 'half-space' && ratio >= 1);
  return Math.min(...tight.map(({ least, ratio }) => 100 * (least - changeBound(ratio, 2))));
}

function squaredDistance(a: NDArray, b: NDArray): number {
  let sum = 0;
  for (let at = 0; at < a.size; at++) sum += (Number(a.data[at]) - Number(b.data[at])) ** 2;
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
  /** Activated digits. */
  readonly inputs: number;
  /** The share of them that the signed model answers as signed, and that the mitigated one does. */
  readonly signed: number;
  readonly survived: number;
  /** The share of them that get the answer that they had before activation. */
  readonly restored: number;
}

export const lineSteps = [0.05, 0.5] as const;

/** Mitigates signed models of digits, one whose scores are linear and one whose are not. */
export async function mitigation(
  { train, test }: Digits,
  { inputs, lines, kept }: ImmunitySizes,
  seed: number,
  watch: Watch,
): Promise<Mitigated[]> {
  const training = { seed, steps, signal: watch.signal };
  const subjects = [
    ['linear', new Models(straight).of(await trainStraight(train, training)), lines],
    ['one hidden layer', new Models(perceptron).of(await trainNetwork(train, training)), inputs],
  ] as const;
  // digits that neither trained the model nor are asked about
  const rows = test.labels.size;
  const asked = Math.max(kept, lines);
  const reference = takeRows(
    test.inputs,
    Array.from({ length: rows - asked }, (_, i) => asked + i),
  );
  const clean: Labelled = { ...test, inputs: first(test.inputs, kept), labels: first(test.labels, kept) };
  const found: Mitigated[] = [];
  for (const [name, bare, count] of subjects) {
    const signed = signDigits(bare, test, count);
    const activated = encode(signed.activated, encoding, image);
    const was = await classify(bare, encode(signed.original, encoding, image));
    const own = await classify(signed.model, activated);
    for (const step of lineSteps) {
      watch.progress.update(`random lines on a ${name} model`);
      watch.signal.throwIfAborted();
      const how = { reference, step, group: 11, groups: 3, seed, signal: watch.signal };
      const now = await classify(linearMitigation(signed.model, how), activated);
      const share = (test: (i: number) => boolean) => signed.wanted.filter((_, i) => test(i)).length / count;
      found.push({
        model: name,
        step,
        inputs: count,
        accuracy: await accuracy(bare, clean),
        kept: await accuracy(linearMitigation(bare, how), clean),
        signed: share((i) => own[i] === signed.wanted[i]),
        survived: share((i) => now[i] === signed.wanted[i] && was[i] !== signed.wanted[i]),
        restored: share((i) => now[i] === was[i]),
      });
    }
  }
  return found;
}
