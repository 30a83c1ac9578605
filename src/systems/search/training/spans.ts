/**
 * Spans of ten words, as targets of training.
 *
 * For a query they are drawn near what it says: for every three words of the query and every three words of the passage
 * that do not begin with a stop word, the likeness of the two (as strings, from 0 to 1) is added to the weight of that
 * place, and places are drawn by the softmax of the weights (M. Bevilacqua et al., arXiv 2204.10628, §5.2, and its recipe).
 */
import type { Draws } from './draws.ts';

/** Words of a span. */
export const SPAN_WORDS = 10;
/** Words that are compared. */
const NEAR_WORDS = 3;

/** A text and where its words are. */
export interface Words {
  readonly text: string;
  /** First UTF-16 unit of each word, and the one after its last. */
  readonly places: readonly (readonly [from: number, to: number])[];
}

export function wordsIn(text: string): Words {
  return {
    text,
    places: Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => [index, index + word.length] as const),
  };
}

/** The span that begins with a word; shorter where the text ends. */
export function spanAt(words: Words, first: number): string {
  return words.text.slice(...rangeAt(words, first, SPAN_WORDS));
}

/** Where so many words from one on stand. */
function rangeAt({ places }: Words, first: number, count: number): [from: number, to: number] {
  const last = Math.min(places.length, first + count) - 1;
  return [places[first]![0], places[last]![1]];
}

/** Words at which a whole span may begin; the first one where the text is shorter. */
function beginnings({ places }: Words): number {
  return Math.max(1, places.length - SPAN_WORDS + 1);
}

/** A span anywhere; undefined in an empty text. */
export function anySpan(words: Words, draws: Draws): string | undefined {
  return words.places.length === 0 ? undefined : spanAt(words, draws.below(beginnings(words)));
}

/** A span that begins with a word that tells something, if one does. */
export function tellingSpan(words: Words, draws: Draws): string | undefined {
  for (let tries = 0; tries < 8; tries++) {
    const first = draws.below(beginnings(words));
    if (words.places.length > 0 && !isStopWord(wordAt(words, first))) return spanAt(words, first);
  }
  return anySpan(words, draws);
}

/**
 * Spans near what a query says, drawn with replacement.
 * @param apart a range of the passage that no span may touch: what the query was taken from
 */
export function spansNear(
  query: Words,
  passage: Words,
  count: number,
  draws: Draws,
  apart: readonly [from: number, to: number] = [0, 0],
): string[] {
  if (passage.places.length === 0) return [];
  const asked = grams(query);
  const weights = Array.from({ length: beginnings(passage) }, (_, first) => {
    const [from, to] = rangeAt(passage, first, SPAN_WORDS);
    if (from < apart[1] && to > apart[0]) return Number.NEGATIVE_INFINITY;
    if (isStopWord(wordAt(passage, first))) return 0;
    const own = gramAt(passage, first);
    return asked.reduce((sum, gram) => sum + gram.likeness(own), 0);
  });
  const most = Math.max(...weights);
  if (most === Number.NEGATIVE_INFINITY) return [];
  const chances = weights.map((weight) => Math.exp(weight - most));
  return Array.from({ length: count }, () => spanAt(passage, draws.weighted(chances)));
}

function wordAt({ text, places }: Words, i: number): string {
  return text.slice(places[i]![0], places[i]![1]).toLowerCase();
}

function gramAt(words: Words, first: number): string {
  return words.text.slice(...rangeAt(words, first, NEAR_WORDS)).toLowerCase();
}

function grams(words: Words): Letters[] {
  const count = Math.max(1, words.places.length - NEAR_WORDS + 1);
  return words.places.length === 0
    ? []
    : Array.from({ length: count }, (_, first) => new Letters(gramAt(words, first)));
}

/** Bits of a number that are used: two numbers and a carry add up without a sign. */
const BITS = 30;
const FULL = 2 ** BITS - 1;

/**
 * A text that many others are compared with: the longest common subsequence, all letters of one text at a time
 * (H. Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004).
 */
export class Letters {
  readonly #length: number;
  /** By letter: a bit for each place where it stands. */
  readonly #places = new Map<number, Int32Array>();

  constructor(text: string) {
    this.#length = text.length;
    for (let i = 0; i < text.length; i++) {
      const letter = text.charCodeAt(i);
      const places = this.#places.get(letter) ?? new Int32Array(Math.ceil(text.length / BITS));
      places[Math.floor(i / BITS)]! |= 1 << (i % BITS);
      this.#places.set(letter, places);
    }
  }

  /** Twice the letters of the longest common subsequence, over all letters: Levenshtein's ratio without substitutions. */
  likeness(other: string): number {
    const all = this.#length + other.length;
    // a bit falls to 0 with each letter that the subsequence gains
    const left = new Int32Array(Math.ceil(this.#length / BITS)).fill(FULL);
    for (let i = 0; i < other.length; i++) {
      const places = this.#places.get(other.charCodeAt(i));
      if (places === undefined) continue;
      for (let k = 0, carry = 0; k < left.length; k++) {
        const both = left[k]! & places[k]!;
        const sum = left[k]! + both + carry;
        carry = sum >> BITS;
        left[k] = (sum & FULL) | (left[k]! & ~both);
      }
    }
    let common = 0;
    for (const bits of left) for (let gone = ~bits & FULL; gone !== 0; gone &= gone - 1) common++;
    return all === 0 ? 1 : (2 * common) / all;
  }
}

const stopWords = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both
  but by can could did do does doing down during each few for from further had has have having he her here hers him his
  how i if in into is it its itself just me more most my no nor not now of off on once only or other our out over own
  same she should so some such than that the their them then there these they this those through to too under until up
  very was we were what when where which while who whom why will with would you your`.split(/\s+/),
);

/** Whether a word says nothing by itself: a function word of English, or no letter and no digit. */
export function isStopWord(word: string): boolean {
  return stopWords.has(word) || !/[\p{L}\p{N}]/u.test(word);
}
