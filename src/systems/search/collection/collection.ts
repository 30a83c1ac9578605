/**
 * A collection of documents as it was at one moment: what a reader opens, while a writer goes on changing the folder.
 *
 * The segments that the manifest named are read whole, so that nothing that happens to the folder later is seen, or hurts.
 */

import {
  Best,
  type Bm25Options,
  type LexicalSearch,
  type Statistics,
  type Term,
  type Tolerance,
  termsOf,
  type WordScore,
} from '../../../retrieval/index.ts';
import { type CollectionSettings, type Manifest, readManifest } from './manifest.ts';
import { readSegment, type Segment, type StoredDocument } from './segment.ts';

export interface DocumentHit<D extends StoredDocument> {
  readonly document: D;
  /** Its place among all documents of the collection, deleted ones counted: what `explain` takes. */
  readonly number: number;
  readonly score: number;
}

export interface CollectionSearch<D extends StoredDocument> extends Omit<LexicalSearch, 'filter' | 'statistics'> {
  /** Leaves out documents for which it returns false. */
  readonly filter?: (document: D) => boolean;
}

export class Collection<D extends StoredDocument = StoredDocument> {
  readonly folder: string;
  /** Grows by one with every change of the folder. */
  readonly generation: number;
  readonly settings: CollectionSettings;
  readonly segments: readonly Segment<D>[];
  /** By segment: the number of its first document. */
  readonly #firsts: readonly number[];
  readonly #statistics: Statistics;
  /** By id: its document's number; made when first asked for. */
  #numbers: Map<string, number> | undefined;

  private constructor(folder: string, { generation, settings }: Manifest, segments: readonly Segment<D>[]) {
    this.folder = folder;
    this.generation = generation;
    this.settings = settings;
    this.segments = segments;
    let first = 0;
    this.#firsts = segments.map(({ entry }) => {
      first += entry.documents;
      return first - entry.documents;
    });
    const indexes = segments.map(({ words }) => words);
    this.#statistics = {
      documents: first,
      words: indexes.reduce((sum, index) => sum + index.words, 0),
      documentsWith: (word) => indexes.reduce((sum, index) => sum + index.documentsWith(word), 0),
    };
  }

  /** Opens a folder that a `CollectionWriter` made. @throws RangeError where there is none; SyntaxError for damaged files */
  static async open<D extends StoredDocument = StoredDocument>(folder: string): Promise<Collection<D>> {
    return readCollection(folder, [], (manifest, segments) => new Collection<D>(folder, manifest, segments));
  }

  /** The collection as it is now: this one if nothing has changed, else one that shares the segments that are still there. */
  async reopen(): Promise<Collection<D>> {
    const { folder, segments } = this;
    if ((await readManifest(folder))?.generation === this.generation) return this;
    return readCollection(folder, segments, (manifest, found) => new Collection<D>(folder, manifest, found));
  }

  /** Documents that are not deleted. */
  get size(): number {
    return this.segments.reduce((sum, { entry, deleted }) => sum + entry.documents - deleted.size, 0);
  }

  /** All documents, oldest segments first. */
  *documents(): Generator<D> {
    for (const segment of this.segments) {
      for (let i = 0; i < segment.entry.documents; i++) if (!segment.deleted.has(i)) yield segment.document(i);
    }
  }

  /** The document of that id, as it was given. */
  get(id: string): D | undefined {
    if (this.#numbers === undefined) {
      this.#numbers = new Map();
      for (const [i, { entry, deleted, id: idOf }] of this.segments.entries()) {
        for (let number = 0; number < entry.documents; number++) {
          if (!deleted.has(number)) this.#numbers.set(idOf(number), this.#firsts[i]! + number);
        }
      }
    }
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.at(number);
  }

  /** The document of a number. @throws RangeError for one that is not there */
  at(number: number): D {
    const [segment, own] = this.#placeOf(number);
    return segment.document(own);
  }

  /**
   * BM25 over all segments as over one. Deleted documents are never found; in the words' frequencies they count until
   * their segment is merged, as in Lucene.
   * @param query or what it asks for: then `prefix` and `fuzzy` are not looked at
   */
  search(
    query: string | readonly Term[],
    { limit = 10, filter, prefix = false, fuzzy = 0, ...options }: CollectionSearch<D> = {},
  ): DocumentHit<D>[] {
    const terms = typeof query === 'string' ? this.terms(query, { prefix, fuzzy }) : query;
    const best = new Best(limit);
    for (const [i, { words, deleted, document }] of this.segments.entries()) {
      const taken = (number: number): boolean =>
        !deleted.has(number) && (filter === undefined || filter(document(number)));
      const statistics = this.#statistics;
      for (const hit of words.search(terms, { ...options, limit, statistics, filter: taken })) {
        best.add(this.#firsts[i]! + hit.document, hit.score);
      }
    }
    return best.sorted().map(({ document: number, score }) => ({ document: this.at(number), number, score }));
  }

  /** What a query asks for, with the forms that its words have in any segment. */
  terms(query: string, tolerance: Tolerance = {}): Term[] {
    const indexes = this.segments.map(({ words }) => words);
    return termsOf(query, this.settings.analyser, indexes, this.#statistics, tolerance);
  }

  /**
   * What each word of a query adds to a document's score.
   * @param query or what it asks for, as `search` took it
   * @throws RangeError for a document that is not there
   */
  explain(query: string | readonly Term[], number: number, options: Bm25Options & Tolerance = {}): WordScore[] {
    const [segment, own] = this.#placeOf(number);
    const terms = typeof query === 'string' ? this.terms(query, options) : query;
    return segment.words.explain(terms, own, { ...options, statistics: this.#statistics });
  }

  #placeOf(number: number): [segment: Segment<D>, own: number] {
    const i = this.#firsts.findLastIndex((first) => first <= number);
    if (i < 0) throw new RangeError(`collection: expected a document's number, got ${number}`);
    return [this.segments[i]!, number - this.#firsts[i]!];
  }
}

/** Reads what the manifest names, whatever a writer does meanwhile. @param known segments that are open already */
async function readCollection<D extends StoredDocument>(
  folder: string,
  known: readonly Segment<D>[],
  made: (manifest: Manifest, segments: readonly Segment<D>[]) => Collection<D>,
): Promise<Collection<D>> {
  for (let tries = 1; ; tries++) {
    const manifest = await readManifest(folder);
    if (manifest === undefined) {
      throw new RangeError(`collection: expected documents that were indexed in ${folder}, got none`);
    }
    try {
      const segments: Segment<D>[] = [];
      for (const entry of manifest.segments) {
        const same = known.find(({ entry: { name } }) => name === entry.name);
        segments.push(await readSegment<D>(folder, entry, same));
      }
      return made(manifest, segments);
    } catch (error) {
      // merged away between the manifest and here: there is a newer manifest
      const newer = (await readManifest(folder))?.generation !== manifest.generation;
      if (!newer || tries === 100 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
