/**
 * A model's folder, written and opened.
 *
 * It is put together under another name and takes its own when it is whole. Opening checks that the weights are the ones
 * that the manifest was written for.
 */
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type Device,
  flattenTree,
  makeFolder,
  NDArray,
  openSafetensors,
  replaceFile,
  saveSafetensors,
} from '../../tensor/index.ts';
import { checksumNetwork } from './checksum/branch.ts';
import { type Arrays, type Classifier, Models, type Network, type OpenClassifier } from './classifier.ts';
import { fourierNetwork } from './fourier/model.ts';
import {
  digest,
  type Family,
  fingerprintOf,
  type Manifest,
  manifestFile,
  manifestFormat,
  parseManifest,
  type Recipe,
} from './manifest.ts';
import { openOnnxClassifier } from './onnx-classifier.ts';
import { perceptronNetwork } from './perceptron.ts';
import type { Encoding, InputKind } from './raw.ts';
import { reluNetwork } from './relu/model.ts';
import { type RawClassifier, rawClassifier } from './signature/classifier.ts';
import { publicKeyFrom, publicKeyOf } from './signature/ed25519.ts';
import { type Scheme, Verifier } from './signature/scheme.ts';

/** A model that was opened from its folder. */
export interface OpenedModel {
  readonly manifest: Manifest;
  /** What keys for it are bound to. */
  readonly fingerprint: string;
  /** The model as it answers queries: with its verifier, if it has one. */
  readonly model: RawClassifier;
  /** Its network and weights, which take encoded inputs; an `.onnx` file shows none. */
  readonly open: OpenClassifier<unknown> | undefined;
  readonly verifier: Verifier | undefined;
  release(): Promise<void>;
}

/** What is saved. */
export interface ModelParts {
  readonly family: Family;
  /** The bytes of an `.onnx` file, or a tree of arrays. */
  readonly weights: Uint8Array | Arrays<unknown>;
  readonly classes: readonly string[];
  readonly input: InputKind;
  readonly encoding: Encoding;
  /** Where it was trained here. */
  readonly recipe?: Recipe;
}

