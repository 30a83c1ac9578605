/** Hits with what shows a person why they were found: their reasons by weight, where these stand, and the best passage. */
import type { StoredDocument } from '../collection/segment.ts';
import type { Searcher } from '../searcher/searcher.ts';
import type { SearchOptions } from '../searcher/types.ts';
import { marksOf, passageOf, type Reason, reasonsOf } from './marks.ts';
import type { Mark } from './pieces.ts';

/** A hit as a page or a terminal shows it; plain data. */
export interface AnswerHit<D extends StoredDocument = StoredDocument> {
  readonly document: D;
  readonly score: number;
  /** Null where only words ranked. */
  readonly ngramScore: number | null;
  /** Null where only n-grams ranked. */
  readonly wordScore: number | null;
  /** The weightiest first. */
  readonly reasons: readonly Reason[];
  /** Where reasons stand in title and text, each place with its weightiest. */
  readonly marks: readonly Mark[];
  /** The part of the text that shows most of them: its first UTF-16 unit, and the one after its last. */
  readonly passage: { readonly start: number; readonly end: number };
}

/**
 * Searches, and explains every hit.
 * @throws what `Searcher.search` throws
 * @example
 * const [hit] = await answerQuery(searcher, 'earthquakes', { limit: 1 });
 * hit?.reasons[0]?.text;
 */
export async function answerQuery<D extends StoredDocument>(
  searcher: Searcher<D>,
  query: string,
  options: SearchOptions<D> = {},
): Promise<AnswerHit<D>[]> {
  const { analyser } = searcher.collection.settings;
  return (await searcher.search(query, options)).map((hit) => {
    const reasons = reasonsOf(hit);
    const marks = marksOf(hit, reasons, analyser);
    const { document, score, ngramScore, wordScore } = hit;
    return { document, score, ngramScore, wordScore, reasons, marks, passage: passageOf(document, marks, reasons) };
  });
}
