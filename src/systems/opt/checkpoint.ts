/**
 * Opening an OPT checkpoint, in whichever of the layouts that people have it.
 *
 * The hub's: a folder with config.json and the weights as `model.safetensors`, as `pytorch_model.bin`, or as shards of
 * either with an index. metaseq's: `.pt` files, whole or in tensor-parallel parts. Whatever it is, what comes out has the
 * hub's names and exactly the tensors of its configuration; what is missing, too much or of another shape is told at once.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatShape, isThere, openSafetensors } from '../../tensor/index.ts';
import { expectedShapes } from './architecture.ts';
import { type OptConfig, readConfig } from './config.ts';
import { configFrom, openMetaseq } from './metaseq.ts';
import { printable } from './pickle.ts';
import { derived, renamed, type TensorSource } from './tensor-source.ts';
import { TorchFile } from './torch-file.ts';
import { TorchTensor } from './torch-objects.ts';

/** An open checkpoint. Close it when done, or declare it with `await using`. */
export interface Checkpoint extends AsyncDisposable {
  readonly config: OptConfig;
  readonly layout: 'safetensors' | 'bin' | 'metaseq';
  /** Every tensor of the configuration, and no other, by the hub's names. */
  readonly tensors: TensorSource;
}

/** Files that hold a model by themselves, the first that is there counts. */
const hubFiles = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/** No index of a real model comes near this. */
const maxIndexBytes = 100_000_000;

/**
 * Opens a checkpoint: reads its configuration and what tensors it has, and none of their numbers.
 * @param path a folder, or the file in it that counts
 * @throws RangeError, SyntaxError or TypeError, in one line, for what is no checkpoint, is truncated or damaged, holds
 * Python objects other than tensors, or has not the tensors of its configuration
 * @example
 * await using checkpoint = await openCheckpoint('models/opt-125m');
 * await checkpoint.tensors.read('model.decoder.embed_tokens.weight')
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new RangeError(`checkpoint: expected a folder or a file, got ${path}, which is not there`, { cause: error });
  });
  const isFolder = found.isDirectory();
  const folder = isFolder ? path : dirname(path);
  const files = isFolder ? await filesOf(path) : await partsOf(path);
  const metaseq = files[0]!.endsWith('.pt');
  const configPath = join(folder, 'config.json');
  const given = (await isThere(configPath)) ? await readConfig(configPath) : undefined;
  if (!metaseq && given === undefined) {
    throw new RangeError(`checkpoint: ${folder}: expected a config.json beside ${basename(files[0]!)}, got none`);
  }
  const { source, heads } = metaseq
    ? await openMetaseq(files)
    : { source: renamed(await openHub(files[0]!), hubTensor), heads: undefined };
  try {
    const config = given ?? configFrom(source, heads, path);
    checkTensors(source, config, path);
    const layout = metaseq ? 'metaseq' : /safetensors/.test(basename(files[0]!)) ? 'safetensors' : 'bin';
    return { config, layout, tensors: source, [Symbol.asyncDispose]: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The name that the hub's newest files have; undefined for what is not a weight of its own. */
function hubTensor(name: string): string | undefined {
  if (name === 'lm_head.weight' || name.endsWith('decoder.version')) return undefined; // the output layer is tied
  return name.startsWith('decoder.') ? `model.${name}` : name;
}

/** The files of the checkpoint in a folder. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const hub = hubFiles.find((name) => names.includes(name));
  if (hub !== undefined) return [join(folder, hub)];
  const parts = names.filter((name) => /-model_part-\d+\.pt$/.test(name)).sort(byNumber);
  const whole = ['restored.pt', 'reshard.pt', 'consolidated.pt'].find((name) => names.includes(name));
  const single = names.filter((name) => name.endsWith('.pt'));
  if (whole !== undefined) return [join(folder, whole)];
  if (parts.length > 0) return checkedParts(folder, parts);
  if (names.some((name) => /-shard\d+\.pt$/.test(name))) {
    throw new RangeError(
      `checkpoint: ${folder}: expected joined parts, got the shards of a training run (metaseq's reshard_fsdp joins them)`,
    );
  }
  if (single.length === 1) return [join(folder, single[0]!)];
  throw new RangeError(
    `checkpoint: ${folder}: expected ${hubFiles.slice(0, 3).join(', ')}, an index of shards, or metaseq's .pt files, got ${names.length === 0 ? 'an empty folder' : 'none of them'}`,
  );
}

/** The files of the checkpoint that a file belongs to: all parts, where it is one of them. */
async function partsOf(path: string): Promise<string[]> {
  if (!/\.(safetensors|bin|pt|index\.json)$/.test(path)) {
    throw new RangeError(
      `checkpoint: expected a folder, or a .safetensors, .bin, .pt or .index.json file, got ${path}`,
    );
  }
  const prefix = /^(.*-model_part-)\d+\.pt$/.exec(basename(path))?.[1];
  if (prefix === undefined) return [path];
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix) && name.endsWith('.pt'));
  return checkedParts(dirname(path), names.sort(byNumber));
}

