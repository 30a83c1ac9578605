import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Draws } from '../draws.ts';
import { fileRows, Vectors } from './vectors.ts';

function normals(draws: Draws, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => draws.unit() + draws.unit() + draws.unit() - 1.5);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

function length(a: Float32Array): number {
  return Math.sqrt(dot(a, a));
}

/** What rounding may do to a product: half a step of each number of the row, one of the query's. */
function mostError(query: Float32Array, vector: Float32Array): number {
  const step = Math.max(...vector.map(Math.abs)) / 127;
  return (0.51 * step * Math.sqrt(vector.length) + 1e-3 * length(vector)) * length(query);
}

it('products are those of the vectors, but for the rounding, of any size and magnitude', () => {
  const value = fc.integer({ min: -1000, max: 1000 }).map((x) => x / 7);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }).chain((d) => {
        const vector = fc.array(value, { minLength: d, maxLength: d });
        return fc.tuple(vector, fc.array(vector, { minLength: 1, maxLength: 20 }));
      }),
      ([asked, rows]) => {
        const query = Float32Array.from(asked);
        const kept = new Vectors();
        const vectors = rows.map((row) => Float32Array.from(row));
        vectors.forEach((vector, number) => {
          kept.set({ number, vector });
        });
        const found = kept.nearest(query, 20, () => true);
        const telling = vectors.filter((vector) => vector.some((x) => x !== 0)).length;
        expect(found).toHaveLength(query.every((x) => x === 0) ? 0 : telling);
        for (const { document, score } of found) {
          const vector = vectors[document]!;
          expect(Math.abs(score - dot(query, vector))).toBeLessThanOrEqual(mostError(query, vector));
        }
      },
    ),
  );
});

it('sums of many large products stay whole', () => {
  const d = 8192;
  const kept = new Vectors();
  const query = new Float32Array(d).fill(-1);
  kept.set({ number: 0, vector: new Float32Array(d).fill(1) });
  kept.set({ number: 1, vector: new Float32Array(d).fill(-1) });
  const found = kept.nearest(query, 2, () => true);
  expect(found.map(({ document }) => document)).toEqual([1, 0]);
  expect(found.map(({ score }) => score / d)).toEqual([expect.closeTo(1, 2), expect.closeTo(-1, 2)]);
});

it('the nearest ten are among thirty that seem so', () => {
  const [count, d] = [6000, 100];
  const draws = new Draws(5);
  const kept = new Vectors();
  const vectors = Array.from({ length: count }, () => normals(draws, d));
  vectors.forEach((vector, number) => {
    kept.set({ number, vector });
  });
  for (let i = 0; i < 20; i++) {
    const query = normals(draws, d);
    const exact = vectors
      .map((vector, number) => ({ number, score: dot(query, vector) }))
      .filter(({ number }) => number % 3 !== 0)
      .sort((a, b) => b.score - a.score);
    const seeming = new Set(kept.nearest(query, 30, (number) => number % 3 !== 0).map(({ document }) => document));
    for (const { number } of exact.slice(0, 10)) expect(seeming).toContain(number);
  }
});

it('vectors come, change and go, and are the same from files', () => {
  const draws = new Draws(6);
  const d = 20;
  const kept = new Vectors();
  const now = new Map<number, Float32Array>();
  for (let i = 0; i < 3000; i++) {
    const number = Math.floor(draws.unit() * 3 * fileRows);
    if (draws.unit() < 0.3) {
      expect(kept.delete(number)).toBe(now.delete(number));
    } else {
      const vector = normals(draws, d);
      kept.set({ number, vector });
      now.set(number, vector);
    }
  }
  const again = new Vectors();
  for (const number of [2 * fileRows + 5, 17, fileRows]) again.take('rows', kept.fileOf(number));
  for (const some of [kept, again]) {
    expect(some.count).toBe(now.size);
    const query = normals(draws, d);
    const found = some.nearest(query, 4000, () => true);
    expect(found.map(({ document }) => document).sort((a, b) => a - b)).toEqual([...now.keys()].sort((a, b) => a - b));
    for (const { document, score } of found) {
      const vector = now.get(document)!;
      expect(Math.abs(score - dot(query, vector))).toBeLessThanOrEqual(mostError(query, vector));
    }
  }
  const file = kept.fileOf(0);
  file[file.length - 30]! ^= 1;
  expect(() => new Vectors().take('rows', file)).toThrow(/^rows: expected an unchanged section codes/);
});

it('other dimensions, no vectors and zeros', () => {
  const kept = new Vectors();
  expect(kept.nearest(Float32Array.of(1, 2), 5, () => true)).toEqual([]);
  expect(kept.delete(3)).toBe(false);
  kept.set({ number: 3, vector: Float32Array.of(0, 0) });
  kept.set({ number: 9, vector: Float32Array.of(0, 2) });
  expect(kept.count).toBe(2);
  expect(kept.nearest(Float32Array.of(0, 0), 5, () => true)).toEqual([]);
  expect(kept.nearest(Float32Array.of(1, 2), 5, () => true)).toEqual([{ document: 9, score: expect.closeTo(4, 2) }]);
  expect(() => kept.set({ number: 4, vector: Float32Array.of(1) })).toThrow('vectors: expected 2 dimensions, got 1');
  expect(() => kept.nearest(Float32Array.of(1), 5, () => true)).toThrow('vectors: expected 2 dimensions, got 1');
});
