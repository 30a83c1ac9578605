import {
  type CategoricalColumn,
  type ContinuousColumn,
  categorical,
  continuous,
  editDistance,
  indices,
  mnistDigits,
  nearest,
  presence,
  readCsv,
  scaleOf,
  seattleHours,
  standardize,
  Table,
  tableOf,
  vegaTable,
} from 'tenfold/data';
import { describe, expect, it } from 'vitest';

const read = (text: string, options = {}) => readCsv(Buffer.from(text), options);
const numbers = (table: Table, name: string) => [...(table.column(name) as ContinuousColumn).values];
const labels = (table: Table, name: string) => {
  const { codes, categories } = table.column(name) as CategoricalColumn;
  return Array.from(codes, (code) => categories[code]);
};
const lines = (header: string, rows: readonly unknown[]) => [header, ...rows].join('\n');
const eleven = Array.from({ length: 11 }, (_, i) => i);

describe('kinds of columns', () => {
  it('makes more than ten numbers continuous, and fewer, or anything else, categorical', async () => {
    const table = await read(
      lines(
        'x,few,word',
        eleven.map((i) => `${i / 2},${i % 10},w${i}`),
      ),
    );
    expect(table.columns.map((column) => column.kind)).toEqual(['continuous', 'categorical', 'categorical']);
    expect(numbers(table, 'x')).toEqual(eleven.map((i) => i / 2));
    expect(labels(table, 'few')[9]).toBe('9');
  });

  it('reads decimal numbers, and takes codes, hexadecimal, infinities and dates for categories', async () => {
    const written = ['1', '-2.5', '+.5', '3.', '1e3', '-1.5E-2', ' 7 ', '0', '0.25', '8', '9'];
    expect(numbers(await read(lines('x', written)), 'x')).toEqual([1, -2.5, 0.5, 3, 1000, -0.015, 7, 0, 0.25, 8, 9]);
    for (const odd of ['007', '0x10', 'Infinity', '1e999', '2012-01-01', '1 2', '1_000', '--1', '.', 'e5']) {
      expect((await read(lines('x', [...eleven, odd]))).column('x').kind, odd).toBe('categorical');
    }
  });

  it('counts missing cells, of the usual names or of those given', async () => {
    const cells = ['', 'NA', ' n/a', 'NaN', 'null', '?', 'None', '-'];
    const usual = await read(
      lines(
        'x,y',
        cells.map((cell) => `${cell},1`),
      ),
    );
    expect(usual.column('x').missing).toBe(5);
    expect((usual.column('x') as CategoricalColumn).categories).toEqual([' n/a', '-', 'None']);
    const given = await read(
      lines(
        'x,y',
        cells.map((cell) => `${cell},1`),
      ),
      { missing: ['-', 'None'] },
    );
    expect(given.column('x').missing).toBe(2);
    const numeric = await read(lines('x', [...eleven, 'NA']));
    expect(numeric.summary()).toEqual([{ name: 'x', kind: 'continuous', missing: 1, distinct: 11, range: [0, 10] }]);
    expect(numbers(numeric, 'x')[11]).toBeNaN();
  });

  it('follows the kinds that are given', async () => {
    const types = { x: 'categorical', y: 'continuous' } as const;
    const table = await read(
      lines(
        'x,y',
        eleven.map((i) => `${10 - i},${i % 2}`),
      ),
      { types },
    );
    expect((table.column('x') as CategoricalColumn).categories).toEqual(eleven.map(String)); // in numeric order
    expect(numbers(table, 'y').slice(0, 3)).toEqual([0, 1, 0]);
  });

  it('takes a column named as a property of objects for what it is', async () => {
    const table = await read('constructor,__proto__,toString\na,b,c\n');
    expect(table.names).toEqual(['constructor', '__proto__', 'toString']);
    expect(labels(table, '__proto__')).toEqual(['b']);
  });
});

describe('Table', () => {
  const table = new Table('cars.csv', [
    continuous('mpg', Float64Array.of(18, Number.NaN, 30)),
    categorical('origin', Int32Array.of(1, 0, -1), ['EU', 'US']),
  ]);

  it('takes rows and selects columns', () => {
    const taken = table.take(Uint32Array.of(2, 0, 0));
    expect(numbers(taken, 'mpg')).toEqual([30, 18, 18]);
    expect(labels(taken, 'origin')).toEqual([undefined, 'US', 'US']);
    expect(taken.columns.map((column) => column.missing)).toEqual([0, 1]);
    expect(table.select(['origin']).names).toEqual(['origin']);
    expect(table.with(continuous('mpg', Float64Array.of(1, 2, 3))).columns.map(({ missing }) => missing)).toEqual([
      1, 0,
    ]);
    expect(() => table.take([3])).toThrow(new RangeError('cars.csv: expected rows in [0, 3), got 3'));
  });

  it('names what is near a column that it has not', () => {
    expect(() => table.column('orgin')).toThrow('cars.csv: there is no column "orgin"; did you mean "origin"?');
    expect(() => table.column('MPG')).toThrow('did you mean "mpg"?');
    expect(() => table.column('colour')).toThrow('cars.csv: there is no column "colour"; it has "mpg", "origin"');
  });

  it('refuses columns that do not fit together', () => {
    const short = continuous('x', new Float64Array(2));
    expect(() => table.with(short)).toThrow('cars.csv: expected 3 rows in column "x", got 2');
    expect(() => new Table('t', [short, short])).toThrow('t: expected every column name once, got "x" twice');
  });

  it('is made of records, with what a record lacks missing', () => {
    const made = tableOf([{ a: 1, b: 'x' }, { a: null, c: true }, { b: 'y' }]);
    expect(made.summary().map(({ name, missing, distinct }) => [name, missing, distinct])).toEqual([
      ['a', 2, 1],
      ['b', 1, 2],
      ['c', 2, 1],
    ]);
    expect(() => tableOf([1])).toThrow('(records): expected record 0 to be an object, got 1');
    expect(() => tableOf([{ a: [] }])).toThrow('at "a" of record 0, got an object');
    expect(() => tableOf([{ a: 'x' }], { types: { a: 'continuous' } })).toThrow(
      'record 0, column "a": expected a number',
    );
  });
});

