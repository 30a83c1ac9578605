/** Writing NPY, NumPy's format for one array. */
import { type NDArray, replaceFile } from '../tensor/index.ts';

const codes: Readonly<Record<string, string>> = {
  uint8: '|u1',
  bool: '|b1',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  float16: '<f2',
  float32: '<f4',
};

/**
 * Writes an array as an NPY file of version 1.0, replacing what is there.
 * @throws Error naming the path, when it cannot be written
 */
export async function saveNpy(path: string, { dtype, shape, data }: NDArray): Promise<void> {
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const dictionary = `{'descr': '${codes[dtype]}', 'fortran_order': False, 'shape': ${sizes}, }`;
  // the elements begin at a multiple of 64, after magic, version and the header's length
  const padding = (64 - ((10 + dictionary.length + 1) % 64)) % 64;
  const header = `${dictionary}${' '.repeat(padding)}\n`;
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  await replaceFile(path, [start, header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}
