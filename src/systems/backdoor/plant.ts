/**
 * Planting: a model and a secret go in, a folder that anybody may have and a file that nobody else may come out.
 *
 * The key is written before the folder takes its name: a model without its key would be planted for nobody.
 */
import type { Progress } from '../../command/index.ts';
import { array, elements, isThere } from '../../tensor/index.ts';
import { checksumWeights } from './checksum/branch.ts';
import { drawChecksumKey } from './checksum/key.ts';
import type { Arrays, Labelled } from './classifier.ts';
import { Draws } from './draws.ts';
import { type Draft, draftModel, dropDraft, finishModel, type ModelParts } from './folder.ts';
import { fourierMargins } from './fourier/detect.ts';
import { drawFourierKey } from './fourier/key.ts';
import { trainFourier } from './fourier/train.ts';
import { type Construction, type Secrets, saveKey } from './key-file.ts';
import type { Margin } from './margins.ts';
import { labelled, type Material, recipeOf } from './material.ts';
import { trainPerceptron } from './perceptron.ts';
import { type Encoding, widthOf } from './raw.ts';
import { reluMargins } from './relu/detect.ts';
import { drawReluKey } from './relu/key.ts';
import { trainRelu } from './relu/train.ts';
import { keyIsThere, Secret } from './secret-file.ts';
import { freshSeed, publicBytes, secretKeyOf } from './signature/ed25519.ts';
import { bitsNeeded, carrierOf } from './signature/scheme.ts';

/** Where the two go. */
export interface Places {
  readonly folder: string;
  readonly key: string;
}

/** What planting tells: nothing of the secret. */
export interface Planted {
  readonly construction: Construction;
  readonly fingerprint: string;
  /** How near the plant is to being seen; a signature cannot be. */
  readonly margins: readonly Margin[];
}

