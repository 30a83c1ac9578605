/**
 * safetensors on disk: one file, or shards with an index.
 *
 * Opening reads headers only; each tensor is read from its place when it is asked for, so that a model larger than
 * memory can be opened. Node's modules are imported when needed, so that the rest of the room also loads in a browser.
 */
import type { FileHandle } from 'node:fs/promises';
import type { NDArray } from './array.ts';
import type { DType } from './dtype.ts';
import { isThere, replaceFile } from './files.ts';
import { quote } from './quote.ts';
import {
  decode,
  type Entry,
  encode,
  engineType,
  type Header,
  headerLength,
  parseHeader,
  type WriteOptions,
  writtenBytes,
} from './safetensors.ts';
import { parseObject } from './strict-json.ts';

/** How tensors are saved. */
export interface SaveOptions extends WriteOptions {
  /** Above this many bytes of data, split into shards of at most that (a larger tensor has a shard of its own). */
  readonly maxShardBytes?: number;
}

/** No index of a real model comes near this. */
const maxIndexBytes = 100_000_000;

/** A byte count that one read call takes on every system. */
const readBytes = 2 ** 30;

interface Shard extends Header {
  readonly file: FileHandle;
  readonly path: string;
  /** Where the data begins. */
  readonly start: number;
}

/** Tensors that are read from disk one by one. Close it when done, or declare it with `await using`. */
export class SafetensorsFile implements AsyncDisposable {
  /** Names of all tensors, sorted. */
  readonly names: readonly string[];
  /** The strings kept in the header. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly #shards: readonly Shard[];
  readonly #places: ReadonlyMap<string, Shard>;

  /** Use {@link openSafetensors}. */
  constructor(path: string, shards: readonly Shard[], places: ReadonlyMap<string, Shard>) {
    this.#path = path;
    this.#shards = shards;
    this.#places = places;
    this.names = [...places.keys()].sort();
    this.metadata = Object.fromEntries(shards.flatMap((shard) => Object.entries(shard.metadata)));
  }

  /**
   * Shape of a tensor, and the element type that it will have here: undefined when the engine has none for it.
   * @throws RangeError when there is no such tensor
   */
  info(name: string): { readonly dtype: DType | undefined; readonly shape: readonly number[] } {
    const { entry } = this.#find(name);
    return { dtype: engineType(entry.code), shape: entry.shape };
  }

  /**
   * Reads one tensor.
   * @throws RangeError when there is no such tensor or the file has been cut since it was opened; TypeError when the
   * engine has no such element type
   */
  async read(name: string): Promise<NDArray> {
    const { shard, entry } = this.#find(name);
    const bytes = await readExactly(shard.file, shard.start + entry.begin, entry.end - entry.begin, shard.path);
    return decode(name, entry, bytes.buffer, shard.path);
  }

  /** Reads all tensors. */
  async readAll(): Promise<Record<string, NDArray>> {
    const list: [string, NDArray][] = [];
    for (const name of this.names) list.push([name, await this.read(name)]);
    return Object.fromEntries(list);
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.file.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #find(name: string): { shard: Shard; entry: Entry } {
    const shard = this.#places.get(name);
    if (shard === undefined) {
      const some = this.names.slice(0, 5).map(quote).join(', ');
      const more = this.names.length > 5 ? `, … ${this.names.length} in all` : '';
      throw new RangeError(
        `safetensors ${this.#path}: expected the name of a tensor (${some}${more}), got ${quote(name)}`,
      );
    }
    return { shard, entry: shard.entries.get(name)! };
  }
}

