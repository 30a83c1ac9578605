/**
 * Which sentences of a paper to quote.
 *
 * A sentence speaks for its paper where its words are the paper's: the cosine of their tf-idf vectors (the centroid method of
 * extractive summaries; Radev et al. 2004). Beyond that, a sentence that says what was done is wanted for *Why*, the first that
 * does so before others, and one that says what was found for *Key insights*; both are known by how such sentences are
 * written. Phrases that stand in every paper (“extensive experiments show the effectiveness”) tell nothing and are left out,
 * and so is where the code is. A sentence that leans on the one before it (“However, this …”) is quoted only together with it,
 * or where nothing else is left. Numbers that a draft keeps are the sentence's place.
 */
import type { Paper } from '../paper.ts';
import { documentsOf } from '../phrases/phrases.ts';
import { sentencesOf } from '../phrases/sentences.ts';
import { phrasePattern, spaced, stem } from '../phrases/spelling.ts';
import type { Study } from '../study.ts';
import type { Statement } from './issue.ts';

export type Purpose = 'why' | 'insight' | 'summary' | 'resource';

const cues: Readonly<Record<Purpose, RegExp>> = {
  why: /\b(?:this|the present) (?:paper|work|article|study|letter|report|survey)\b|\b(?:we|paper|authors)\b[^.]{0,60}\b(?:propos|introduc|present|develop|design|study|studi|investigat|address|describ|explor|revisit|recommend|aim|tackl|attempt|examin|argu|formulat|devis|establish|initiat)/iu,
  insight:
    /\b(?:we|results?|experiments?|analys[ie]s|evaluations?|findings?)\b[^.]{0,80}\b(?:show|find|found|demonstrat|prov|observ|suggest|indicat|reveal|achiev|outperform|improv)|\boutperform|\bstate of the art\b|\b\d+(?:\.\d+)?\s?%/iu,
  summary: /\b(?:recent|increasing|emerg|grow|becom|has become|promising|success|important|new)\w*/iu,
  resource:
    /\b(?:we|paper|work|authors)\b[^.]{0,40}\b(?:introduc|present|releas|collect|construct|creat|provid|contribut|publish|curat|build|built|annotat|propose)\w*\b(?:(?!\b(?:on|using|across|from)\b)[^.]){0,60}\b(?:data ?sets?|benchmarks?|corpus|corpora|test ?beds?|leaderboards?|test suites?)\b/iu,
};

/** Begins in the middle of a thought, or points back. */
const leaning =
  /^(?:however|moreover|furthermore|additionally|besides|but|and|also|or|thus|therefore|hence|then|so|it|its|they|their|this(?! (?:paper|work|article|study|survey|report|tutorial|thesis|review))|these|those|that|such|both|he|she|in (?:this|that) (?:case|way)|to (?:this|that) end|to (?:address|tackle|solve|overcome|answer|bridge|fill|do|mitigate|alleviate|remedy) (?:this|these|that|it|such|so|the (?:above|gap))|specifically|concretely|in particular|in addition|in contrast|by contrast|instead|for (?:example|instance|this|the (?:first|second|third|former|latter))|as a result|as such|consequently|accordingly|(?:finally|last(?:ly)?|next|first(?:ly)?|second(?:ly)?|third(?:ly)?),|another|the (?:former|latter|key is|first|second|third)|on the other hand|meanwhile|nevertheless|nonetheless|equipped with|building (?:up)?on|we (?:also|further|then|therefore|thus|hence|instead|propose instead)|overall|in summary|(?:based on|using|with|inspired by|motivated by|unlike|given|from|under|through) (?:this|these|that|it|such)|our (?:results|experiments) also)(?![\p{L}\p{N}-])|\b(?:these|the following) (?:two |three )?(?:issues?|reasons?|problems?|challenges?|questions?)\b|:$/iu;

/** Points back to what the paper is about, which *Why* has named. */
const pointingAtWork =
  /^(?:(?:using|with|by|through|based on) )?(?:this|these|our|the proposed) (?:[\p{L}-]+ )?(?:methods?|approach|frameworks?|models?|techniques?|algorithms?|data ?sets?|benchmarks?|architectures?|analys[ei]s|tasks?|systems?)\b/iu;

