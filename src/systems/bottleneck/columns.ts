/**
 * From a table to features and a target.
 *
 * Every column but the target becomes a feature unless nothing can be learnt from it: one value only, or text of which
 * most values are rare (a name, an identifier, a date). A text column of many values keeps its most frequent ones and
 * puts the rest together. Missing values stay: they are one more category, or a mark beside the number. Whatever was left out,
 * put together or found missing is said, in `notes`.
 */
import {
  type CategoricalColumn,
  type Column,
  categorical,
  continuous,
  indices,
  presence,
  type Scale,
  scaleOf,
  standardize,
  Table,
} from '../../data/index.ts';
import type { Arrays } from '../../nn/index.ts';
import { array, type NDArray } from '../../tensor/index.ts';
import type { TableRows } from './inputs.ts';

/** A column as the model takes it. */
export type Feature =
  | {
      readonly name: string;
      readonly kind: 'continuous';
      readonly scale: Scale;
      /** Where most values lie: between the quantiles of 1 % and 99 %. */
      readonly range: readonly [number, number];
    }
  | { readonly name: string; readonly kind: 'categorical'; readonly categories: readonly string[] };

/** What a model was made for: plain JSON, to be kept with it. */
export interface Columns {
  readonly target: Feature;
  readonly features: readonly Feature[];
  /** What a person should know of the table, a sentence each. */
  readonly notes: readonly string[];
}

/** More categories than this are put together as `other`. */
const mostCategories = 64;
const other = '(other)';

/**
 * The features and the target of a table, and the rows that have a target.
 * @throws RangeError for a target that the table lacks, or that has fewer than two values; or when no feature is left
 */
export function columnsOf(whole: Table, target: string): { columns: Columns; table: Table } {
  const notes: string[] = [];
  const wanted = whole.column(target);
  const known = rowsWith(wanted);
  if (known.length < whole.rows) {
    notes.push(`${count(whole.rows - known.length, 'row')} without ${target} left out.`);
  }
  let table = known.length < whole.rows ? whole.take(known) : whole;
  const distinct = new Map(table.summary().map((summary) => [summary.name, summary.distinct]));
  if (distinct.get(target)! < 2) {
    throw new RangeError(`fit: expected a target with at least two values, got ${distinct.get(target)} in "${target}"`);
  }
  const features: Feature[] = [];
  for (const column of table.columns) {
    const { name } = column;
    const values = distinct.get(name)!;
    if (name === target) continue;
    const kept = column.kind === 'categorical' ? mostFrequent(column, mostCategories) : column;
    if (values + Math.min(column.missing, 1) < 2) {
      notes.push(`${name} left out: it has one value only.`);
    } else if (kept === undefined) {
      notes.push(`${name} left out: its ${values} values are too many and too rare to learn from.`);
    } else {
      if (kept !== column) {
        notes.push(`${name}: the ${values - mostCategories + 1} rarest of its ${values} values are taken as one.`);
        table = table.with(kept);
      }
      if (column.missing > 0)
        notes.push(`${name}: ${column.missing} of ${table.rows} values are missing, and marked so.`);
      features.push(featureOf(kept));
    }
  }
  if (features.length === 0) throw new RangeError(`fit: expected columns beside "${target}" to learn from, got none`);
  return { columns: { target: featureOf(table.column(target)), features, notes }, table };
}

/** A table's rows as the model reads them. */
export function rowsOf(table: Table, { features }: Columns): Arrays<TableRows> {
  const numbers = features.filter((feature) => feature.kind === 'continuous');
  const codes = features.filter((feature) => feature.kind === 'categorical');
  const number = (feature: (typeof numbers)[number]) => {
    const column = table.column(feature.name);
    if (column.kind !== 'continuous') throw new TypeError(`fit: expected numbers in "${feature.name}", got categories`);
    return column;
  };
  return {
    numbers: sideBySide(
      numbers.map((f) => standardize(number(f), f.scale)),
      table.rows,
      'float32',
    ),
    present: sideBySide(
      numbers.map((f) => presence(number(f))),
      table.rows,
      'float32',
    ),
    codes: sideBySide(
      codes.map((f) => codesOf(table.column(f.name), f.categories)),
      table.rows,
      'int32',
    ),
  };
}

