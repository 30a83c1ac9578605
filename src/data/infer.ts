/**
 * From cells of text to typed columns.
 *
 * A column's kind is read from its values unless it is given: numbers with more than ten different values are
 * continuous, everything else is categorical. A number is written in decimal, as 12, -3.5 or 1e-4; a leading zero
 * makes a code of it (a postal code 00501), not a number. Cells that say that there is no value (empty, NA, N/A, NaN,
 * null, ?) are missing; each column counts them.
 */

import { quote } from '../tensor/index.ts';
import { type Column, categorical, continuous, type Kind, Table, unknownColumn } from './table.ts';

/** How cells become columns. */
export interface TableOptions {
  /** Kinds of the columns that are not to be read from their values. */
  readonly types?: Readonly<Record<string, Kind>>;
  /** Cells that count as missing, apart from white space around them, instead of those named above. */
  readonly missing?: readonly string[];
}

const missingCells = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];
const decimal = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A numeric column with no more different values than this is categorical. */
const fewValues = 10;

/**
 * Gathers the cells of one column. Different texts are kept once each, so that a cell costs four bytes and is read as
 * a number once.
 */
export class ColumnBuilder {
  readonly #codes = new Map<string, number>();
  /** The row in which each different text first stands. */
  readonly #firstRow: number[] = [];
  #cells = new Int32Array(64);
  #length = 0;

  add(cell: string): void {
    let code = this.#codes.get(cell);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(cell, code);
      this.#firstRow.push(this.#length);
    }
    if (this.#length === this.#cells.length) {
      const grown = new Int32Array(this.#length * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    this.#cells[this.#length++] = code;
  }

  /**
   * The finished column.
   * @param fail the error for a cell that is no number in a column that shall be continuous
   */
  build(
    name: string,
    kind: Kind | undefined,
    missing: readonly string[] | undefined,
    fail: (row: number, cell: string) => Error,
  ): Column {
    const gone = new Set(missing ?? missingCells);
    const texts = [...this.#codes.keys()];
    const isMissing = texts.map((text) => gone.has(text.trim()));
    const numbers = texts.map((text, i) => (isMissing[i] ? Number.NaN : numberOf(text)));
    const known = texts.flatMap((_, i) => (isMissing[i] ? [] : [i]));
    const odd = known.find((i) => Number.isNaN(numbers[i]!));
    const distinct = new Set(known.map((i) => numbers[i]!)).size;
    const cells = this.#cells.subarray(0, this.#length);
    if ((kind ?? (odd === undefined && distinct > fewValues ? 'continuous' : 'categorical')) === 'continuous') {
      if (odd !== undefined) throw fail(this.#firstRow[odd]!, texts[odd]!);
      return continuous(
        name,
        Float64Array.from(cells, (code) => numbers[code]!),
      );
    }
    const isNumeric = odd === undefined;
    known.sort((i, j) => (isNumeric && numbers[i]! - numbers[j]!) || (texts[i]! < texts[j]! ? -1 : 1));
    const place = new Int32Array(texts.length).fill(-1);
    for (const [rank, i] of known.entries()) place[i] = rank;
    return categorical(
      name,
      Int32Array.from(cells, (code) => place[code]!),
      known.map((i) => texts[i]!),
    );
  }
}

/**
 * A table of records, as JSON files hold them: an object a row, with text, numbers, true, false or null under each
 * name. A name that a record lacks is missing there.
 * @throws TypeError for other values; SyntaxError for a cell that is no number in a column said to be continuous
 */
export function tableOf(records: readonly unknown[], options: TableOptions = {}, name = '(records)'): Table {
  const columns = new Map<string, ColumnBuilder>();
  for (const [row, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new TypeError(`${name}: expected record ${row} to be an object, got ${quote(record)}`);
    }
    for (const key of Object.keys(record)) {
      if (columns.has(key)) continue;
      const builder = new ColumnBuilder();
      for (let i = 0; i < row; i++) builder.add('');
      columns.set(key, builder);
    }
    for (const [key, builder] of columns) {
      const value: unknown = Object.hasOwn(record, key) ? (record as Record<string, unknown>)[key] : null;
      if (typeof value === 'object' && value !== null) {
        throw new TypeError(
          `${name}: expected text, a number, true, false or null at ${quote(key)} of record ${row}, got an object`,
        );
      }
      builder.add(value === null ? '' : String(value));
    }
  }
  return buildTable(name, columns, options, (row) => `record ${row}`);
}

/** The table of finished columns; `where` says where a row stands in the source. */
export function buildTable(
  name: string,
  columns: ReadonlyMap<string, ColumnBuilder>,
  { types = {}, missing }: TableOptions,
  where: (row: number) => string,
): Table {
  for (const key of Object.keys(types)) {
    if (!columns.has(key)) throw unknownColumn(name, key, [...columns.keys()]);
  }
  return new Table(
    name,
    [...columns].map(([key, builder]) =>
      builder.build(key, Object.hasOwn(types, key) ? types[key] : undefined, missing, (row, cell) => {
        return new SyntaxError(`${name}: ${where(row)}, column ${quote(key)}: expected a number, got ${quote(cell)}`);
      }),
    ),
  );
}

function numberOf(text: string): number {
  const trimmed = text.trim();
  const value = decimal.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
