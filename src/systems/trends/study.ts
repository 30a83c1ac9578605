/**
 * What is known of a window of time by its end: its papers, their phrases and nearest papers, the topics, what rises.
 *
 * Picking and writing both stand on it. Papers of the end and later are not read, so that a study of the past knows no
 * more than one could have known then.
 */
import { addMonths, dayNumber } from './calendar.ts';
import type { Paper } from './paper.ts';
import { type PhraseTable, phrasesOf, textOf } from './phrases/phrases.ts';
import { type Rising, type RisingOptions, rising } from './rising/rising.ts';
import { type Neighbours, phraseNeighbours } from './topics/neighbours.ts';
import { nearest, type Topics, topicsOf } from './topics/topics.ts';

export interface StudyOptions extends Pick<RisingOptions, 'stratum' | 'rate' | 'minPapers'> {
  /** First day of the window. */
  readonly from: string;
  /** The day after its last. */
  readonly at: string;
  /**
   * Months up to `at` in which phrases may rise; the window's, and three at least, unless given: a month has too few papers
   * to tell a rise by.
   */
  readonly recent?: number;
  /** Months before those that they are compared with; 12 unless given. */
  readonly before?: number;
  /** The topics of the time before, whose ids and names are to be kept. */
  readonly former?: Topics;
  /** Nearest papers by vectors of any origin, of those papers in that order; over shared phrases unless given. */
  readonly neighbours?: (read: readonly Paper[]) => Neighbours;
  /** More for more and smaller topics. */
  readonly resolution?: number;
}

export interface Study {
  readonly from: string;
  readonly at: string;
  /** Papers before `at`, in the order given. */
  readonly papers: readonly Paper[];
  /** Which of them are in the window. */
  readonly window: readonly number[];
  readonly table: PhraseTable;
  readonly neighbours: Neighbours;
  readonly topics: Topics;
  readonly rising: Rising;
}

/**
 * Studies a window of whole months.
 * @throws RangeError for a window without papers or not of whole months, or two papers of one id
 * @example
 * const study = studyOf(papers, { from: '2022-04-01', at: '2022-05-01' });
 */
export function studyOf(all: readonly Paper[], options: StudyOptions): Study {
  const { from, at, before, former, stratum, rate, minPapers, resolution } = options;
  const months = monthsBetween(from, at);
  const papers = all.filter(({ date }) => date < at);
  const ids = new Set<string>();
  for (const { id } of papers) {
    if (ids.has(id)) throw new RangeError(`study: expected papers with ids of their own, got '${id}' twice`);
    ids.add(id);
  }
  const window = papers.flatMap(({ date }, i) => (date >= from ? [i] : []));
  if (window.length === 0) throw new RangeError(`study: expected papers from ${from} to before ${at}, got none`);
  const table = phrasesOf(papers.map(textOf));
  const neighbours = options.neighbours?.(papers) ?? phraseNeighbours(table, nearest);
  const topics = topicsOf(papers, {
    table,
    neighbours,
    ...(former && { former }),
    ...(resolution !== undefined && { resolution }),
  });
  return {
    from,
    at,
    papers,
    window,
    table,
    neighbours,
    topics,
    rising: rising(papers, {
      at,
      recent: options.recent ?? Math.max(months, 3),
      ...(before !== undefined && { before }),
      ...(stratum && { stratum }),
      ...(rate !== undefined && { rate }),
      ...(minPapers !== undefined && { minPapers }),
    }),
  };
}

function monthsBetween(from: string, at: string): number {
  dayNumber(from);
  dayNumber(at);
  const [[y0, m0], [y1, m1]] = [from, at].map((date) => date.split('-').map(Number)) as [number[], number[]];
  const months = (y1! - y0!) * 12 + m1! - m0!;
  if (months < 1 || addMonths(at, -months) !== from) {
    throw new RangeError(`study: expected a window of whole months, as 2022-04-01 to 2022-05-01, got ${from} to ${at}`);
  }
  return months;
}
