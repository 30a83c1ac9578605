/**
 * A file that torch.save wrote, opened without running any of it.
 *
 * Opening reads the pickle, which says what tensors there are; each tensor is read from its place when it is asked for.
 * Two layouts: since PyTorch 1.6 a zip archive of `data.pkl` and a file for each storage; before, a row of pickles
 * (magic number, version, system, the object, the storages' order) with the storages after them.
 */
import { allocate, elements, formatShape, NDArray, type Storage } from '../../tensor/index.ts';
import { FileBytes } from './file-bytes.ts';
import { RefusedGlobal, readPickle, TruncatedPickle, Tuple, type Value } from './pickle.ts';
import { type StorageType, TorchTensor, torchRules } from './torch-objects.ts';
import { contentOf, readZip } from './zip.ts';

/** Larger than the pickle of any checkpoint, whose numbers lie outside it. */
const maxPickleBytes = 2 ** 24;

/** The integer 0x1950a86a20f9469cfc6c, with which the old layout begins. */
const magic = 0x1950a86a20f9469cfc6cn;

/** Where a storage lies, and its length, in bytes. */
type Place = (key: string) => Promise<{ begin: number; size: number } | undefined>;

/** An open file of torch's: the object in it, and the numbers that its tensors look at. Close it when done. */
export class TorchFile implements AsyncDisposable {
  readonly path: string;
  /** What was saved: dicts are maps, tensors {@link TorchTensor}. */
  readonly value: Value;
  readonly #file: FileBytes;
  readonly #place: Place;

  private constructor(file: FileBytes, value: Value, place: Place) {
    this.path = file.path;
    this.value = value;
    this.#file = file;
    this.#place = place;
  }

  /**
   * @throws SyntaxError or RangeError, in one line that names the file, for what torch.save did not write, what is
   * damaged or truncated, and whatever names Python objects other than tensors and plain data
   */
  static async open(path: string): Promise<TorchFile> {
    const file = await FileBytes.open(path);
    try {
      const start = await file.read(0, Math.min(4, file.size));
      const [value, place] = start[0] === 0x50 && start[1] === 0x4b ? await openZip(file) : await openLegacy(file);
      return new TorchFile(file, value, place);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads a tensor, row-major; bfloat16 widens to float32.
   * @param name what errors call it
   * @throws RangeError for elements outside the storage or the file; TypeError for element types that the engine has not
   */
  async read(tensor: TorchTensor, name: string): Promise<NDArray> {
    const { storage, offset, shape, strides } = tensor;
    const fail = (what: string) => new RangeError(`torch: ${this.path}: tensor ${JSON.stringify(name)}: ${what}`);
    const { dtype, bytes, widens } = storage.type;
    if (dtype === undefined) {
      throw new TypeError(
        `torch: ${this.path}: tensor ${JSON.stringify(name)}: expected float32, float16, bfloat16 or a common integer type, got elements of ${bytes} bytes; convert the file first`,
      );
    }
    const place = await this.#place(storage.key);
    if (place === undefined) throw fail(`expected storage ${JSON.stringify(storage.key)} in the file`);
    const size = elements(shape);
    const span = size === 0 ? 0 : 1 + shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis]!, 0);
    // span bounds what is read and size what is made; a tensor that repeats its elements could be made of nothing
    if (size > storage.elements) {
      throw fail(`expected at most the ${storage.elements} elements of its storage, got shape ${formatShape(shape)}`);
    }
    if (offset + span > storage.elements || (storage.offset + storage.elements) * bytes > place.size) {
      throw fail(`expected its elements within the storage: the file is truncated or damaged`);
    }
    const from = place.begin + (storage.offset + offset) * bytes;
    const raw = await this.#file.read(from, span * bytes);
    const packed = isRowMajor(shape, strides) ? raw : gather(raw, bytes, shape, strides);
    return new NDArray(dtype, shape, widens ? widen(packed) : storageOf(dtype, packed, size));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function openZip(file: FileBytes): Promise<[Value, Place]> {
  const entries = await readZip(file);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new SyntaxError(`torch: ${file.path}: expected an archive with one data.pkl, got ${pickles.length}`);
  }
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  const content = async (name: string, most: number) => {
    const entry = entries.get(name);
    return entry && file.read(await contentOf(file, entry), Math.min(entry.size, most));
  };
  const order = await content(`${folder}byteorder`, 16);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little') {
    throw new RangeError(`torch: ${file.path}: expected numbers in little-endian order, got big-endian`);
  }
  const { size } = entries.get(pickles[0]!)!;
  if (size > maxPickleBytes) {
    throw new RangeError(`torch: ${file.path}: expected a data.pkl of at most ${maxPickleBytes} bytes, got ${size}`);
  }
  const { value } = readPickle((await content(pickles[0]!, size))!, torchRules(file.path), file.path);
  const place: Place = async (key) => {
    const entry = entries.get(`${folder}data/${key}`);
    return entry && { begin: await contentOf(file, entry), size: entry.size };
  };
  return [value, place];
}

