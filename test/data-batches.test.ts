import fc from 'fast-check';
import { batches, type Dataset, dataset, type Position, shuffled, split, sweep, takeRows } from 'tenfold/data';
import { array, dtypes, random, toNested, zerosArray } from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

/** Rows that are their own numbers. */
const counting = (size: number): Dataset<number[]> => ({ size, take: (rows) => [...rows] });
const take = (stream: Iterable<number[]>, count: number) => {
  const rows: number[][] = [];
  for (const batch of stream) if (rows.push(batch) === count) break;
  return rows;
};
const sorted = (rows: readonly number[]) => [...rows].sort((a, b) => a - b);
const range = (size: number) => Array.from({ length: size }, (_, i) => i);

describe('shuffled', () => {
  it('is a permutation of any size, one for each key and stream', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat(), (size, seed) => {
        expect(sorted([...shuffled(random.key(seed), size)])).toEqual(range(size));
      }),
    );
    const orders = [shuffled(random.key(1), 100), shuffled(random.key(2), 100), shuffled(random.key(1), 100, 1)];
    expect(new Set(orders.map(String)).size).toBe(3);
    expect(shuffled(random.key(1), 100)).toEqual(orders[0]);
    expect(sorted([...shuffled(random.key(3), 200_000)])).toEqual(range(200_000)); // more than one chunk of draws
  });

  it('keeps its orders for good: a recorded run can be resumed by a later version', () => {
    expect([...shuffled(random.key(0), 10)]).toEqual([8, 4, 7, 6, 2, 0, 9, 5, 1, 3]);
  });

  it('gives each of the 24 orders of four rows equally often', () => {
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let seed = 0; seed < draws; seed++) {
      const order = shuffled(random.key(7), 4, seed).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
  });
});

describe('batches', () => {
  it('gives every row once an epoch, in batches of one size that run over the end of an epoch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), (rows, size) => {
        const given = take(batches(counting(rows), { size, key: random.key(5) }), 6);
        expect(given.every((batch) => batch.length === size)).toBe(true);
        const stream = given.flat();
        for (let epoch = 0; (epoch + 1) * rows <= stream.length; epoch++) {
          expect(sorted(stream.slice(epoch * rows, (epoch + 1) * rows))).toEqual(range(rows));
        }
      }),
    );
  });

  it('goes on from a saved position exactly, wherever it was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat({ max: 12 }),
        (rows, size, cut) => {
          const options = { size, key: random.key(9) };
          const whole = take(batches(counting(rows), options), cut + 5);
          const first = batches(counting(rows), options);
          for (let i = 0; i < cut; i++) first.next();
          const start = JSON.parse(JSON.stringify(first.position)) as Position;
          expect(start.epoch * rows + start.index).toBe(cut * size);
          expect(take(batches(counting(rows), { ...options, start }), 5)).toEqual(whole.slice(cut));
        },
      ),
    );
  });

  it('is one stream whatever the batch size: k batches at once are k batches', () => {
    const key = random.key(2);
    const single = take(batches(counting(13), { size: 4, key }), 6);
    expect(take(batches(counting(13), { size: 12, key }), 2).flat()).toEqual(single.flat());
  });

  it('orders each epoch anew', () => {
    const [first, second] = take(batches(counting(50), { size: 50, key: random.key(0) }), 2);
    expect(first).not.toEqual(second);
  });

  it('refuses what it cannot do', () => {
    const key = random.key(0);
    expect(() => batches(counting(0), { size: 1, key })).toThrow(new RangeError('batches: expected rows, got none'));
    for (const size of [0, -1, 1.5, Number.NaN]) {
      expect(() => batches(counting(3), { size, key })).toThrow(`expected a positive integer size, got ${size}`);
    }
    for (const start of [
      { epoch: 0, index: 3 },
      { epoch: -1, index: 0 },
      { epoch: 0, index: 0.5 },
    ]) {
      expect(() => batches(counting(3), { size: 1, key, start })).toThrow(
        /expected start with epoch at 0 or above and index in \[0, 3\)/,
      );
    }
  });
});

