/**
 * Candidate phrases: runs of one to four words that occur in several documents, with the documents of each.
 *
 * Counting is by documents, not occurrences. A phrase neither begins nor ends with a stop word, does not begin with a
 * number and crosses no punctuation; stop words may lie inside (`chain of thought`), and at the beginning where a hyphen
 * makes them part of a term (`few-shot learning`, `k-means`). Nor does one begin inside such a term: self-supervised learning
 * is no supervised learning. Runs are grown a word at a time, and
 * only from runs that are in enough documents themselves, for a longer run cannot be in more (Agrawal and Srikant's
 * Apriori, 1994): of the millions of different runs most are never stored.
 */
import type { Paper } from '../paper.ts';
import { BREAK, isNumber, isStopWord, readWords, type WordStream } from './words.ts';

export interface PhraseOptions {
  /** Most words of a phrase, 1 to 4; 4 unless given. */
  readonly longest?: number;
  /** Fewest documents of a phrase; 5 unless given. */
  readonly minDocuments?: number;
}

/** Phrases and their documents. */
export interface PhraseTable {
  /** Documents that were read. */
  readonly documents: number;
  /** The phrases as their occurrences are mostly written, in lower case, words joined by a hyphen or a space. */
  readonly names: readonly string[];
  /** Words of each phrase. */
  readonly words: Uint8Array;
  /** Where the documents of each phrase begin in `postings`, and the end. */
  readonly starts: Uint32Array;
  /** The documents of each phrase, rising. */
  readonly postings: Uint32Array;
}

/** What of a paper is read for phrases and sentences: title and abstract; the text where there is no abstract. */
export function textOf({ title, abstract, text }: Paper): string {
  return `${title}.\n${abstract === '' ? (text ?? '') : abstract}`;
}

/** The words of a phrase's name. */
export function wordsOfName(name: string): string[] {
  return name.split(/[ -]/);
}

/** The documents of a phrase, rising. */
export function documentsOf({ starts, postings }: PhraseTable, phrase: number): Uint32Array {
  return postings.subarray(starts[phrase]!, starts[phrase + 1]!);
}

/**
 * The phrases of some texts, the shorter first.
 * @throws RangeError for options out of range
 * @example
 * const table = phrasesOf(['a diffusion model', 'diffusion models, fast'], { minDocuments: 2 });
 * table.names; // ['diffusion', 'model', 'diffusion model']
 */
export function phrasesOf(texts: Iterable<string>, { longest = 4, minDocuments = 5 }: PhraseOptions = {}): PhraseTable {
  if (!(Number.isInteger(longest) && longest >= 1 && longest <= 4)) {
    throw new RangeError(`phrases: expected longest from 1 to 4, got ${longest}`);
  }
  if (!(minDocuments >= 1)) throw new RangeError(`phrases: expected minDocuments of at least 1, got ${minDocuments}`);
  const stream = readWords(texts);
  const found: Found[] = [];
  let runs = singleWords(stream, minDocuments);
  for (let words = 1; ; words++) {
    found.push(keep(stream, runs, words));
    if (words === longest || runs.count === 0) break;
    runs = longer(stream, runs, words, minDocuments);
  }
  return tableOf(stream, found);
}

/** The runs of one length: which begins at each place of the stream, or −1; and how many documents each is in. */
interface Runs {
  readonly at: Int32Array;
  readonly count: number;
  readonly frequency: Int32Array;
  /** The last word of each. */
  readonly last: Int32Array;
}

/** What is kept of the runs of one length. */
interface Found {
  readonly words: number;
  readonly names: readonly string[];
  readonly frequency: Int32Array;
  /** Which begins at each place, or −1. */
  readonly at: Int32Array;
}

function singleWords({ spelled, starts, countedAs, vocabulary, hyphened }: WordStream, minDocuments: number): Runs {
  const isStop = vocabulary.map(isStopWord);
  const isCount = vocabulary.map(isNumber);
  const word = (place: number) => {
    const spelling = spelled[place]!;
    if (spelling === BREAK || hyphened[place] === 1 || isCount[spelling]) return -1;
    return isStop[spelling] && hyphened[place + 1] !== 1 ? -1 : countedAs[spelling]!;
  };
  return count(starts, word, minDocuments, (key) => key);
}

/** Runs of one word more. */
function longer(
  { spelled, starts, countedAs, vocabulary }: WordStream,
  runs: Runs,
  words: number,
  minDocuments: number,
): Runs {
  const size = vocabulary.length;
  const key = (place: number) => {
    const run = runs.at[place]!;
    if (run < 0) return -1;
    const next = spelled[place + words] ?? BREAK;
    return next === BREAK ? -1 : run * size + countedAs[next]!;
  };
  return count(starts, key, minDocuments, (key) => key % size);
}

