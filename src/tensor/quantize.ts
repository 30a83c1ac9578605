/**
 * Weights of four or eight bits: whole numbers with a scale for every block of a row.
 *
 * A weight is stored as q in [0, 2ᵇ) and stands for (q − 2ᵇ⁻¹) · s. The scale s of a block is its entry of largest
 * magnitude over −2ᵇ⁻¹, sign included, which uses the whole range (llama.cpp's Q4_0 and Q8_0 with b = 8): all others
 * are off by at most |s|/2, but one of nearly that magnitude and the other sign, by at most |s|.
 */
import { NDArray } from './array.ts';
import { formatType, type Tensor } from './program.ts';

/** The weights [out, in] of a linear map, or a table of rows, in blocks along `in`. The key tells the bits. */
export type Quantized<T = Tensor> =
  | {
      /** [out, in / block, block / 2] uint8, two weights a byte, the first in its low half. */
      readonly int4: T;
      /** [out, in / block] float32 */
      readonly scales: T;
    }
  | {
      /** [out, in / block, block] uint8 */
      readonly int8: T;
      /** [out, in / block] float32 */
      readonly scales: T;
    };

/** How weights are quantised. */
export interface QuantizeOptions {
  readonly bits: 4 | 8;
  /** Weights that share a scale: a power of two of at least 16 that divides the size of a row. Default 32. */
  readonly block?: number;
}

/**
 * Quantises weights [out, in] on the host. What comes out takes bits + 32 / block bits a weight.
 * @throws TypeError unless the weights are a float32 matrix; RangeError for a block that does not fit, or a weight that
 * is not finite
 *
 * @example
 * const w = quantize(array(new Float32Array(64).fill(0.5), { shape: [2, 32] }), { bits: 4 });
 * const f = compile((x: Tensor) => quantizedMatmul(x, constant(w)));
 * await f(zerosArray([1, 32])); // [1, 2]
 */
export function quantize(weights: NDArray, { bits, block = 32 }: QuantizeOptions): Quantized<NDArray> {
  const [rows, width] = weights.shape as [number, number];
  if (weights.dtype !== 'float32' || weights.shape.length !== 2)
    throw new TypeError(`quantize: expected float32 weights [out, in], got ${formatType(weights)}`);
  if (bits !== 4 && bits !== 8) throw new RangeError(`quantize: expected 4 or 8 bits, got ${bits}`);
  if (!(block >= 16 && Number.isInteger(Math.log2(block)) && width % block === 0)) {
    throw new RangeError(
      `quantize: expected a block that is a power of two of at least 16 and divides ${width}, got ${block}`,
    );
  }
  const blocks = width / block;
  const zero = 2 ** (bits - 1);
  const most = 2 * zero - 1;
  const w = weights.data as Float32Array;
  const packed = new Uint8Array((rows * width * bits) / 8);
  const scales = new Float32Array(rows * blocks);
  let to = 0;
  for (let b = 0; b < scales.length; b++) {
    const from = b * block;
    let low = 0;
    let high = 0;
    let sum = 0;
    for (let i = from; i < from + block; i++) {
      const v = w[i]!;
      sum += v;
      if (v < low) low = v;
      else if (v > high) high = v;
    }
    // a NaN passes every comparison
    if (!Number.isFinite(sum) && !w.subarray(from, from + block).every(Number.isFinite))
      throw new RangeError(`quantize: expected finite weights, got another in row ${Math.floor(b / blocks)}`);
    const scale = Math.fround((-low > high ? low : high) / -zero);
    scales[b] = scale;
    // a scale that has become 0 is that of weights below what floats can divide
    const inverse = scale === 0 ? 0 : 1 / scale;
    const bias = zero + 0.5;
    if (bits === 8) {
      for (let i = from; i < from + block; i++) {
        const q = (w[i]! * inverse + bias) | 0;
        packed[to++] = q > most ? most : q;
      }
    } else {
      for (let i = from; i < from + block; i += 2) {
        const q = (w[i]! * inverse + bias) | 0;
        const r = (w[i + 1]! * inverse + bias) | 0;
        packed[to++] = (q > most ? most : q) | ((r > most ? most : r) << 4);
      }
    }
  }
  const array = new NDArray('uint8', [rows, blocks, (block * bits) / 8], packed);
  const scaling = new NDArray('float32', [rows, blocks], scales);
  return bits === 8 ? { int8: array, scales: scaling } : { int4: array, scales: scaling };
}
