/**
 * Sentences of a text, numbered: what an issue quotes, and points to.
 *
 * A rule of its own, and not the system's segmenter, because the numbers are kept in drafts: the same text must have the
 * same sentences on every machine and in every version.
 */
import type { Paper } from '../paper.ts';

/** After these a full stop ends no sentence. */
const abbreviations =
  /(?:\b(?:e\.g|i\.e|cf|vs|etc|al|fig|figs|eq|eqs|sec|ref|refs|no|nos|approx|resp|w\.r\.t|mr|mrs|ms|messrs|dr|prof|st|gen|gov|sen|rep|lt|col|capt|hon|jr|sr|inc|ltd|co|u\.s|u\.n|u\.k|a\.m|p\.m|d\.c)|(?:^|[\s(.])\p{Lu})\.$/iu;
const end = /[.!?]+["”’')\]]*(?=\s+["“‘'([]*[\p{Lu}\p{N}$\\])/gu;

/** The sentences of a text, in order, without white space at their ends. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    const line = paragraph.replace(/\s+/g, ' ').trim();
    let start = 0;
    for (const match of line.matchAll(end)) {
      const stop = match.index + match[0].length;
      if (match[0] === '.' && abbreviations.test(line.slice(Math.max(start, stop - 12), stop))) continue;
      sentences.push(line.slice(start, stop).trim());
      start = stop;
    }
    const rest = line.slice(start).trim();
    if (rest !== '') sentences.push(rest);
  }
  return sentences;
}

/** The sentences of a paper: of its abstract, or of its text where it has none. The title is none. */
export function sentencesOf({ abstract, text }: Pick<Paper, 'abstract' | 'text'>): string[] {
  return splitSentences(abstract === '' ? (text ?? '') : abstract);
}
