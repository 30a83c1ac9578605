/** The window of time that is looked at where nobody names one: the last that a collection has papers of. */
import { addMonths, type Bin, binStart, dateOf, dayNumber, usualSpan } from '../calendar.ts';
import type { Paper } from '../paper.ts';
import type { Store } from '../store/store.ts';

export interface Window {
  /** The day after its last, the first of a month. */
  readonly at: string;
  /** Months of the window, and of the time before it that it is compared with. */
  readonly recent: number;
  readonly before: number;
  /** What papers are counted in, over all of their time. */
  readonly bin: Bin;
  /**
   * Whether a venue is to be compared with itself only: where nothing but years is known, what a year has depends on which
   * conferences were held in it.
   */
  readonly byVenue: boolean;
}

/** Over more years than this, a month has few papers and a decade is a window. */
const longYears = 40;
/** In fewer months than this there is no window with a time before it. */
const fewMonths = 6;
/** With fewer papers in it, a window is made longer. */
const fewPapers = 30;
/** Papers of each end that tell what days are known of. */
const looked = 50;

/**
 * A window that suits the dates of some papers: a month, of papers whose days are known; a year, where only years are;
 * ten years, in a collection of generations.
 * @throws RangeError for no papers
 */
export function usualWindow(papers: readonly Pick<Paper, 'date' | 'venue'>[]): Window {
  if (papers.length === 0) throw new RangeError('trends: expected papers in the collection, got none');
  let [first, last] = [papers[0]!.date, papers[0]!.date];
  let onlyYears = true;
  for (const { date } of papers) {
    if (date < first) first = date;
    if (date > last) last = date;
    if (!date.endsWith('-01-01')) onlyYears = false;
  }
  const years = (dayNumber(last) - dayNumber(first)) / 365.25;
  const nextYear = addMonths(binStart(last, 'year'), 12);
  if (years > longYears) return { at: nextYear, recent: 120, before: 480, bin: 'year', byVenue: false };
  if (onlyYears) {
    const before = Math.max(12, Math.min(60, 12 * Math.floor(years)));
    return { at: nextYear, recent: 12, before, bin: 'year', byVenue: areSeries(papers) };
  }
  const at = addMonths(binStart(last, 'month'), 1);
  const bin = years > 12 ? 'year' : years > 5 ? 'quarter' : years * 12 < fewMonths ? 'week' : 'month';
  return { at, recent: 1, before: 12, bin, byVenue: false };
}

/** Whether all papers have a venue, and venues several papers. */
function areSeries(papers: readonly Pick<Paper, 'venue'>[]): boolean {
  const venues = new Set(papers.map(({ venue }) => venue));
  return !venues.has(undefined) && 2 * venues.size <= papers.length;
}

/** The first day of a window. */
export function windowStart({ at, recent }: Pick<Window, 'at' | 'recent'>): string {
  return addMonths(at, -recent);
}

/**
 * The window that suits the collection, told by its first and last papers; undefined for an empty one.
 * @param at the day after the window's last, where it was asked for
 */
export async function windowOf(store: Store, at?: string): Promise<Window | undefined> {
  const days: string[][] = [];
  const papers: Paper[] = [];
  for (const ascending of [true, false]) {
    const numbers: number[] = [];
    for await (const one of store.ordered('date', ascending)) if (numbers.push(one) === looked) break;
    const found = (await store.at(numbers)).flatMap(({ paper }) => paper ?? []);
    days.push(found.map(({ date }) => date));
    papers.push(...found);
  }
  if (papers.length === 0) return undefined;
  const [first, latest] = usualSpan(days[0]!, days[1]!, await store.size());
  const usual = usualWindow(papers.filter(({ date }) => date >= first && date <= latest));
  const end = at ?? usual.at;
  if (usual.recent !== 1) return { ...usual, at: end };
  const last = dateOf(dayNumber(end) - 1);
  // the last month may have hardly begun
  for (const recent of [1, 3, 6]) {
    const found = await store.select({ from: windowStart({ at: end, recent }), to: last });
    if (found.length >= fewPapers) return { ...usual, at: end, recent };
  }
  return { ...usual, at: end, recent: 12 };
}