/** Numbers the keys at the places of the stream, and keeps those that are in enough documents. */
function count(
  starts: Int32Array,
  keyAt: (place: number) => number,
  minDocuments: number,
  lastOf: (key: number) => number,
): Runs {
  const length = starts.at(-1)!;
  const at = new Int32Array(length).fill(-1);
  const numberOf = new Map<number, number>();
  const keys: number[] = [];
  const frequency: number[] = [];
  const lastDocument: number[] = [];
  for (let document = 0; document + 1 < starts.length; document++) {
    const end = starts[document + 1]!;
    for (let place = starts[document]!; place < end; place++) {
      const key = keyAt(place);
      if (key < 0) continue;
      let number = numberOf.get(key);
      if (number === undefined) {
        number = keys.length;
        numberOf.set(key, number);
        keys.push(key);
        frequency.push(0);
        lastDocument.push(-1);
      }
      at[place] = number;
      if (lastDocument[number] !== document) {
        lastDocument[number] = document;
        frequency[number]!++;
      }
    }
  }
  const renumbered = new Int32Array(keys.length).fill(-1);
  const kept: number[] = [];
  for (const [number, documents] of frequency.entries()) {
    if (documents >= minDocuments) renumbered[number] = kept.push(number) - 1;
  }
  for (let place = 0; place < length; place++) if (at[place]! >= 0) at[place] = renumbered[at[place]!]!;
  return {
    at,
    count: kept.length,
    frequency: Int32Array.from(kept, (number) => frequency[number]!),
    last: Int32Array.from(kept, (number) => lastOf(keys[number]!)),
  };
}

/** The runs that may end where they do, named as they are mostly written. */
function keep({ spelled, countedAs, vocabulary, hyphened }: WordStream, runs: Runs, words: number): Found {
  const ends = vocabulary.map(
    (word) => !isStopWord(word) && (words > 1 || /\p{L}{2}|\p{L}\p{N}|\p{N}\p{L}/u.test(word)),
  );
  const renumbered = new Int32Array(runs.count).fill(-1);
  const kept: number[] = [];
  for (let run = 0; run < runs.count; run++) if (ends[runs.last[run]!]) renumbered[run] = kept.push(run) - 1;
  const at = Int32Array.from(runs.at, (run) => (run < 0 ? -1 : renumbered[run]!));
  // A spelling of a run is a bit a word, whether it is written otherwise than it is counted, and one for each hyphen.
  const ways = 2 ** (2 * words - 1);
  const written = new Int32Array(kept.length * ways);
  const example = new Int32Array(kept.length * ways);
  for (let place = 0; place < at.length; place++) {
    const run = at[place]!;
    if (run < 0) continue;
    let way = 0;
    for (let w = 0; w < words; w++) {
      const spelling = spelled[place + w]!;
      if (countedAs[spelling] !== spelling) way |= 1 << w;
      if (w > 0 && hyphened[place + w] === 1) way |= 1 << (words + w - 1);
    }
    if (written[run * ways + way]!++ === 0) example[run * ways + way] = place;
  }
  const names = kept.map((_, run) => {
    let best = run * ways;
    for (let way = best + 1; way < (run + 1) * ways; way++) if (written[way]! > written[best]!) best = way;
    const place = example[best]!;
    let name = vocabulary[spelled[place]!]!;
    for (let w = 1; w < words; w++) name += (hyphened[place + w] === 1 ? '-' : ' ') + vocabulary[spelled[place + w]!]!;
    return name;
  });
  return { words, names, frequency: Int32Array.from(kept, (run) => runs.frequency[run]!), at };
}

function tableOf({ starts: textStarts }: WordStream, found: readonly Found[]): PhraseTable {
  const total = found.reduce((sum, { names }) => sum + names.length, 0);
  const starts = new Uint32Array(total + 1);
  const words = new Uint8Array(total);
  let phrase = 0;
  for (const level of found) {
    for (const documents of level.frequency) {
      words[phrase] = level.words;
      starts[phrase + 1] = starts[phrase]! + documents;
      phrase++;
    }
  }
  const postings = new Uint32Array(starts[total]!);
  const filled = starts.slice();
  let first = 0;
  for (const { at, names } of found) {
    for (let document = 0; document + 1 < textStarts.length; document++) {
      const end = textStarts[document + 1]!;
      for (let place = textStarts[document]!; place < end; place++) {
        if (at[place]! < 0) continue;
        const own = first + at[place]!;
        const next = filled[own]!;
        if (next > starts[own]! && postings[next - 1] === document) continue;
        postings[next] = document;
        filled[own] = next + 1;
      }
    }
    first += names.length;
  }
  const documents = textStarts.length - 1;
  return { documents, names: found.flatMap(({ names }) => names), words, starts, postings };
}
