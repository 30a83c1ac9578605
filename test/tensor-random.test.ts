import {
  array,
  compile,
  type NDArray,
  random,
  softmax,
  type Tensor,
  threefry,
  toFloats,
  toNested,
} from 'tenfold/tensor';
import { describe, expect, it } from 'vitest';

/** Draws with the key of a seed. */
async function draw(seed: number, fn: (key: Tensor) => Tensor): Promise<NDArray> {
  const compiled = compile(fn);
  const result = await compiled(random.key(seed));
  await compiled.release();
  return result;
}

/** n draws as plain numbers. */
async function drawn(seed: number, fn: (key: Tensor) => Tensor): Promise<number[]> {
  return Array.from(toFloats(await draw(seed, fn)));
}

const meanOf = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;

/** The sample's k-th moment. */
const moment = (x: readonly number[], k: number) => meanOf(x.map((v) => v ** k));

const n = 1 << 18;

/** Fails unless `got` is within five standard errors of `want`, for a mean of n draws of the given variance. */
function near(got: number, want: number, variance: number): void {
  expect(Math.abs(got - want)).toBeLessThan(5 * Math.sqrt(variance / n));
}

/** Pearson's statistic of counts against expected ones, in standard deviations of its distribution. */
function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  const statistic = counts.reduce((sum, c, i) => sum + (c - expected[i]!) ** 2 / expected[i]!, 0);
  const degrees = counts.length - 1;
  return (statistic - degrees) / Math.sqrt(2 * degrees);
}

const histogram = (x: readonly number[], bins: number, of: (v: number) => number) => {
  const counts = new Array<number>(bins).fill(0);
  for (const v of x) counts[of(v)]!++;
  return counts;
};

describe('bits', () => {
  it.each([0, 1, 7, 2 ** 32 + 5, 2 ** 53 - 1])("are the host's, for seed %d", async (seed) => {
    const [a, b] = threefry.blocks(threefry.seedKey(seed), 8);
    expect([...(await draw(seed, (k) => random.bits(k, [4, 4]))).data]).toEqual([...a, ...b]);
  });

  it('are the published ones of threefry2x32', async () => {
    // Random123's known answer for key 0 and counter 0
    expect([...(await draw(0, (k) => random.bits(k, [2]))).data]).toEqual([0x6b200159, 0x99ba4efe]);
  });

  it('of an odd number of words are the first of an even number', async () => {
    const [odd, even] = await Promise.all([draw(3, (k) => random.bits(k, [5])), draw(3, (k) => random.bits(k, [6]))]);
    expect([...odd.data]).toEqual([...even.data.slice(0, 5)]);
  });
});

describe('keys', () => {
  it('derived in a program are those that the host derives', async () => {
    const folded = compile((k: Tensor, step: Tensor) => [random.foldIn(k, 9), random.foldIn(k, step)]);
    const step = array(9, { dtype: 'int32' });
    const host = [...threefry.foldIn(threefry.seedKey(5), 9)];
    expect((await folded(random.key(5), step)).map((k) => [...k.data])).toEqual([host, host]);
  });

  it('give streams that have nothing in common', async () => {
    const f = compile((k: Tensor) => {
      const keys = [
        k,
        ...random.split(k, 3),
        random.foldIn(k, 7),
        random.foldIn(k, 8),
        random.foldIn(random.foldIn(k, 7), 7),
      ];
      return keys.map((own) => random.uniform(own, [n]));
    });
    const streams = (await f(random.key(11))).map((x) => Array.from(toFloats(x)));
    for (const [i, a] of streams.entries()) {
      for (const b of streams.slice(0, i)) {
        // the product of two independent uniform numbers has mean 1/4 and variance 7/144
        near(meanOf(a.map((v, k) => v * b[k]!)), 0.25, 7 / 144);
      }
    }
  });

  it('may be many, all different', async () => {
    const keys = await compile((k: Tensor) => random.split(k, 50))(random.key(1));
    expect(keys.length).toBe(50);
    expect(new Set(keys.map((k) => `${k.data}`)).size).toBe(50);
    expect(() => random.key(-1)).toThrow(RangeError);
  });
});

