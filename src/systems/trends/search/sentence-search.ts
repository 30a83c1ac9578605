/** The sentences of papers that say most of what is asked: papers are found first, then their sentences are ranked. */
import type { Statistics } from '../../../retrieval/index.ts';
import type { Paper } from '../paper.ts';
import { sentencesOf } from '../phrases/sentences.ts';
import { indexWords } from './paper-index.ts';

export interface Sentence {
  readonly paper: Paper;
  readonly number: number;
  /** Its place among the paper's sentences, from 0; −1 for the title. */
  readonly index: number;
  readonly text: string;
}

/** Words of a sentence of usual length. */
const usual = 25;

/** All sentences of some papers, the title first. */
export function sentencesAmong(papers: readonly { readonly paper: Paper; readonly number: number }[]): Sentence[] {
  return papers.flatMap(({ paper, number }) => [
    { paper, number, index: -1, text: paper.title },
    ...sentencesOf(paper).map((text, index) => ({ paper, number, index, text })),
  ]);
}

/** BM25 of sentences, with the words weighed as in the whole collection. */
export function scoreSentences(
  sentences: readonly Sentence[],
  words: readonly string[],
  statistics: Statistics,
  { k1, b }: { readonly k1: number; readonly b: number },
): number[] {
  const weights = new Map(
    words.map((word) => {
      const df = statistics.documentsWith(word);
      return [word, Math.log(1 + (statistics.documents - df + 0.5) / (df + 0.5))];
    }),
  );
  return sentences.map(({ text }) => {
    const found = indexWords(text);
    const counts = new Map<string, number>();
    for (const word of found) if (weights.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const norm = k1 * (1 - b + (b * found.length) / usual);
    let score = 0;
    for (const [word, tf] of counts) score += (weights.get(word)! * tf * (k1 + 1)) / (tf + norm);
    return score;
  });
}
