/** Days, and the bins of time that papers are counted in. Dates are `YYYY-MM-DD`, of no time zone. */
import type { Paper } from './paper.ts';

export type Bin = 'week' | 'month' | 'quarter' | 'year';

/** When papers were published, in bins without holes from the first to the last. */
export interface Timeline {
  readonly bin: Bin;
  /** First day of each bin. */
  readonly starts: readonly string[];
  /** The bin of each paper; −1 for one that is in none. */
  readonly of: Int32Array;
  /** Papers in each bin. */
  readonly sizes: Int32Array;
}

/** Days since 1970-01-01. @throws SyntaxError for what is no day of the calendar */
export function dayNumber(date: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const time = parts ? Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])) : Number.NaN;
  // a day that does not exist, as 30 February, comes back as another
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) {
    throw new SyntaxError(`trends: expected a date like 2022-05-31, got ${JSON.stringify(date)}`);
  }
  return time / 86_400_000;
}

/** The date of a day number. */
export function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** The same day `months` later or earlier; the month's last where it has no such day. */
export function addMonths(date: string, months: number): string {
  dayNumber(date);
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const index = year * 12 + (month - 1) + months;
  const last = new Date(Date.UTC(Math.floor(index / 12), (((index % 12) + 12) % 12) + 1, 0));
  return dateOf(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(day, last.getUTCDate())) / 86_400_000);
}

/** First day of the bin that holds a date; a week begins on Monday. */
export function binStart(date: string, bin: Bin): string {
  const day = dayNumber(date);
  if (bin === 'week') return dateOf(day - ((((day + 3) % 7) + 7) % 7));
  const [year, month] = date.split('-') as [string, string];
  if (bin === 'year') return `${year}-01-01`;
  if (bin === 'month') return `${year}-${month}-01`;
  return `${year}-${String(Number(month) - ((Number(month) - 1) % 3)).padStart(2, '0')}-01`;
}

/** First day of the bin after the one that begins on `start`. */
export function nextBin(start: string, bin: Bin): string {
  if (bin === 'week') return dateOf(dayNumber(start) + 7);
  return addMonths(start, { month: 1, quarter: 3, year: 12 }[bin]);
}

/** The papers' bins. @throws RangeError for no papers; SyntaxError for a date that is none */
export function timelineOf(papers: readonly Pick<Paper, 'date'>[], bin: Bin): Timeline {
  if (papers.length === 0) throw new RangeError('timeline: expected papers, got none');
  const own = papers.map(({ date }) => binStart(date, bin));
  let [first, last] = [own[0]!, own[0]!];
  for (const start of own) {
    if (start < first) first = start;
    if (start > last) last = start;
  }
  const starts: string[] = [];
  for (let start = first; start <= last; start = nextBin(start, bin)) starts.push(start);
  const place = new Map(starts.map((start, i) => [start, i]));
  const of = Int32Array.from(own, (start) => place.get(start)!);
  const sizes = new Int32Array(starts.length);
  for (const i of of) sizes[i]!++;
  return { bin, starts, of, sizes };
}

/** Of all papers the share, at each end of their time, that may be odd. */
const fewOdd = 0.02;
/** In fewer papers none is. */
const leastPapers = 10;

/**
 * The first and last day of some papers, but for a few at each end that would more than double the time between: a slip of
 * a source, or a classic among the papers of a year.
 * @param oldest days of the first papers, rising; of all, or of as many as may be odd and one more
 * @param newest days of the last ones, falling
 * @param size of how many papers
 */
export function usualSpan(oldest: readonly string[], newest: readonly string[], size: number): [string, string] {
  const odd = size < leastPapers ? 0 : Math.max(1, Math.floor(fewOdd * size));
  const [first, last] = [oldest, newest].map((days) => dayNumber(days[Math.min(odd, days.length - 1)]!)) as [
    number,
    number,
  ];
  const length = last - first;
  const from = oldest.find((day) => dayNumber(day) >= first - length)!;
  const to = newest.find((day) => dayNumber(day) <= last + length)!;
  return [from, to];
}

/** What an axis of time marks: few years one by one, and not their months; else about so many. */
export function ticksOf({ starts }: Pick<Timeline, 'starts'>, about = 8): number | 'year' {
  return starts.length <= about && starts.every((start) => start.endsWith('-01-01')) ? 'year' : about;
}
