/**
 * Counter-based random bits: threefry2x32 with 20 rounds.
 *
 * A counter-based generator is a keyed bijection of counters. Nothing is carried from one number to the next, so the
 * numbers for a key are the same on every provider, in any order, and after every resume: a position in a random
 * stream is just the counter. This is the host's meaning of the random operations and the source of every shuffle.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 4; constants
 * from Random123, whose known answers are in the tests.
 */

/** A key: two unsigned 32-bit words. */
export type Key = readonly [number, number];

/** The key of a seed, an integer in [0, 2⁵³): its high and low words. Seeds below 2³² give `[0, seed]`. */
export function seedKey(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seedKey: expected an integer seed in [0, 2^53), got ${seed}`);
  }
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}

/** The key of the stream number `data` (an integer in [0, 2⁵³)) under `key`; streams are independent of one another. */
export function foldIn(key: Key, data: number): Key {
  const [high, low] = seedKey(data);
  const [a, b] = threefry2x32(key, Uint32Array.of(high), Uint32Array.of(low));
  return [a[0]!, b[0]!];
}

/** The words of the first `count` blocks of the counters (0, start), (0, start + 1), …; `start + count` up to 2³². */
export function blocks(key: Key, count: number, start = 0): [Uint32Array, Uint32Array] {
  const low = new Uint32Array(count);
  for (let i = 0; i < count; i++) low[i] = start + i;
  return threefry2x32(key, new Uint32Array(count), low);
}

/**
 * Encrypts the counters (c0[i], c1[i]) under `key`: the two words of every block.
 * @throws RangeError when the two halves differ in length
 */
export function threefry2x32(key: Key, c0: Uint32Array, c1: Uint32Array): [Uint32Array, Uint32Array] {
  if (c0.length !== c1.length) {
    throw new RangeError(`threefry2x32: expected counter halves of equal length, got ${c0.length} and ${c1.length}`);
  }
  const out0 = new Uint32Array(c0.length);
  const out1 = new Uint32Array(c0.length);
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  // Unrolled, because a loop over a table of rotations takes twice as long.
  // biome-ignore format: one round a line
  for (let i = 0; i < c0.length; i++) {
    let a = (c0[i]! + k0) | 0;
    let b = (c1[i]! + k1) | 0;
    a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0; b = (b + k2 + 1) | 0;
    a = (a + b) | 0; b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0; b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0; b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0; b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0; b = (b + k0 + 2) | 0;
    a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0; b = (b + k1 + 3) | 0;
    a = (a + b) | 0; b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0; b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0; b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0; b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k1) | 0; b = (b + k2 + 4) | 0;
    a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
    out0[i] = a + k2;
    out1[i] = b + k0 + 5;
  }
  return [out0, out1];
}