describe('draws', () => {
  it('of uniform numbers fill [0, 1) evenly', async () => {
    const x = await drawn(1, (k) => random.uniform(k, [n]));
    expect(x.every((v) => v >= 0 && v < 1 && Number.isInteger(v * 2 ** 24))).toBe(true);
    near(moment(x, 1), 1 / 2, 1 / 12);
    near(moment(x, 2), 1 / 3, 4 / 45);
    expect(
      Math.abs(
        chiSquare(
          histogram(x, 256, (v) => Math.floor(v * 256)),
          new Array(256).fill(n / 256),
        ),
      ),
    ).toBeLessThan(5);
    const neighbours = x.slice(1).map((v, i) => v * x[i]!);
    near(meanOf(neighbours), 1 / 4, 7 / 144);
  });

  it('of uniform numbers keep to their range', async () => {
    const x = await drawn(2, (k) => random.uniform(k, [n], -3, 5));
    expect(x.every((v) => v >= -3 && v < 5)).toBe(true);
    near(meanOf(x), 1, 64 / 12);
  });

  it('of normal numbers have the moments of the standard one', async () => {
    const x = await drawn(3, (k) => random.normal(k, [n]));
    expect(x.every(Number.isFinite)).toBe(true);
    near(moment(x, 1), 0, 1);
    near(moment(x, 2), 1, 2);
    near(moment(x, 3), 0, 15);
    near(moment(x, 4), 3, 96);
    // both halves, cosine and sine, and independent of one another
    near(meanOf(x.slice(0, n / 2)), 0, 2);
    near(meanOf(x.slice(0, n / 2).map((v, i) => v * x[n / 2 + i]!)), 0, 2);
    // beyond 2 lies 4.55 % of it
    near(meanOf(x.map((v) => Number(Math.abs(v) > 2))), 0.0455003, 0.0455 * 0.9545);
  });

  it('of truth values have the probability asked for, one a place too', async () => {
    near(meanOf(await drawn(4, (k) => random.bernoulli(k, 0.3, [n]))), 0.3, 0.21);
    expect(meanOf(await drawn(4, (k) => random.bernoulli(k, 0, [n])))).toBe(0);
    expect(meanOf(await drawn(4, (k) => random.bernoulli(k, 1, [n])))).toBe(1);
    const p = compile((k: Tensor, chance: Tensor) => random.bernoulli(k, chance, [n / 2, 2]));
    const x = Array.from(toFloats(await p(random.key(5), array([0.1, 0.9]))));
    near(meanOf(x.filter((_, i) => i % 2 === 0)), 0.1, 2 * 0.09);
    near(meanOf(x.filter((_, i) => i % 2 === 1)), 0.9, 2 * 0.09);
  });

  it('of integers are all as frequent, and inside their range', async () => {
    const x = await draw(6, (k) => random.integers(k, [n], -3, 4));
    expect(x.dtype).toBe('int32');
    const counts = histogram(Array.from(toFloats(x)), 7, (v) => v + 3);
    expect(Math.abs(chiSquare(counts, new Array(7).fill(n / 7)))).toBeLessThan(5);
    expect(await drawn(6, (k) => random.integers(k, [3], -(2 ** 31), 2 ** 31 - 1))).toHaveLength(3);
  });

  it('of categories have the frequencies of softmax', async () => {
    const logits = [0, 1, -2, 0.5, -Infinity, 2];
    const f = compile((k: Tensor, z: Tensor) => {
      const lines = random.categorical(k, z);
      return [lines, softmax(z)];
    });
    const lines = 1 << 16;
    const [x, p] = await f(random.key(7), array(Array.from({ length: lines }, () => logits)));
    const counts = histogram(Array.from(toFloats(x!)), 6, (v) => v);
    const expected = Array.from(toFloats(p!))
      .slice(0, 6)
      .map((v) => v * lines);
    expect(counts[4]).toBe(0);
    const possible = (list: readonly number[]) => list.filter((_, i) => i !== 4);
    expect(Math.abs(chiSquare(possible(counts), possible(expected)))).toBeLessThan(5);
  });

  it('of an order are permutations, every one as likely', async () => {
    const p = await drawn(8, (k) => random.permutation(k, 1000));
    expect(p.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(p.filter((v, i) => v === i).length).toBeLessThan(10);
    // 6,000 orders of three
    const many = compile((k: Tensor) => random.split(k, 60).map((own) => random.permutation(own, 3)));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 100; seed++) {
      for (const own of await many(random.key(seed))) counts.set(`${own.data}`, (counts.get(`${own.data}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect(Math.abs(chiSquare([...counts.values()], new Array(6).fill(1000)))).toBeLessThan(5);
  });

  it('with one key are the same every time, and with the next one others', async () => {
    const f = compile((k: Tensor) => random.normal(k, [16]));
    const [a, b, c] = [await f(random.key(9)), await f(random.key(9)), await f(random.key(10))];
    expect(b.data).toEqual(a.data);
    expect(Array.from(toFloats(c)).filter((v, i) => v === toFloats(a)[i])).toEqual([]);
    expect(f.signatures).toBe(1);
  });

  it('of nothing and of one', async () => {
    for (const shape of [[0], [], [1]]) {
      const x = await draw(1, (k) => random.normal(k, shape));
      expect(x.shape).toEqual(shape);
    }
    expect(toNested(await compile((k: Tensor) => random.permutation(k, 0))(random.key(1)))).toEqual([]);
  });
});
