import { expect, test } from 'vitest';
import { array, compile, type Tensor, toNested } from '../../tensor/index.ts';
import { bitInputs, frequencies, joined, patchInputs, type TableRows, tableInputs } from './inputs.ts';

const columns = [
  { kind: 'categorical', categories: 2 },
  { kind: 'continuous' },
  { kind: 'categorical', categories: 7 },
  { kind: 'continuous' },
] as const;

test('columns are read in the order of the table, whatever their kind', async () => {
  const inputs = tableInputs(columns);
  expect([inputs.count, inputs.width]).toEqual([4, 8]);
  const rows = {
    numbers: array([[0.5, -1]]),
    present: array([[1, 0]]),
    codes: array([[1, 7]], { dtype: 'int32' }),
  };
  const read = await compile((x: TableRows) => inputs.read(x))(rows);
  const [first, second, third, fourth] = (toNested(read) as number[][][]).map((feature) => feature[0]!);
  expect(first).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  expect(third).toEqual([0, 0, 0, 0, 0, 0, 0, 1]); // missing is one category more
  const sines = (x: number) => frequencies.map((f) => Math.sin(f * x));
  for (const [got, expected] of [
    [second, [0.5, ...sines(0.5), 0, 0, 0]],
    [fourth, [-1, ...sines(-1), 1, 0, 0]],
  ] as const) {
    for (const [i, value] of expected.entries()) expect(got![i]).toBeCloseTo(value, 6);
  }
});

test.each([
  ['numbers', [{ kind: 'continuous' }], 6],
  ['categories', [{ kind: 'categorical', categories: 3 }], 4],
] as const)('%s alone', async (_, only, width) => {
  const inputs = tableInputs(only);
  const empty = (n: number, dtype?: 'int32') =>
    array(new Float32Array(2 * n), { shape: [2, n], ...(dtype && { dtype }) });
  const continuous = only[0].kind === 'continuous' ? 1 : 0;
  const rows = { numbers: empty(continuous), present: empty(continuous), codes: empty(1 - continuous, 'int32') };
  expect((await compile((x: TableRows) => inputs.read(x))(rows)).shape).toEqual([1, 2, width]);
});

test('a patch of an image is a feature', async () => {
  const inputs = patchInputs([4, 6], 2);
  expect([inputs.count, inputs.width]).toEqual([6, 4]);
  const image = array(Array.from({ length: 4 }, (_, r) => Array.from({ length: 6 }, (_, c) => 10 * r + c)));
  const batch = array(image.data as Float32Array, { shape: [1, 4, 6] });
  const read = toNested(await compile((x: Tensor) => inputs.read(x))(batch)) as number[][][];
  expect(read.map((patch) => patch[0])).toEqual([
    [0, 1, 10, 11],
    [2, 3, 12, 13],
    [4, 5, 14, 15],
    [20, 21, 30, 31],
    [22, 23, 32, 33],
    [24, 25, 34, 35],
  ]);
  expect(() => patchInputs([28, 28], 5)).toThrow('patchInputs: expected patches that cover 28 × 28 pixels, got size 5');
});

test('joined features are one feature', async () => {
  const inputs = joined(bitInputs(3));
  const x = array([
    [1, -1, 1],
    [-1, -1, 1],
  ]);
  expect(toNested(await compile((x: Tensor) => inputs.read(x))(x))).toEqual([toNested(x)]);
  expect([inputs.count, inputs.width]).toEqual([1, 3]);
});
