import { expect, test } from 'vitest';
import { tableOf } from '../../data/index.ts';
import { toNested } from '../../tensor/index.ts';
import { columnsOf, probedNumbers, probesOf, rowsOf, targetsOf } from './columns.ts';

/** Two hundred rows with everything that a table can have. */
const records = Array.from({ length: 200 }, (_, i) => ({
  id: `row ${i}`,
  constant: 'x',
  colour: i % 7 === 0 ? null : ['red', 'green', 'blue'][i % 3],
  size: i % 10 === 0 ? null : i / 10,
  // 70 values, of which the first 30 are frequent
  town: i < 150 ? `town ${i % 30}` : `hamlet ${i % 40}`,
  y: i === 5 ? null : i % 2 === 0 ? 'even' : 'odd',
}));

test('what a table is taken for is said', () => {
  const { columns, table } = columnsOf(tableOf(records), 'y');
  expect(columns.notes).toEqual([
    '1 row without y left out.',
    'id left out: its 199 values are too many and too rare to learn from.',
    'constant left out: it has one value only.',
    'colour: 29 of 199 values are missing, and marked so.',
    'size: 20 of 199 values are missing, and marked so.',
    'town: the 7 rarest of its 70 values are taken as one.',
  ]);
  expect(columns.features.map(({ name, kind }) => [name, kind])).toEqual([
    ['colour', 'categorical'],
    ['size', 'continuous'],
    ['town', 'categorical'],
  ]);
  const town = columns.features[2]!;
  expect(town.kind === 'categorical' && [town.categories.length, town.categories.at(-1)]).toEqual([64, '(other)']);
  expect(table.rows).toBe(199);
});

test('rows as the model reads them', () => {
  const { columns, table } = columnsOf(tableOf(records), 'y');
  const rows = rowsOf(table, columns);
  expect([rows.numbers.shape, rows.codes.shape, rows.codes.dtype]).toEqual([[199, 1], [199, 2], 'int32']);
  // the first row lacks both colour and size
  expect([rows.numbers.data[0], rows.present.data[0], rows.codes.data[0]]).toEqual([0, 0, 3]);
  expect(rows.present.data[1]).toBe(1);
  expect(targetsOf(table, columns).data.slice(0, 4)).toEqual(Int32Array.of(0, 1, 0, 1));
  const size = Array.from(rows.numbers.data as Float32Array).filter((_, i) => rows.present.data[i] === 1);
  expect(size.reduce((a, b) => a + b) / size.length).toBeCloseTo(0, 4);
});

test('a continuous target is standardised', () => {
  const { columns, table } = columnsOf(tableOf(records), 'size');
  const y = toNested(targetsOf(table, columns)) as number[][];
  expect(y.length).toBe(180);
  expect(y.reduce((sum, [v]) => sum + v! ** 2, 0) / y.length).toBeCloseTo(1, 4);
});

test('probes are every category, and evenly spaced numbers', () => {
  const { columns } = columnsOf(tableOf(records), 'y');
  const { rows, counts } = probesOf(columns);
  expect(counts).toEqual([3, probedNumbers, 64]);
  expect(rows.codes.shape).toEqual([64, 2]);
  expect((toNested(rows.codes) as number[][]).slice(0, 5).map(([colour]) => colour)).toEqual([0, 1, 2, 2, 2]);
});

test.each([
  ['z', 'there is no column "z"'],
  ['constant', 'expected a target with at least two values, got 1 in "constant"'],
])('target %s is refused', (target, message) => {
  expect(() => columnsOf(tableOf(records), target)).toThrow(message);
});

test('a table without features is refused', () => {
  const only = records.map(({ y, constant }) => ({ y, constant }));
  expect(() => columnsOf(tableOf(only), 'y')).toThrow('expected columns beside "y" to learn from, got none');
});
