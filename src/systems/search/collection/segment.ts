/**
 * A segment: documents that were added together, with an index of each kind, in files that never change. What is deleted
 * from it is told by a file of its own.
 */

import { type Analyser, LexicalIndex, Records, readWhole, recordsFile } from '../../../retrieval/index.ts';
import { FmIndex } from '../fm-index/fm-index.ts';

/** What is stored of a document: all that was given, as JSON, fields of the user's own among it. */
export interface StoredDocument {
  /** One document has it at a time. */
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  /** Questions that it answers (MINDER's pseudo-queries): a third view for generated n-grams. */
  readonly queries?: readonly string[];
}

/** What is searched for words: title and text in one. */
export function wordsText({ title, text }: StoredDocument): string {
  return title === undefined ? text : `${title} ${text}`;
}

/** A segment as the manifest names it. */
export interface SegmentEntry {
  readonly name: string;
  readonly documents: number;
  /** The file that says which are deleted, or null for none. */
  readonly deleted: string | null;
}

export interface Segment<D extends StoredDocument> {
  readonly entry: SegmentEntry;
  /** The n-grams of its documents, deleted ones among them. */
  readonly ngrams: FmIndex;
  readonly words: LexicalIndex;
  /** Numbers of deleted documents. */
  readonly deleted: ReadonlySet<number>;
  /** Of its documents as they are stored, deleted ones among them. */
  readonly bytes: number;
  document(number: number): D;
}

const files = { ngrams: '.ngrams', words: '.words', documents: '.documents' } as const;

/** The names of a segment's files. */
export function filesOf({ name, deleted }: SegmentEntry): string[] {
  return [...Object.values(files).map((ending) => name + ending), ...(deleted === null ? [] : [deleted])];
}

/** Tokens that are indexed in less time than a thread needs to start. */
const FEW = 50_000;

/** Writes a segment's files. @param tokens of each document @param signal ends the thread that indexes many tokens */
export async function writeSegment(
  folder: string,
  name: string,
  documents: readonly StoredDocument[],
  tokens: readonly ArrayLike<number>[],
  analyser: Analyser,
  signal: AbortSignal | undefined,
): Promise<SegmentEntry> {
  const { join } = await import('node:path');
  const path = join(folder, name);
  const many = tokens.reduce((sum, { length }) => sum + length, 0) > FEW;
  const ngrams = many ? await FmIndex.buildInThread(tokens, signal) : FmIndex.build(tokens);
  await ngrams.save(path + files.ngrams);
  await LexicalIndex.build(documents.map(wordsText), { analyser }).save(path + files.words);
  await save(path + files.documents, documents);
  return { name, documents: documents.length, deleted: null };
}

/** Writes which documents of a segment are deleted, and gives its new entry. */
export async function writeDeleted(
  folder: string,
  entry: SegmentEntry,
  deleted: ReadonlySet<number>,
  generation: number,
): Promise<SegmentEntry> {
  const { join } = await import('node:path');
  const file = `${entry.name}.${generation}.deleted`;
  await save(join(folder, file), [[...deleted]]);
  return { ...entry, deleted: file };
}

/**
 * Opens a segment.
 * @param known the same segment, opened before: only what is deleted from it may have changed
 * @throws the system's error for a file that is gone; SyntaxError for one that has changed
 */
export async function readSegment<D extends StoredDocument>(
  folder: string,
  entry: SegmentEntry,
  known?: Segment<D>,
): Promise<Segment<D>> {
  if (known !== undefined) {
    if (known.entry.deleted === entry.deleted) return known;
    return { ...known, entry, deleted: await readDeleted(folder, entry) };
  }
  const { join } = await import('node:path');
  const path = join(folder, entry.name);
  const documents = new Records(await readWhole(path + files.documents), path + files.documents);
  return {
    entry,
    ngrams: await FmIndex.read(path + files.ngrams),
    words: await LexicalIndex.read(path + files.words),
    deleted: await readDeleted(folder, entry),
    bytes: documents.bytes,
    document: (number) => documents.at(number) as D,
  };
}

/** Numbers of a segment's deleted documents. */
async function readDeleted(folder: string, { deleted }: SegmentEntry): Promise<ReadonlySet<number>> {
  if (deleted === null) return new Set();
  const { join } = await import('node:path');
  const path = join(folder, deleted);
  return new Set(new Records(await readWhole(path), path).at(0) as number[]);
}

async function save(path: string, values: readonly unknown[]): Promise<void> {
  const { replaceFile } = await import('../../../tensor/index.ts');
  await replaceFile(path, [recordsFile(values)]);
}