/** The pickles are as long as they are: more of the file is read until the last of them has ended. */
async function openLegacy(file: FileBytes): Promise<[Value, Place]> {
  for (let length = 2 ** 16; ; length *= 8) {
    const read = Math.min(file.size, length, maxPickleBytes);
    try {
      return await parseLegacy(file, await file.read(0, read));
    } catch (error) {
      if (!(error instanceof TruncatedPickle) || read < length) throw error;
    }
  }
}

async function parseLegacy(file: FileBytes, bytes: Uint8Array): Promise<[Value, Place]> {
  const rules = torchRules(file.path);
  let at = 0;
  const next = (): Value => {
    const { value, end } = readPickle(bytes.subarray(at), rules, file.path);
    at += end;
    return value;
  };
  const foreign = (cause?: unknown) =>
    new SyntaxError(`torch: ${file.path}: expected a file that torch.save wrote, got something else`, { cause });
  try {
    if (next() !== magic) throw foreign();
  } catch (error) {
    if (error instanceof RefusedGlobal || (error instanceof TruncatedPickle && bytes.length < file.size)) throw error;
    throw foreign(error);
  }
  const version = next();
  if (version !== 1001) {
    throw new RangeError(`torch: ${file.path}: expected version 1001 of the old layout, got ${String(version)}`);
  }
  next(); // the system that wrote it
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw foreign();
  const sizes = elementSizes(value);
  const places = new Map<string, { begin: number; size: number }>();
  for (const key of keys) {
    const bytesEach = sizes.get(String(key));
    if (bytesEach === undefined) throw foreign();
    const head = new DataView((await file.read(at, 8)).buffer);
    const size = (head.getUint32(0, true) + head.getUint32(4, true) * 2 ** 32) * bytesEach;
    if (at + 8 + size > file.size) {
      throw new RangeError(
        `torch: ${file.path}: expected a storage of ${size} bytes at ${at + 8}, got a file of ${file.size}: it is truncated`,
      );
    }
    places.set(String(key), { begin: at + 8, size });
    at += 8 + size;
  }
  return [value, async (key) => places.get(key)];
}

/** Bytes of an element of every storage that tensors under `value` look at. */
function elementSizes(value: Value): Map<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<Value>();
  const queue: Value[] = [value];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    if (typeof item !== 'object' || item === null || seen.has(item)) continue;
    seen.add(item);
    if (item instanceof TorchTensor) sizes.set(item.storage.key, item.storage.type.bytes);
    const inside = item instanceof Map ? item.values() : item instanceof Tuple ? item.items : item;
    if (Symbol.iterator in inside) for (const one of inside as Iterable<Value>) queue.push(one);
  }
  return sizes;
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** The elements in row-major order, out of the bytes between the first and the last. */
function gather(
  raw: Uint8Array,
  bytes: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(elements(shape) * bytes);
  const index = shape.map(() => 0);
  for (let at = 0, from = 0; at < out.length; at += bytes) {
    for (let i = 0; i < bytes; i++) out[at + i] = raw[from * bytes + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The bytes as elements, where they lie. */
function storageOf(dtype: NonNullable<StorageType['dtype']>, bytes: Uint8Array, size: number): Storage {
  const Elements = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    at: number,
    length: number,
  ) => Storage;
  return new Elements(bytes.buffer, bytes.byteOffset, size);
}

function widen(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}