describe('sweep', () => {
  it('gives every row once in order, and fills the last batch up with weight 0', () => {
    const given = [...sweep(counting(5), 2)];
    expect(given.map(({ batch }) => batch)).toEqual([
      [0, 1],
      [2, 3],
      [4, 4],
    ]);
    expect(given.map(({ weight }) => [...weight.data])).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
    ]);
    expect([...sweep(counting(4), 2)]).toHaveLength(2);
    expect([...sweep(counting(1), 3)].map(({ batch, weight }) => [batch, [...weight.data]])).toEqual([
      [
        [0, 0, 0],
        [1, 0, 0],
      ],
    ]);
    expect(() => [...sweep(counting(0), 2)]).toThrow('sweep: expected rows, got none');
    expect(() => [...sweep(counting(1), 0)]).toThrow('sweep: expected a positive integer size, got 0');
  });
});

describe('dataset', () => {
  it('takes rows of every array of a tree, of every element type', () => {
    const data = dataset({
      x: array([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      more: [array([7, 8, 9], { dtype: 'int64' })],
    });
    const { x, more } = data.take(Uint32Array.of(2, 0, 2));
    expect([toNested(x), toNested(more[0]!)]).toEqual([
      [
        [5, 6],
        [1, 2],
        [5, 6],
      ],
      [9, 7, 9],
    ]);
    for (const dtype of dtypes) {
      const source = array([1, 0, 1, 1, 0, 0], { shape: [3, 2, 1], dtype });
      expect(toNested(takeRows(source, [1, 1, 0]))).toEqual([
        [[1], [1]],
        [[1], [1]],
        [[1], [0]],
      ]);
      expect(takeRows(source, []).shape).toEqual([0, 2, 1]);
    }
    expect(takeRows(zerosArray([3, 0]), [0, 2]).shape).toEqual([2, 0]);
  });

  it('refuses arrays of different lengths, and rows that are not there', () => {
    expect(() => dataset({ a: array([1, 2]), b: array([1]) })).toThrow('dataset: expected 2 rows in "b", got 1');
    expect(() => dataset({ a: array([1, 2]), b: array(3) })).toThrow('dataset: expected 2 rows in "b", got no axis');
    expect(() => dataset({})).toThrow('dataset: expected arrays with at least one axis, got none');
    expect(() => takeRows(array([1, 2]), [2])).toThrow('takeRows: expected rows in [0, 2), got 2');
  });
});

describe('split', () => {
  const parts = { train: 0.8, validation: 0.1, test: 0.1 };

  it('puts every row in exactly one part, each part of its share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 500 }), fc.nat(), (size, seed) => {
        const rows = split(size, { key: random.key(seed), parts });
        expect(sorted([...rows.train, ...rows.validation, ...rows.test])).toEqual(range(size));
        expect([...rows.test]).toEqual(sorted([...rows.test]));
        for (const name of ['train', 'validation', 'test'] as const) {
          expect(Math.abs(rows[name].length - parts[name] * size)).toBeLessThan(1);
        }
        expect(split(size, { key: random.key(seed), parts })).toEqual(rows);
      }),
    );
    const tests = [0, 1].map((seed) => `${split(100, { key: random.key(seed), parts }).test}`);
    expect(tests[0]).not.toBe(tests[1]);
  });

  it('spreads each stratum by the shares', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 30, maxLength: 300 }), (strata) => {
        const rows = split(strata.length, { key: random.key(1), parts, strata });
        for (const stratum of new Set(strata)) {
          const of = (list: ArrayLike<number>) => Array.from(list).filter((row) => strata[row] === stratum).length;
          const total = strata.filter((other) => other === stratum).length;
          for (const name of ['train', 'validation', 'test'] as const) {
            expect(Math.abs(of(rows[name]) - parts[name] * total)).toBeLessThan(2);
          }
        }
      }),
    );
  });

  it('refuses shares that do not add up, strata of another length, and empty parts', () => {
    const key = random.key(0);
    expect(() => split(10, { key, parts: { a: 0.5, b: 0.6 } })).toThrow(
      new RangeError('split: expected shares above 0 that add up to 1, got {"a":0.5,"b":0.6}'),
    );
    expect(() => split(10, { key, parts: { a: 1, b: 0 } })).toThrow(/shares above 0/);
    expect(() => split(10, { key, parts: { a: 1 }, strata: [1] })).toThrow('split: expected strata for 10 rows, got 1');
    expect(() => split(2, { key, parts })).toThrow(/expected enough rows for part "validation", got 2/);
  });
});
