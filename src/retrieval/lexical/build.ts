/**
 * Building postings: for every word the documents that it occurs in, rising, as the gap to the one before and the number
 * of occurrences, each in as many bytes as it needs (seven bits a byte, the last byte without its high bit).
 */
import { layOut, seal } from '../store/sections.ts';
import { type Analyser, analysers, wordsOf } from './words.ts';

export const kind = { name: 'postings', version: 2 } as const;

export const sectionNames = [
  /** Documents, words in the dictionary, bytes of words, bytes of postings, the analyser's number. */
  'about',
  /** Words of each document, repeated ones counted. */
  'lengths',
  /** Where each word ends in `dictionary`. */
  'ends',
  'dictionary',
  /** Documents that each word occurs in. */
  'frequencies',
  /** Where the postings of each word begin, and the end. */
  'starts',
  'postings',
] as const;

export type SectionName = (typeof sectionNames)[number];

/** A list of numbers that grows. */
class Numbers {
  #values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  get values(): Int32Array {
    return this.#values.subarray(0, this.length);
  }
}

/** The file of an index of those texts. @throws RangeError for more than 2 GiB of postings */
export function buildPostings(texts: Iterable<string>, analyser: Analyser): Uint8Array<ArrayBuffer> {
  const numberOf = new Map<string, number>();
  const lengths = new Numbers();
  // one of each for every word of every document
  const words = new Numbers();
  const documents = new Numbers();
  const occurrences = new Numbers();
  for (const text of texts) {
    const found = wordsOf(text, analyser);
    const counts = new Map<number, number>();
    for (const word of found) {
      let number = numberOf.get(word);
      if (number === undefined) {
        number = numberOf.size;
        numberOf.set(word, number);
      }
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    for (const [number, count] of counts) {
      words.push(number);
      documents.push(lengths.length);
      occurrences.push(count);
    }
    lengths.push(found.length);
  }

  const encoder = new TextEncoder();
  const spelled = [...numberOf.keys()].map((word) => encoder.encode(word));
  const frequencies = new Int32Array(numberOf.size);
  const sizes = new Int32Array(numberOf.size);
  const before = new Int32Array(numberOf.size);
  for (let i = 0; i < words.length; i++) {
    const word = words.values[i]!;
    frequencies[word]!++;
    sizes[word]! += bytesOf(documents.values[i]! - before[word]!) + bytesOf(occurrences.values[i]!);
    before[word] = documents.values[i]!;
  }
  const starts = cumulated(sizes);
  const ends = cumulated(spelled.map(({ length }) => length)).subarray(1);
  const bytes = starts.at(-1)!;
  const letters = ends.at(-1) ?? 0;
  const { file, sections } = layOut<SectionName>(kind, {
    about: 5,
    lengths: lengths.length,
    ends: ends.length,
    dictionary: Math.ceil(letters / 4),
    frequencies: frequencies.length,
    starts: starts.length,
    postings: Math.ceil(bytes / 4),
  });
  sections.about.set([lengths.length, numberOf.size, letters, bytes, analysers.indexOf(analyser)]);
  sections.lengths.set(lengths.values);
  sections.ends.set(ends);
  sections.frequencies.set(frequencies);
  sections.starts.set(starts);
  const dictionary = bytesIn(sections.dictionary, letters);
  spelled.forEach((word, i) => {
    dictionary.set(word, ends[i]! - word.length);
  });
  const postings = bytesIn(sections.postings, bytes);
  const to = starts.slice();
  const put = (word: number, value: number): void => {
    for (; value > 127; value >>>= 7) postings[to[word]!++] = value | 128;
    postings[to[word]!++] = value;
  };
  before.fill(0);
  for (let i = 0; i < words.length; i++) {
    const word = words.values[i]!;
    put(word, documents.values[i]! - before[word]!);
    put(word, occurrences.values[i]!);
    before[word] = documents.values[i]!;
  }
  seal(file);
  return file;
}

/** The bytes of a section. */
export function bytesIn(section: Int32Array, length: number): Uint8Array {
  return new Uint8Array(section.buffer, section.byteOffset, length);
}

function bytesOf(value: number): number {
  return value < 1 ? 1 : Math.ceil((32 - Math.clz32(value)) / 7);
}

/** The sums of what comes before, and of all. @throws RangeError where they outgrow their words */
function cumulated(sizes: ArrayLike<number>): Int32Array {
  const sums = new Int32Array(sizes.length + 1);
  for (let i = 0, sum = 0; i < sizes.length; i++) {
    sum += sizes[i]!;
    if (sum >= 2 ** 31) throw new RangeError('LexicalIndex.build: expected less than 2 GiB of postings, got more');
    sums[i + 1] = sum;
  }
  return sums;
}
