/**
 * IDX, the format of MNIST: two zero bytes, a type code, the number of axes, each axis' length, and the elements, all
 * of it big-endian.
 */
import { elements, NDArray } from '../tensor/index.ts';
import { fromBigEndian, type NumberCode, shown, toEngine } from './numbers.ts';
import { type ReadOptions, readSource, type Source } from './source.ts';

const codes = new Map<number, NumberCode>([
  [0x08, 'u1'],
  [0x09, 'i1'],
  [0x0b, 'i2'],
  [0x0c, 'i4'],
  [0x0d, 'f4'],
  [0x0e, 'f8'],
]);

/**
 * Reads an array from an IDX file, plain or gzipped. Unsigned bytes become uint8; signed bytes, shorts and ints int32;
 * floats float32, and so do doubles, which are rounded to it.
 * @throws RangeError or TypeError, naming the file, for bytes that are not IDX, and when the elements are not exactly
 * as many as the axes say
 */
export async function readIdx(source: Source, options: ReadOptions = {}): Promise<NDArray> {
  const { name, bytes } = await readSource(source, options);
  if (bytes.length < 4) throw new RangeError(`${name}: expected an IDX header of 4 bytes or more, got ${bytes.length}`);
  const code = codes.get(bytes[2]!);
  if (bytes[0] !== 0 || bytes[1] !== 0 || code === undefined) {
    const magic = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    throw new TypeError(`${name}: expected IDX (00 00, then a type out of 08 09 0b 0c 0d 0e), got ${magic}`);
  }
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new RangeError(`${name}: expected an IDX header of ${start} bytes for ${rank} axes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const width = Number(code[1]);
  if (elements(shape) * width !== bytes.length - start) {
    throw new RangeError(
      `${name}: expected ${elements(shape) * width} bytes for shape ${shown(shape)}, got ${bytes.length - start}`,
    );
  }
  const { dtype, data } = toEngine(code, fromBigEndian(bytes.subarray(start), width), name);
  return new NDArray(dtype, shape, data);
}
