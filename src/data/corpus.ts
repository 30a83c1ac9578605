/**
 * Running text: a person's own files as documents, and the part of them that is held out.
 *
 * Of 25 documents and more every twenty-fifth is held out, of fewer the last twentieth of each. What is said of a model is
 * said on that part.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readJsonLines } from './json-lines.ts';
import { type ReadOptions, readSource, type Source } from './source.ts';

/** One text. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

/** What is learned from, and what is held out. */
export interface Corpus<T extends Document = Document> {
  readonly train: readonly T[];
  readonly held: readonly T[];
}

/** Of 25 documents in a row the thirteenth is held out. */
const [period, heldOut] = [25, 12];
/** UTF-16 units within which a text is cut between words. */
const near = 200;

/**
 * The text of a file in UTF-8, plain or gzipped, 256 MiB at most unless `maxBytes` is given; a byte order mark is no part
 * of it.
 * @throws SyntaxError for other bytes, which would be learned as replacement characters; RangeError for a file over
 * `maxBytes`
 */
export async function readText(source: Source, { maxBytes = 2 ** 28 }: ReadOptions = {}): Promise<string> {
  const { name, bytes } = await readSource(source, { maxBytes });
  if (!isUtf8(bytes)) throw new SyntaxError(`${name}: expected UTF-8 text, got other bytes`);
  return new TextDecoder().decode(bytes);
}

/**
 * The documents of files: a .txt or .md is one, a .jsonl has one a line under "text". Empty ones are left out.
 * @throws RangeError for other files and for one without text; what `readText` and `readJsonLines` throw
 * @example
 * const { train, held } = splitCorpus(await readDocuments(['letters.txt', 'notes.jsonl']));
 */
export async function readDocuments(paths: readonly string[]): Promise<Document[]> {
  const all = await Promise.all(paths.map(documentsOf));
  return all.flat();
}

async function documentsOf(path: string): Promise<Document[]> {
  const name = basename(path);
  let documents: Document[];
  if (/\.(txt|md)(\.gz)?$/i.test(path)) documents = [{ name, text: await readText(path) }];
  else if (/\.jsonl(\.gz)?$/i.test(path)) {
    const values = (await readJsonLines(path)) as readonly ({ readonly text?: unknown } | null)[];
    documents = values.map((value, i) => {
      if (typeof value?.text === 'string') return { name: `${name}:${i + 1}`, text: value.text };
      throw new RangeError(`${path}: expected a "text" in every line, got none in value ${i + 1}`);
    });
  } else throw new RangeError(`${path}: expected a .txt, .md or .jsonl file, got another`);
  const some = documents.filter(({ text }) => text.trim() !== '');
  if (some.length === 0) throw new RangeError(`${path}: expected text, got none`);
  return some;
}

/** What of some documents is learned from and what is held out: the same whenever it is asked. */
export function splitCorpus<T extends Document>(documents: readonly T[]): Corpus<T> {
  if (documents.length >= period) {
    const isHeld = (i: number) => i % period === heldOut;
    return { train: documents.filter((_, i) => !isHeld(i)), held: documents.filter((_, i) => isHeld(i)) };
  }
  const parts = documents.map((document) => {
    const cut = cutBefore(document.text, Math.floor(document.text.length * 0.95));
    const part = (from: number, to?: number) => ({ ...document, text: document.text.slice(from, to) });
    return { before: part(0, cut), after: part(cut) };
  });
  return { train: parts.map(({ before }) => before), held: parts.map(({ after }) => after) };
}

/** The last white space not far before `end`; where there is none, as in some scripts, `end`, but not within a character. */
function cutBefore(text: string, end: number): number {
  const from = Math.max(0, end - near);
  const space = text.slice(from, end).search(/\s\S*$/);
  return space < 0 ? end - Number(/[\uDC00-\uDFFF]/.test(text[end] ?? '')) : from + space;
}

/** SHA-256 of the texts, in hexadecimal, by which a corpus is known again. */
export function corpusDigest(documents: readonly Document[]): string {
  const hash = createHash('sha256');
  for (const { text } of documents) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}