/** A table's targets: classes as int32 [rows], or standardised numbers as float32 [rows, 1]. */
export function targetsOf(table: Table, { target }: Columns): NDArray {
  const column = table.column(target.name);
  if (target.kind === 'categorical') return codesOf(column, target.categories);
  if (column.kind !== 'continuous') throw new TypeError(`fit: expected numbers in "${target.name}", got categories`);
  return sideBySide([standardize(column, target.scale)], table.rows, 'float32');
}

/** Values of every feature to look at, as names: its categories, or evenly spaced numbers over its range. */
export interface Probes {
  /** Row p holds the p-th value of every feature; a feature with fewer values repeats its last. */
  readonly rows: Arrays<TableRows>;
  /** The number of values of each feature. */
  readonly counts: readonly number[];
}

/** Evenly spaced numbers to look at in a continuous feature. */
export const probedNumbers = 40;

/** Probes of every feature. */
export function probesOf(columns: Columns): Probes {
  const counts = columns.features.map((f) => (f.kind === 'continuous' ? probedNumbers : f.categories.length));
  const most = Math.max(...counts);
  const rows = columns.features.map((f, i): Column => {
    const places = Array.from({ length: most }, (_, p) => Math.min(p, counts[i]! - 1));
    if (f.kind === 'categorical') return categorical(f.name, Int32Array.from(places), f.categories);
    const [low, high] = f.range;
    return continuous(
      f.name,
      Float64Array.from(places, (p) => low + ((high - low) * p) / (probedNumbers - 1)),
    );
  });
  return { rows: rowsOf(new Table('probes', rows), columns), counts };
}

function rowsWith(column: Column): number[] {
  const missing = (row: number) =>
    column.kind === 'continuous' ? Number.isNaN(column.values[row]!) : column.codes[row]! < 0;
  return Array.from(
    { length: column.kind === 'continuous' ? column.values.length : column.codes.length },
    (_, row) => row,
  ).filter((row) => !missing(row));
}

function featureOf(column: Column): Feature {
  if (column.kind === 'categorical') {
    return { name: column.name, kind: 'categorical', categories: column.categories };
  }
  const sorted = column.values.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { name: column.name, kind: 'continuous', scale: scaleOf(column), range: [at(0.01), at(0.99)] };
}

/**
 * The column with all but its most frequent categories put together; itself when it has no more than `most`, nothing
 * when what is put together would be most of it.
 */
function mostFrequent(column: CategoricalColumn, most: number): CategoricalColumn | undefined {
  const counts = new Int32Array(column.categories.length);
  for (const code of column.codes) if (code >= 0) counts[code]!++;
  if (counts.filter((n) => n > 0).length <= most) return column;
  const byCount = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const kept = byCount.slice(0, most - 1).sort((a, b) => a - b);
  const share = kept.reduce((sum, code) => sum + counts[code]!, 0) / (column.codes.length - column.missing);
  if (share < 0.5) return undefined;
  const place = new Map(kept.map((code, i) => [code, i]));
  return categorical(
    column.name,
    column.codes.map((code) => (code < 0 ? -1 : (place.get(code) ?? kept.length))),
    [...kept.map((code) => column.categories[code]!), other],
  );
}

function codesOf(column: Column, categories: readonly string[]): NDArray<'int32'> {
  if (column.kind !== 'categorical') throw new TypeError(`fit: expected categories in "${column.name}", got numbers`);
  return indices(column, categories);
}

/** Columns of equal length as one array [rows, columns]. */
function sideBySide(columns: readonly NDArray[], rows: number, dtype: 'float32' | 'int32'): NDArray {
  const out = dtype === 'int32' ? new Int32Array(rows * columns.length) : new Float32Array(rows * columns.length);
  for (const [j, { data }] of columns.entries()) {
    for (let i = 0; i < rows; i++) out[i * columns.length + j] = data[i] as number;
  }
  return array(out, { shape: [rows, columns.length], dtype });
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}
