/**
 * Tables of named columns, each continuous or categorical.
 */
import { quote } from '../tensor/index.ts';
import { nearest } from './nearest.ts';

export type Kind = 'continuous' | 'categorical';

export interface ContinuousColumn {
  readonly kind: 'continuous';
  readonly name: string;
  /** One number a row; NaN where missing. */
  readonly values: Float64Array;
  readonly missing: number;
}

export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  /** One index into `categories` a row; -1 where missing. */
  readonly codes: Int32Array;
  /** Sorted, as numbers where all are numbers. */
  readonly categories: readonly string[];
  readonly missing: number;
}

export type Column = ContinuousColumn | CategoricalColumn;

/** What a column holds, in a form to print. */
export interface ColumnSummary {
  readonly name: string;
  readonly kind: Kind;
  readonly missing: number;
  /** Number of different values. */
  readonly distinct: number;
  /** Smallest and largest value of a continuous column that has values. */
  readonly range?: readonly [number, number];
}

/** Columns of equal length. */
export class Table {
  /** What messages call it: a file's name. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Number of rows. */
  readonly rows: number;

  /** @throws RangeError when columns differ in length or share a name */
  constructor(name: string, columns: readonly Column[]) {
    this.name = name;
    this.columns = columns;
    this.rows = columns.length === 0 ? 0 : lengthOf(columns[0]!);
    for (const [i, column] of columns.entries()) {
      if (lengthOf(column) !== this.rows) {
        throw new RangeError(
          `${name}: expected ${this.rows} rows in column ${quote(column.name)}, got ${lengthOf(column)}`,
        );
      }
      if (columns.findIndex((other) => other.name === column.name) !== i) {
        throw new RangeError(`${name}: expected every column name once, got ${quote(column.name)} twice`);
      }
    }
  }

  get names(): string[] {
    return this.columns.map((column) => column.name);
  }

  /**
   * The column of that name.
   * @throws RangeError with the nearest names when there is none
   */
  column(name: string): Column {
    const found = this.columns.find((column) => column.name === name);
    if (found === undefined) throw unknownColumn(this.name, name, this.names);
    return found;
  }

  /** The same rows with these columns only, in this order. */
  select(names: readonly string[]): Table {
    return new Table(
      this.name,
      names.map((name) => this.column(name)),
    );
  }

  /** The same rows with a column more, or in the place of one of its name. */
  with(column: Column): Table {
    const others = this.columns.filter(({ name }) => name !== column.name);
    return new Table(this.name, [...others, column]);
  }

  /** The rows at these indices, in their order; categories stay those of the whole table. */
  take(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++) {
      if (!(rows[i]! >= 0 && rows[i]! < this.rows)) {
        throw new RangeError(`${this.name}: expected rows in [0, ${this.rows}), got ${rows[i]}`);
      }
    }
    return new Table(
      this.name,
      this.columns.map((column) => {
        if (column.kind === 'continuous') {
          return continuous(
            column.name,
            Float64Array.from(rows, (row) => column.values[row]!),
          );
        }
        return categorical(
          column.name,
          Int32Array.from(rows, (row) => column.codes[row]!),
          column.categories,
        );
      }),
    );
  }

  /** Kind, range and missing cells of every column. */
  summary(): ColumnSummary[] {
    return this.columns.map((column) => {
      const { name, kind, missing } = column;
      if (column.kind === 'categorical') return { name, kind, missing, distinct: new Set(present(column.codes)).size };
      const values = new Set(column.values.filter((value) => !Number.isNaN(value)));
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const value of values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      const summary = { name, kind, missing, distinct: values.size };
      return values.size === 0 ? summary : { ...summary, range: [low, high] };
    });
  }
}

/** A continuous column of these values, NaN where missing. */
export function continuous(name: string, values: Float64Array): ContinuousColumn {
  let missing = 0;
  for (const value of values) if (Number.isNaN(value)) missing++;
  return { kind: 'continuous', name, values, missing };
}

/** A categorical column of indices into `categories`, -1 where missing. */
export function categorical(name: string, codes: Int32Array, categories: readonly string[]): CategoricalColumn {
  return { kind: 'categorical', name, codes, categories, missing: codes.length - present(codes).length };
}

/** The error for a column that a table does not have. */
export function unknownColumn(table: string, name: string, names: readonly string[]): RangeError {
  const close = nearest(name, names);
  const hint =
    close.length > 0
      ? `did you mean ${close.map(quote).join(' or ')}?`
      : `it has ${names.slice(0, 20).map(quote).join(', ')}${names.length > 20 ? ', …' : ''}`;
  return new RangeError(`${table}: there is no column ${quote(name)}; ${hint}`);
}

function lengthOf(column: Column): number {
  return column.kind === 'continuous' ? column.values.length : column.codes.length;
}

function present(codes: Int32Array): Int32Array {
  return codes.filter((code) => code >= 0);
}
