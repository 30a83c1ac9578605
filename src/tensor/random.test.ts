import { expect, test } from 'vitest';
import { array, toFloats } from './array.ts';
import { compile } from './compile.ts';
import type { Tensor } from './program.ts';
import { categorical, hashed, key, normal, split, uniform } from './random.ts';

const n = 1 << 18;

test('hashed numbers are uniform, independent of their neighbours and of other keys', async () => {
  const draw = compile((k: Tensor) => {
    const [a, b] = split(k) as [Tensor, Tensor];
    return [hashed(a, [n]), hashed(b, [n])];
  });
  const [a, b] = (await draw(key(7))).map(toFloats) as [ArrayLike<number>, ArrayLike<number>];
  const counts = new Array<number>(256).fill(0);
  let [lag, across, near] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    counts[Math.floor(a[i]! * 256)]!++;
    if (i > 0) lag += (a[i]! - 0.5) * (a[i - 1]! - 0.5);
    across += (a[i]! - 0.5) * (b[i]! - 0.5);
    near += Number(Math.floor(a[i]! * 16) === Math.floor(b[i]! * 16));
  }
  // chi-square with 255 degrees of freedom: mean 255, standard deviation 22.6
  const chi = counts.reduce((sum, c) => sum + (c - n / 256) ** 2 / (n / 256), 0);
  expect(Math.abs(chi - 255)).toBeLessThan(5 * 22.6);
  // correlations of n pairs of variance 1/12 each: standard deviation √n / 12
  for (const sum of [lag, across]) expect(Math.abs(sum)).toBeLessThan((5 * Math.sqrt(n)) / 12);
  expect(Math.abs(near - n / 16)).toBeLessThan(5 * Math.sqrt((n / 16) * (15 / 16)));
});

test('hashed numbers are the same for the same key and place', async () => {
  const draw = compile((k: Tensor) => [hashed(k, [6]), hashed(k, [2, 3])]);
  const [flat, folded] = await draw(key(3));
  expect(folded!.data).toEqual(flat!.data);
});

test('a program of many draws, which the host makes, gives the numbers of one of few', async () => {
  const draws = (count: number) => compile((k: Tensor) => split(k, count).map((own) => normal(own, [5])));
  const few = await draws(3)(key(11));
  const many = await draws(40)(key(11));
  for (const [i, own] of few.entries()) expect(many[i]!.data).toEqual(own.data);
});

// places of 1024 whose words were searched for: the largest and the smallest that there are
const extremes = [
  { seed: 34643, place: 550, u: 1 - 2 ** -24 },
  { seed: 10846, place: 796, u: 0 },
];

test('uniform numbers reach both ends of what they may, and stay below the high one', async () => {
  const bounds = [
    [0, 1],
    [1, 2],
    [-3, -1],
    [1000, 1001],
    [-0.3, 0],
    [1, 1 + 2 ** -23],
  ] as const;
  const draw = compile((k: Tensor) => bounds.map(([low, high]) => uniform(k, [1024], low, high)));
  for (const { seed, place, u } of extremes) {
    for (const [i, drawn] of (await draw(key(seed))).entries()) {
      const [low, high] = bounds[i]!.map(Math.fround) as [number, number];
      const x = Array.from(toFloats(drawn));
      if (i === 0) expect(x[place]).toBe(u);
      if (u === 0) expect(x[place]).toBe(low);
      expect(Math.min(...x)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...x)).toBeLessThan(high);
    }
  }
});

test('a categorical draw is neither forced nor barred by the numbers at either end', async () => {
  const draw = compile((k: Tensor, logits: Tensor) => categorical(k, logits));
  for (const { seed, place } of extremes) {
    const logits = (value: number) => array(Float32Array.from({ length: 1024 }, (_, i) => (i === place ? value : 0)));
    expect(toFloats(await draw(key(seed), logits(-1e9)))[0]).not.toBe(place);
    expect(toFloats(await draw(key(seed), logits(100)))[0]).toBe(place);
  }
});
