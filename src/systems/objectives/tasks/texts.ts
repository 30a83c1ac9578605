/**
 * Texts as questions are drawn from them: their words and sentences, and how frequent each word is.
 */
import type { Document } from '../../../data/index.ts';
import type { Draws } from '../draws.ts';
import type { Language } from './language.ts';

/** A text's words with what stands behind each, and how often each word comes in the corpus. */
export interface Texts {
  readonly language: Language;
  readonly words: readonly (readonly string[])[];
  readonly sentences: readonly (readonly string[])[];
  /** Words of letters alone, the most frequent first. */
  readonly ranked: readonly string[];
  readonly rank: ReadonlyMap<string, number>;
  /** Words of a passage: 24, or in short documents what a quarter of them have room for, with an ending behind it. */
  readonly passage: number;
}

/** Characters that are enough for all questions; of a larger corpus pieces from all over are read. */
const enough = 2 ** 24;
const piece = 2 ** 16;

/** Reads texts. */
export function textsOf(documents: readonly Document[], language: Language): Texts {
  const texts = sampled(documents);
  const words = texts.map(language.words);
  const counts = new Map<string, number>();
  for (const own of words) {
    for (const word of own) {
      const bare = bareOf(word);
      if (bare !== undefined) counts.set(bare, (counts.get(bare) ?? 0) + 1);
    }
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([word]) => word);
  const rank = new Map(ranked.map((word, i) => [word, i]));
  const lengths = words.map(({ length }) => length).sort((a, b) => a - b);
  const passage = Math.max(4, Math.min(24, Math.floor(0.6 * lengths[Math.floor(0.75 * lengths.length)]!)));
  return { language, words, sentences: texts.map(language.sentences), ranked, rank, passage };
}

function sampled(documents: readonly Document[]): string[] {
  const total = documents.reduce((sum, { text }) => sum + text.length, 0);
  if (total <= enough) return documents.map(({ text }) => text);
  const pieces = documents.flatMap(({ text }) =>
    Array.from({ length: Math.ceil(text.length / piece) }, (_, i) => text.slice(i * piece, (i + 1) * piece)),
  );
  const every = Math.ceil(total / enough);
  return pieces.filter((_, i) => i % every === 0);
}

/** A word of some letters: three where there are capitals, which are left out as names; elsewhere two. */
export const letters = String.raw`(?:\p{Ll}{3,}|\p{Lo}[\p{Lo}\p{Lm}\p{M}]+)`;
const bareWord = new RegExp(String.raw`^["“„«(]?(${letters})[.,;:!?)"”»、。！？」』）・…「『（؟،؛۔।\s]*$`, 'u');

/** A word without what stands around it; undefined for one that is not of small letters alone. */
export function bareOf(word: string): string | undefined {
  return bareWord.exec(word)?.[1];
}

/** Some consecutive words of a document, and where they end. */
export function stretch({ words }: Texts, length: number, draws: Draws): readonly string[] | undefined {
  const own = draws.pick(words);
  if (own.length <= length) return undefined;
  const from = draws.below(own.length - length);
  return own.slice(from, from + length);
}

/** Three words about as frequent as a word, and none that is refused. */
export function wordsLike(
  { ranked, rank }: Texts,
  word: string,
  refused: (other: string) => boolean,
  draws: Draws,
): string[] | undefined {
  const at = rank.get(word);
  // nothing is as frequent as the most frequent words
  if (at === undefined || at < 20) return undefined;
  const from = Math.floor(at / 1.4);
  const near = Math.ceil(at * 1.4) - from;
  const found = new Set<string>();
  for (let tries = 0; tries < 40 && found.size < 3; tries++) {
    const other = ranked[from + draws.below(near)];
    if (other !== undefined && other !== word && !refused(other)) found.add(other);
  }
  return found.size < 3 ? undefined : [...found];
}
