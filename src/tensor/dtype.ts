/**
 * Element types, and how each one is stored on the JavaScript side.
 *
 * float16 travels as its bit patterns in a Uint16Array (Node 20 has no Float16Array); bool travels as bytes 0 and 1.
 */

const tables = {
  float32: { onnx: 1, bytes: 4, kind: 'float', storage: Float32Array },
  float16: { onnx: 10, bytes: 2, kind: 'float', storage: Uint16Array },
  int32: { onnx: 6, bytes: 4, kind: 'int', storage: Int32Array },
  int64: { onnx: 7, bytes: 8, kind: 'int', storage: BigInt64Array },
  uint8: { onnx: 2, bytes: 1, kind: 'int', storage: Uint8Array },
  uint32: { onnx: 12, bytes: 4, kind: 'int', storage: Uint32Array },
  bool: { onnx: 9, bytes: 1, kind: 'bool', storage: Uint8Array },
} as const;

/** Name of an element type. */
export type DType = keyof typeof tables;

/** The typed array that holds elements of dtype `D`. */
export type Storage<D extends DType = DType> = InstanceType<(typeof tables)[D]['storage']>;

/** All element types, in the order of the table above. */
export const dtypes = Object.keys(tables) as DType[];

/** True when `name` is an element type that the engine has. */
export function isDType(name: string): name is DType {
  return Object.hasOwn(tables, name);
}

/** Size of one element in bytes. */
export function bytesOf(dtype: DType): number {
  return tables[dtype].bytes;
}

/** Numeric code of the element type in ONNX's TensorProto.DataType. */
export function onnxCode(dtype: DType): number {
  return tables[dtype].onnx;
}

/** Inverse of {@link onnxCode}; undefined for a type that the engine does not have. */
export function fromOnnxCode(code: number): DType | undefined {
  return dtypes.find((dtype) => tables[dtype].onnx === code);
}

/** True for the types that have gradients: float32 and float16. */
export function isFloat(dtype: DType): boolean {
  return tables[dtype].kind === 'float';
}

/** True for int32, int64, uint8 and uint32. */
export function isInteger(dtype: DType): boolean {
  return tables[dtype].kind === 'int';
}

/** What a result holds once stored as `dtype`: integers wrap, as in every runtime. */
export function wrap(dtype: DType, value: number): number {
  switch (dtype) {
    case 'int32':
      return value | 0;
    case 'uint32':
      return value >>> 0;
    case 'uint8':
      return value & 255;
    case 'bool':
      return value ? 1 : 0;
    default:
      return value;
  }
}

/** A zero-filled typed array of `length` elements of `dtype`. */
export function allocate<D extends DType>(dtype: D, length: number): Storage<D> {
  return new tables[dtype].storage(length) as Storage<D>;
}

/** The elements of `dtype` that lie at `byteOffset` in `buffer`, without a copy; the offset must be aligned. */
export function view<D extends DType>(
  dtype: D,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): Storage<D> {
  return new tables[dtype].storage(buffer as ArrayBuffer, byteOffset, length) as Storage<D>;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The value of IEEE 754 binary16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The binary16 bits nearest to `value` (ties to even, as IEEE 754 rounds). */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // at or above 65520 rounds to infinity
  if (magnitude < 0x38800000) {
    // subnormal halves are multiples of 2⁻²⁴: let the rounding of doubles do the work
    const scaled = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor & 1) ? floor + 1 : floor);
  }
  const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | ((rounded - 0x38000000) >> 13);
}
