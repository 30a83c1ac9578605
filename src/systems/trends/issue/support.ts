/**
 * Whether sentences say what another one says, as far as words can tell.
 *
 * Every number of the sentence has to stand in its sources, and most of its content words, plurals aside. That finds what was made up out of
 * nothing – a figure, a name, a method; it does not find a sentence that turns the sources' words into their opposite. So a
 * sentence that passes is still marked as drafted, and links to what it stands on.
 */
import { isStopWord } from '../phrases/words.ts';
import { spaced, stem } from './quotes.ts';

/** The share of the content words that must be in the sources. */
export const supportedShare = 0.7;

export interface Support {
  readonly supported: boolean;
  /** Content words and numbers that no source has. */
  readonly missing: readonly string[];
}

/** Holds a sentence against the texts that it is to stand on. */
export function supportOf(sentence: string, sources: readonly string[]): Support {
  const stems = (text: string) =>
    spaced(text)
      .split(' ')
      .filter((word) => word !== '' && !isStopWord(word));
  const known = new Set(sources.flatMap((text) => stems(text).map(stem)));
  const words = [...new Set(stems(sentence))];
  const missing = words.filter((word) => !known.has(stem(word)));
  const allNumbers = missing.every((word) => !/\p{N}/u.test(word));
  const share = words.length === 0 ? 0 : 1 - missing.length / words.length;
  return { supported: allNumbers && share >= supportedShare, missing };
}
