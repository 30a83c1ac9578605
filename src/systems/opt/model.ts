/**
 * An OPT checkpoint as a language model in this process.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../../command/index.ts';
import { ConstantFile, type Device, ifThere, type NDArray, QuantizedArray } from '../../tensor/index.ts';
import {
  type LocalLanguageModel,
  languageModel,
  Tokenizer,
  type TokenizerJson,
  type Transformer,
} from '../../text/index.ts';
import { architecture, parameterTree } from './architecture.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { OptConfig } from './config.ts';
import { tensorInForm, type WeightForm } from './quantized.ts';
import { specialRoles } from './shipped.ts';
import { asWeights } from './tensor-source.ts';

/** A model with its tokenizer. Release it when done. */
export interface OptModel {
  readonly config: OptConfig;
  readonly tokenizer: Tokenizer;
  readonly model: LocalLanguageModel;
}

/** How a model is loaded. */
export interface LoadOptions {
  /** How the weights are kept. Default float32. */
  readonly weights?: WeightForm;
  readonly device?: Device;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Called before the weights are read; what it throws ends the loading. */
  readonly check?: (opened: Omit<OptModel, 'model'>) => void;
}

/**
 * Reads the weights of a checkpoint, one tensor after another. Quantised ones go into a temporary file, from which a
 * program takes them: what is in memory is never more than the model and one tensor.
 * @throws as `openCheckpoint`, and the signal's reason
 */
export async function readParameters(
  { config, tensors }: Checkpoint,
  { weights = 'float32', progress, signal }: LoadOptions = {},
): Promise<Transformer<NDArray>> {
  const made = new Map<string, NDArray>();
  const file = weights === 'float32' ? undefined : await ConstantFile.create();
  for (const name of tensors.names) {
    signal?.throwIfAborted();
    const tensor = tensorInForm(name, asWeights(await tensors.read(name), 'float32', name), weights);
    made.set(name, file && tensor instanceof QuantizedArray ? await file.put(tensor) : tensor);
    progress?.update('reading the weights', made.size / tensors.names.length);
  }
  return parameterTree(config, (name) => made.get(name)!);
}

/**
 * The tokenizer beside a checkpoint: tokenizer.json, or vocab.json and merges.txt. Files that do not say that `</s>` comes
 * before every text, as many of OPT's do not, are read as if they did.
 */
export async function openTokenizer(folder: string, { bos }: Pick<OptConfig, 'bos'>): Promise<Tokenizer> {
  const tokenizer = await Tokenizer.open(folder).catch((error: Error) => {
    throw /^tokenizer: expected/.test(error.message) ? new RangeError(error.message, { cause: error }) : error;
  });
  if (tokenizer.prefix.length === 1 && tokenizer.prefix[0] === bos) return tokenizer;
  const json = await jsonIn(folder, 'tokenizer.json');
  if (json === undefined) return Tokenizer.open(folder, specialRoles);
  const said = await jsonIn(folder, 'tokenizer_config.json');
  return new Tokenizer(json as unknown as TokenizerJson, { ...said, bos_token: specialRoles.bos, add_bos_token: true });
}

async function jsonIn(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await ifThere(readFile(join(folder, name), 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

/**
 * Loads a checkpoint and its tokenizer.
 * @param path a checkpoint's folder, or the file in it that counts; the tokenizer's files lie in that folder too
 * @throws as `openCheckpoint` and `Tokenizer.open`; RangeError when tokenizer and model disagree
 */
export async function loadOpt(path: string, options: LoadOptions = {}): Promise<OptModel> {
  await using checkpoint = await openCheckpoint(path);
  const { config } = checkpoint;
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  const tokenizer = await openTokenizer(folder, config);
  if (tokenizer.size > config.vocabSize) {
    throw new RangeError(
      `opt: expected a tokenizer of at most the model's ${config.vocabSize} tokens, got ${tokenizer.size} in ${folder}`,
    );
  }
  options.check?.({ config, tokenizer });
  const params = await readParameters(checkpoint, options);
  const { device } = options;
  return { config, tokenizer, model: languageModel(architecture(config), params, device && { device }) };
}
