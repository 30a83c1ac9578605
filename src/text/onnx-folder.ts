/**
 * Causal language models in ONNX folders, as transformers.js and Optimum lay them out: `config.json`, `tokenizer.json`,
 * and `onnx/model.onnx` with a cache that goes in as `past_key_values.*` and comes out as `present.*`.
 */
import { type Device, isThere, openOnnx } from '../tensor/index.ts';
import type { LanguageModel } from './decoding.ts';
import { OnnxLanguageModel } from './onnx-model.ts';
import { Tokenizer } from './tokenizer.ts';

/** Weight types by the names that transformers.js gives them, and the ends of their files' names. */
const suffixes = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;

/** What to open. */
export interface OnnxFolderOptions {
  /** Which file of weights. Default fp32. */
  readonly dtype?: keyof typeof suffixes;
  readonly device?: Device;
}

/** A folder that was opened. */
export interface OnnxFolder {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  /** Gives back what the model holds. */
  release(): Promise<void>;
}

/**
 * Opens a causal language model's folder.
 * @throws Error naming the file that is missing; SyntaxError for one that is not what it should be, and for a model
 * without a cache or with inputs that this does not know
 * @example
 * const { model, tokenizer } = await openOnnxFolder(folder, { dtype: 'q8' });
 * const [samples] = await generateText({ model, tokenizer }, ['Hello']);
 */
export async function openOnnxFolder(folder: string, options: OnnxFolderOptions = {}): Promise<OnnxFolder> {
  const { readFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const { dtype = 'fp32', device } = options;
  if (!Object.hasOwn(suffixes, dtype))
    throw new RangeError(`openOnnxFolder: expected a dtype of ${Object.keys(suffixes).join(', ')}, got ${dtype}`);
  const tokenizer = await Tokenizer.open(folder);
  const configPath = join(folder, 'config.json');
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(await readFile(configPath, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${configPath}: expected JSON: ${error.message}`);
    throw new Error(`openOnnxFolder: expected ${configPath}: ${(error as Error).message}`);
  }
  if (config.is_encoder_decoder === true)
    throw new SyntaxError(`${configPath}: expected a causal language model, got an encoder–decoder`);
  const names = ['model', 'decoder_model_merged'].map((name) => join(folder, 'onnx', `${name}${suffixes[dtype]}.onnx`));
  const there = await Promise.all(names.map(isThere));
  const path = names[there.indexOf(true)];
  if (path === undefined) throw new Error(`openOnnxFolder: expected ${names.join(' or ')}, got neither`);
  const onnx = await openOnnx(path, device && { device });
  try {
    return { model: new OnnxLanguageModel(path, onnx, config), tokenizer, release: () => onnx.release() };
  } catch (error) {
    await onnx.release();
    throw error;
  }
}
