/**
 * A segment: documents that were added together, with an index of each kind, in files that never change. What is deleted
 * from it is told by a file of its own.
 */

import { LexicalIndex, Records, readWhole, recordsFile } from '../../../retrieval/index.ts';
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

/** A segment's documents, without its indexes: what a writer needs of it. */
export interface StoredSegment<D extends StoredDocument> {
  readonly entry: SegmentEntry;
  /** Numbers of deleted documents. */
  readonly deleted: ReadonlySet<number>;
  /** Of its documents as they are stored, deleted ones among them. */
  readonly bytes: number;
  document(number: number): D;
  /** The id of a document, read much faster than the document. */
  id(number: number): string;
}

export interface Segment<D extends StoredDocument> extends StoredSegment<D> {
  /** The n-grams of its documents, deleted ones among them. */
  readonly ngrams: FmIndex;
  readonly words: LexicalIndex;
}

/** The endings of the names of a segment's files. */
export const files = { ngrams: '.ngrams', words: '.words', documents: '.documents' } as const;

/** The names of a segment's files. */
export function filesOf({ name, deleted }: SegmentEntry): string[] {
  return [...Object.values(files).map((ending) => name + ending), ...(deleted === null ? [] : [deleted])];
}

/** Writes which documents of a segment are deleted, and gives its new entry. */
export async function writeDeleted(
  folder: string,
  entry: SegmentEntry,
  deleted: ReadonlySet<number>,
  generation: number,
): Promise<SegmentEntry> {
  const { join } = await import('node:path');
  const { replaceFile } = await import('../../../tensor/index.ts');
  const file = `${entry.name}.${generation}.deleted`;
  await replaceFile(join(folder, file), [recordsFile([[...deleted]])]);
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
  if (known !== undefined) return followed(folder, entry, known);
  const { join } = await import('node:path');
  const path = join(folder, entry.name);
  return {
    ...(await readStored<D>(folder, entry)),
    ngrams: await FmIndex.read(path + files.ngrams),
    words: await LexicalIndex.read(path + files.words),
  };
}

/** Opens a segment's documents alone: as `readSegment`. */
export async function readStored<D extends StoredDocument>(
  folder: string,
  entry: SegmentEntry,
  known?: StoredSegment<D>,
): Promise<StoredSegment<D>> {
  if (known !== undefined) return followed(folder, entry, known);
  const documents = await readRecords(folder, entry.name + files.documents);
  return {
    entry,
    deleted: await readDeleted(folder, entry),
    bytes: documents.bytes,
    document: (number) => documents.at(number) as D,
    id: (number) => idIn(documents.written(number)),
  };
}

/** A segment that is open, as it is now. */
async function followed<S extends StoredSegment<StoredDocument>>(
  folder: string,
  entry: SegmentEntry,
  known: S,
): Promise<S> {
  if (known.entry.deleted === entry.deleted) return known;
  return { ...known, entry, deleted: await readDeleted(folder, entry) };
}

/** The records of a file of the collection. */
export async function readRecords(folder: string, file: string): Promise<Records> {
  const { join } = await import('node:path');
  const path = join(folder, file);
  return new Records(await readWhole(path), path);
}

/** Numbers of a segment's deleted documents. */
async function readDeleted(folder: string, { deleted }: SegmentEntry): Promise<ReadonlySet<number>> {
  return new Set(deleted === null ? [] : ((await readRecords(folder, deleted)).at(0) as number[]));
}

const idFirst = /* @__PURE__ */ new TextEncoder().encode('{"id":"');
const utf8 = /* @__PURE__ */ new TextDecoder();
const [quote, backslash] = /* @__PURE__ */ new TextEncoder().encode('"\\');

/** The id of a document as it is stored. Where it stands first, as it mostly does, the rest is not read. */
function idIn(written: Uint8Array): string {
  if (idFirst.some((byte, i) => written[i] !== byte)) return (JSON.parse(utf8.decode(written)) as StoredDocument).id;
  let end = idFirst.length;
  while (written[end] !== quote) end += written[end] === backslash ? 2 : 1;
  return JSON.parse(utf8.decode(written.subarray(idFirst.length - 1, end + 1))) as string;
}
