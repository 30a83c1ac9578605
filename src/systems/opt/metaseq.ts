/**
 * metaseq's checkpoints by the hub's names.
 *
 * Three things differ. Queries, keys and values are one tensor, fused in the order k, v, q. Tensor parallelism cuts the
 * model into parts: rows of the embedding, of the fused projection (each third by itself) and of fc1, columns of fc2 and
 * out_proj; the rest is in every part. And where FSDP trained it, each layer may be one flat tensor, whose metadata says
 * what it was made of. All three are undone by looking at the right elements: nothing is read before it is asked for.
 *
 * Source: metaseq, `distributed/stitch_fsdp_ckpt.py` (parts) and `scripts/reshard_fsdp.py` (flat tensors); the conversion
 * script of transformers for the names.
 */
import { basename } from 'node:path';
import { elements, formatShape } from '../../tensor/index.ts';
import { headsOf, type OptConfig } from './config.ts';
import { Tuple, type Value } from './pickle.ts';
import { type Derived, derived, joined, type TensorSource } from './tensor-source.ts';
import { TorchFile } from './torch-file.ts';
import { rowsOf, setting, TorchTensor } from './torch-objects.ts';

/** Names that are no weights: the output layer is the embedding, the rest are buffers. */
const buffers = /^(decoder\.output_projection\.weight|decoder\.version|decoder\.embed_positions\._float_tensor)$/;

/** A part of a model: a file and its tensors by metaseq's names. */
interface Part {
  readonly file: TorchFile;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
}

/**
 * Opens a model of one or more parts, in their order.
 * @returns its tensors by the hub's names, and what its settings say of the number of heads
 * @throws SyntaxError or RangeError, naming the file, for what is no checkpoint of metaseq's or whose parts disagree
 */
