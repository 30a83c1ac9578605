import { describe, expect, it } from 'vitest';
import { blocks, foldIn, type Key, seedKey, threefry2x32 } from './threefry.ts';

const one = (key: Key, c0: number, c1: number) =>
  threefry2x32(key, Uint32Array.of(c0), Uint32Array.of(c1)).map((w) => w[0]);

describe('threefry2x32', () => {
  // The three vectors that Random123 publishes for threefry2x32 at 20 rounds (kat_vectors).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as [Key, Key, number[]][])('answers key %j, counter %j with %j', (key, [c0, c1], answer) => {
    expect(one(key, c0, c1)).toEqual(answer);
  });

  it('gives every block alone what it gives it in bulk', () => {
    const key: Key = [7, 11];
    const [a, b] = blocks(key, 100, 2 ** 32 - 100);
    for (const i of [0, 1, 57, 99]) expect([a[i], b[i]]).toEqual(one(key, 0, 2 ** 32 - 100 + i));
  });

  it('leaves its counters alone and refuses halves of different length', () => {
    const c0 = Uint32Array.of(1, 2);
    threefry2x32([0, 1], c0, c0);
    expect([...c0]).toEqual([1, 2]);
    expect(() => threefry2x32([0, 1], c0, new Uint32Array(3))).toThrow(
      new RangeError('threefry2x32: expected counter halves of equal length, got 2 and 3'),
    );
  });

  it('is uniform: each of the 64 bits is set in half of 65,536 blocks', () => {
    for (const words of blocks([3, 4], 65536)) {
      for (let bit = 0; bit < 32; bit++) {
        let set = 0;
        for (const word of words) set += (word >>> bit) & 1;
        expect(Math.abs(set - 32768)).toBeLessThan(5 * 128); // five standard deviations
      }
    }
  });
});

describe('keys', () => {
  it('holds the seed as two words', () => {
    expect(seedKey(5)).toEqual([0, 5]);
    expect(seedKey(3 * 2 ** 32 + 0xfffffff0)).toEqual([3, 0xfffffff0]);
    for (const bad of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => seedKey(bad)).toThrow(RangeError);
  });

  it('folds in the number of a stream by encrypting it', () => {
    expect(foldIn([0, 0], 0)).toEqual([0x6b200159, 0x99ba4efe]);
    expect(new Set([0, 1, 2, 2 ** 32].map((i) => foldIn([0, 9], i).join())).size).toBe(4);
  });
});
