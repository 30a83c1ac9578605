/** The formats that documents, queries and judgements come in, and which one a file is of. */
import { stat } from 'node:fs/promises';
import { beirItems } from './beir.ts';
import { jsonDocuments, tsvDocuments } from './documents.ts';
import { dprItems } from './dpr.ts';
import type { FieldNames, Item } from './item.ts';
import { kiltItems } from './kilt.ts';
import { squadItems } from './squad.ts';

export const formats = ['jsonl', 'tsv', 'beir', 'kilt', 'dpr', 'squad'] as const;
export type Format = (typeof formats)[number];

export interface ReadItemsOptions {
  /** Told by what the path is called, unless given: a folder is BEIR's, `.jsonl` and `.tsv` are these. */
  readonly format?: Format;
  /** Of JSON lines and BEIR's corpus. */
  readonly fields?: FieldNames;
}

/**
 * What is in a file or folder, one item after the other, plain or gzipped, in the memory of one line or object. What is
 * malformed comes as a problem that names its line, and reading goes on behind it.
 * @throws RangeError where the format is not told; SyntaxError for damaged gzip and JSON that ends within a value; the
 * system's error for what cannot be read
 * @example
 * for await (const item of readItems('corpus.jsonl.gz')) {
 *   if ('document' in item) item.document.text;
 *   if ('problem' in item) item.problem.where; // corpus.jsonl.gz: line 12
 * }
 */
export async function* readItems(path: string, { format, fields = {} }: ReadItemsOptions = {}): AsyncGenerator<Item> {
  switch (format ?? (await formatOf(path))) {
    case 'jsonl':
      return yield* jsonDocuments(path, fields);
    case 'tsv':
      return yield* tsvDocuments(path);
    case 'beir':
      return yield* beirItems(path, fields);
    case 'kilt':
      return yield* /\.tsv(\.gz)?$/i.test(path) ? tsvDocuments(path) : kiltItems(path);
    case 'dpr':
      return yield* dprItems(path);
    case 'squad':
      return yield* squadItems(path);
  }
}

async function formatOf(path: string): Promise<Format> {
  if ((await stat(path)).isDirectory()) return 'beir';
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) return 'jsonl';
  if (/\.tsv(\.gz)?$/i.test(path)) return 'tsv';
  throw new RangeError(`${path}: expected a file that ends in .jsonl or .tsv, or --format ${formats.join('|')}`);
}
