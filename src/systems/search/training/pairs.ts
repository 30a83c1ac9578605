/**
 * What a search model learns from: pairs of what is asked and what documents say.
 *
 * From queries with relevant documents: to spans near the query, to the title, to pseudo-queries. From the documents alone:
 * from a span to another one, between span and title, from the beginning to the title. The prompt says which view is
 * wanted, and which of the two kinds a pair is (M. Bevilacqua et al., "Autoregressive Search Engines", arXiv 2204.10628,
 * §5.2 and its recipe; pseudo-queries: Y. Li et al., "Multiview identifiers enhanced generative retrieval", ACL 2023).
 *
 * A search asks as judged queries do. Where there are none its marks would never have been seen, and where there are a few
 * they would only be seen with their few documents: titles and sentences of all documents therefore ask too, a title for
 * spans near it, a sentence for spans of the rest.
 */
import type { StoredDocument } from '../collection/segment.ts';
import type { Coder, Supervision } from '../searcher/coder.ts';
import type { View } from '../searcher/types.ts';
import { Draws } from './draws.ts';
import { anySpan, spansNear, tellingSpan, type Words, wordsIn } from './spans.ts';

/** A query and the documents that answer it. */
export interface JudgedQuery {
  readonly text: string;
  /** Ids. */
  readonly relevant: readonly string[];
}

/** A pair: what the encoder reads, and what the decoder shall write. */
export interface TokenPair {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** How many pairs are made of what. */
export interface PairCounts {
  /** Of each query with each relevant document. Default 10. */
  readonly spans: number;
  /** Default 3. */
  readonly titles: number;
  /** Of each document by itself: to other spans. Default 2. */
  readonly others: number;
  /** Of each document, with its title or one of its sentences for a query: to spans near that. Default 2. */
  readonly own: number;
}

export const pairCounts: PairCounts = { spans: 10, titles: 3, others: 2, own: 2 };

/** Share of the documents' own inputs in small letters, where the index tells letters apart. */
const SMALL_LETTERS = 0.1;

export interface PairOptions {
  readonly coder: Coder;
  readonly documents: readonly StoredDocument[];
  readonly queries?: readonly JudgedQuery[];
  readonly counts?: Partial<PairCounts>;
  /** Tokens that the model reads at most. */
  readonly context: number;
  readonly seed?: number;
}

/** All pairs, in no order that matters; the same for the same seed. */
export function trainingPairs({
  coder,
  documents,
  queries = [],
  counts = {},
  context,
  seed = 0,
}: PairOptions): TokenPair[] {
  const { spans, titles, others, own } = { ...pairCounts, ...counts };
  const pairs: TokenPair[] = [];
  const add = (asked: string, said: string | undefined, view: View, supervision: Supervision): void => {
    if (said === undefined) return;
    const end = view === 'title' ? [coder.titleEnd] : view === 'queries' ? [coder.queryMark] : [];
    const target = [...coder.encode(said), ...end];
    pairs.push({ source: coder.prompt(coder.encode(asked), view, supervision, context), target });
  };
  const draws = new Draws(seed, 1);
  const byId = new Map(documents.map((document) => [document.id, document]));
  for (const { text, relevant } of queries) {
    const asked = wordsIn(text);
    for (const id of relevant) {
      const document = byId.get(id);
      if (document === undefined) continue;
      for (const span of spansNear(asked, wordsIn(document.text), spans, draws)) add(text, span, 'body', 'supervised');
      for (let i = 0; i < titles; i++) add(text, titleOf(document), 'title', 'supervised');
      const { queries: pseudo = [] } = document;
      for (let i = 0; i < Math.min(titles, pseudo.length); i++) add(text, draws.of(pseudo), 'queries', 'supervised');
      // how pseudo-queries come about
      add(tellingSpan(wordsIn(document.text), draws)!, text, 'queries', 'unsupervised');
    }
  }
  const cased = (text: string): string => (draws.unit() < SMALL_LETTERS ? text.toLowerCase() : text);
  for (const document of documents) {
    const words = wordsIn(document.text);
    if (words.places.length === 0) continue;
    const title = titleOf(document);
    if (title !== undefined) add(cased(document.text), title, 'title', 'unsupervised');
    for (let i = 0; i < others; i++) {
      add(cased(anySpan(words, draws)!), tellingSpan(words, draws), 'body', 'unsupervised');
    }
    betweenTitleAndSpan(words, title);
    if (own > 0) ownQueries(words, title);
    const { queries: pseudo = [] } = document;
    if (pseudo.length > 0) add(cased(anySpan(words, draws)!), draws.of(pseudo), 'queries', 'unsupervised');
  }
  return pairs;

  function ownQueries(words: Words, title: string | undefined): void {
    const sentences = sentencesOf(words.text);
    for (let i = 0; i < own; i++) {
      if (title !== undefined && draws.unit() < 0.5) {
        add(title, spansNear(wordsIn(title), words, 1, draws)[0], 'body', 'supervised');
        continue;
      }
      const { text, from } = draws.of(sentences);
      const [span] = spansNear(wordsIn(text), words, 1, draws, [from, from + text.length]);
      add(text, span, 'body', 'supervised');
      add(text, title, 'title', 'supervised');
    }
  }

  function betweenTitleAndSpan(words: Words, title: string | undefined): void {
    if (title === undefined) return;
    if (draws.unit() < 0.5) add(cased(anySpan(words, draws)!), title, 'title', 'unsupervised');
    else add(cased(title), tellingSpan(words, draws), 'body', 'unsupervised');
  }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** The sentences of a text that is not empty, and where each begins. */
function sentencesOf(text: string): { readonly text: string; readonly from: number }[] {
  return Array.from(segmenter.segment(text), ({ segment, index }) => {
    const begun = segment.trimStart();
    return { text: begun.trimEnd(), from: index + segment.length - begun.length };
  }).filter(({ text }) => text !== '');
}

function titleOf({ title }: StoredDocument): string | undefined {
  return title === undefined || title.trim() === '' ? undefined : title;
}
