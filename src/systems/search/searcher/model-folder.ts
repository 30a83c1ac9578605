/**
 * A search model's folder: `tokenizer.json`, `search.json` with how texts become tokens, and, once there are weights,
 * `config.json` and `model.safetensors` as the hub has them. A BART checkpoint is opened as it is: without `search.json`
 * letters keep their case.
 */
import {
  array,
  type Device,
  ifThere,
  makeFolder,
  type NDArray,
  openSafetensors,
  replaceFile,
  saveSafetensors,
} from '../../../tensor/index.ts';
import {
  type LocalLanguageModel,
  languageModel,
  Tokenizer,
  type Transformer,
  type TransformerConfig,
} from '../../../text/index.ts';
import { bartJson, bartTensors, readBart, readBartJson } from './bart.ts';
import { Coder } from './coder.ts';
import { COPY, copying } from './copying.ts';

const FORMAT = 'tenfold search 1';

/** Weights and what they are the weights of. */
export interface SearchWeights {
  readonly config: TransformerConfig;
  readonly params: Transformer<NDArray>;
}

/** Reads the weights in a folder; undefined where it has none. @throws RangeError or SyntaxError for damaged files */
export async function readWeights(folder: string): Promise<SearchWeights | undefined> {
  const path = `${folder}/config.json`;
  const fields = await readJson(path);
  if (fields === undefined) return undefined;
  const config = readBartJson(path, fields);
  const weights = `${folder}/model.safetensors`;
  try {
    await using file = await openSafetensors(weights);
    return { config, params: await readBart(file, config, weights) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new RangeError(`search: expected weights beside ${path}, got no model.safetensors`, { cause: error });
  }
}

/** What `search.json` says: nothing is folded or copied where there is none. */
export interface SearchSettings {
  readonly lowercase: boolean;
  /** Share of what is copied from the query: g of {@link copying}. */
  readonly copy: number;
}

/** The settings in a folder. @throws SyntaxError for others than there can be */
export async function readSettings(folder: string): Promise<SearchSettings> {
  const path = `${folder}/search.json`;
  const fields = await readJson(path);
  if (fields === undefined) return { lowercase: false, copy: 0 };
  const { format, lowercase, copy } = fields;
  if (format !== FORMAT || typeof lowercase !== 'boolean' || !(typeof copy === 'number' && copy >= 0 && copy < 1)) {
    throw new SyntaxError(`${path}: expected the settings of ${FORMAT}, got ${JSON.stringify(fields).slice(0, 80)}`);
  }
  return { lowercase, copy };
}

/** How the texts of a folder's model become tokens. @throws Error where there is no tokenizer */
export async function readCoder(folder: string): Promise<Coder> {
  const { lowercase } = await readSettings(folder);
  return new Coder(await Tokenizer.open(folder), { lowercase });
}

/**
 * Opens a search model, or what stands before one is trained: only its coder.
 * @throws Error where there is no tokenizer; RangeError or SyntaxError for damaged files, and for weights of a vocabulary
 * that the tokenizer does not fit
 */
export async function openSearchModel(
  folder: string,
  options: { readonly device?: Device } = {},
): Promise<{ coder: Coder; model?: LocalLanguageModel }> {
  const coder = await readCoder(folder);
  const weights = await readWeights(folder);
  if (weights === undefined) return { coder };
  const { config, params } = weights;
  if (config.vocabulary < coder.tokenizer.size) {
    const got = `${coder.tokenizer.size} in its tokenizer`;
    throw new RangeError(`${folder}: expected at most ${config.vocabulary} tokens, as the model has, got ${got}`);
  }
  const { copy } = await readSettings(folder);
  return { coder, model: copying(languageModel(config, params, options), copy, coder) };
}

/** Writes how texts become tokens. @param copy the share that the model copies: that of small models unless given */
export async function saveCoder(folder: string, { tokenizer, lowercase }: Coder, copy = COPY): Promise<void> {
  await makeFolder(folder);
  // first, so that a tokenizer never lies there without it
  await replaceFile(`${folder}/search.json`, [`${JSON.stringify({ format: FORMAT, lowercase, copy })}\n`]);
  await tokenizer.save(folder);
}

/** Writes weights as float16 or float32, the configuration last. @param pad id of the token that fills up rows */
export async function saveWeights(
  folder: string,
  { config, params }: SearchWeights,
  { pad, float = 'float32' }: { readonly pad: number; readonly float?: 'float16' | 'float32' },
): Promise<void> {
  const tensors = Object.entries(bartTensors(params)).map(([name, { data, shape }]) => {
    return [name, array(data as Float32Array, { dtype: float, shape })] as const;
  });
  await saveSafetensors(`${folder}/model.safetensors`, Object.fromEntries(tensors), { metadata: { format: 'pt' } });
  await replaceFile(`${folder}/config.json`, [`${JSON.stringify(bartJson(config, pad), undefined, 2)}\n`]);
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const { readFile } = await import('node:fs/promises');
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${path}: expected JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${path}: expected a JSON object, got ${Array.isArray(value) ? 'an array' : typeof value}`);
  }
  return value as Record<string, unknown>;
}
