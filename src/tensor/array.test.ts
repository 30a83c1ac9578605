import { describe, expect, it } from 'vitest';
import { NDArray, toFloats } from './array.ts';
import { fromHalf } from './dtype.ts';

describe('toFloats', () => {
  it('gives every half its value, many at once as one by one', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);
    const many = toFloats(new NDArray('float16', [2 ** 16], bits));
    expect(many).toEqual(Float32Array.from(bits, fromHalf));
    expect([many[0x3c00], many[0x8000], many[1], many[0xfc00]]).toEqual([1, -0, 2 ** -24, Number.NEGATIVE_INFINITY]);
  });
});
