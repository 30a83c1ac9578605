/**
 * The texts of a study: a person's own, or those that come with the package, the State of the Union addresses of 1790 to
 * 2021 (10.8 MB of English in the public domain).
 *
 * A part is held out: of 25 documents and more every twenty-fifth, of fewer the last twentieth of each. What is said of
 * models is said on that part.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readJsonLines, unionAddresses } from '../../data/index.ts';

/** One text. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

/** Documents to learn from, and others to be judged on. */
export interface Corpus {
  readonly train: readonly Document[];
  readonly held: readonly Document[];
}

const period = 25;
/** Which of 25 documents in a row is held out. */
const heldOut = 12;

/** The addresses, named `1790 George Washington`. */
export async function addresses(): Promise<Document[]> {
  const all = await unionAddresses();
  return all.map(({ year, president, text }) => ({
    name: `${year} ${president}`,
    text: text.replaceAll('\r\n', '\n'),
  }));
}

/** The documents of files: a .txt is one, a .jsonl has one a line under "text". @throws RangeError for other files, or no text */
export async function readDocuments(paths: readonly string[]): Promise<Document[]> {
  const all = await Promise.all(paths.map(documentsOf));
  return all.flat();
}

async function documentsOf(path: string): Promise<Document[]> {
  const name = basename(path);
  const documents: Document[] = [];
  if (/\.jsonl(\.gz)?$/.test(path)) {
    const lines = (await readJsonLines(path)) as readonly { text?: unknown }[];
    for (const [i, line] of lines.entries()) {
      if (typeof line?.text !== 'string')
        throw new RangeError(`run: expected a "text" in every line of ${path}, got none in value ${i + 1}`);
      documents.push({ name: `${name}:${i + 1}`, text: line.text });
    }
  } else if (/\.(txt|md)$/.test(path)) {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new RangeError(`run: expected a file of text, got ${path} (${error.code})`, { cause: error });
    });
    try {
      documents.push({ name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) });
    } catch (error) {
      throw new RangeError(`run: expected UTF-8 in ${path}, got other bytes`, { cause: error });
    }
  } else throw new RangeError(`run: expected .txt, .md or .jsonl files, got ${path}`);
  const some = documents.filter(({ text }) => text.trim() !== '');
  if (some.length === 0) throw new RangeError(`run: expected text in ${path}, got none`);
  return some;
}

/** What is learned from and what is held out. */
export function splitCorpus(documents: readonly Document[]): Corpus {
  if (documents.length >= period) {
    const isHeld = (i: number) => i % period === heldOut;
    return { train: documents.filter((_, i) => !isHeld(i)), held: documents.filter((_, i) => isHeld(i)) };
  }
  const parts = documents.map(({ name, text }) => {
    // before a word, where there is white space near
    const end = Math.floor(text.length * 0.95);
    const space = text.slice(Math.max(0, end - 200), end).search(/\s\S*$/);
    const cut = space < 0 ? end - Number(/[\uDC00-\uDFFF]/.test(text[end] ?? '')) : Math.max(0, end - 200) + space;
    return { name, before: text.slice(0, cut), after: text.slice(cut) };
  });
  return {
    train: parts.map(({ name, before }) => ({ name, text: before })),
    held: parts.map(({ name, after }) => ({ name, text: after })),
  };
}

/** SHA-256 of texts, by which a study is known again. */
export function digestOf(documents: readonly Document[]): string {
  const hash = createHash('sha256');
  for (const { text } of documents) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex').slice(0, 16);
}