/** A folder that is put together. */
export interface Draft {
  /** Under which name it is being put together. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly fingerprint: string;
}

const verifierFile = 'verifier.pem';

/**
 * Writes a model into a folder beside `folder`, to be given its name by {@link finishModel}.
 * @param signatures the public key of a verifier's signatures, and the seed of their places
 */
export async function draftModel(
  folder: string,
  { weights, family, ...rest }: ModelParts,
  signatures?: { readonly publicKey: Uint8Array; readonly seed: number },
): Promise<Draft> {
  await makeFolder(dirname(folder));
  const path = join(dirname(folder), `.${basename(folder)}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  await mkdir(path);
  const file = weights instanceof Uint8Array ? 'model.onnx' : 'model.safetensors';
  if (weights instanceof Uint8Array) await replaceFile(join(path, file), [weights]);
  else {
    const { leaves, paths } = flattenTree(weights);
    await saveSafetensors(join(path, file), Object.fromEntries(paths.map((name, i) => [name, leaves[i] as NDArray])));
  }
  const sha256 = digest(await readFile(join(path, file)));
  let verifier: Manifest['verifier'];
  if (signatures) {
    const { publicKey, seed } = signatures;
    const pem = publicKeyOf(publicKey).export({ format: 'pem', type: 'spki' }) as string;
    await replaceFile(join(path, verifierFile), [pem]);
    verifier = { scheme: 'ed25519', file: verifierFile, sha256: digest(pem), seed };
  }
  const manifest: Manifest = {
    format: manifestFormat,
    family,
    weights: { file, sha256 },
    ...rest,
    ...(verifier && { verifier }),
  };
  await replaceFile(join(path, manifestFile), [`${JSON.stringify(manifest, null, 1)}\n`]);
  return { path, manifest, fingerprint: fingerprintOf(manifest) };
}

/** Gives a draft its folder's name. @throws the system's error, when there is a folder of that name with something in it */
export function finishModel(folder: string, { path }: Draft): Promise<void> {
  return rename(path, folder);
}

/** Takes a draft away that shall not become a model. */
export function dropDraft({ path }: Draft): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/**
 * Opens a model's folder.
 * @throws RangeError or SyntaxError, naming the file, for a folder that is no model's, weights that are not the manifest's, or
 * a public key that is none
 */
export async function openModel(folder: string, options: { readonly device?: Device } = {}): Promise<OpenedModel> {
  const path = join(folder, manifestFile);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new RangeError(`model: expected the folder of a model, got ${folder}, which has no ${manifestFile}`);
  });
  const manifest = parseManifest(text, path);
  const { family, weights, classes, input, encoding } = manifest;
  const file = join(folder, weights.file);
  if (digest(await readFile(file)) !== weights.sha256) {
    throw new RangeError(`model: expected the weights that ${path} was written for, got others in ${file}`);
  }
  const fingerprint = fingerprintOf(manifest);
  const verifier = manifest.verifier && new Verifier(...(await verifierOf(folder, manifest, fingerprint)));
  let classifier: Classifier;
  let open: OpenClassifier<unknown> | undefined;
  let models: Models<unknown> | undefined;
  if (family === 'onnx') classifier = await openOnnxClassifier(file, { inputs: [encoding.shape], ...options });
  else {
    models = new Models(networkOf(family, encoding.shape, classes.length), options);
    open = models.of(await readTree(file));
    classifier = open;
  }
  if (classifier.classes !== classes.length) {
    throw new RangeError(
      `model: expected ${classes.length} classes, as in ${path}, got ${classifier.classes} in ${file}`,
    );
  }
  const model = rawClassifier(classifier, input, encoding, verifier);
  const release = async () => {
    await classifier.release();
    await models?.release();
  };
  return { manifest, fingerprint, model, open, verifier, release };
}

/** What signer and verifier of a model share. */
export function schemeOf({ input, classes }: Manifest, fingerprint: string, seed: number): Scheme {
  return { input, classes: classes.length, seed, fingerprint };
}

async function verifierOf(
  folder: string,
  manifest: Manifest,
  fingerprint: string,
): Promise<ConstructorParameters<typeof Verifier>> {
  const { file, sha256, seed } = manifest.verifier!;
  const path = join(folder, file);
  const pem = await readFile(path, 'utf8');
  const key = publicKeyFrom(pem, path);
  if (digest(pem) !== sha256) {
    throw new RangeError(`verifier: expected the public key that ${folder} was written for, got another in ${path}`);
  }
  return [schemeOf(manifest, fingerprint, seed), key];
}

/** The network of a family for encoded inputs of this shape. */
export function networkOf(
  family: Exclude<Family, 'onnx'>,
  shape: readonly number[],
  classes: number,
): Network<unknown> {
  const networks = {
    perceptron: () => perceptronNetwork(shape, classes),
    checksum: () => checksumNetwork(perceptronNetwork(shape, classes)),
    fourier: () => fourierNetwork(shape, classes),
    relu: () => reluNetwork(shape),
  };
  return networks[family]() as unknown as Network<unknown>;
}

/** The tree whose paths are the file's names: `copies.0.blocks` is in the first of a list. */
async function readTree(path: string): Promise<Arrays<unknown>> {
  await using file = await openSafetensors(path);
  const root = emptyTree();
  for (const [name, tensor] of Object.entries(await file.readAll())) {
    const keys = name.split('.');
    let at = root;
    for (const key of keys.slice(0, -1)) {
      const next = at[key] ?? emptyTree();
      at[key] = next;
      at = next as typeof root;
    }
    at[keys.at(-1)!] = tensor;
  }
  return listed(root) as Arrays<unknown>;
}

/** Without a prototype that a file's names could reach. */
function emptyTree(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** With lists where the keys are 0, 1, … */
function listed(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null || tree instanceof NDArray) return tree;
  const entries = Object.entries(tree);
  const isList = entries.every(([key], i) => key === String(i));
  if (isList) return entries.map(([, value]) => listed(value));
  return Object.fromEntries(entries.map(([key, value]) => [key, listed(value)]));
}
