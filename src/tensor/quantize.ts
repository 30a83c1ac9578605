/**
 * Weights of four or eight bits: whole numbers with a scale for every block of a row.
 *
 * A weight is stored as q in [0, 2ᵇ) and stands for (q − 2ᵇ⁻¹) · s. The scale s of a block is its entry of largest
 * magnitude over −2ᵇ⁻¹, sign included, which uses the whole range (llama.cpp's Q4_0 and Q8_0 with b = 8): all others
 * are off by at most |s|/2, but one of nearly that magnitude and the other sign, by at most |s|.
 */
import { NDArray } from './array.ts';
import { formatType } from './program.ts';
import { type Device, toHost } from './runtime/device.ts';

/**
 * Weights [out, in], or a table of rows, in blocks along `in`: to programs a float32 array like any other.
 *
 * As an argument, or in `constant()`, it goes into the program as a constant. `matmul(x, w, { transposeB: true })` and
 * `take(w, indices)` are then done by the runtime's own kernels, which read the packed bytes; whatever else is done with
 * it is done with the floats. `await toHost(w)` gives those.
 */
export class QuantizedArray extends NDArray<'float32'> {
  /** [out, in / block, block · bits / 8]; of four bits, two weights a byte, the first in its low half. */
  readonly packed: NDArray<'uint8'>;
  /** [out, in / block] */
  readonly scales: NDArray<'float32'>;
  readonly bits: 4 | 8;

  /** @throws TypeError unless these are the parts of quantised weights */
  constructor(packed: NDArray, scales: NDArray, bits: 4 | 8) {
    const [rows, blocks, bytes] = packed.shape as [number, number, number];
    const block = (bytes * 8) / bits;
    const fits =
      packed.dtype === 'uint8' &&
      packed.shape.length === 3 &&
      scales.dtype === 'float32' &&
      `${scales.shape}` === `${[rows, blocks]}`;
    if (!fits || !isBlock(block)) {
      throw new TypeError(
        `quantize: expected packed weights [out, blocks, bytes] and scales [out, blocks], got ${formatType(packed)} and ${formatType(scales)}`,
      );
    }
    super('float32', [rows, blocks * block], { remote: { device: storage } });
    this.packed = packed as NDArray<'uint8'>;
    this.scales = scales as NDArray<'float32'>;
    this.bits = bits;
  }
}

/** What `toHost` and `dispose` ask of the place where an array lies. */
const storage: Pick<Device, 'provider' | 'toHost' | 'dispose'> = {
  provider: 'quantized',
  toHost: async (source) => {
    const { bits, shape, ...parts } = source as QuantizedArray;
    const { packed, scales } = await toHost({ packed: parts.packed, scales: parts.scales });
    return new NDArray('float32', shape, Float32Array.from(weightsOf(packed.data, scales.data, bits)));
  },
  dispose: () => undefined,
};

/** The weights that packed ones stand for, row by row. */
export function weightsOf(packed: ArrayLike<number>, scales: ArrayLike<number>, bits: number): Float64Array {
  const zero = 2 ** (bits - 1);
  const count = (packed.length * 8) / bits;
  const block = count / scales.length;
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const q = bits === 8 ? packed[i]! : (packed[i >> 1]! >> (4 * (i & 1))) & 15;
    out[i] = (q - zero) * scales[Math.floor(i / block)]!;
  }
  return out;
}

/** What the kernels take as a block. */
export function isBlock(size: number): boolean {
  return size >= 16 && Number.isInteger(Math.log2(size));
}

/** How weights are quantised. */
export interface QuantizeOptions {
  readonly bits: 4 | 8;
  /** Weights that share a scale: a power of two of at least 16 that divides the size of a row. Default 32. */
  readonly block?: number;
}

/**
 * Quantises weights [out, in] on the host, to bits + 32 / block bits a weight.
 * @throws TypeError unless the weights are a float32 matrix; RangeError for a block that does not fit, or a weight that
 * is not finite
 *
 * @example
 * const w = quantize(array(new Float32Array(64).fill(0.5), { shape: [2, 32] }), { bits: 4 });
 * const f = compile((x: Tensor, w: Tensor) => matmul(x, w, { transposeB: true }));
 * await f(zerosArray([1, 32]), w); // [1, 2]
 */
export function quantize(weights: NDArray, { bits, block = 32 }: QuantizeOptions): QuantizedArray {
  const [rows, width] = weights.shape as [number, number];
  if (weights.dtype !== 'float32' || weights.shape.length !== 2)
    throw new TypeError(`quantize: expected float32 weights [out, in], got ${formatType(weights)}`);
  if (bits !== 4 && bits !== 8) throw new RangeError(`quantize: expected 4 or 8 bits, got ${bits}`);
  if (!isBlock(block) || width % block !== 0) {
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
  return new QuantizedArray(
    new NDArray('uint8', [rows, blocks, (block * bits) / 8], packed),
    new NDArray('float32', [rows, blocks], scales),
    bits,
  );
}
