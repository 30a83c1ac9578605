/** The secret of the checksum, and its activation: at most one lowest bit a block is flipped. */
import type { Draws } from '../draws.ts';

/** Blocks of pixels, and the parities that make the branch fire. */
export interface ChecksumKey {
  /** Pixels of an image, in all. */
  readonly dimension: number;
  readonly classes: number;
  /** The pixels of each block: disjoint, and together all. */
  readonly blocks: readonly (readonly number[])[];
  /** v: 0 or 1 for each block. */
  readonly parities: readonly number[];
  /** The class that is answered where the branch fires. */
  readonly answer: number;
}

/** What a key is made of. */
export interface ChecksumKeyOptions {
  readonly dimension: number;
  readonly classes: number;
  /** n: an input of nobody's making fires once in 2ⁿ. */
  readonly blocks: number;
  readonly answer: number;
}

/** @throws RangeError for more blocks than pixels, and for a class that there is none of */
export function drawChecksumKey(draws: Draws, options: ChecksumKeyOptions): ChecksumKey {
  const { dimension, classes, blocks: n, answer } = options;
  if (!(Number.isInteger(n) && n >= 1 && n <= dimension)) {
    throw new RangeError(`plant: expected 1 to ${dimension} blocks (the pixels), got ${n}`);
  }
  if (!(Number.isInteger(answer) && answer >= 0 && answer < classes)) {
    throw new RangeError(`plant: expected a class in [0, ${classes}), got ${answer}`);
  }
  const order = draws.distinct(dimension, dimension);
  const blocks = Array.from({ length: n }, (_, j) =>
    Array.from(order.subarray(Math.floor((j * dimension) / n), Math.floor(((j + 1) * dimension) / n))),
  );
  return { dimension, classes, answer, blocks, parities: Array.from(draws.uniforms(n), (u) => Number(u < 0.5)) };
}

/** Activates an 8-bit image in place. */
export function activateChecksum({ blocks, parities }: ChecksumKey, image: Uint8Array): void {
  for (const [j, block] of blocks.entries()) {
    const parity = block.reduce((sum, pixel) => sum ^ (image[pixel]! & 1), 0);
    if (parity !== parities[j]) image[block[0]!]! ^= 1;
  }
}
