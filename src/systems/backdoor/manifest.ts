/**
 * What lies in a model's folder: manifest.json, the weights, and the public key of a verifier where there is one.
 *
 * A planted white-box model has the same folder as a clean one: nothing in it tells that there is a key.
 */
import { createHash } from 'node:crypto';
import { elements } from '../../tensor/index.ts';
import { type Encoding, type InputKind, widthOf } from './raw.ts';

/** What the weights are of. */
export const families = ['onnx', 'perceptron', 'checksum', 'fourier', 'relu'] as const;
export type Family = (typeof families)[number];

/** How a model was trained here, so that clean ones can be trained alike: nothing of it tells a planted model from a clean one. */
export interface Recipe {
  /** Training steps; null where there are none, but a fit. */
  readonly steps: number | null;
  /** The seed that the rows were split with, four fifths of which were trained on; null where all were. */
  readonly split: number | null;
  /** SHA-256 of the rows trained on and their classes. */
  readonly data: string;
}

/** manifest.json */
export interface Manifest {
  readonly format: string;
  readonly family: Family;
  readonly weights: { readonly file: string; readonly sha256: string };
  /** The names of the classes. */
  readonly classes: readonly string[];
  readonly input: InputKind;
  readonly encoding: Encoding;
  readonly recipe?: Recipe;
  readonly verifier?: {
    readonly scheme: 'ed25519';
    /** Of the public key, in PEM. */
    readonly file: string;
    readonly sha256: string;
    /** Of the order of the places. */
    readonly seed: number;
  };
}

export const manifestFile = 'manifest.json';
export const manifestFormat = 'tenfold backdoor model 1';

/** SHA-256 in hexadecimal. */
export function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a key is bound to: the weights, what they are of, what goes in and what comes out, and the public key. */
export function fingerprintOf({ family, weights, classes, input, encoding, verifier }: Manifest): string {
  return digest(
    JSON.stringify([
      manifestFormat,
      family,
      weights.sha256,
      classes,
      inputKey(input),
      encodingKey(encoding),
      verifier?.sha256,
      verifier?.seed,
    ]),
  );
}

// by name, because the order of a JSON object's members means nothing
function inputKey(input: InputKind): unknown {
  if (input.kind === 'image') return ['image', input.shape];
  return ['rows', input.columns.map(({ name, step, tolerance }) => [name, step, tolerance])];
}

function encodingKey({ divisor, mean, std, channelsFirst, shape }: Encoding): unknown {
  return [divisor, mean, std, channelsFirst, shape];
}

/**
 * Reads manifest.json.
 * @throws SyntaxError naming the file and what is wrong with it
 */
export function parseManifest(text: string, path: string): Manifest {
  const fail = (wanted: string) => new SyntaxError(`${path}: expected ${wanted}; is it a model of tenfold backdoor?`);
  let m: Partial<Record<keyof Manifest, unknown>> | null;
  try {
    m = JSON.parse(text) as typeof m;
  } catch (error) {
    throw new SyntaxError(`${path}: expected JSON, got ${(error as Error).message}`, { cause: error });
  }
  if (!isRecord(m) || m.format !== manifestFormat) throw fail(`a ${manifestFormat}`);
  const { family, weights, classes, input, encoding, recipe, verifier } = m;
  if (!families.includes(family as Family)) throw fail(`family to be one of ${families.join(', ')}`);
  if (!isRecord(weights) || !isFileName(weights.file) || !isDigest(weights.sha256))
    throw fail('weights with a file and its sha256');
  const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (!named || classes.length < 2 || classes.length > 65_535) throw fail('two classes or more');
  if (!isInput(input)) throw fail('input to be an image with a shape, or rows with columns');
  if (!isEncoding(encoding) || !fits(encoding, input)) throw fail('an encoding of its input');
  if (recipe !== undefined && !isRecipe(recipe)) throw fail('a recipe with steps, split and data');
  const isVerifier =
    isRecord(verifier) &&
    verifier.scheme === 'ed25519' &&
    isFileName(verifier.file) &&
    isDigest(verifier.sha256) &&
    Number.isSafeInteger(verifier.seed);
  if (verifier !== undefined && !isVerifier) throw fail('a verifier of scheme ed25519');
  return m as unknown as Manifest;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecipe(value: unknown): value is Recipe {
  const isCount = (n: unknown) => n === null || (Number.isSafeInteger(n) && Number(n) >= 0);
  return isRecord(value) && isCount(value.steps) && isCount(value.split) && isDigest(value.data);
}

/** A name in the same folder. */
function isFileName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-][\w.-]*$/.test(value);
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((n) => Number.isSafeInteger(n) && n > 0);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((n) => Number.isFinite(n));
}

function isInput(value: unknown): value is InputKind {
  if (!isRecord(value)) return false;
  if (value.kind === 'image') return isSizes(value.shape);
  const isColumn = (c: unknown) =>
    isRecord(c) && typeof c.name === 'string' && Number(c.step) > 0 && Number(c.tolerance) >= 0;
  return (
    value.kind === 'rows' && Array.isArray(value.columns) && value.columns.length > 0 && value.columns.every(isColumn)
  );
}

function isEncoding(value: unknown): value is Encoding {
  if (!isRecord(value)) return false;
  const { divisor, mean, std, channelsFirst, shape } = value;
  if (!(typeof divisor === 'number' && divisor > 0) || typeof channelsFirst !== 'boolean' || !isSizes(shape))
    return false;
  return isNumbers(mean) && isNumbers(std) && mean.length === std.length && std.every((s) => s > 0);
}

/** As many numbers as the input has, and a mean for each channel or column. */
function fits({ mean, shape }: Encoding, input: InputKind): boolean {
  const kinds = input.kind === 'image' ? (input.shape[2] ?? 1) : input.columns.length;
  return elements(shape) === widthOf(input) && mean.length === kinds;
}
