import { expect, test } from 'vitest';
import { add, array, compile, exportOnnx, iota, type Tensor, toNested } from '../tensor/index.ts';
import { relativePositionBias, relativePositionBucket } from './relative-positions.ts';

// worked out by hand from Raffel et al. 2020, section 2.1, and its code's defaults
test('one direction: exact below half of the buckets, then logarithmic up to the largest distance', () => {
  const bucket = (distance: number) => relativePositionBucket(distance, 32, { bidirectional: false });
  expect([0, -1, -15].map(bucket)).toEqual([0, 1, 15]);
  // 16 + ⌊16 · ln(d / 16) / ln 8⌋
  expect([-16, -18, -32, -64, -127, -128, -10_000].map(bucket)).toEqual([16, 16, 21, 26, 31, 31, 31]);
  // later keys share bucket 0 with the present one
  expect([1, 50].map(bucket)).toEqual([0, 0]);
});

test('both directions: later keys have the second half of the buckets', () => {
  const bucket = (distance: number) => relativePositionBucket(distance, 32);
  // 8 + ⌊8 · ln(d / 8) / ln 16⌋
  expect([0, -1, -7, -8, -16, -32, -64, -128].map(bucket)).toEqual([0, 1, 7, 8, 10, 12, 14, 15]);
  expect([1, 7, 8, 16, 500].map(bucket)).toEqual([17, 23, 24, 26, 31]);
});

test('the bias of a head at a query and a key is that of their bucket', async () => {
  const table = array(Array.from({ length: 8 }, (_, i) => [i, 10 + i]));
  const bias = compile((weight: Tensor) =>
    relativePositionBias({ weight }, add(iota(2), 1), iota(3), { bidirectional: false }),
  );
  const { shape, data } = await bias(table);
  expect(shape).toEqual([2, 2, 3]);
  expect(Array.from(data as Float32Array)).toEqual([1, 0, 0, 2, 1, 0, 11, 10, 10, 12, 11, 10]);
});

test('a long sequence has one bucket a distance in its program, not one a pair', async () => {
  const length = 300;
  const table = array(Array.from({ length: 32 }, (_, i) => [i, -i]));
  const bias = compile((weight: Tensor) => relativePositionBias({ weight }, iota(length), iota(length)));
  const [first] = toNested(await bias(table)) as number[][][];
  const wanted = (query: number, key: number) => relativePositionBucket(key - query, 32);
  expect(first).toEqual(Array.from({ length }, (_, query) => Array.from({ length }, (_, key) => wanted(query, key))));
  expect(exportOnnx(bias.program(table)).length).toBeLessThan(length * length);
});

test('rows with places of their own have biases of their own', async () => {
  const table = array(Array.from({ length: 8 }, (_, i) => [i, 10 + i, 20 + i]));
  const bias = compile((weight: Tensor, queries: Tensor) =>
    relativePositionBias({ weight }, queries, iota(3), { bidirectional: false }),
  );
  const { shape, data } = await bias(table, array([[2], [0]], { dtype: 'int32' }));
  expect(shape).toEqual([2, 3, 1, 3]);
  expect(Array.from(data as Float32Array)).toEqual([2, 1, 0, 12, 11, 10, 22, 21, 20, 0, 0, 0, 10, 10, 10, 20, 20, 20]);
});