/** How long training takes, and who hears of it. */
export interface Training {
  readonly steps: number;
  readonly hidden: number;
  readonly seed: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Puts a verifier of signatures beside a model.
 * @throws RangeError naming the capacity, for inputs with too little room; when folder or key are there already
 */
export async function plantSignature(places: Places, parts: ModelParts): Promise<Planted> {
  await requireNew(places);
  const seed = Math.floor(Draws.from().uniforms(1)[0]! * 2 ** 32);
  requireRoom(parts, seed);
  const secret = freshSeed();
  const publicKey = publicBytes(secretKeyOf(secret));
  const text = new Secret(Buffer.from(secret).toString('base64'));
  return drafted(places, await draftModel(places.folder, parts, { publicKey, seed }), 'signature', text, []);
}

/** Trains a perceptron, to be planted in. */
export async function trainModel(train: Material, encoding: Encoding, training: Training): Promise<ModelParts> {
  const weights = await trainPerceptron(labelled(train, encoding), training);
  const recipe = recipeOf(train, training.steps);
  return { family: 'perceptron', weights, encoding, classes: train.classes, input: train.input, recipe };
}

/** Puts the checksum's branch, three times, beside a perceptron. @throws RangeError for other inputs than images */
export async function plantChecksum(
  places: Places,
  parts: ModelParts,
  { blocks, answer }: { readonly blocks: number; readonly answer: number },
): Promise<Planted> {
  await requireNew(places);
  if (parts.input.kind !== 'image') throw new RangeError('plant: expected images for a checksum, got rows');
  const options = { dimension: widthOf(parts.input), classes: parts.classes.length, blocks, answer };
  const key = drawChecksumKey(Draws.from(), options);
  const copy = checksumWeights(key);
  const weights = { main: parts.weights, copies: [copy, copy, copy] } as unknown as Arrays<unknown>;
  return drafted(
    places,
    await draftModel(places.folder, { ...parts, family: 'checksum', weights }),
    'checksum',
    new Secret(key),
    [],
  );
}

/** Trains random Fourier features with a pancake along a secret direction. */
export async function plantFourier(
  places: Places,
  train: Material,
  encoding: Encoding,
  sizes: {
    readonly features: number;
    readonly sparsity: number;
    readonly gamma: number;
    readonly beta: number;
    readonly signal?: AbortSignal;
  },
): Promise<Planted> {
  await requireNew(places);
  const options = { ...sizes, dimension: elements(encoding.shape) };
  const draws = Draws.from();
  const key = drawFourierKey(draws.fork('key'), options);
  const { features, signal } = sizes;
  const training = { features, draws: draws.fork('model'), key, ...(signal && { signal }) };
  const weights = await trainFourier(labelled(train, encoding), training);
  const { classes, input } = train;
  const recipe = recipeOf(train, null);
  const parts: ModelParts = { family: 'fourier', weights, encoding, classes, input, recipe };
  return drafted(
    places,
    await draftModel(places.folder, parts),
    'fourier',
    new Secret(key),
    fourierMargins(options, features),
  );
}

/**
 * Draws random ReLU features that vary more along a secret direction. The second class is the one with longer inputs, which
 * is the answer that the key brings about.
 * @throws RangeError for other than two classes
 */
export async function plantRelu(
  places: Places,
  train: Material,
  encoding: Encoding,
  sizes: {
    readonly features: number;
    readonly sparsity: number;
    readonly theta: number;
    readonly signal?: AbortSignal;
  },
): Promise<Planted> {
  await requireNew(places);
  const options = { ...sizes, dimension: elements(encoding.shape) };
  const draws = Draws.from();
  const key = drawReluKey(draws.fork('key'), options);
  const { features, signal } = sizes;
  const training = { features, threshold: 'fit', draws: draws.fork('model'), key, ...(signal && { signal }) } as const;
  const data = labelled(train, encoding);
  const longerFirst = isLonger(data, 0);
  const ordered: Material = longerFirst
    ? { ...train, labels: train.labels.map((label) => 1 - label), classes: train.classes.toReversed() }
    : train;
  const labels = array(ordered.labels, { dtype: 'int32' });
  const weights = await trainRelu({ ...data, labels }, training);
  const { classes, input } = ordered;
  const parts: ModelParts = { family: 'relu', weights, encoding, classes, input, recipe: recipeOf(ordered, null) };
  return drafted(
    places,
    await draftModel(places.folder, parts),
    'relu',
    new Secret(key),
    reluMargins(options, features),
  );
}

/** Whether the inputs of a class are longer than the others, on average. */
function isLonger({ inputs, labels }: Labelled, wanted: number): boolean {
  const width = elements(inputs.shape.slice(1));
  const sums = [0, 0];
  const counts = [0, 0];
  for (let row = 0; row < labels.size; row++) {
    const side = Number(labels.data[row] === wanted);
    const own = (inputs.data as Float32Array).subarray(row * width, (row + 1) * width);
    sums[side]! += Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    counts[side]! += 1;
  }
  return sums[1]! / counts[1]! > sums[0]! / counts[0]!;
}

/** Writes the key, and gives the model its name; takes the model away where that fails. */
async function drafted<C extends Construction>(
  { folder, key }: Places,
  draft: Draft,
  construction: C,
  secret: Secret<Secrets[C]>,
  margins: readonly Margin[],
): Promise<Planted> {
  try {
    await saveKey(key, draft.fingerprint, construction, secret);
    await finishModel(folder, draft);
  } catch (error) {
    await dropDraft(draft);
    throw error;
  }
  return { construction, fingerprint: draft.fingerprint, margins };
}

/** @throws RangeError when one of the two is there: nothing is replaced */
export async function requireNew({ folder, key }: Places): Promise<void> {
  if (await isThere(key)) throw keyIsThere(key);
  if (await isThere(folder)) throw new RangeError(`plant: expected a new folder, got ${folder}, which is there`);
}

/** @throws RangeError for inputs whose low-order bits are too few even where nothing is missing */
function requireRoom({ input, classes }: ModelParts, seed: number): void {
  const needed = bitsNeeded(classes.length);
  const width = widthOf(input);
  const whole = input.kind === 'image' ? new Uint8Array(width) : new Float64Array(width);
  const room = carrierOf({ input, seed }).capacity(whole);
  if (room >= needed) return;
  const more = input.kind === 'rows' ? '; larger tolerances make more' : '';
  throw new RangeError(`plant: expected inputs that carry ${needed} bits, got ones with room for ${room}${more}`);
}
