/**
 * An OPT checkpoint as a language model in this process.
 */
import type { Progress } from '../../command/index.ts';
import type { Device, NDArray } from '../../tensor/index.ts';
import { type LocalLanguageModel, languageModel, Tokenizer, type Transformer } from '../../text/index.ts';
import { architecture, parameterTree } from './architecture.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { OptConfig } from './config.ts';
import { asWeights } from './tensor-source.ts';

/** A model with its tokenizer. Release it when done. */
export interface OptModel {
  readonly config: OptConfig;
  readonly tokenizer: Tokenizer;
  readonly model: LocalLanguageModel;
}

/** How a model is loaded. */
export interface LoadOptions {
  readonly device?: Device;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Reads the weights of a checkpoint, one tensor after another, as float32.
 * @throws as `openCheckpoint`, and the signal's reason
 */
export async function readParameters(
  { config, tensors }: Checkpoint,
  { progress, signal }: LoadOptions = {},
): Promise<Transformer<NDArray>> {
  const made = new Map<string, NDArray>();
  for (const name of tensors.names) {
    signal?.throwIfAborted();
    made.set(name, asWeights(await tensors.read(name), 'float32', name));
    progress?.update('reading the weights', made.size / tensors.names.length);
  }
  return parameterTree(config, (name) => made.get(name)!);
}

/**
 * Loads a checkpoint and its tokenizer.
 * @param path a checkpoint's folder; the tokenizer's files lie in it too
 * @throws as `openCheckpoint` and `Tokenizer.open`; RangeError when tokenizer and model disagree
 */
export async function loadOpt(path: string, options: LoadOptions = {}): Promise<OptModel> {
  const tokenizer = await Tokenizer.open(path);
  await using checkpoint = await openCheckpoint(path);
  const { config } = checkpoint;
  if (tokenizer.size > config.vocabSize) {
    throw new RangeError(
      `opt: expected a tokenizer of at most the model's ${config.vocabSize} tokens, got ${tokenizer.size} in ${path}`,
    );
  }
  const params = await readParameters(checkpoint, options);
  const { device } = options;
  return { config, tokenizer, model: languageModel(architecture(config), params, device && { device }) };
}

/** The ids of a prompt: `</s>` first, whether the tokenizer's files say so or not. */
export function promptIds({ tokenizer, config }: OptModel, text: string): number[] {
  return [config.bos, ...tokenizer.encode(text, { special: false })];
}
