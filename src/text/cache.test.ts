import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NDArray } from '../tensor/index.ts';
import { Cache, roomFor } from './cache.ts';

const sizes = { layers: 2, heads: 3, headWidth: 2 };
const numbersOfToken = 2 * sizes.layers * sizes.heads * sizes.headWidth;

/** The numbers of token `id` in one buffer: all different, wherever they stand. */
const numberOf = (id: number, buffer: number, head: number, i: number) => ((id * 4 + buffer) * 3 + head) * 2 + i + 1;

/** What a program would return for tokens [slots][tokens], padded to the longest. */
function keysOf(tokens: readonly (readonly number[])[]) {
  const { layers, heads, headWidth } = sizes;
  const longest = Math.max(1, ...tokens.map((row) => row.length));
  const made = (buffer: number) => {
    const data = new Float32Array(tokens.length * heads * longest * headWidth).fill(-1);
    for (const [slot, row] of tokens.entries())
      for (let h = 0; h < heads; h++)
        for (const [t, id] of row.entries())
          for (let i = 0; i < headWidth; i++)
            data[((slot * heads + h) * longest + t) * headWidth + i] = numberOf(id, buffer, h, i);
    return new NDArray('float32', [tokens.length, heads, longest, headWidth], data);
  };
  return Array.from({ length: layers }, (_, l) => ({ k: made(2 * l), v: made(2 * l + 1) }));
}

/** Expects slots to hold rows of tokens. */
function expectHeld(cache: Cache, rows: readonly (readonly number[])[]): void {
  expect(cache.lengths).toEqual(rows.map((row) => row.length));
  let wrong = 0;
  for (const [l, { k, v }] of cache.read(0, rows.length).entries()) {
    for (const [j, { shape, data }] of [k, v].entries()) {
      const [, heads, room, width] = shape as [number, number, number, number];
      for (const [slot, row] of rows.entries())
        for (let h = 0; h < heads; h++)
          for (const [t, id] of row.entries())
            for (let i = 0; i < width; i++)
              wrong += Number(data[((slot * heads + h) * room + t) * width + i] !== numberOf(id, 2 * l + j, h, i));
    }
  }
  expect(wrong).toBe(0);
}

function filled(rows: readonly (readonly number[])[]): Cache {
  const cache = new Cache(sizes);
  cache.open(rows.length);
  cache.append(
    0,
    keysOf(rows),
    rows.map((row) => row.length),
  );
  return cache;
}

describe('the cache', () => {
  it('has room with at most an eighth to spare, from 32 on', () => {
    expect([1, 32, 33, 255, 257, 1000, 1025, 2048].map(roomFor)).toEqual([32, 32, 64, 256, 288, 1024, 1152, 2048]);
    for (let n = 256; n < 5000; n++) expect(roomFor(n) / n).toBeLessThanOrEqual(1.13);
  });

  it('copies nothing when every row stays, or when rows trade places', () => {
    const cache = filled([[1, 2], [3], [4, 5, 6]]);
    expect(cache.rearrange([0, 1, 2])).toEqual({ slots: [0, 1, 2], moves: [] });
    expect(cache.rearrange([2, 0, 1]).slots).toEqual([2, 0, 1]);
    expect(cache.copied).toBe(0);
    expectHeld(cache, [[1, 2], [3], [4, 5, 6]]);
  });

  it('copies a whole row when it is doubled, and of siblings only what they do not share', () => {
    const prompt = Array.from({ length: 40 }, (_, t) => t);
    const cache = filled([prompt]);
    expect(cache.rearrange([0, 0]).slots).toEqual([0, 1]);
    expect(cache.copied).toBe(40 * numbersOfToken);
    cache.append(0, keysOf([[100], [200]]), [1, 1]);
    expect(cache.rearrange([1, 1]).moves).toEqual([{ from: 1, to: 0 }]);
    expect(cache.copied).toBe(41 * numbersOfToken);
    expectHeld(cache, [
      [...prompt, 200],
      [...prompt, 200],
    ]);
  });

  it('holds what a list of lists holds, whatever is appended, reordered, doubled and dropped', () => {
    const step = fc.record({
      parents: fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
      counts: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 6, maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let next = 0;
        let rows: number[][] = [[next++], [next++], [next++]];
        const cache = filled(rows);
        const other = filled(rows);
        for (const { parents, counts } of steps) {
          const old = rows;
          const chosen = parents.map((parent) => parent % old.length);
          const { slots, moves } = cache.rearrange(chosen);
          other.follow(moves, slots.length);
          expect(slots.toSorted((a, b) => a - b)).toEqual(slots.map((_, i) => i));
          rows = [];
          for (const [row, slot] of slots.entries()) rows[slot] = [...old[chosen[row]!]!];
          expectHeld(other, rows);
          const fresh = rows.map((_, i) => Array.from({ length: counts[i]! }, () => next++));
          for (const held of [cache, other]) {
            held.append(
              0,
              keysOf(fresh),
              fresh.map((row) => row.length),
            );
          }
          for (const [i, row] of rows.entries()) row.push(...fresh[i]!);
          expectHeld(cache, rows);
        }
      }),
      { numRuns: 60 },
    );
  });
});
