/**
 * NPY, NumPy's format for one array: a magic string, a version, a header that is a Python dictionary in text, and the
 * elements.
 *
 * Source: NumPy Enhancement Proposal 1 and numpy.lib.format (versions 1.0, 2.0 and 3.0).
 */
import { elements, NDArray, quote } from '../tensor/index.ts';
import { fromBigEndian, fromLittleEndian, type NumberCode, shown, toEngine } from './numbers.ts';
import { type ReadOptions, readSource, type Source } from './source.ts';

const codes: readonly string[] = [
  'b1',
  'u1',
  'u2',
  'u4',
  'i1',
  'i2',
  'i4',
  'i8',
  'f2',
  'f4',
  'f8',
] satisfies NumberCode[];
/** NumPy's own limit for a header that it reads without being told to trust it. */
const maxHeaderBytes = 10_000;

/**
 * Reads an array from an NPY file. The engine's types stay as they are, narrower integers become int32, and float64 is
 * rounded to float32. Column-major (Fortran) arrays are put in row-major order, big-endian ones in the machine's.
 * @throws TypeError for element types that the engine cannot hold (uint64, complex, strings, dates, records) and for
 * pickled objects, which are never loaded; RangeError or SyntaxError, naming the file, for bytes that are not NPY
 */
export async function readNpy(source: Source, options: ReadOptions = {}): Promise<NDArray> {
  const { name, bytes } = await readSource(source, options);
  if (Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') {
    throw new TypeError(`${name}: expected an NPY file, got bytes that do not begin as one`);
  }
  const version = bytes[6];
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new RangeError(`${name}: expected NPY version 1, 2 or 3, got ${version ?? 'none'}`);
  }
  const prefix = version === 1 ? 10 : 12;
  if (bytes.length < prefix)
    throw new RangeError(`${name}: expected ${prefix} bytes before the header, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const limit = Math.min(maxHeaderBytes, bytes.length - prefix);
  if (length > limit)
    throw new RangeError(`${name}: expected an NPY header of at most ${limit} bytes, got length ${length}`);
  const text = Buffer.from(bytes.subarray(prefix, prefix + length)).toString(version === 3 ? 'utf8' : 'latin1');
  const { code, bigEndian, fortran, shape } = parseHeader(text, name);
  const width = Number(code[1]);
  const content = bytes.subarray(prefix + length);
  const size = elements(shape) * width;
  if (size !== content.length) {
    throw new RangeError(`${name}: expected ${size} bytes for shape ${shown(shape)}, got ${content.length}`);
  }
  const little = bigEndian ? fromBigEndian(content, width) : fromLittleEndian(content);
  const { dtype, data } = toEngine(code, fortran ? rowMajor(little, shape, width) : little, name);
  return new NDArray(dtype, shape, data);
}

interface NpyHeader {
  readonly code: NumberCode;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: number[];
}

const pair = String.raw`\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d\s,]*\))\s*`;
const dictionary = new RegExp(`^\\s*\\{${pair},${pair},${pair},?\\s*\\}\\s*$`);

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, the keys in any order. */
function parseHeader(text: string, name: string): NpyHeader {
  if (/'descr'\s*:\s*\[/.test(text)) {
    throw new TypeError(`${name}: expected an array of numbers, got one of records; save its fields one by one`);
  }
  const match = dictionary.exec(text);
  const fields = new Map(match === null ? [] : [1, 3, 5].map((i) => [match[i]!, match[i + 1]!]));
  const descr = /^'(.*)'$/.exec(fields.get('descr') ?? '')?.[1];
  const order = fields.get('fortran_order');
  const axes = /^\((.*)\)$/s.exec(fields.get('shape') ?? '')?.[1]?.trim();
  const parts = axes === '' ? [] : axes?.replace(/,$/, '').split(',');
  if (descr === undefined || !order?.match(/^[TF]/) || !parts?.every((part) => /^\s*\d{1,15}\s*$/.test(part))) {
    throw new SyntaxError(`${name}: expected an NPY header with descr, fortran_order and shape, got ${quote(text)}`);
  }
  const code = descr.slice(1);
  if (!/^[<>|]/.test(descr) || !codes.includes(code)) {
    const kind = /^.O/.test(descr) ? 'pickled objects, which are never loaded' : `dtype ${quote(descr)}`;
    throw new TypeError(`${name}: expected one of ${codes.join(', ')}, got ${kind}; convert it with astype first`);
  }
  return { code: code as NumberCode, bigEndian: descr[0] === '>', fortran: order === 'True', shape: parts.map(Number) };
}

/** Elements of `width` bytes in row-major order, from column-major. */
function rowMajor(buffer: ArrayBuffer, shape: readonly number[], width: number): ArrayBuffer {
  const from = new Uint8Array(buffer);
  const to = new Uint8Array(buffer.byteLength);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => width * elements(shape.slice(0, axis)));
  for (let target = 0, source = 0; target < to.length; target += width) {
    for (let byte = 0; byte < width; byte++) to[target + byte] = from[source + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      source -= strides[axis]! * shape[axis]!;
    }
  }
  return to.buffer;
}
