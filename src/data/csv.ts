/**
 * CSV files, as RFC 4180 has them: fields separated by commas, quoted where they hold commas, quotes or line breaks,
 * and a header row with the columns' names.
 *
 * Rows stream through csv-parse into columns, so that only the columns are held. What is not a rectangle of text is
 * refused with the line and the column where it went wrong.
 */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { quote } from '../tensor/index.ts';
import { buildTable, ColumnBuilder, type TableOptions } from './infer.ts';
import { type ReadOptions, readSource, type Source } from './source.ts';
import type { Table } from './table.ts';

export interface CsvOptions extends ReadOptions, TableOptions {
  /** What separates fields; a comma unless given. */
  readonly delimiter?: ',' | ';' | '\t' | '|';
}

/** Fields that a record may have: each column costs memory however few rows there are. */
const maxColumns = 65_536;
const chunkBytes = 65_536;

/**
 * Reads a table from a CSV file with a header row, plain or gzipped; 256 MiB at most unless `maxBytes` is given.
 * @throws SyntaxError with file, line and column for rows of unequal length, stray or unclosed quotes, empty or repeated
 * column names, a missing header or no rows, text that is not UTF-8, and a cell that is no number in a column said to
 * be continuous; RangeError for a file over the limits and for unknown names in `types`
 * @example
 * const table = await readCsv('cars.csv', { types: { cylinders: 'categorical' } });
 */
export async function readCsv(source: Source, options: CsvOptions = {}): Promise<Table> {
  const { name, bytes } = await readSource(source, { maxBytes: options.maxBytes ?? 2 ** 28 });
  const fail = (record: number, column: number | undefined, problem: string) =>
    new SyntaxError(
      `${name}: line ${lineOf(bytes, record)}${column === undefined ? '' : `, column ${column}`}: ${problem}`,
    );
  const { delimiter = ',' } = options;
  if (!isUtf8(bytes)) throw new SyntaxError(`${name}: expected UTF-8 text, got other bytes; convert the file first`);
  const wide = recordWiderThan(bytes, delimiter.charCodeAt(0), maxColumns);
  if (wide !== undefined) throw fail(wide, undefined, `expected at most ${maxColumns} fields, got more`);
  const columns = new Map<string, ColumnBuilder>();
  const builders: ColumnBuilder[] = [];
  let record = 0;
  let blank: number | undefined;
  try {
    for await (const row of records(bytes, delimiter) as AsyncIterable<string[]>) {
      if (record === 0) {
        for (const key of header(row, (i, problem) => fail(0, i, problem))) {
          const builder = new ColumnBuilder();
          builders.push(builder);
          columns.set(key, builder);
        }
      } else if (builders.length > 1 && row.length === 1 && row[0] === '') {
        blank ??= record; // fine at the end of the file only
      } else {
        if (blank !== undefined) throw fail(blank, undefined, `expected ${builders.length} fields, got an empty line`);
        if (row.length !== builders.length) {
          throw fail(record, undefined, `expected ${builders.length} fields as in the header, got ${row.length}`);
        }
        for (const [i, builder] of builders.entries()) builder.add(row[i]!);
      }
      record++;
    }
  } catch (error) {
    const { code, records, column } = error as CsvError;
    const problem = typeof code === 'string' ? quoteProblems[code] : undefined;
    if (problem === undefined) throw error;
    throw fail(records as number, (column as number) + 1, problem);
  }
  if (record === 0) throw new SyntaxError(`${name}: expected a header row, got an empty file`);
  if (record === 1 || blank === 1) throw new SyntaxError(`${name}: expected rows below the header, got none`);
  return buildTable(name, columns, options, (row) => `line ${lineOf(bytes, row + 1)}`);
}

const quoteProblems: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote that opens here is never closed',
  INVALID_OPENING_QUOTE: 'a quote in the middle of a field; quote the whole field and double the quotes in it',
  CSV_INVALID_CLOSING_QUOTE: 'text after a closing quote; double a quote that belongs to the field',
};

function records(bytes: Uint8Array, delimiter: string): AsyncIterable<unknown> {
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const parser = parse({ bom: true, delimiter, record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true });
  return Readable.from(chunks(), { objectMode: false }).pipe(parser);
}

/** The names in a header row, without white space around them. */
function header(row: readonly string[], fail: (column: number, problem: string) => Error): string[] {
  const names = row.map((cell) => cell.trim());
  const first = new Map<string, number>();
  for (const [i, key] of names.entries()) {
    if (key === '') throw fail(i + 1, 'expected a name in the header row, got nothing');
    const before = first.get(key);
    if (before !== undefined)
      throw fail(i + 1, `expected every column name once, got ${quote(key)} as in column ${before}`);
    first.set(key, i + 1);
  }
  return names;
}

/** The line, from 1, on which a record begins, from 0; the records before it must be well-formed. */
function lineOf(bytes: Uint8Array, record: number): number {
  let line = 1;
  let quoted = false;
  for (let i = 0, seen = 0; i < bytes.length && seen < record; i++) {
    const byte = bytes[i];
    if (byte === 0x22) quoted = !quoted;
    if (byte !== 0x0a && byte !== 0x0d) continue;
    if (byte === 0x0d && bytes[i + 1] === 0x0a) i++;
    line++;
    if (!quoted) seen++;
  }
  return line;
}

/** The first record, from 0, with more fields than `limit`: found before the parser would build it. */
function recordWiderThan(bytes: Uint8Array, delimiter: number, limit: number): number | undefined {
  let quoted = false;
  let fields = 1;
  let record = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 0x22) quoted = !quoted;
    if (quoted) continue;
    if (byte === delimiter && ++fields > limit) return record;
    if (byte !== 0x0a && byte !== 0x0d) continue;
    if (byte === 0x0d && bytes[i + 1] === 0x0a) i++;
    fields = 1;
    record++;
  }
  return undefined;
}
