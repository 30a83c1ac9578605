/**
 * Where a text stands word for word: found as n-grams, counted as a person would.
 *
 * The tokens of a text differ with what stands before it: after a space its first word is one token, after a bracket, a
 * hyphen or a line break another. Both are looked for. And a word's tokens may be the beginning or the end of a longer
 * word's: where the text begins or ends with a letter or digit, what goes on with one does not count.
 */
import { boundary } from '../fm-index/fm-index.ts';
import type { LiveNgrams, NgramState } from '../ngrams/live-ngrams.ts';
import type { Coder } from './coder.ts';

export interface ExactPlaces {
  readonly count: number;
  /** Of the first documents: their numbers, and the ranges of tokens where the text stands in each. */
  readonly documents: ReadonlyMap<number, readonly (readonly [from: number, to: number])[]>;
}

/** @param most documents to tell of */
export function findExact(ngrams: LiveNgrams, coder: Coder, text: string, most: number): ExactPlaces {
  const documents = new Map<number, [from: number, to: number][]>();
  const tell = (document: number, from: number, to: number): void => {
    const known = documents.get(document);
    if (known !== undefined) known.push([from, to]);
    else if (documents.size < most) documents.set(document, [[from, to]]);
  };
  const letters = Array.from(text);
  const [beginsInWord, endsInWord] = [isWord(letters[0]!), isWord(letters.at(-1)!)];
  const ended = (tokens: readonly number[]) =>
    Array.from(goneOn(ngrams, coder, ngrams.find(tokens), [])).filter(({ letter }) => !(endsInWord && isWord(letter)));

  const [spaced, bare] = coder.spellings(text);
  let count = 0;
  for (const { state, more, count: own } of ended(spaced)) {
    count += own;
    if (documents.size === most) continue;
    const { documents: found, ends } = ngrams.locate(state, most);
    for (const [i, document] of found.entries()) {
      const to = ends[i]! - more;
      tell(document, to - spaced.length, to);
    }
  }
  if (bare === undefined) return { count, documents };
  // a space that is a token of its own: those places have been counted
  const space = String(spaced.slice(1)) === String(bare) ? spaced[0] : undefined;
  const isCounted = (before: Int32Array) => space !== undefined && before.at(-1) === space;
  // of a text that begins with no letter what stands before it says nothing: all that have not been counted do
  if (!beginsInWord && space !== undefined) count = 0;
  for (const { state, more, count: own } of ended(bare)) {
    if (!beginsInWord) count += own;
    if (!beginsInWord && documents.size === most) continue;
    // what stands before is known place by place only
    const { documents: found, ends } = ngrams.locate(state, beginsInWord ? undefined : most);
    for (const [i, document] of found.entries()) {
      const to = ends[i]! - more;
      const from = to - bare.length;
      const before = ngrams.extract(document, Math.max(0, from - LONGEST), from);
      if (isCounted(before)) continue;
      if (beginsInWord && isWord(lastLetter(coder, before))) continue;
      if (beginsInWord) count++;
      tell(document, from, to);
    }
  }
  return { count, documents };
}

/** Bytes of a letter at most, which may be as many tokens. */
const LONGEST = 4;

/** What an n-gram goes on with. */
interface GoneOn {
  /** The n-gram with what comes after it. */
  readonly state: NgramState;
  /** How many tokens that is. */
  readonly more: number;
  readonly count: number;
  /** The first letter of what comes after it; none where the field ends. */
  readonly letter: string;
}

/** An n-gram with the next token, or with so many that they have a letter together. @param bytes of those it has already */
function* goneOn(
  ngrams: LiveNgrams,
  coder: Coder,
  from: NgramState,
  bytes: readonly number[],
  more = 1,
): Generator<GoneOn> {
  const { tokens, counts, ends } = ngrams.next(from);
  if (ends > 0) yield { state: ngrams.extend(from, boundary), more, count: ends, letter: '' };
  for (const [i, token] of tokens.entries()) {
    const state = ngrams.extend(from, token);
    const all = coder.marks.has(token) ? [] : [...bytes, ...coder.tokenizer.bytes(token)];
    if (all.length > 0 && all.length < sizeOf(all[0]!)) yield* goneOn(ngrams, coder, state, all, more + 1);
    else {
      const letter = all.length === 0 ? '' : new TextDecoder().decode(Uint8Array.from(all.slice(0, sizeOf(all[0]!))));
      yield { state, more, count: counts[i]!, letter };
    }
  }
}

/** The last letter of some tokens' text; none at the beginning of a field. */
function lastLetter(coder: Coder, tokens: Int32Array): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    if (coder.marks.has(token)) bytes.length = 0;
    else bytes.push(...coder.tokenizer.bytes(token));
  }
  return Array.from(new TextDecoder().decode(Uint8Array.from(bytes))).at(-1) ?? '';
}

/** Bytes of a letter that begins with this one. */
function sizeOf(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function isWord(letter: string): boolean {
  return /[\p{L}\p{M}\p{N}]/u.test(letter);
}
