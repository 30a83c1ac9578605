/** Where the reasons of a hit stand in its text, and the passage that shows most of them. */
import { type Analyser, wordsIn } from '../../../retrieval/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { SearchHit } from '../searcher/types.ts';
import type { Mark } from './pieces.ts';

/** UTF-16 units of a passage, about. */
const PASSAGE = 320;
/** What share of its score a reason has to be to be marked: of a hundred that add next to nothing a text would be full. */
const MARKED = 0.04;

/** Why a hit was found: an n-gram that the model wrote, or a word of the query, or what that stands for. */
export interface Reason {
  readonly kind: 'n-gram' | 'word';
  readonly text: string;
  /** Of an n-gram, how it came about: written as a part of the body, as a title, a pseudo-query, by its first token, or taken from the query. */
  readonly source: string;
  /** Of a word that was not in the query: the one that it stands for. */
  readonly asked?: string;
  /** How often an n-gram occurs in all documents; how many documents have a word. */
  readonly count: number;
  /** What it adds to the score of n-grams, or to that of words. */
  readonly contribution: number;
  /** What share of that score it is. */
  readonly share: number;
}

/** The reasons of a hit, the weightiest first. */
export function reasonsOf({ ngrams, words, ngramScore, wordScore }: SearchHit): Reason[] {
  const share = (contribution: number, score: number | null): number => (score ? contribution / score : 0);
  const all: Reason[] = [
    ...ngrams.map(({ text, source, count, contribution }) => ({
      kind: 'n-gram' as const,
      text,
      source,
      count,
      contribution,
      share: share(contribution, ngramScore),
    })),
    ...words.map(({ word, asked, documents, score }) => ({
      kind: 'word' as const,
      text: word,
      source: 'query',
      ...(asked !== undefined && { asked }),
      count: documents,
      contribution: score,
      share: share(score, wordScore),
    })),
  ];
  return all.filter(({ contribution }) => contribution > 0).sort((a, b) => b.share - a.share);
}

/** Where the reasons that count stand in title and text: of those at one place the weightiest. */
export function marksOf(hit: SearchHit, reasons: readonly Reason[], analyser: Analyser): Mark[] {
  const ngrams = new Map(hit.ngrams.map((ngram) => [`${ngram.source} ${ngram.text}`, ngram]));
  // backwards, so that of two reasons with one word the weightier stays
  const words = new Map(
    reasons.flatMap(({ kind, text }, i) => (kind === 'word' ? [[text, i] as const] : [])).reverse(),
  );
  const { title = '', text } = hit.document;
  return (['title', 'text'] as const).flatMap((field) => {
    const own = field === 'title' ? title : text;
    // by UTF-16 unit: one more than the number of the reason, 0 for none
    const painted = new Uint32Array(own.length);
    const paint = (start: number, end: number, reason: number): void => {
      for (let i = start; i < end; i++) if (painted[i] === 0 || painted[i]! > reason + 1) painted[i] = reason + 1;
    };
    for (const [i, { kind, source, text: name, share }] of reasons.entries()) {
      if (kind === 'word' || share < MARKED) continue;
      for (const span of ngrams.get(`${source} ${name}`)!.spans) {
        if (span.field === field) paint(span.start, span.end, i);
      }
    }
    if (words.size > 0) {
      for (const { word, from, to } of wordsIn(own, analyser)) {
        const reason = words.get(word);
        if (reason !== undefined) paint(from, to, reason);
      }
    }
    return runsOf(field, painted);
  });
}

function runsOf(field: Mark['field'], painted: Uint32Array): Mark[] {
  const marks: Mark[] = [];
  for (let start = 0; start < painted.length; ) {
    let end = start + 1;
    while (end < painted.length && painted[end] === painted[start]) end++;
    if (painted[start] !== 0) marks.push({ field, start, end, reason: painted[start]! - 1 });
    start = end;
  }
  return marks;
}

/** The passage of a text in which the reasons weigh most together, each counted once. */
export function passageOf({ text }: StoredDocument, marks: readonly Mark[], reasons: readonly Reason[]) {
  const own = marks.filter(({ field }) => field === 'text');
  const counts = new Map<number, number>();
  let weight = 0;
  let best = { weight: 0, start: 0, end: 0 };
  for (let from = 0, to = 0; from < own.length; from++) {
    for (; to < own.length && own[to]!.end <= Math.max(own[from]!.start + PASSAGE, own[from]!.end); to++) {
      const { reason } = own[to]!;
      const before = counts.get(reason) ?? 0;
      if (before === 0) weight += reasons[reason]!.share;
      counts.set(reason, before + 1);
    }
    // rounding of sums must not move the passage of equal ones
    if (weight > best.weight + 1e-9) best = { weight, start: own[from]!.start, end: own[to - 1]!.end };
    const { reason } = own[from]!;
    const left = counts.get(reason)! - 1;
    counts.set(reason, left);
    if (left === 0) weight -= reasons[reason]!.share;
  }
  const slack = Math.max(0, PASSAGE - (best.end - best.start)) >> 1;
  const start = wordStart(text, Math.max(0, Math.min(best.start - slack, text.length - PASSAGE)));
  return { start, end: wordEnd(text, Math.min(text.length, Math.max(start + PASSAGE, best.end))) };
}

/** Units that a word may have before it is cut. */
const LONG_WORD = 40;

function wordStart(text: string, at: number): number {
  for (let i = at; at - i < LONG_WORD; i--) if (i === 0 || /\s/.test(text[i - 1]!)) return i;
  return isLow(text, at) ? at - 1 : at;
}

function wordEnd(text: string, at: number): number {
  for (let i = at; i < text.length && i - at < LONG_WORD; i++) if (/\s/.test(text[i]!)) return i;
  if (text.length - at < LONG_WORD) return text.length;
  return isLow(text, at) ? at + 1 : at;
}

/** Whether the second half of a pair of units stands there: letters are not cut in two. */
function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}
