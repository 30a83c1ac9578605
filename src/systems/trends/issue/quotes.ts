/**
 * Which sentences of a paper to quote.
 *
 * A sentence speaks for its paper where its words are the paper's: the cosine of their tf-idf vectors (the centroid method of
 * extractive summaries; Radev et al. 2004). Beyond that, a sentence that says what was done is wanted for *Why*, and one
 * that says what was found for *Key insights*; both are known by how such sentences are written. A sentence that leans on the
 * one before it (“However, this …”) is quoted only where nothing else is left. Numbers that a draft keeps are the sentence's place.
 */
import type { Paper } from '../paper.ts';
import { documentsOf } from '../phrases/phrases.ts';
import { sentencesOf } from '../phrases/sentences.ts';
import { phrasePattern, spaced, stem } from '../phrases/spelling.ts';
import type { Study } from '../study.ts';
import type { Statement } from './issue.ts';

export type Purpose = 'why' | 'insight' | 'summary' | 'resource';

const cues: Readonly<Record<Purpose, RegExp>> = {
  why: /\b(?:we|this (?:paper|work|article|study)|here|paper)\b[^.]{0,60}\b(?:propos|introduc|present|develop|design|study|studi|investigat|address|describ|explor|revisit|recommend)/iu,
  insight:
    /\b(?:we|results?|experiments?|analys[ie]s|evaluations?|findings?)\b[^.]{0,80}\b(?:show|find|found|demonstrat|prov|observ|suggest|indicat|reveal|achiev|outperform|improv)|\boutperform|\bstate of the art\b|\b\d+(?:\.\d+)?\s?%/iu,
  summary: /\b(?:recent|increasing|emerg|grow|becom|has become|promising|success|important|new)\w*/iu,
  resource:
    /\b(?:we|paper|work|authors)\b[^.]{0,40}\b(?:introduc|present|releas|collect|construct|creat|provid|contribut|publish|curat|build|built|annotat|propose)\w*\b(?:(?!\b(?:on|using|across|from)\b)[^.]){0,60}\b(?:data ?sets?|benchmarks?|corpus|corpora|test ?beds?|leaderboards?|test suites?)\b/iu,
};

/** Begins in the middle of a thought. */
const leaning =
  /^(?:however|moreover|furthermore|additionally|besides|but|and|also|thus|therefore|hence|then|it|they|this|these|those|that|such|he|she|in (?:this|that) (?:case|way)|to this end|to (?:address|tackle|solve) (?:this|these)|specifically|in particular|in addition|for (?:example|instance)|as a result|consequently|finally|second|third|we (?:also|further|then)|(?:based on|using|with|inspired by|motivated by) (?:this|these|that))\b/iu;

const cueWorth = 0.35;
const leaningCost = 0.25;
/** A sentence that shares more than this with one chosen before says the same. */
const tooAlike = 0.6;

/** Finds sentences to quote in the papers of a study; none of them twice. */
export class Quotes {
  readonly #papers: ReadonlyMap<string, Paper>;
  readonly #idf: ReadonlyMap<string, number>;
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
   * The best sentences of a paper for a purpose, in the paper's order; fewer where it has no more.
   * @param about only sentences that name this phrase
   */
  of(id: string, purpose: Purpose, count: number, about?: string): Statement[] {
    const sentences = sentencesOf(this.#papers.get(id)!);
    const whole = this.#vector(sentences.join(' '));
    const names = about === undefined ? undefined : phrasePattern(about);
    const scored = sentences
      .map((text, sentence) => ({ text, sentence, vector: this.#vector(text) }))
      .filter(
        ({ text, sentence }) =>
          !this.#used.has(`${id} ${sentence}`) && quotable(text) && (names?.test(spaced(text)) ?? true),
      )
      .filter(({ text }) => purpose !== 'resource' || cues.resource.test(text))
      .filter(({ text }) => purpose !== 'summary' || !leaning.test(text))
      .map((one) => ({ ...one, score: cosine(one.vector, whole) + this.#manner(one.text, purpose) }))
      .sort((a, b) => b.score - a.score || a.sentence - b.sentence);
    const chosen: typeof scored = [];
    for (const one of scored) {
      if (chosen.length === count) break;
      if (chosen.some((other) => cosine(one.vector, other.vector) > tooAlike)) continue;
      chosen.push(one);
    }
    for (const { sentence } of chosen) this.#used.add(`${id} ${sentence}`);
    return chosen
      .sort((a, b) => a.sentence - b.sentence)
      .map(({ text, sentence }) => ({ text, sources: [{ paper: id, sentence }], origin: 'quoted' }));
  }

  #manner(text: string, purpose: Purpose): number {
    return (cues[purpose].test(text) ? cueWorth : 0) - (leaning.test(text) ? leaningCost : 0);
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

/** Neither a fragment nor a list of everything. */
function quotable(text: string): boolean {
  return text.length >= 30 && text.length <= 600 && text.split(' ').length >= 6;
}

function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [word, weight] of a) {
    dot += weight * (b.get(word) ?? 0);
    aa += weight ** 2;
  }
  for (const weight of b.values()) bb += weight ** 2;
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
