/**
 * Writing a segment: the indexes of some documents, and the documents, in files of a name of their own.
 *
 * The documents are given, or are those of other segments that are not deleted: a merge. Either takes nothing but values
 * and files that nobody changes, so that a thread of its own can do it while others search and change the collection.
 */
import { type Analyser, LexicalIndex, Records, writtenFile } from '../../../retrieval/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import type { DocumentTokens } from '../fm-index/build.ts';
import { unflatten } from '../fm-index/flat.ts';
import { FmIndex } from '../fm-index/fm-index.ts';
import { ask, nodeThread } from '../fm-index/thread.ts';
import type { GivenDocuments } from './given-documents.ts';
import {
  files,
  readRecords,
  type SegmentEntry,
  type StoredDocument,
  type StoredSegment,
  wordsText,
} from './segment.ts';

/** Bytes of documents, as they are stored, that are indexed in less time than a thread needs to start. */
const FEW = 2 ** 16;

/** A segment to be written. */
export interface SegmentJob {
  readonly folder: string;
  readonly name: string;
  readonly analyser: Analyser;
  readonly source: Source;
}

/** Documents that are given, or parts of a collection. */
type Source = Omit<GivenDocuments, 'ids'> | SegmentParts;

interface SegmentParts {
  readonly parts: readonly Part[];
}

/** What is not deleted of a segment. */
export type Part = Pick<StoredSegment<StoredDocument>, 'entry' | 'deleted' | 'bytes'>;

/** Writes a segment's files. */
export async function writeSegment({ folder, name, analyser, source }: SegmentJob): Promise<SegmentEntry> {
  const { join } = await import('node:path');
  const { file, tokens } =
    'parts' in source ? await gather(folder, source) : { ...source, tokens: unflatten(source.tokens) };
  const path = join(folder, name);
  const documents = new Records(file, path + files.documents);
  await FmIndex.build(tokens).save(path + files.ngrams);
  await LexicalIndex.build(textsOf(documents), { analyser }).save(path + files.words);
  await replaceFile(path + files.documents, [file]);
  return { name, documents: documents.length, deleted: null };
}

/** The same, of many documents in a thread of its own. @param signal ends the thread @throws the signal's reason */
export async function writeSegmentAside(job: SegmentJob, signal?: AbortSignal): Promise<SegmentEntry> {
  const { source } = job;
  signal?.throwIfAborted();
  if (bytesOf(source) <= FEW) return writeSegment(job);
  const thread = await nodeThread(new URL('./segment-worker.js', import.meta.url));
  const transfer =
    'parts' in source ? [] : [source.file.buffer, source.tokens.tokens.buffer, source.tokens.lengths.buffer];
  return ask(thread, job, transfer, signal);
}

function bytesOf(source: Source): number {
  return 'parts' in source ? source.parts.reduce((sum, { bytes }) => sum + bytes, 0) : source.file.length;
}

/** What is not deleted of some segments, as it is stored and as it was indexed. */
async function gather(
  folder: string,
  { parts }: SegmentParts,
): Promise<{ file: Uint8Array<ArrayBuffer>; tokens: DocumentTokens }> {
  const { join } = await import('node:path');
  const written: Uint8Array[] = [];
  const tokens: Int32Array[] = [];
  for (const { entry, deleted } of parts) {
    const documents = await readRecords(folder, entry.name + files.documents);
    const ngrams = await FmIndex.read(join(folder, entry.name + files.ngrams));
    for (let number = 0; number < entry.documents; number++) {
      if (deleted.has(number)) continue;
      written.push(documents.written(number));
      tokens.push(ngrams.extract(number));
    }
  }
  return { file: writtenFile(written), tokens };
}

function* textsOf(documents: Records): Generator<string> {
  for (let number = 0; number < documents.length; number++) yield wordsText(documents.at(number) as StoredDocument);
}
