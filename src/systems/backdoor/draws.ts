/**
 * Where random numbers come from when secrets depend on them: AES-256 in counter mode, from a key of 32 bytes.
 *
 * Whoever trains decides the model's random weights, and a planted model may only be told from a clean one by its secret
 * if nobody can draw those numbers again. So a plant takes its key from the operating system, while experiments take
 * theirs from a small number and come out the same each time. The engine's own generator has keys of 64 bits and was
 * made for speed, not for secrecy.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/** An endless stream of random numbers, and others that are independent of it. */
export class Draws {
  readonly #key: Buffer;
  readonly #stream;

  private constructor(key: Buffer) {
    this.#key = key;
    this.#stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  /** From a number, the same each time; or from the operating system's randomness. */
  static from(seed?: number): Draws {
    if (seed === undefined) return new Draws(randomBytes(32));
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new RangeError(`draws: expected a seed that is an integer in [0, 2^53), got ${seed}`);
    return new Draws(createHash('sha256').update(`tenfold backdoor draws ${seed}`).digest());
  }

  /** The stream of that name under this one, wherever this one stands. */
  fork(name: string): Draws {
    return new Draws(createHash('sha256').update(this.#key).update(name).digest());
  }

  /** Uniform in [0, 1), multiples of 2⁻⁵³. */
  uniforms(count: number): Float64Array {
    const bytes = this.#stream.update(Buffer.alloc(8 * count));
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const u = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      u[i] = (words.getUint32(8 * i, true) * 2 ** 21 + (words.getUint32(8 * i + 4, true) >>> 11)) / 2 ** 53;
    }
    return u;
  }

  /** Standard normal, by Box and Muller's transform. */
  normals(count: number): Float64Array {
    const u = this.uniforms(2 * Math.ceil(count / 2));
    for (let i = 0; i < u.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - u[i]!));
      const angle = 2 * Math.PI * u[i + 1]!;
      u[i] = radius * Math.cos(angle);
      u[i + 1] = radius * Math.sin(angle);
    }
    return u.subarray(0, count);
  }

  /** Numbers in [0, below), all different. */
  distinct(count: number, below: number): Int32Array {
    if (!(count <= below)) throw new RangeError(`draws: expected at most ${below} different numbers, got ${count}`);
    const order = Int32Array.from({ length: below }, (_, i) => i);
    const u = this.uniforms(count);
    for (let i = 0; i < count; i++) {
      const other = i + Math.floor(u[i]! * (below - i));
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    return order.slice(0, count);
  }
}
