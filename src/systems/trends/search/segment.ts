/**
 * A part of the index: some tens of thousands of papers, never changed once it is made. Papers are numbered from 0 in it, in
 * the order of their numbers in the store.
 */
import { LexicalIndex, layOut, readSections, seal } from '../../../retrieval/index.ts';
import { dayNumber } from '../calendar.ts';
import type { Paper } from '../paper.ts';
import { keysOf } from './keys.ts';

/** The most that goes into one, which bounds the memory that making it takes. */
export interface Limits {
  readonly papers: number;
  readonly letters: number;
}
export const segmentLimits: Limits = { papers: 65_536, letters: 2 ** 26 };
/** Letters of a word, with the space behind it, about. */
export const lettersOfWord = 6;

const kind = { name: 'papers', version: 1 } as const;
const names = ['numbers', 'days'] as const;

/** What a segment is made of. */
export interface Numbered {
  readonly number: number;
  readonly paper: Paper;
}

export interface SegmentFiles {
  readonly words: Uint8Array;
  readonly keys: Uint8Array;
  readonly papers: Uint8Array;
}

export interface Segment {
  readonly name: string;
  /** Words of titles, abstracts and texts. */
  readonly words: LexicalIndex;
  /** Keys of filters. */
  readonly keys: LexicalIndex;
  /** The store's number of each paper, rising. */
  readonly numbers: Int32Array;
  /** Days since 1970-01-01. */
  readonly days: Int32Array;
}

/** All that is searched in a paper. */
export function textOf({ title, abstract, text }: Paper): string {
  return text === undefined ? `${title}\n${abstract}` : `${title}\n${abstract}\n${text}`;
}

export function buildSegment(papers: readonly Numbered[]): SegmentFiles {
  const { file, sections } = layOut(kind, { numbers: papers.length, days: papers.length });
  for (const [i, { number, paper }] of papers.entries()) {
    sections.numbers[i] = number;
    sections.days[i] = dayNumber(paper.date);
  }
  seal(file);
  const texts = function* (): Generator<string> {
    for (const { paper } of papers) yield textOf(paper);
  };
  const keys = function* (): Generator<string> {
    for (const { paper } of papers) yield keysOf(paper);
  };
  return {
    words: LexicalIndex.build(texts(), { analyser: 'unicode' }).file,
    keys: LexicalIndex.build(keys()).file,
    papers: file,
  };
}

/** @throws SyntaxError for a file that changed in any byte */
export function openSegment(name: string, files: SegmentFiles): Segment {
  const { numbers, days } = readSections(`${name} papers`, files.papers, kind, names);
  return {
    name,
    words: LexicalIndex.open(files.words, `${name} words`),
    keys: LexicalIndex.open(files.keys, `${name} keys`),
    numbers,
    days,
  };
}