/** Says what every paper says, or where its code is. */
const empty =
  /\b(?:extensive|comprehensive|thorough|exhaustive|experiments?|experimental|results?|evaluations?)\b[^.]{0,90}\b(?:effectiveness|superiority|efficacy|advantages?|usefulness|merits?)\b|\b(?:code|codes|models?|data|dataset|implementation|demo|video|project page|supplement\w*)\b[^.]{0,60}\b(?:(?:is|are|will be|be|made|is made|are made) (?:publicly |freely |openly )*(?:available|released|found|accessible))\b|https?:\/\//iu;

const cueWorth = 0.35;
/** What the first sentence that says what was done is worth more than later ones. */
const firstWorth = 0.3;
const emptyCost = 0.6;
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
   * The best sentences of a paper for a purpose, in the paper's order; fewer where it has no more. One more where the first that
   * says what was done leans on the one before it.
   * @param about only sentences that name this phrase
   */
  of(id: string, purpose: Purpose, count: number, about?: string): Statement[] {
    const sentences = sentencesOf(this.#papers.get(id)!);
    const whole = this.#vector(sentences.join(' '));
    const names = about === undefined ? undefined : phrasePattern(about);
    const turn = sentences.findIndex((text) => cues.why.test(text));
    const isFree = (sentence: number) => !this.#used.has(`${id} ${sentence}`) && quotable(sentences[sentence] ?? '');
    const scored = sentences
      .map((text, sentence) => ({ text, sentence, vector: this.#vector(text) }))
      .filter(({ text, sentence }) => isFree(sentence) && (names?.test(spaced(text)) ?? true))
      .filter(({ text }) => purpose !== 'resource' || cues.resource.test(text))
      .filter(({ text }) => purpose !== 'summary' || !leaning.test(text))
      .filter(({ text }) => purpose !== 'insight' || !isEmpty(text))
      // what comes before what was done is what others have known
      .filter(({ sentence }, _, all) => purpose !== 'insight' || sentence >= turn || all.at(-1)!.sentence < turn)
      .map((one) => {
        const first = purpose === 'why' && one.sentence === turn ? firstWorth : 0;
        return { ...one, score: cosine(one.vector, whole) + manner(one.text, purpose) + first };
      })
      .sort((a, b) => b.score - a.score || a.sentence - b.sentence);
    const chosen: typeof scored = [];
    const leans = ({ text }: { readonly text: string }) =>
      leaning.test(text) && !(purpose === 'insight' && pointingAtWork.test(text));
    const take = (mayLean: (sentence: number) => boolean) => {
      for (const one of scored) {
        if (chosen.length >= count) break;
        if (chosen.includes(one) || (leans(one) && !mayLean(one.sentence))) continue;
        if (chosen.some((other) => cosine(one.vector, other.vector) > tooAlike)) continue;
        chosen.push(one);
      }
    };
    const before = scored.find(({ sentence }) => sentence === turn - 1);
    const [first] = scored;
    if (
      purpose === 'why' &&
      first?.sentence === turn &&
      leans(first) &&
      before &&
      !leans(before) &&
      !isEmpty(before.text)
    )
      chosen.push(before, first);
    take(() => false);
    take((sentence) => this.#used.has(`${id} ${sentence - 1}`) || chosen.some((one) => one.sentence === sentence - 1));
    if (chosen.length === 0 && purpose !== 'insight') take(() => true);
    for (const { sentence } of chosen) this.#used.add(`${id} ${sentence}`);
    return chosen
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

function manner(text: string, purpose: Purpose): number {
  return (cues[purpose].test(text) ? cueWorth : 0) - (isEmpty(text) ? emptyCost : 0);
}

/** A figure makes it tell something; a question tells nothing. */
function isEmpty(text: string): boolean {
  return /\?$/.test(text) || (empty.test(text) && (/https?:\/\//.test(text) || !/\d/.test(text)));
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
