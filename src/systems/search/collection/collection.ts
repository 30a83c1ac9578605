/**
 * A collection of documents as it was at one moment: what a reader opens, while a writer goes on changing the folder.
 *
 * The segments that the manifest named are read whole, so that nothing that happens to the folder later is seen, or hurts.
 */

import type { LexicalSearch } from '../../../retrieval/index.ts';
import { Best } from '../../../retrieval/index.ts';
import { readManifest } from './manifest.ts';
import { readSegment, type Segment, type StoredDocument } from './segment.ts';

export interface DocumentHit<D extends StoredDocument> {
  readonly document: D;
  readonly score: number;
}

export interface CollectionSearch<D extends StoredDocument> extends Omit<LexicalSearch, 'filter' | 'statistics'> {
  /** Leaves out documents for which it returns false. */
  readonly filter?: (document: D) => boolean;
}

export class Collection<D extends StoredDocument = StoredDocument> {
  readonly generation: number;
  readonly segments: readonly Segment<D>[];

  private constructor(generation: number, segments: readonly Segment<D>[]) {
    this.generation = generation;
    this.segments = segments;
  }

  /** Opens a folder that a `CollectionWriter` made. @throws Error where there is none; SyntaxError for damaged files */
  static async open<D extends StoredDocument = StoredDocument>(folder: string): Promise<Collection<D>> {
    for (let tries = 1; ; tries++) {
      const manifest = await readManifest(folder);
      if (manifest === undefined) throw new Error(`${folder}: expected a collection of documents, got none`);
      try {
        const segments: Segment<D>[] = [];
        for (const entry of manifest.segments) segments.push(await readSegment<D>(folder, entry));
        return new Collection(manifest.generation, segments);
      } catch (error) {
        // merged away between the manifest and here: there is a newer manifest
        const newer = (await readManifest(folder))?.generation !== manifest.generation;
        if (!newer || tries === 100 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
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

  /**
   * BM25 over all segments as over one. Deleted documents are never found; in the words' frequencies they count until
   * their segment is merged, as in Lucene.
   */
  search(query: string, { limit = 10, filter, ...options }: CollectionSearch<D> = {}): DocumentHit<D>[] {
    const indexes = this.segments.map(({ words }) => words);
    const statistics = {
      documents: indexes.reduce((sum, index) => sum + index.documents, 0),
      words: indexes.reduce((sum, index) => sum + index.words, 0),
      documentsWith: (word: string) => indexes.reduce((sum, index) => sum + index.documentsWith(word), 0),
    };
    const best = new Best(limit);
    const before: number[] = [];
    let first = 0;
    for (const { words, deleted, document } of this.segments) {
      before.push(first);
      const taken = (number: number): boolean =>
        !deleted.has(number) && (filter === undefined || filter(document(number)));
      for (const hit of words.search(query, { ...options, limit, statistics, filter: taken })) {
        best.add(first + hit.document, hit.score);
      }
      first += words.documents;
    }
    return best.sorted().map(({ document, score }) => {
      const segment = before.findLastIndex((start) => start <= document);
      return { document: this.segments[segment]!.document(document - before[segment]!), score };
    });
  }
}
