/** The formats that documents, queries and judgements come in, and which one a file is of. */
import { readdir, stat } from 'node:fs/promises';
import { beirItems, isBeir } from './beir.ts';
import { jsonDocuments, jsonListDocuments, tsvDocuments } from './documents.ts';
import { dprItems } from './dpr.ts';
import type { FieldNames, Item } from './item.ts';
import { kiltItems } from './kilt.ts';
import { squadItems } from './squad.ts';
import { folderDocuments, textDocuments, textEnding } from './texts.ts';

export const formats = ['text', 'jsonl', 'json', 'tsv', 'beir', 'kilt', 'dpr', 'squad'] as const;
export type Format = (typeof formats)[number];

export interface ReadItemsOptions {
  /**
   * Told by what the path is called, unless given: `.jsonl`, `.json`, `.tsv`, `.txt` and `.md` are these, a folder is
   * BEIR's where it has such files, else one of texts.
   */
  readonly format?: Format;
  /** Of JSON and BEIR's corpus. */
  readonly fields?: FieldNames;
}

/**
 * What is in a file or folder, one item after the other, plain or gzipped, in the memory of one line or object. What is
 * malformed comes as a problem that names its line, and reading goes on behind it.
 * @throws RangeError where the format is not told and for damaged gzip; SyntaxError for JSON that ends within a value; the
 * system's error for what cannot be read
 * @example
 * for await (const item of readItems('corpus.jsonl.gz')) {
 *   if ('document' in item) item.document.text;
 *   if ('problem' in item) item.problem.where; // corpus.jsonl.gz: line 12
 * }
 */
export async function* readItems(path: string, { format, fields = {} }: ReadItemsOptions = {}): AsyncGenerator<Item> {
  switch (format ?? (await formatOf(path))) {
    case 'text':
      return yield* (await isFolder(path)) ? folderDocuments(path) : textDocuments(path);
    case 'jsonl':
      return yield* jsonDocuments(path, fields);
    case 'json':
      return yield* jsonListDocuments(path, fields);
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
  if (await isFolder(path)) return isBeir(await readdir(path)) ? 'beir' : 'text';
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) return 'jsonl';
  if (/\.json(\.gz)?$/i.test(path)) return 'json';
  if (/\.tsv(\.gz)?$/i.test(path)) return 'tsv';
  if (textEnding.test(path)) return 'text';
  throw new RangeError(
    `${path}: expected a folder or a file that ends in .txt, .md, .jsonl, .json or .tsv, or --format ${formats.join('|')}`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}