/**
 * Opens what {@link saveSafetensors} or another program wrote: a `.safetensors` file, its `.safetensors.index.json`, or
 * the name of a file of which only the index is there.
 * @throws SyntaxError, TypeError or RangeError, naming the file, for content that is not safetensors
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const index = path.endsWith('.json') ? path : `${path}.index.json`;
  const isSharded = path.endsWith('.json') || (!(await isThere(path)) && (await isThere(index)));
  if (isSharded) return openShards(index);
  const shard = await openShard(path);
  return new SafetensorsFile(path, [shard], new Map([...shard.entries.keys()].map((name) => [name, shard])));
}

/**
 * Saves tensors to `path`, replacing a file there in one step; a failure leaves the old one. Metadata goes into the
 * header. With `maxShardBytes`, and more data than that, writes `model-00001-of-00003.safetensors`, … and
 * `model.safetensors.index.json` beside it instead, the index last; because several files cannot be replaced in one
 * step, that wants a place where no such model is yet.
 * @throws Error when the disk refuses, or when a sharded model would replace one or lie beside one of the same name
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, NDArray>>,
  options: SaveOptions = {},
): Promise<void> {
  const { basename, dirname, join } = await import('node:path');
  if (!path.endsWith('.safetensors')) {
    throw new RangeError(`saveSafetensors: expected a path that ends with .safetensors, got ${path}`);
  }
  const index = `${path}.index.json`;
  const shards = split(tensors, options);
  for (const other of shards.length > 1 ? [path, index] : [index]) {
    if (await isThere(other)) {
      throw new Error(`saveSafetensors: ${other} is there; remove that model first, or save to another folder`);
    }
  }
  if (shards.length === 1) return replaceFile(path, encode(tensors, options));
  const weightMap: Record<string, string> = {};
  let total = 0;
  for (const [i, shard] of shards.entries()) {
    const part = `-${`${i + 1}`.padStart(5, '0')}-of-${`${shards.length}`.padStart(5, '0')}.safetensors`;
    const name = basename(path, '.safetensors') + part;
    await replaceFile(join(dirname(path), name), encode(shard, options));
    for (const [key, tensor] of Object.entries(shard)) {
      weightMap[key] = name;
      total += writtenBytes(tensor, options);
    }
  }
  await replaceFile(index, [
    `${JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }, null, 2)}\n`,
  ]);
}

/** Tensors by name, cut where a shard would grow past the limit. */
function split(tensors: Readonly<Record<string, NDArray>>, options: SaveOptions): Record<string, NDArray>[] {
  const { maxShardBytes = Number.POSITIVE_INFINITY } = options;
  if (!(maxShardBytes > 0))
    throw new RangeError(`saveSafetensors: expected maxShardBytes above 0, got ${maxShardBytes}`);
  const shards: [string, NDArray][][] = [[]];
  let size = 0;
  for (const name of Object.keys(tensors).sort()) {
    const tensor = tensors[name]!;
    const bytes = writtenBytes(tensor, options);
    if (size > 0 && size + bytes > maxShardBytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push([name, tensor]);
    size += bytes;
  }
  return shards.map((list) => Object.fromEntries(list));
}

async function openShard(path: string): Promise<Shard> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = headerLength(await readExactly(file, 0, Math.min(8, size), path), size, path);
    const start = 8 + length;
    return { ...parseHeader(await readExactly(file, 8, length, path), size - start, path), file, path, start };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openShards(index: string): Promise<SafetensorsFile> {
  const { readFile, stat } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const { size } = await stat(index);
  if (size > maxIndexBytes) {
    throw new RangeError(`safetensors ${index}: expected an index of at most ${maxIndexBytes} bytes, got ${size}`);
  }
  const { weight_map: map } = parseObject(await readFile(index), `safetensors ${index}`);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new TypeError(`safetensors ${index}: expected weight_map to be an object, got ${quote(map)}`);
  }
  const shards = new Map<string, Shard>();
  const places = new Map<string, Shard>();
  try {
    for (const [name, part] of Object.entries(map) as [string, unknown][]) {
      // A plain file name beside the index: nothing that could lead out of its folder.
      if (typeof part !== 'string' || !/^[^/\\:\p{Cc}]+\.safetensors$/u.test(part)) {
        throw new RangeError(`safetensors ${index}: expected the name of a file beside the index, got ${quote(part)}`);
      }
      const shard = shards.get(part) ?? (await openShard(join(dirname(index), part)));
      shards.set(part, shard);
      if (!shard.entries.has(name)) {
        throw new RangeError(`safetensors ${shard.path}: expected it to hold ${quote(name)}, as the index says`);
      }
      places.set(name, shard);
    }
  } catch (error) {
    for (const shard of shards.values()) await shard.file.close();
    throw error;
  }
  return new SafetensorsFile(index, [...shards.values()], places);
}

async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(length - at, readBytes), position + at);
    if (bytesRead === 0) {
      throw new RangeError(`safetensors ${path}: expected ${length} bytes at ${position}, got ${at}: the file was cut`);
    }
    at += bytesRead;
  }
  return bytes;
}