export async function openMetaseq(
  paths: readonly string[],
): Promise<{ source: TensorSource; heads: number | undefined }> {
  const parts: Part[] = [];
  const close = async () => {
    for (const { file } of parts) await file.close();
  };
  try {
    for (const path of paths) parts.push(await openPart(path));
    const [first] = parts as [Part, ...Part[]];
    const tensors = new Map<string, Derived>();
    for (const name of first.tensors.keys()) {
      const own = parts.map((part) => ({ part, tensor: tensorIn(part, name) }));
      for (const [hub, piece] of hubTensors(name, own)) tensors.set(hub, piece);
    }
    const told = setting(first.file.value, ['cfg', 'model', 'decoder_attention_heads']);
    const heads = Number.isSafeInteger(told) ? (told as number) : undefined;
    return { source: derived(tensors, { close }), heads };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The configuration that the tensors themselves tell: all but the number of heads.
 * @throws RangeError where it does not follow
 */
export function configFrom(source: TensorSource, heads: number | undefined, where: string): OptConfig {
  const shape = (name: string): readonly number[] => {
    const full = `model.decoder.${name}`;
    if (source.names.includes(full)) return source.info(full).shape;
    throw new RangeError(`checkpoint: ${where}: expected OPT's tensors, got none for decoder.${name}`);
  };
  const [vocabSize, embedDim] = shape('embed_tokens.weight') as [number, number];
  const [positions, hiddenSize] = shape('embed_positions.weight') as [number, number];
  const layers = 1 + Math.max(...source.names.map((name) => Number(/layers\.(\d+)\./.exec(name)?.[1] ?? -1)));
  const count = heads ?? headsOf(layers, hiddenSize);
  if (count === undefined) {
    throw new RangeError(
      `checkpoint: ${where}: expected a config.json beside it, because nothing in it says how many heads its ${layers} layers of width ${hiddenSize} have`,
    );
  }
  const finalNorm = source.names.includes('model.decoder.final_layer_norm.weight');
  return {
    vocabSize,
    hiddenSize,
    layers,
    heads: count,
    ffnDim: shape('layers.0.fc1.weight')[0]!,
    maxPositions: positions - 2,
    embedDim,
    // of the paper's models only the one without a last norm has its norms after the sublayers
    preNorm: finalNorm,
    finalNorm,
    dropout: 0.1,
    bos: 2,
    eos: 2,
    pad: 1,
  };
}

async function openPart(path: string): Promise<Part> {
  const file = await TorchFile.open(path);
  try {
    const model = file.value instanceof Map ? file.value.get('model') : undefined;
    if (!(model instanceof Map)) {
      throw new RangeError(`checkpoint: ${path}: expected a metaseq checkpoint with tensors under "model", got none`);
    }
    const tensors = new Map<string, TorchTensor>();
    for (const [name, tensor] of model) {
      if (typeof name === 'string' && tensor instanceof TorchTensor) tensors.set(name, tensor);
    }
    const flat = [...tensors.keys()].some((name) => /(^|\.)flat_param_\d+$/.test(name));
    return { file, tensors: flat ? unflattened(tensors, file) : tensors };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What one of metaseq's tensors becomes by the hub's names, put together from the parts. */
function hubTensors(
  name: string,
  parts: readonly { part: Part; tensor: TorchTensor }[],
): readonly (readonly [string, Derived])[] {
  if (buffers.test(name)) return [];
  const hub = `model.${name.replace(/^decoder\.layer_norm\./, 'decoder.final_layer_norm.').replace(/\.project_(in|out)_dim\./, '.project_$1.')}`;
  const axis = /embed_tokens|qkv_proj|[qkv]_proj|fc1/.test(name)
    ? 0
    : /(fc2|out_proj)\.weight$/.test(name)
      ? 1
      : undefined;
  const whole = (slice: (tensor: TorchTensor) => TorchTensor): Derived => {
    const pieces = parts.map(({ part, tensor }) => ({ part, tensor: slice(tensor) }));
    const cut = axis !== undefined && pieces.length > 1;
    const [{ tensor: first }] = pieces as [(typeof pieces)[0]];
    const along = pieces.reduce((sum, { tensor }) => sum + (tensor.shape[axis ?? 0] ?? 0), 0);
    return {
      dtype: first.storage.type.dtype,
      shape: cut ? first.shape.map((n, i) => (i === axis ? along : n)) : first.shape,
      read: async () => {
        const arrays = [];
        for (const { part, tensor } of cut ? pieces : pieces.slice(0, 1))
          arrays.push(await part.file.read(tensor, name));
        return joined(arrays, axis ?? 0);
      },
    };
  };
  if (!name.includes('.qkv_proj.')) return [[hub, whole((tensor) => tensor)]];
  return ['k', 'v', 'q'].map((letter, i) => {
    const third = (tensor: TorchTensor) => {
      const rows = tensor.shape[0]! / 3;
      if (!Number.isInteger(rows)) {
        throw new RangeError(
          `checkpoint: expected ${name} to have rows for keys, values and queries, got shape ${formatShape(tensor.shape)}`,
        );
      }
      return rowsOf(tensor, i * rows, (i + 1) * rows);
    };
    return [hub.replace('.qkv_proj.', `.${letter}_proj.`), whole(third)];
  });
}

function tensorIn({ file, tensors }: Part, name: string): TorchTensor {
  const found = tensors.get(name);
  if (found !== undefined) return found;
  throw new RangeError(`checkpoint: ${file.path}: expected the tensors of the first part, got no ${name}`);
}

/** The tensors that flat ones were made of, as views into them. */
function unflattened(tensors: ReadonlyMap<string, TorchTensor>, file: TorchFile): Map<string, TorchTensor> {
  const fail = (what: string) => new RangeError(`checkpoint: ${file.path}: flattened by FSDP: expected ${what}`);
  const groups = setting(file.value, ['shard_metadata', 'param_metadata']);
  if (!Array.isArray(groups)) throw fail("the metadata of what was flattened (metaseq's reshard_fsdp undoes it)");
  const made = new Map([...tensors].filter(([name]) => !/(^|\.)flat_param_\d+$/.test(name)));
  for (const group of groups) {
    const path = setting(group, ['fsdp_path']);
    const params = setting(group, ['params']);
    if (typeof path !== 'string' || !(params instanceof Map)) throw fail('a path and its parameters');
    for (const [flatName, info] of params) {
      const flat = tensors.get(path === '' ? String(flatName) : `${path}.${String(flatName)}`);
      const [names, shapes] = ['names', 'shapes'].map((key) => itemsOf(setting(info, [key])));
      if (flat === undefined || names === undefined || shapes === undefined || names.length !== shapes.length) {
        throw fail(`${path}.${String(flatName)} with names and shapes`);
      }
      let at = 0;
      for (const [i, name] of names.entries()) {
        const shape = (itemsOf(shapes[i]) ?? []) as number[];
        if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) throw fail('shapes of whole numbers');
        made.set(path === '' ? String(name) : `${path}.${String(name)}`, viewOf(flat, at, shape));
        at += elements(shape);
      }
      if (at !== elements(flat.shape)) {
        throw fail(
          `${at} numbers in ${path}.${String(flatName)}, got ${elements(flat.shape)}: ${basename(file.path)} is one of several shards (metaseq's reshard_fsdp joins them)`,
        );
      }
    }
  }
  return made;
}

/** A row-major tensor of this shape at an element of a flat one. */
function viewOf(flat: TorchTensor, at: number, shape: readonly number[]): TorchTensor {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  return new TorchTensor(flat.storage, flat.offset + at, shape, strides);
}

function itemsOf(value: Value | undefined): readonly Value[] | undefined {
  return Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
}
