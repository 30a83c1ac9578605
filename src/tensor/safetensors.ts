/**
 * The safetensors format: eight bytes with the header's length, a JSON header, and the elements of every tensor.
 *
 * A header is a claim made by a stranger. Nothing here is allocated by its word: each length is first compared with
 * the bytes that are really there, offsets must tile the data without gap or overlap, and every size must follow from
 * dtype and shape, so that what remains to be believed is only the numbers themselves.
 *
 * Source: the format's description and reference implementation (Hugging Face, safetensors 0.6), whose order of
 * tensors and padding are kept, so that equal content gives equal bytes.
 */
import { NDArray } from './array.ts';
import { bytesOf, type DType, view } from './dtype.ts';
import { quote } from './quote.ts';
import { elements } from './shape.ts';
import { parseObject } from './strict-json.ts';

/** Where one tensor lies: offsets count bytes from the end of the header. */
export interface Entry {
  /** Element type in the file's own names: `F32`, `BF16`, … */
  readonly code: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says, checked against the length of the data. */
export interface Header {
  readonly metadata: Record<string, string>;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** The reference implementation reads no longer header than this. */
const maxHeaderBytes = 100_000_000;

const codes: Readonly<Record<string, { bytes: number; dtype?: DType }>> = {
  I64: { bytes: 8, dtype: 'int64' },
  F32: { bytes: 4, dtype: 'float32' },
  U32: { bytes: 4, dtype: 'uint32' },
  I32: { bytes: 4, dtype: 'int32' },
  BF16: { bytes: 2, dtype: 'float32' },
  F16: { bytes: 2, dtype: 'float16' },
  U8: { bytes: 1, dtype: 'uint8' },
  BOOL: { bytes: 1, dtype: 'bool' },
  // Types that the engine has not: files that hold some can be opened for their other tensors.
  U64: { bytes: 8 },
  F64: { bytes: 8 },
  U16: { bytes: 2 },
  I16: { bytes: 2 },
  F8_E4M3: { bytes: 1 },
  F8_E5M2: { bytes: 1 },
  I8: { bytes: 1 },
};

/**
 * The length of the header, from the first eight bytes of a file of `size` bytes.
 * @throws RangeError when there are fewer bytes, or when the header would not fit in the file
 */
export function headerLength(start: Uint8Array, size: number, file: string): number {
  if (size < 8)
    throw new RangeError(`safetensors ${file}: expected at least 8 bytes, got ${size}: the file is truncated`);
  const words = new DataView(start.buffer, start.byteOffset, 8);
  const length = words.getUint32(0, true) + words.getUint32(4, true) * 2 ** 32;
  if (length > size - 8) {
    throw new RangeError(
      `safetensors ${file}: expected a header of at most ${size - 8} bytes, got length ${length}: the file is truncated or not safetensors`,
    );
  }
  if (length > maxHeaderBytes) {
    throw new RangeError(
      `safetensors ${file}: expected a header of at most ${maxHeaderBytes} bytes, got length ${length}`,
    );
  }
  return length;
}

/**
 * Reads a header, the tensors in the order of their data.
 * @param dataBytes length of what follows the header
 * @throws SyntaxError for text that is not UTF-8 or not the JSON expected; TypeError for unknown dtypes and fields of
 * the wrong type; RangeError for offsets that leave the data, overlap, leave holes, or disagree with dtype and shape
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, file: string): Header {
  const fail = (name: string, expected: string, got: string) =>
    `safetensors ${file}: tensor ${quote(name)}: expected ${expected}, got ${got}`;
  const header = parseObject(bytes, `safetensors ${file}: header`);
  let metadata: Record<string, string> = {};
  const list: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = stringMap(value, `safetensors ${file}: __metadata__`);
      continue;
    }
    const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    if (typeof code !== 'string' || !Object.hasOwn(codes, code)) {
      throw new TypeError(fail(name, `a dtype out of ${Object.keys(codes).join(', ')}`, quote(code)));
    }
    if (!Array.isArray(shape) || !shape.every(isCount)) {
      throw new TypeError(fail(name, 'shape to be an array of non-negative integers', quote(shape)));
    }
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
      throw new TypeError(fail(name, 'data_offsets to be two non-negative integers', quote(offsets)));
    }
    const [begin, end] = offsets as [number, number];
    if (begin > end || end > dataBytes) {
      throw new RangeError(
        fail(
          name,
          `data_offsets in order and within the ${dataBytes} bytes of data`,
          `${quote(offsets)}${begin <= end ? ': the file is truncated' : ''}`,
        ),
      );
    }
    const size = elements(shape) * codes[code]!.bytes;
    if (size !== end - begin) {
      throw new RangeError(fail(name, `${size} bytes for ${code} of shape ${quote(shape)}`, `${end - begin}`));
    }
    list.push([name, { code, shape, begin, end }]);
  }
  list.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of list) {
    if (begin !== at)
      throw new RangeError(fail(name, `its data to begin at ${at}, where the one before ends`, `${begin}`));
    at = end;
  }
  if (at !== dataBytes) {
    throw new RangeError(
      `safetensors ${file}: expected tensors to fill the ${dataBytes} bytes of data, got ${at} bytes`,
    );
  }
  return { metadata, entries: new Map(list) };
}

/** The engine's element type for one of the file; undefined for those that it has not. */
export function engineType(code: string): DType | undefined {
  return codes[code]?.dtype;
}

/**
 * The array made of a tensor's bytes; bfloat16 widens to float32, which loses nothing.
 * @param buffer the tensor's bytes and nothing else; the array keeps it
 * @throws TypeError for an element type that the engine has not; RangeError for a bool that is neither 0 nor 1
 */
export function decode(name: string, entry: Entry, buffer: ArrayBuffer, file: string): NDArray {
  const dtype = engineType(entry.code);
  if (dtype === undefined) {
    const known = Object.keys(codes).filter(engineType).join(', ');
    throw new TypeError(
      `safetensors ${file}: tensor ${quote(name)}: expected one of ${known}, got ${entry.code}; convert the file first`,
    );
  }
  if (entry.code === 'BF16') return new NDArray('float32', entry.shape, widen(new Uint16Array(buffer)));
  const data = view(dtype, buffer, 0, elements(entry.shape));
  if (dtype === 'bool') {
    const at = (data as Uint8Array).findIndex((byte) => byte > 1);
    if (at >= 0) {
      throw new RangeError(
        `safetensors ${file}: tensor ${quote(name)}: expected bools to be 0 or 1, got ${data[at]} at element ${at}`,
      );
    }
  }
  return new NDArray(dtype, entry.shape, data);
}

/** All tensors and the metadata of a safetensors file in memory, in any thread or browser. Errors as `openSafetensors`. */
export function readSafetensors(bytes: Uint8Array): {
  tensors: Record<string, NDArray>;
  metadata: Record<string, string>;
} {
  const file = '(bytes)';
  const start = 8 + headerLength(bytes, bytes.length, file);
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), bytes.length - start, file);
  const tensors = [...entries].map(([name, entry]) => {
    const own = new Uint8Array(entry.end - entry.begin);
    own.set(bytes.subarray(start + entry.begin, start + entry.end));
    return [name, decode(name, entry, own.buffer, file)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** How tensors are written. */
export interface WriteOptions {
  /** Strings kept in the header beside the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Round float32 tensors to bfloat16 (nearest, ties to even), which halves the file. */
  readonly bfloat16?: boolean;
}

/** Size of a tensor's data in a file. */
export function writtenBytes(tensor: NDArray, { bfloat16 = false }: WriteOptions): number {
  return tensor.size * (bfloat16 && tensor.dtype === 'float32' ? 2 : bytesOf(tensor.dtype));
}

/** The parts of a file one after another: eight bytes and the header, then the data of every tensor. */
export function* encode(tensors: Readonly<Record<string, NDArray>>, options: WriteOptions = {}): Generator<Uint8Array> {
  const order = Object.keys(codes);
  const list = Object.entries(tensors).map(([name, tensor]) => {
    if (name === '__metadata__') throw new RangeError('safetensors: expected tensor names other than "__metadata__"');
    const narrow = options.bfloat16 === true && tensor.dtype === 'float32';
    const code = narrow ? 'BF16' : order.find((c) => c !== 'BF16' && engineType(c) === tensor.dtype)!;
    return { name, tensor, code, narrow };
  });
  // Wider types first, so that every tensor is aligned to its elements; then by name.
  list.sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code) || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = [];
  if (options.metadata !== undefined) {
    header.push(['__metadata__', stringMap(options.metadata, 'safetensors: metadata')]);
  }
  let at = 0;
  for (const { name, tensor, code } of list) {
    const end = at + writtenBytes(tensor, options);
    header.push([name, { dtype: code, shape: tensor.shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Written pair by pair, because an object would put keys that look like integers first.
  const json = `{${header.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20, 8 + text.length);
  bytes.set(text, 8);
  new DataView(bytes.buffer).setUint32(0, bytes.length - 8, true);
  yield bytes;
  for (const { tensor, narrow } of list) {
    const data = narrow ? narrowed(tensor.data as Float32Array) : tensor.data;
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

function stringMap(value: unknown, what: string): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${what}: expected an object of strings, got ${quote(value)}`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new TypeError(`${what}: expected a string at ${quote(key)}, got ${quote(text)}`);
  }
  return value as Record<string, string>;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function widen(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

function narrowed(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    // A NaN keeps its sign and is made quiet: rounding could carry it into infinity.
    const nan = (word & 0x7fffffff) > 0x7f800000;
    out[i] = nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}
