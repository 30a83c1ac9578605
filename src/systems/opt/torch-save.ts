/**
 * Writing what torch.load reads: a zip archive with a pickle of plain data and tensors, and a file for each storage.
 *
 * Tensors are asked for one at a time, in the order in which they are written, so that a model is never in memory as a
 * whole. Entries lie uncompressed, their content at multiples of 64 bytes, as torch has them.
 *
 * Source: torch/serialization.py and caffe2/serialize/inline_container.cc for the archive; APPNOTE 6.3.10 for zip.
 */
import { crc32 } from 'node:zlib';
import { type NDArray, replaceFile } from '../../tensor/index.ts';

/** What is written: dicts, strings, numbers, and tensors by what they will be. */
export type Savable = string | number | boolean | null | SavedTensor | Savable[] | Map<string, Savable>;

/** A tensor that is read when its turn comes. */
export class SavedTensor {
  readonly dtype: 'float32' | 'float16';
  readonly shape: readonly number[];
  readonly read: () => Promise<NDArray>;

  constructor(dtype: 'float32' | 'float16', shape: readonly number[], read: () => Promise<NDArray>) {
    this.dtype = dtype;
    this.shape = shape;
    this.read = read;
  }
}

const storageNames = { float32: 'FloatStorage', float16: 'HalfStorage' };
const alignment = 64;
const limit32 = 0xffffffff;

/**
 * Writes a value as torch.save does, replacing the file in one step.
 * @param watch called with the number of tensors that are written
 */
export async function saveTorch(path: string, value: Savable, watch?: (tensors: number) => void): Promise<void> {
  const tensors: SavedTensor[] = [];
  const pickle = pickled(value, tensors);
  await replaceFile(path, archive(pickle, tensors, watch));
}

interface Placed {
  readonly name: Uint8Array;
  readonly at: number;
  readonly size: number;
  readonly crc: number;
}

async function* archive(
  pickle: Uint8Array,
  tensors: readonly SavedTensor[],
  watch: ((tensors: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  const placed: Placed[] = [];
  let at = 0;
  const text = (value: string) => new TextEncoder().encode(value);
  const entry = (name: string, content: Uint8Array): Uint8Array => {
    if (content.length >= limit32)
      throw new RangeError(`torch: expected tensors below 4 GiB, got ${content.length} bytes`);
    const file = { name: text(`archive/${name}`), at, size: content.length, crc: crc32(content) };
    const header = localHeader(file);
    placed.push(file);
    at += header.length + content.length;
    return header;
  };
  const files: [string, Uint8Array][] = [
    ['data.pkl', pickle],
    ['byteorder', text('little')],
  ];
  for (const [name, content] of files) {
    yield entry(name, content);
    yield content;
  }
  for (const [i, tensor] of tensors.entries()) {
    const { data } = await tensor.read();
    const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    yield entry(`data/${i}`, content);
    yield content;
    watch?.(i + 1);
  }
  const version = text('3\n');
  yield entry('version', version);
  yield version;
  yield directory(placed, at);
}

/** The header before an entry's content, as long as puts the content at a multiple of 64. */
function localHeader({ name, at, size, crc }: Placed): Uint8Array {
  const bare = 30 + name.length + 4;
  const padding = (alignment - ((at + bare) % alignment)) % alignment;
  const header = new Uint8Array(bare + padding);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(4, 20, true);
  view.setUint32(14, crc, true);
  view.setUint32(18, size, true);
  view.setUint32(22, size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, 4 + padding, true);
  header.set(name, 30);
  view.setUint16(30 + name.length, 0x4246, true); // 'FB', torch's own padding field
  view.setUint16(32 + name.length, padding, true);
  return header;
}

/** The table of contents, with 64-bit places where 32 bits do not reach. */
function directory(placed: readonly Placed[], begin: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { name, at, size, crc } of placed) {
    const wide = at >= limit32;
    const record = new Uint8Array(46 + name.length + (wide ? 12 : 0));
    const view = new DataView(record.buffer);
    view.setUint32(0, 0x02014b50, true);
    view.setUint16(4, 45, true);
    view.setUint16(6, wide ? 45 : 20, true);
    view.setUint32(16, crc, true);
    view.setUint32(20, size, true);
    view.setUint32(24, size, true);
    view.setUint16(28, name.length, true);
    view.setUint16(30, wide ? 12 : 0, true);
    view.setUint32(42, wide ? limit32 : at, true);
    record.set(name, 46);
    if (wide) {
      view.setUint16(46 + name.length, 1, true);
      view.setUint16(48 + name.length, 8, true);
      view.setBigUint64(50 + name.length, BigInt(at), true);
    }
    parts.push(record);
  }
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (begin + size >= limit32 || placed.length >= 0xffff) parts.push(wideEnd(placed.length, size, begin));
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, Math.min(placed.length, 0xffff), true);
  view.setUint16(10, Math.min(placed.length, 0xffff), true);
  view.setUint32(12, size, true);
  view.setUint32(16, Math.min(begin, limit32), true);
  return Buffer.concat([...parts, end]);
}

