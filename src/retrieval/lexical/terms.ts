/**
 * What a query asks for: its words, and, where it may be unfinished or misspelt, the words of the documents that they may
 * stand for.
 *
 * All forms of a word count as one, as in Lucene's SynonymQuery: their occurrences are added up, each by its weight, so that
 * a document that has ten forms has one word of the query, not ten. The weights are those of MiniSearch: less for every edit,
 * and for every letter that the word goes on. Together they are as rare as the word itself, and a form that is more frequent
 * weighs less by as much: neither a slip that one document made nor a word that every document has stands above the word that
 * was asked for. Where no document has that, they are as rare as the most frequent of them.
 */
import type { Statistics } from './lexical-index.ts';
import type { NearWord } from './sorted-words.ts';
import { type Analyser, wordsOf } from './words.ts';

/** How far words of documents may be from those of the query. */
export interface Tolerance {
  /** Whether the last word also stands for those that it begins, as while it is being typed. Default false. */
  readonly prefix?: boolean;
  /**
   * Most edits between a word of the query and what it also stands for: letters put in, left out, replaced, or changed
   * over with a neighbour. Words of four to seven letters may have one, from eight on two; shorter ones, and those with a
   * digit, none. A word that no document has stands for the nearest that documents have, one that documents have for those
   * of one edit beside itself. Default 0.
   */
  readonly fuzzy?: 0 | 1 | 2;
}

/** A word that documents are asked for. */
export interface Term {
  /** As the query has it, analysed. */
  readonly word: string;
  /** The words of documents that it stands for: itself with weight 1, then the likeliest. */
  readonly forms: readonly Form[];
  /** Documents that it is taken to occur in: those that have it, or else as many as have the most frequent form. */
  readonly documents: number;
}

export interface Form {
  readonly word: string;
  /** What an occurrence counts, from above 0 to 1. */
  readonly weight: number;
}

/** Where words are looked for that are near one. */
export interface Vocabulary {
  near(word: string, edits: number, prefix: boolean): readonly NearWord[];
}

/** Forms of a word besides itself: those that most documents have, by their weights. */
const MOST_FORMS = 50;
/** Words of a query that may be misspelt; there is no end to what may be pasted. */
const MOST_WORDS = 64;
/** Letters of a word that may be misspelt. */
const LONGEST = 64;

/**
 * The words of a query, each once, in order.
 * @param vocabularies of all that is searched
 * @throws RangeError for a `fuzzy` out of range
 */
export function termsOf(
  query: string,
  analyser: Analyser,
  vocabularies: readonly Vocabulary[],
  statistics: Statistics,
  { prefix = false, fuzzy = 0 }: Tolerance = {},
): Term[] {
  if (![0, 1, 2].includes(fuzzy)) throw new RangeError(`search: expected fuzzy to be 0, 1 or 2, got ${fuzzy}`);
  const all = wordsOf(query, analyser);
  const last = prefix ? all.at(-1) : undefined;
  return [...new Set(all)].map((word, i) => {
    const own = statistics.documentsWith(word);
    const itself = { word, weight: 1 };
    const edits = fuzzy > 0 && i < MOST_WORDS ? Math.min(fuzzy, editsIn(word)) : 0;
    if (edits === 0 && word !== last) return { word, forms: [itself], documents: own };
    const near = own > 0 ? besides : nearest;
    const forms = near(word, edits, word === last, vocabularies)
      .map((one) => ({ word: one.word, weight: weightOf(one), documents: statistics.documentsWith(one.word) }))
      .sort((a, b) => b.weight * b.documents - a.weight * a.documents || (a.word < b.word ? -1 : 1))
      .slice(0, MOST_FORMS);
    const documents = own > 0 ? own : forms.reduce((most, form) => Math.max(most, form.documents), 0);
    const rarity = (df: number): number => idf(df, statistics.documents) / idf(documents, statistics.documents);
    return {
      word,
      forms: [
        itself,
        ...forms.map((one) => ({ word: one.word, weight: one.weight * Math.min(1, rarity(one.documents)) })),
      ],
      documents,
    };
  });
}

/** What an occurrence of a word tells: BM25's, which is above 0 however many documents have it. */
export function idf(df: number, documents: number): number {
  return Math.log(1 + (documents - df + 0.5) / (df + 0.5));
}

/** Edits that are likelier slips than another word. */
function editsIn(word: string): number {
  if (word.length < 4 || word.length > LONGEST || /\p{N}/u.test(word)) return 0;
  return word.length < 8 ? 1 : 2;
}

/** Beside a word that is there: those of one edit, and those that it begins. */
function besides(word: string, edits: number, prefix: boolean, vocabularies: readonly Vocabulary[]): NearWord[] {
  const near = wordsNear(word, Math.min(1, edits), prefix, vocabularies);
  return near.filter((one) => one.edits === 0 || one.more === 0);
}

/** For a word that is not there: those of the fewest edits. */
function nearest(word: string, edits: number, prefix: boolean, vocabularies: readonly Vocabulary[]): NearWord[] {
  for (let most = 0; most <= edits; most++) {
    const near = wordsNear(word, most, prefix, vocabularies);
    if (near.length > 0) return near;
  }
  return [];
}

/** The words of all vocabularies that are near one, without itself. */
function wordsNear(word: string, edits: number, prefix: boolean, vocabularies: readonly Vocabulary[]): NearWord[] {
  const near = new Map<string, NearWord>();
  for (const vocabulary of vocabularies) {
    for (const one of vocabulary.near(word, edits, prefix)) near.set(one.word, one);
  }
  near.delete(word);
  return [...near.values()];
}

/** MiniSearch's `0.45 l / (l + edits)` and `0.375 l / (l + 0.3 more)` for a word of l letters, or their product. */
function weightOf({ word: { length }, edits, more }: NearWord): number {
  const slipped = edits > 0 ? (0.45 * length) / (length + edits) : 1;
  return more > 0 ? (slipped * 0.375 * length) / (length + 0.3 * more) : slipped;
}