describe('encodings', () => {
  const column = continuous('x', Float64Array.of(1, 3, Number.NaN, 5));

  it('standardises by mean and deviation, and puts missing values at the mean', () => {
    const scale = scaleOf(column);
    expect(scale).toEqual({ mean: 3, std: Math.sqrt(8 / 3) });
    const got = standardize(column, scale);
    expect([got.dtype, got.shape]).toEqual(['float32', [4]]);
    expect([...got.data]).toEqual([-2 / scale.std, 0, 0, 2 / scale.std].map(Math.fround));
    expect([...presence(column).data]).toEqual([1, 1, 0, 1]);
    expect(scaleOf(continuous('c', Float64Array.of(4, 4)))).toEqual({ mean: 4, std: 1 });
    expect(() => scaleOf(continuous('n', Float64Array.of(Number.NaN)))).toThrow(/values in column "n", got 1 missing/);
  });

  it('gives categories their places, and missing values a place of their own', () => {
    const origin = categorical('origin', Int32Array.of(1, -1, 0), ['EU', 'US']);
    expect([...indices(origin).data]).toEqual([1, 2, 0]);
    expect([...indices(origin, ['US', 'JP', 'EU']).data]).toEqual([0, 3, 2]);
    expect([...presence(origin).data]).toEqual([1, 0, 1]);
    expect(() => indices(origin, ['EU', 'USA'])).toThrow(
      'indices: column "origin" has no category "US" among the 2; near it: "USA"',
    );
  });
});

describe('nearest', () => {
  it('measures edits, a swap of neighbours as one', () => {
    for (const [a, b, distance] of [
      ['', 'abc', 3],
      ['kitten', 'sitting', 3],
      ['ab', 'ba', 1],
      ['target', 'target', 0],
    ] as const) {
      expect(editDistance(a, b)).toBe(distance);
      expect(editDistance(b, a)).toBe(distance);
    }
  });
  it('offers up to three names that are near, the nearest first', () => {
    const names = ['temperature', 'temp', 'humidity', 'tempo', 'tmep', 'temps'];
    expect(nearest('temo', names)).toEqual(['temp', 'tempo']);
    expect(nearest('temp', names)).toEqual(['temp', 'tempo', 'tmep']);
    expect(nearest('xyz', names)).toEqual([]);
  });
});

describe('data that packages ship', () => {
  it('has the hourly normals of Seattle, every hour of the year but the first', async () => {
    const table = await seattleHours();
    expect(table.rows).toBe(8759);
    expect(table.summary().map(({ name, kind, missing, distinct }) => [name, kind, missing, distinct])).toEqual([
      ['hour', 'categorical', 0, 24],
      ['month', 'categorical', 0, 12],
      ['day', 'continuous', 0, 365],
      ['pressure', 'continuous', 0, 42],
      ['wind', 'continuous', 0, 25],
      ['temperature', 'continuous', 0, 214],
    ]);
    expect([labels(table, 'hour')[0], labels(table, 'month')[0], numbers(table, 'day')[0]]).toEqual(['1', '1', 1]);
    expect([labels(table, 'hour').at(-1), labels(table, 'month').at(-1), numbers(table, 'day').at(-1)]).toEqual([
      '23',
      '12',
      365,
    ]);
  });

  it('has tables of CSV and JSON, and refuses names that lead elsewhere', async () => {
    const strikes = await vegaTable('birdstrikes.csv');
    expect([strikes.rows, strikes.columns.length, strikes.column('Speed IAS in knots').missing]).toEqual([
      10_000, 14, 2836,
    ]);
    const movies = await vegaTable('movies.json');
    expect([movies.rows, movies.columns.length, movies.column('IMDB Rating').missing]).toEqual([3201, 16, 213]);
    for (const name of ['../package.json', '/etc/passwd', 'flights-3m.parquet', '']) {
      await expect(vegaTable(name)).rejects.toThrow(/^vegaTable: expected the name of a \.csv or \.json file/);
    }
  });

  it('has ten thousand digits', async () => {
    const { images, labels: digits } = await mnistDigits();
    expect([images.shape, digits.shape]).toEqual([[10_000, 28, 28], [10_000]]);
    const counts = new Array<number>(10).fill(0);
    for (const digit of digits.data) counts[digit]!++;
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    let [low, high, sum] = [1, 0, 0];
    for (const pixel of images.data) {
      low = Math.min(low, pixel);
      high = Math.max(high, pixel);
      sum += pixel;
    }
    expect([low, high]).toEqual([0, 1]);
    expect(sum / images.size).toBeCloseTo(0.1307, 2); // the mean pixel of MNIST
  });
});
