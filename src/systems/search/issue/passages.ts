/**
 * A test collection that needs no judgements: passages of the State of the Union addresses, and sentences that were taken
 * out of them.
 *
 * Addresses are cut into passages of about a hundred words at the ends of sentences, as DPR cuts Wikipedia. From some of
 * them one sentence is taken out before they are indexed: it is the query, and the passage that it came from is what should
 * be found (the inverse cloze task; K. Lee, M.-W. Chang, K. Toutanova, "Latent retrieval for weakly supervised open domain
 * question answering", ACL 2019).
 */
import type { Address } from '../../../data/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { Draws } from '../training/draws.ts';

/** Words of a passage, up to the end of the sentence. */
const WORDS = 100;
/** Words that a sentence has to have to be a query, and the most that it may have. */
const QUERY_WORDS = [8, 40] as const;

interface Passage {
  readonly id: string;
  readonly title: string;
  readonly sentences: readonly string[];
}

function passagesOf({ year, president, text }: Address): Passage[] {
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  const passages: string[][] = [];
  let words = WORDS;
  for (const { segment } of segmenter.segment(text)) {
    const sentence = segment.trim();
    if (sentence === '') continue;
    if (words >= WORDS) {
      passages.push([]);
      words = 0;
    }
    passages.at(-1)!.push(sentence);
    words += sentence.split(/\s+/).length;
  }
  return passages.map((sentences, i) => ({
    id: `${year}-${president.toLowerCase().replaceAll(' ', '-')}-${i + 1}`,
    title: `${president}, ${year}`,
    sentences,
  }));
}

/** The passages of some addresses, as documents. */
export function passageDocuments(addresses: readonly Address[]): StoredDocument[] {
  return addresses.flatMap(passagesOf).map(({ id, title, sentences }) => ({ id, title, text: sentences.join(' ') }));
}

/** A sentence, and the passage that it was taken out of. */
export interface ClozeQuery {
  readonly text: string;
  readonly id: string;
}

/** Documents, and queries that were sentences of them: `count` at most, drawn from all passages. */
export function inverseCloze(
  addresses: readonly Address[],
  { count, seed }: { readonly count: number; readonly seed: number },
): { documents: StoredDocument[]; queries: ClozeQuery[] } {
  const passages = addresses.flatMap(passagesOf);
  const draws = new Draws(seed, 4);
  const asked = new Map<string, number>();
  const [least, most] = QUERY_WORDS;
  const fits = (sentence: string): boolean => {
    const words = sentence.split(/\s+/).length;
    return words >= least && words <= most;
  };
  const possible = passages.filter(({ sentences }) => sentences.length > 1 && sentences.some(fits));
  while (asked.size < Math.min(count, possible.length)) {
    const { id, sentences } = draws.of(possible);
    if (asked.has(id)) continue;
    asked.set(id, draws.of(sentences.flatMap((sentence, i) => (fits(sentence) ? [i] : []))));
  }
  const documents = passages.map(({ id, title, sentences }) => {
    const taken = asked.get(id);
    return { id, title, text: sentences.filter((_, i) => i !== taken).join(' ') };
  });
  const queries = passages.flatMap(({ id, sentences }) => {
    const taken = asked.get(id);
    return taken === undefined ? [] : [{ text: sentences[taken]!, id }];
  });
  return { documents, queries };
}
