/** Files of records: JSON lines, CSV and BibTeX, plain or gzipped. */
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { fileLines, filePieces } from '../../../data/index.ts';
import type { SourceRecord } from '../store/store.ts';
import { fileBatches } from './batches.ts';
import { type BibtexEntry, bibtexEntries } from './bibtex.ts';
import type { Reader } from './reader.ts';
import { authorsOf, type Fields, recordOf } from './record.ts';

/** Longest line or row, in bytes: a record of a paper with its text is far below. And longest BibTeX file. */
const longestRow = 2 ** 24;
const longestBibtex = 2 ** 28;

/**
 * A file of JSON lines: an object a line, with the fields that papers usually have under their usual names (`title`,
 * `abstract` or `summary`, `authors`, `date` or `year`, `venue`, `categories`, `doi`, `arxiv`, `url`, `citations`).
 */
export function jsonLinesReader(path: string, { source = basename(path) }: { readonly source?: string } = {}): Reader {
  return {
    source,
    read: (cursor, done) =>
      fileBatches(path, cursor, done, async function* (read) {
        for await (const { number, bytes } of fileLines(path, { longest: longestRow, read })) {
          const place = `${source} line ${number}`;
          if (bytes === undefined) yield `${place}: expected a line of at most 16 MiB, got more`;
          else if (!isUtf8(bytes)) yield `${place}: expected UTF-8 text, got other bytes`;
          else {
            const text = new TextDecoder().decode(bytes).trim();
            if (text !== '') yield jsonRecord(source, place, text);
          }
        }
      }),
  };
}

function jsonRecord(source: string, place: string, text: string): SourceRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `${place}: expected JSON: ${(error as Error).message}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${place}: expected an object`;
  // what `export` wrote
  const { kind, paper } = value as { kind?: unknown; paper?: Fields };
  if (kind === 'collection' || kind === 'list' || kind === 'value')
    return `${place}: expected a paper, got a ${kind} (restore an export into an empty store to keep those)`;
  return recordOf(source, place, kind === 'paper' && paper ? exported(paper) : (value as Fields));
}

function exported(paper: Fields): Fields {
  const { arxiv, ...rest } = paper;
  const { id, version } = (arxiv ?? {}) as { id?: string; version?: number };
  return { ...rest, ...(id !== undefined && { arxiv: `${id}v${version}` }) };
}

/** A CSV file with a heading of the usual names, as reference managers and spreadsheets write it. */
export function csvReader(path: string, { source = basename(path) }: { readonly source?: string } = {}): Reader {
  return {
    source,
    read: (cursor, done) =>
      fileBatches(path, cursor, done, async function* (read) {
        const faults: string[] = [];
        const parser = parse({
          bom: true,
          columns: true,
          skip_empty_lines: true,
          // a row of more or fewer fields than the heading is left out, and the next is read
          skip_records_with_error: true,
          max_record_size: longestRow,
          info: true,
          on_skip: (error) => {
            if (error)
              faults.push(`${source} line ${(error as CsvError & { lines?: number }).lines ?? '?'}: ${error.message}`);
          },
        });
        const feed = async () => {
          try {
            for await (const part of filePieces(path, read))
              if (!parser.write(part)) await new Promise((resolve) => parser.once('drain', resolve));
            parser.end();
          } catch (error) {
            parser.destroy(error as Error);
          }
        };
        void feed();
        try {
          for await (const { record, info } of parser as AsyncIterable<{ record: Fields; info: { lines: number } }>) {
            while (faults.length > 0) yield faults.shift()!;
            yield recordOf(source, `${source} line ${info.lines}`, unguarded(record));
          }
        } catch (error) {
          // what cannot be passed over: a quote that is never closed
          if (!(error instanceof CsvError)) throw error;
          faults.push(`${source}: ${error.message}`);
        } finally {
          parser.destroy();
        }
        while (faults.length > 0) yield faults.shift()!;
      }),
  };
}

/** The apostrophe that keeps spreadsheets from running a cell is no part of it. */
function unguarded(record: Fields): Fields {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typeof value === 'string' && /^'[=+\-@\t]/.test(value) ? value.slice(1) : value,
    ]),
  );
}

/** A BibTeX file. Entries without a year are left out. */
export function bibtexReader(path: string, { source = basename(path) }: { readonly source?: string } = {}): Reader {
  return {
    source,
    read: (cursor, done) =>
      fileBatches(path, cursor, done, async function* (read) {
        const parts: Buffer[] = [];
        let length = 0;
        for await (const part of filePieces(path, read)) {
          length += part.length;
          if (length > longestBibtex)
            throw new RangeError(`ingest: ${path}: expected at most ${longestBibtex} bytes of BibTeX, got more`);
          parts.push(part);
        }
        const bytes = Buffer.concat(parts);
        if (!isUtf8(bytes)) throw new SyntaxError(`ingest: ${path}: expected UTF-8 text, got other bytes`);
        for (const entry of bibtexEntries(bytes.toString('utf8'))) {
          yield typeof entry === 'string' ? `${source} ${entry}` : bibtexRecord(source, entry);
        }
      }),
  };
}

function bibtexRecord(source: string, { key, line, fields }: BibtexEntry): SourceRecord | string {
  const { author, eprint, year, month, date, primaryclass, keywords, ...rest } = fields;
  const isArxiv =
    /^arxiv$/i.test(fields.archiveprefix ?? fields.eprinttype ?? '') || /^\d{4}\.\d{4,5}/.test(eprint ?? '');
  return recordOf(source, `${source} line ${line}`, {
    ...rest,
    id: key,
    date: date ?? (year && monthly(year, month)),
    authors: (author ?? '')
      .split(/\s+and\s+/)
      .flatMap((name) => (/^others$/i.test(name) ? [] : authorsOf([spoken(name)]))),
    ...(isArxiv && eprint !== undefined && { arxiv: eprint }),
    ...(primaryclass !== undefined && { categories: primaryclass }),
  });
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function monthly(year: string, month: string | undefined): string {
  const named = months.indexOf(month?.slice(0, 3).toLowerCase() ?? '') + 1;
  const number = named || Number(month);
  return number >= 1 && number <= 12 ? `${year}-${number}` : year;
}

/** `Lovelace, Ada` is Ada Lovelace. */
function spoken(name: string): string {
  const [last = '', ...first] = name.split(',');
  return [...first.reverse(), last]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
}