/** The directory's 64-bit record, and the locator that leads to it. */
function wideEnd(count: number, size: number, begin: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(56 + 20));
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(size), true);
  view.setBigUint64(48, BigInt(begin), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(begin + size), true);
  view.setUint32(72, 1, true);
  return new Uint8Array(view.buffer);
}

/** Protocol 2. Tensors are collected in the order of their storages. */
function pickled(value: Savable, tensors: SavedTensor[]): Uint8Array {
  const bytes: number[] = [0x80, 2];
  const op = (char: string) => bytes.push(char.charCodeAt(0));
  const word = (n: number) => bytes.push(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255);
  const string = (text: string) => {
    const encoded = new TextEncoder().encode(text);
    op('X');
    word(encoded.length);
    for (const byte of encoded) bytes.push(byte);
  };
  const global = (name: string) => {
    op('c');
    for (const byte of new TextEncoder().encode(`${name}\n`)) bytes.push(byte);
  };
  const number = (n: number) => {
    if (Number.isInteger(n) && Math.abs(n) < 2 ** 31) {
      op('J');
      word(n);
    } else if (Number.isInteger(n)) {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigInt64(0, BigInt(n), true);
      bytes.push(0x8a, 8, ...new Uint8Array(view.buffer));
    } else {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, n);
      bytes.push(0x47, ...new Uint8Array(view.buffer));
    }
  };
  const tuple = (numbers: readonly number[]) => {
    op('(');
    numbers.forEach(number);
    op('t');
  };
  const tensor = ({ dtype, shape }: SavedTensor, key: number) => {
    const elements = shape.reduce((a, b) => a * b, 1);
    global('torch._utils\n_rebuild_tensor_v2');
    op('(');
    op('(');
    string('storage');
    global(`torch\n${storageNames[dtype]}`);
    string(String(key));
    string('cpu');
    number(elements);
    op('t');
    op('Q');
    number(0);
    tuple(shape);
    tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    bytes.push(0x89); // requires no gradient
    global('collections\nOrderedDict');
    op(')');
    op('R');
    op('t');
    op('R');
  };
  const put = (item: Savable): void => {
    if (item === null) op('N');
    else if (typeof item === 'boolean') bytes.push(item ? 0x88 : 0x89);
    else if (typeof item === 'number') number(item);
    else if (typeof item === 'string') string(item);
    else if (item instanceof SavedTensor) tensor(item, tensors.push(item) - 1);
    else if (Array.isArray(item)) {
      op(']');
      op('(');
      item.forEach(put);
      op('e');
    } else {
      op('}');
      op('(');
      for (const [key, one] of item) {
        string(key);
        put(one);
      }
      op('u');
    }
  };
  put(value);
  op('.');
  return Uint8Array.from(bytes);
}
