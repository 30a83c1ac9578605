/**
 * Which sentences of a paper to quote.
 *
 * *Why* stands before the turn (zones.ts): what is missing, or what the turn answers. *Key insights* are the turn, and what
 * was found. Among several, a sentence speaks for its paper where its words are the paper's: the cosine of their tf-idf
 * vectors (the centroid method of extractive summaries; Radev et al. 2004).
 *
 * Phrases that stand in every paper (“extensive experiments show the effectiveness”) tell nothing and are left out, and so is
 * where the code is. A sentence that leans on the one before it (“However, this …”) is quoted only together with that, or
 * where nothing else is left. Numbers that a draft keeps are the sentence's place.
 */
import type { Paper } from '../paper.ts';
import { documentsOf } from '../phrases/phrases.ts';
import { sentencesOf } from '../phrases/sentences.ts';
import { phrasePattern, spaced, stem } from '../phrases/spelling.ts';
import type { Study } from '../study.ts';
import type { Statement } from './issue.ts';
import { isEmpty, isQuotable, leans, pointsAtWork, turnOf, turns, zones } from './zones.ts';

/** What it is worth to be written as is wanted. */
const mannerWorth = 0.35;
/** The same for being the sentence that the turn answers. */
const answeredWorth = 0.3;
/** And for being near the turn, the most. */
const nearWorth = 0.15;
const emptyCost = 0.6;
/** What it costs among the insights to speak of nothing that is the paper's own. */
const othersCost = 0.15;
/** What it is worth to say that a field moves. */
const topicalWorth = 0.6;
/** Letters of a sentence that tells what a phrase is about, among others in one paragraph. */
const longestAbout = 350;
/** A sentence that shares more than this with one chosen before says the same. */
const tooAlike = 0.6;

type Vector = ReadonlyMap<string, number>;

interface Candidate {
  readonly text: string;
  readonly sentence: number;
  readonly vector: Vector;
  readonly score: number;
}

/** Finds sentences to quote in the papers of a study; none of them twice. */
export class Quotes {
  readonly #papers: ReadonlyMap<string, Paper>;
  readonly #idf: Vector;
  readonly #used = new Set<string>();

  constructor(study: Study) {
    this.#papers = new Map(study.papers.map((paper) => [paper.id, paper]));
    const idf = new Map<string, number>();
    for (const [phrase, name] of study.table.names.entries()) {
      if (study.table.words[phrase] !== 1) break;
      idf.set(stem(name), Math.log(study.table.documents / documentsOf(study.table, phrase).length));
    }
    this.#idf = idf;
  }

  /**
   * Why a paper was written: the sentence before the turn that says best what is missing, with the one before that where it
   * leans on it. Of an abstract that begins with the turn, one that says what others lack; or else the turn.
   */
  why(id: string): Statement[] {
    const sentences = this.#sentences(id);
    const turn = turnOf(sentences);
    const isAnswered = (sentence: number) => sentence === turn - 1 && leans(sentences[turn]!);
    const worth = (text: string, sentence: number) =>
      (zones.missing.test(text) ? mannerWorth : 0) +
      (isAnswered(sentence) ? answeredWorth : 0) +
      (sentence < turn ? (nearWorth * sentence) / turn : 0);
    const candidates = this.#candidates(id, worth);
    const before = candidates.filter(({ sentence }) => turn < 0 || sentence < turn);
    const lacking = candidates.filter(({ text }) => zones.missing.test(text) && !zones.own.test(text));
    const first = candidates.filter(({ sentence }) => sentence === turn);
    const choices = before.length > 0 ? before : [...lacking, ...first];
    const [whole] = choices.flatMap((one) => standing(one, candidates) ?? []);
    return this.#quoted(id, whole ?? [...choices, ...candidates].slice(0, 1));
  }

  /**
   * What a paper does, in short: the first sentence that says so, by itself or with the one before where it leans on that; or
   * else what was found.
   */
  brief(id: string): Statement[] {
    const candidates = this.#candidates(id, () => 0);
    const [whole] = candidates
      .filter(({ text }) => turns(text))
      .sort((a, b) => a.sentence - b.sentence)
      .flatMap((one) => standing(one, candidates) ?? []);
    return whole ? this.#quoted(id, whole) : this.insights(id, 1);
  }

