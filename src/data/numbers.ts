/**
 * Elements as other programs store them, put into the engine's types.
 */
import type { DType, Storage } from '../tensor/index.ts';

/** Kind and bytes of an element: boolean, unsigned, signed or floating-point. */
export type NumberCode = 'b1' | 'u1' | 'u2' | 'u4' | 'i1' | 'i2' | 'i4' | 'i8' | 'f2' | 'f4' | 'f8';

/** A copy of little-endian elements, aligned for any type. */
export function fromLittleEndian(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}

/** A copy of big-endian elements of `width` bytes, in little-endian order. */
export function fromBigEndian(bytes: Uint8Array, width: number): ArrayBuffer {
  const copy = Buffer.from(fromLittleEndian(bytes));
  if (width === 2) copy.swap16();
  if (width === 4) copy.swap32();
  if (width === 8) copy.swap64();
  return copy.buffer;
}

/**
 * Elements in the engine's type: its own as they are, narrower integers widened to int32, float64 rounded to float32.
 * @throws RangeError for a bool that is neither 0 nor 1
 */
export function toEngine(code: NumberCode, buffer: ArrayBuffer, name: string): { dtype: DType; data: Storage } {
  switch (code) {
    case 'b1': {
      const data = new Uint8Array(buffer);
      const odd = data.find((byte) => byte > 1);
      if (odd !== undefined) throw new RangeError(`${name}: expected bools to be 0 or 1, got ${odd}`);
      return { dtype: 'bool', data };
    }
    case 'u1':
      return { dtype: 'uint8', data: new Uint8Array(buffer) };
    case 'u2':
      return { dtype: 'int32', data: Int32Array.from(new Uint16Array(buffer)) };
    case 'u4':
      return { dtype: 'uint32', data: new Uint32Array(buffer) };
    case 'i1':
      return { dtype: 'int32', data: Int32Array.from(new Int8Array(buffer)) };
    case 'i2':
      return { dtype: 'int32', data: Int32Array.from(new Int16Array(buffer)) };
    case 'i4':
      return { dtype: 'int32', data: new Int32Array(buffer) };
    case 'i8':
      return { dtype: 'int64', data: new BigInt64Array(buffer) };
    case 'f2':
      return { dtype: 'float16', data: new Uint16Array(buffer) };
    case 'f4':
      return { dtype: 'float32', data: new Float32Array(buffer) };
    case 'f8':
      return { dtype: 'float32', data: Float32Array.from(new Float64Array(buffer)) };
  }
}

/** A shape as messages show it, however long a file makes it. */
export function shown(shape: readonly number[]): string {
  return `[${shape.slice(0, 8)}${shape.length > 8 ? ',…' : ''}]`;
}
