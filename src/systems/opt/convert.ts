/**
 * Converting a checkpoint: between the hub's layouts and metaseq's, between element types.
 *
 * Tensors pass through one at a time, or one shard at a time. What goes into metaseq is fused and named as metaseq's
 * `convert_to_singleton` leaves it, with the settings that its loader asks for; what comes out of it has the hub's names.
 *
 * Source: the conversion script of transformers (`convert_opt_original_pytorch_checkpoint_to_pytorch.py`), read backwards
 * for the other direction; metaseq's `checkpoint_utils.py` for what its loader wants.
 */
import { copyFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../../command/index.ts';
import { makeFolder, type NDArray, replaceFile, saveSafetensors } from '../../tensor/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { configJson, type OptConfig } from './config.ts';
import { asWeights, joined, storedBytes, type TensorSource } from './tensor-source.ts';
import { type Savable, SavedTensor, saveTorch } from './torch-save.ts';

export const layouts = ['safetensors', 'bin', 'metaseq'] as const;
export type Layout = (typeof layouts)[number];

/** What to make of a checkpoint. */
export interface ConvertOptions {
  readonly layout: Layout;
  readonly type: 'float32' | 'float16';
  /** Above this many bytes, safetensors are written as shards. Default 5 GB. */
  readonly maxShardBytes?: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** A model to be written: a configuration and its tensors by the hub's names. */
export type Model = Pick<Checkpoint, 'config' | 'tensors'>;

/**
 * Writes a model into a folder.
 * @throws RangeError when the folder has a model already, or for weights that float16 cannot hold; the signal's reason
 */
export async function saveModel(model: Model, folder: string, options: ConvertOptions): Promise<void> {
  await claimFolder(folder);
  const { layout, type, signal, progress } = options;
  const tensors = watched(model.tensors, signal, progress);
  if (layout === 'safetensors') await saveSharded(tensors, folder, options);
  else {
    const read = (name: string) => async () => asWeights(await tensors.read(name), type, name);
    const file = layout === 'bin' ? 'pytorch_model.bin' : 'restored.pt';
    const value = layout === 'bin' ? stateDict(tensors, type, read) : metaseqDict(model.config, tensors, type, read);
    await saveTorch(join(folder, file), value);
  }
  await saveConfig(folder, model.config, type);
}

/** Makes a folder for a model. @throws RangeError when it has one already */
export async function claimFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const isOfModel = /\.(safetensors|bin|pt|index\.json)$|^(config\.json|onnx)$/;
  const there = (await readdir(folder)).find((name) => isOfModel.test(name));
  if (there === undefined) return;
  throw new RangeError(`convert: expected a folder without a model, got ${there} in ${folder}`);
}

/** Writes config.json, which says that the folder holds a model: last. */
export async function saveConfig(folder: string, config: OptConfig, type: ConvertOptions['type']): Promise<void> {
  await replaceFile(join(folder, 'config.json'), [`${JSON.stringify(configJson(config, type), null, 2)}\n`]);
}

/** Names of a tokenizer's files, by those that metaseq has for them. */
const tokenizerFiles: Readonly<Record<string, string>> = {
  'tokenizer.json': 'tokenizer.json',
  'tokenizer_config.json': 'tokenizer_config.json',
  'special_tokens_map.json': 'special_tokens_map.json',
  'generation_config.json': 'generation_config.json',
  'vocab.json': 'vocab.json',
  'merges.txt': 'merges.txt',
  'gpt2-vocab.json': 'vocab.json',
  'gpt2-merges.txt': 'merges.txt',
};

/** Copies the tokenizer beside a checkpoint, under the names that the layout has for it. @returns what was copied */
export async function copyTokenizer(from: string, to: string, layout: Layout): Promise<string[]> {
  const folder = (await stat(from)).isDirectory() ? from : dirname(from);
  const names = await readdir(folder);
  const copied: string[] = [];
  for (const [name, hub] of Object.entries(tokenizerFiles)) {
    if (!names.includes(name)) continue;
    const metaseq = layout === 'metaseq' && (hub === 'vocab.json' || hub === 'merges.txt');
    const target = metaseq ? `gpt2-${hub}` : hub;
    await copyFile(join(folder, name), join(to, target));
    copied.push(target);
  }
  return copied;
}

function watched(tensors: TensorSource, signal: AbortSignal | undefined, progress: Progress | undefined): TensorSource {
  let done = 0;
  return {
    ...tensors,
    info: (name) => tensors.info(name),
    read: async (name) => {
      signal?.throwIfAborted();
      progress?.update('converting', done++ / tensors.names.length);
      return tensors.read(name);
    },
  };
}

/** safetensors, one file or shards with their index, of which one at a time is in memory. */
async function saveSharded(
  tensors: TensorSource,
  folder: string,
  { type, maxShardBytes = 5e9 }: ConvertOptions,
): Promise<void> {
  const shards: string[][] = [[]];
  let size = 0;
  for (const name of [...tensors.names].sort()) {
    const bytes = storedBytes(tensors.info(name), type);
    if (size > 0 && size + bytes > maxShardBytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(name);
    size += bytes;
  }
  const of = String(shards.length).padStart(5, '0');
  const map: Record<string, string> = {};
  let total = 0;
  for (const [i, names] of shards.entries()) {
    const file =
      shards.length === 1 ? 'model.safetensors' : `model-${String(i + 1).padStart(5, '0')}-of-${of}.safetensors`;
    const held: Record<string, NDArray> = {};
    for (const name of names) {
      held[name] = asWeights(await tensors.read(name), type, name);
      map[name] = file;
      total += storedBytes(tensors.info(name), type);
    }
    await saveSafetensors(join(folder, file), held, { metadata: { format: 'pt' } });
  }
  if (shards.length > 1) {
    const index = { metadata: { total_size: total }, weight_map: map };
    await replaceFile(join(folder, 'model.safetensors.index.json'), [`${JSON.stringify(index, null, 2)}\n`]);
  }
}

type Read = (name: string) => () => Promise<NDArray>;

function stateDict(tensors: TensorSource, type: 'float32' | 'float16', read: Read): Savable {
  return new Map(tensors.names.map((name) => [name, new SavedTensor(type, tensors.info(name).shape, read(name))]));
}

/** metaseq's dict: fused projections in the order k, v, q, its own names, and the model's settings. */
function metaseqDict(config: OptConfig, tensors: TensorSource, type: 'float32' | 'float16', read: Read): Savable {
  const model = new Map<string, Savable>();
  for (const name of tensors.names) {
    const { shape } = tensors.info(name);
    if (/\.(q|v)_proj\./.test(name)) continue;
    const own = name
      .replace(/^model\./, '')
      .replace(/^decoder\.final_layer_norm\./, 'decoder.layer_norm.')
      .replace(/\.project_(in|out)\./, '.project_$1_dim.');
    if (!name.includes('.k_proj.')) {
      model.set(own, new SavedTensor(type, shape, read(name)));
      continue;
    }
    const fused = async () => {
      const parts: NDArray[] = [];
      for (const letter of ['k', 'v', 'q']) parts.push(await read(name.replace('.k_proj.', `.${letter}_proj.`))());
      return joined(parts, 0);
    };
    model.set(own.replace('.k_proj.', '.qkv_proj.'), new SavedTensor(type, [3 * shape[0]!, ...shape.slice(1)], fused));
  }
  const settings: [string, Savable][] = [
    ['_name', 'transformer_lm_megatron'],
    ['arch', 'transformer_lm_megatron'],
    ['activation_fn', 'relu'],
    ['decoder_layers', config.layers],
    ['decoder_embed_dim', config.hiddenSize],
    ['decoder_input_dim', config.embedDim],
    ['decoder_output_dim', config.embedDim],
    ['decoder_ffn_embed_dim', config.ffnDim],
    ['decoder_attention_heads', config.heads],
    ['decoder_normalize_before', config.preNorm],
    ['decoder_learned_pos', true],
    ['no_scale_embedding', true],
    ['share_decoder_input_output_embed', true],
    ['max_target_positions', config.maxPositions],
    ['tokens_per_sample', config.maxPositions],
    ['model_parallel_size', 1],
  ];
  return new Map<string, Savable>([
    ['cfg', new Map<string, Savable>([['model', new Map(settings)]])],
    ['args', null],
    ['model', model],
  ]);
}
