/**
 * Files as they lie in a folder: plain text and Markdown. A file is a document, its path the id, its first heading or its
 * name the title; a long one is cut where a line is empty into several, numbered from 1: `book.txt#2`.
 */
import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { filePieces } from '../../../data/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { type Item, problem } from './item.ts';

/** UTF-16 units of a document, about: a reader finds their way in it, and a page shows it at once. */
const PART = 20_000;
/** Bytes of a file at most. */
const LARGEST = 2 ** 26;

/** What such files are called. */
export const textEnding = /\.(txt|text|md|markdown|mdx)$/i;

/** A file, or what is left of one that was cut. */
interface TextDocument extends StoredDocument {
  /** The path of its file. */
  readonly file: string;
}

/** The documents of a file. */
export async function* textDocuments(path: string): AsyncGenerator<Item> {
  const file = path.split(sep).join('/');
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of filePieces(path)) {
    pieces.push(piece);
    size += piece.length;
    if (size > LARGEST) return yield problem(file, `expected a text of at most ${LARGEST} bytes, got a larger one`);
  }
  const bytes = Buffer.concat(pieces);
  if (!isUtf8(bytes)) return yield problem(file, 'expected text in UTF-8, got other bytes');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') return yield problem(file, 'expected a text, got an empty one');
  const heading = /\.txt|\.text/i.test(extname(path)) ? undefined : /^#\s+(.*\S)\s*$/m.exec(text)?.[1];
  const title = heading ?? basename(path).replace(textEnding, '');
  const parts = partsOf(text);
  for (const [i, part] of parts.entries()) {
    const document: TextDocument = { id: parts.length === 1 ? file : `${file}#${i + 1}`, title, text: part, file };
    yield { document };
  }
}

/**
 * The documents of all text files in a folder and the folders in it, by their paths. Other files are a problem together;
 * hidden ones, links and `node_modules` are none.
 * @throws RangeError for a folder without text files
 */
export async function* folderDocuments(folder: string): AsyncGenerator<Item> {
  let found = false;
  const others: string[] = [];
  for await (const path of filesIn(folder)) {
    if (!textEnding.test(path)) others.push(path);
    else {
      found = true;
      yield* textDocuments(path);
    }
  }
  const wanted = 'expected files that end in .txt or .md';
  if (!found) throw new RangeError(`${folder}: ${wanted}, or BEIR's corpus.jsonl, got none of them`);
  if (others.length > 0) yield problem(folder, `${wanted}, got ${others.length} more, as ${others[0]}`);
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

/** A text whole, or in parts of about the same size that begin after an empty line where there is one. */
export function partsOf(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  while (text.length - from > 1.5 * PART) {
    const to = from + breakIn(text.slice(from, from + PART));
    parts.push(text.slice(from, to));
    from = to;
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Where the second half of a text is cut best: after an empty line, else a line, else a word. */
function breakIn(text: string): number {
  for (const gap of [/\n\s*\n/g, /\n/g, /\s/g]) {
    const places = Array.from(text.matchAll(gap), ({ 0: white, index }) => index + white.length);
    const last = places.findLast((place) => place >= text.length / 2);
    if (last !== undefined) return last;
  }
  // no letter is cut in two
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? text.length - 1 : text.length;
}