  /** The turn, and what was found after it: as many sentences, in the paper's order; fewer where it has no more. */
  insights(id: string, count: number): Statement[] {
    const sentences = this.#sentences(id);
    const turn = turnOf(sentences);
    // what comes before the turn is what others have known
    const worth = (text: string) =>
      (zones.finding.test(text) ? mannerWorth : 0) - (zones.own.test(text) ? 0 : othersCost);
    const candidates = this.#candidates(id, worth).filter(
      ({ text, sentence }) => sentence === turn || (sentence > turn && !isEmpty(text) && !text.endsWith('?')),
    );
    const isThere = (sentence: number) => this.#used.has(`${id} ${sentence}`);
    const first = candidates.find(({ sentence }) => sentence === turn);
    const chosen = first && (!leans(first.text) || isThere(turn - 1)) ? [first] : [];
    take(candidates, count, chosen, ({ text }) => !leans(text) || pointsAtWork(text));
    take(candidates, count, chosen, ({ sentence }) => isThere(sentence - 1) || has(chosen, sentence - 1));
    return this.#quoted(id, chosen);
  }

  /**
   * Of the sentences of some papers that name a phrase, lean on no other and are no detail of what was done, the one that
   * speaks best for all of them; undefined where there is none.
   */
  about(ids: readonly string[], phrase: string): Statement | undefined {
    const names = phrasePattern(phrase);
    const centre = this.#vector(ids.map((id) => this.#sentences(id).join(' ')).join(' '));
    const candidates = ids.flatMap((id) => {
      const turn = turnOf(this.#sentences(id));
      return this.#candidates(id, (text) => (zones.topical.test(text) ? topicalWorth : 0), centre)
        .filter(({ sentence }) => turn < 0 || sentence <= turn)
        .filter(({ text }) => text.length <= longestAbout && !leans(text) && names.test(spaced(text)))
        .map((one) => ({ id, ...one }));
    });
    const [best] = candidates.sort((a, b) => b.score - a.score);
    return best && this.#quoted(best.id, [best])[0];
  }

  /** The sentence that announces a data set or benchmark; undefined for none. */
  resource(id: string): Statement | undefined {
    if (!this.#sentences(id).some((text) => zones.resource.test(text))) return undefined;
    const candidates = this.#candidates(id, () => 0).filter(({ text }) => zones.resource.test(text));
    const found = candidates.find(({ text }) => !leans(text)) ?? candidates[0];
    return found && this.#quoted(id, [found])[0];
  }

  #sentences(id: string): readonly string[] {
    return sentencesOf(this.#papers.get(id)!);
  }

  /** Those that may be quoted, the best first. @param whole what they are to speak for; the paper unless given */
  #candidates(id: string, worth: (text: string, sentence: number) => number, whole?: Vector): Candidate[] {
    const sentences = this.#sentences(id);
    whole ??= this.#vector(sentences.join(' '));
    return sentences
      .flatMap((text, sentence): Candidate[] => {
        if (this.#used.has(`${id} ${sentence}`) || !isQuotable(text)) return [];
        const vector = this.#vector(text);
        const score = cosine(vector, whole) + worth(text, sentence) - (isEmpty(text) ? emptyCost : 0);
        return [{ text, sentence, vector, score }];
      })
      .sort((a, b) => b.score - a.score || a.sentence - b.sentence);
  }

  #quoted(id: string, chosen: readonly Candidate[]): Statement[] {
    for (const { sentence } of chosen) this.#used.add(`${id} ${sentence}`);
    return [...chosen]
      .sort((a, b) => a.sentence - b.sentence)
      .map(({ text, sentence }) => ({ text, sources: [{ paper: id, sentence }], origin: 'quoted' }));
  }

  #vector(text: string): Map<string, number> {
    const vector = new Map<string, number>();
    for (const word of spaced(text).split(' ')) {
      const idf = this.#idf.get(stem(word));
      if (idf !== undefined) vector.set(stem(word), (vector.get(stem(word)) ?? 0) + idf);
    }
    return vector;
  }
}

/** A sentence by itself or, where it leans, with the one before; undefined where that does not stand by itself either. */
function standing(one: Candidate, candidates: readonly Candidate[]): [Candidate[]] | undefined {
  if (!leans(one.text)) return [[one]];
  const former = candidates.find(({ sentence }) => sentence === one.sentence - 1);
  return former && !leans(former.text) ? [[former, one]] : undefined;
}

/** Takes the best that are allowed and say something new, until there are enough. */
function take(
  candidates: readonly Candidate[],
  count: number,
  chosen: Candidate[],
  allowed: (one: Candidate) => boolean,
): void {
  for (const one of candidates) {
    if (chosen.length >= count) return;
    if (has(chosen, one.sentence) || !allowed(one)) continue;
    if (chosen.some(({ vector }) => cosine(one.vector, vector) > tooAlike)) continue;
    chosen.push(one);
  }
}

function has(chosen: readonly Candidate[], sentence: number): boolean {
  return chosen.some((one) => one.sentence === sentence);
}

function cosine(a: Vector, b: Vector): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [word, weight] of a) {
    dot += weight * (b.get(word) ?? 0);
    aa += weight ** 2;
  }
  for (const weight of b.values()) bb += weight ** 2;
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