function checkedParts(folder: string, names: readonly string[]): string[] {
  for (const [i, name] of names.entries()) {
    if (!name.endsWith(`-model_part-${i}.pt`)) {
      throw new RangeError(`checkpoint: ${folder}: expected parts 0 to ${names.length - 1}, got none with number ${i}`);
    }
  }
  return names.map((name) => join(folder, name));
}

function byNumber(a: string, b: string): number {
  const number = (name: string) => Number(/(\d+)\.pt$/.exec(name)?.[1] ?? 0);
  return number(a) - number(b);
}

async function openHub(path: string): Promise<TensorSource> {
  if (/safetensors/.test(basename(path))) return openSafetensors(path);
  return path.endsWith('.json') ? openBinShards(path) : openBin(path);
}

/** The tensors of a state dict that torch.save wrote. */
async function openBin(path: string): Promise<TensorSource> {
  const file = await TorchFile.open(path);
  if (!(file.value instanceof Map)) {
    await file.close();
    throw new RangeError(`checkpoint: ${path}: expected a state dict, got another object`);
  }
  const tensors = [...file.value].flatMap(([name, tensor]) =>
    typeof name === 'string' && tensor instanceof TorchTensor ? [[name, tensor] as const] : [],
  );
  const made = tensors.map(([name, tensor]) => {
    const { shape, storage } = tensor;
    return [name, { dtype: storage.type.dtype, shape, read: () => file.read(tensor, name) }] as const;
  });
  return derived(new Map(made), file);
}

/** Shards with `pytorch_model.bin.index.json`, which says in which of them each tensor is. */
async function openBinShards(index: string): Promise<TensorSource> {
  const fail = (what: string) => new RangeError(`checkpoint: ${index}: expected ${what}`);
  const { size } = await stat(index);
  if (size > maxIndexBytes) throw fail(`an index of at most ${maxIndexBytes} bytes, got ${size}`);
  let map: unknown;
  try {
    map = (JSON.parse(await readFile(index, 'utf8')) as { weight_map?: unknown } | null)?.weight_map;
  } catch (error) {
    throw new SyntaxError(`checkpoint: ${index}: expected JSON: ${printable((error as Error).message)}`);
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw fail('an object weight_map');
  const shards = new Map<string, TensorSource>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    const tensors = new Map<string, Awaited<ReturnType<typeof place>>>();
    for (const [name, part] of Object.entries(map) as [string, unknown][]) tensors.set(name, await place(name, part));
    return derived(tensors, { close });
  } catch (error) {
    await close();
    throw error;
  }

  async function place(name: string, part: unknown) {
    // a plain file name beside the index: nothing that could lead out of its folder
    if (typeof part !== 'string' || !/^[^/\\:\p{Cc}]+\.bin$/u.test(part)) throw fail('names of .bin files beside it');
    const shard = shards.get(part) ?? (await openBin(join(dirname(index), part)));
    shards.set(part, shard);
    if (!shard.names.includes(name)) throw fail(`${printable(name)} in ${part}, got none`);
    return { ...shard.info(name), read: () => shard.read(name) };
  }
}

/** @throws RangeError naming every tensor that is missing, too much, or of another shape than the configuration says */
function checkTensors(source: TensorSource, config: OptConfig, where: string): void {
  const expected = expectedShapes(config);
  const have = new Set(source.names);
  const missing = [...expected.keys()].filter((name) => !have.has(name));
  const unexpected = source.names.filter((name) => !expected.has(name));
  const misshapen = [...expected].filter(
    ([name, shape]) => have.has(name) && formatShape(source.info(name).shape) !== formatShape(shape),
  );
  const odd = [...expected.keys()].filter((name) => have.has(name) && !isWeight(source, name));
  const told = [
    missing.length > 0 && `missing ${listed(missing)}`,
    unexpected.length > 0 && `unexpected ${listed(unexpected.map(printable))}`,
    misshapen.length > 0 &&
      `of another shape ${misshapen.map(([name, shape]) => `${short(name)} ${formatShape(source.info(name).shape)} for ${formatShape(shape)}`).join(', ')}`,
    odd.length > 0 && `not float32, float16 or bfloat16 ${listed(odd)}`,
  ].filter(Boolean);
  if (told.length > 0)
    throw new RangeError(`checkpoint: ${where}: expected its configuration's tensors, got ${told.join('; ')}`);
}

function isWeight(source: TensorSource, name: string): boolean {
  const { dtype } = source.info(name);
  return dtype === 'float32' || dtype === 'float16';
}

function short(name: string): string {
  return name.replace(/^model\.decoder\./, '');
}

/** Names in one line: those of consecutive layers as one, `layers.0-11.fc1.weight`. */
function listed(names: readonly string[]): string {
  const layersOf = new Map<string, number[]>();
  for (const name of names.map(short)) {
    const [, layer, rest] = /^layers\.(\d+)\.(.*)$/.exec(name) ?? [];
    const key = layer === undefined ? name : `layers.*.${rest}`;
    layersOf.set(key, [...(layersOf.get(key) ?? []), ...(layer === undefined ? [] : [Number(layer)])]);
  }
  return [...layersOf].map(([key, layers]) => key.replace('*', ranges(layers))).join(', ');
}

/** 0, 1, 2, 5 as `0-2,5`. */
function ranges(layers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const layer of [...layers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && layer === last[1] + 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  return runs.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',');
}
