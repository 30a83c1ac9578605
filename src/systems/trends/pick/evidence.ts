/**
 * What speaks for a paper, part by part: each a raw number, compared with papers of the same age.
 *
 * Counts grow with age, so a paper's cohort are the papers of its window that appeared within days of it, and a part's
 * value is the share of the cohort that the paper is ahead of. Counts enter as gain over the last month, not as totals,
 * and through log2(1 + x), for they are heavy-tailed.
 */
import { dayNumber } from '../calendar.ts';
import type { Paper, SignalReading } from '../paper.ts';
import type { Study } from '../study.ts';

/** Counts that are velocities; authority, which is a property of the authors; and what the texts themselves say. */
export const partNames = ['citations', 'popularity', 'code', 'authority', 'rising', 'central', 'novel'] as const;
export type PartName = (typeof partNames)[number];

/** What each part is, for the reader. */
export const partMeaning: Readonly<Record<PartName, string>> = {
  citations: 'citations gained in the last month (log2)',
  popularity: 'mentions gained in the last month (log2)',
  code: 'stars of its code gained in the last month (log2)',
  authority: 'the authors’ h-indices together (log2)',
  rising: 'rising phrases in it: the sum of log2 of their growth',
  central: 'likeness to the papers of the window that are nearest to it',
  novel: 'unlikeness to the nearest paper from before the window',
};

/** Readings of each paper's signals, by its id, in any order. */
export type Readings = ReadonlyMap<string, readonly SignalReading[]>;

/** Days over which a count's gain is taken. */
const velocityDays = 30;
/** Fewest papers of a cohort. */
const cohortSize = 20;

/**
 * Each part's raw number for each paper of the window; NaN where it is unknown.
 * @param by the last day whose readings count
 */
export function rawParts(study: Study, readings: Readings, by: string): Record<PartName, Float64Array> {
  const { papers, window } = study;
  const text = textParts(study);
  const ids = window.map((i) => papers[i]!.id);
  const counted = (name: Counted) => countedOf(ids, readings, name, { by });
  const gained = (name: Counted) =>
    Float64Array.from(counted(name), (own, w) => velocity(papers[window[w]!]!, own, name));
  return {
    citations: gained('citations'),
    popularity: gained('popularity'),
    code: gained('code'),
    authority: Float64Array.from(counted('authority'), (own) => Math.log2(1 + (own.at(-1)?.authority ?? Number.NaN))),
    ...text,
  };
}

type Counted = 'citations' | 'popularity' | 'code' | 'authority';

/**
 * For each paper the readings of a count, in the order of time, all by the source that knows it of most of the papers (of
 * equal ones the first by name): counts of different sources are not to be compared.
 */
export function countedOf(
  ids: readonly string[],
  readings: Readings,
  name: Counted,
  { after = '', by }: { readonly after?: string; readonly by: string },
): SignalReading[][] {
  const known = ids.map((id) =>
    (readings.get(id) ?? [])
      .filter((reading) => reading[name] !== undefined && reading.at > after && reading.at <= by)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  );
  const papers = new Map<string, number>();
  for (const own of known)
    for (const source of new Set(own.map(({ source = '' }) => source)))
      papers.set(source, (papers.get(source) ?? 0) + 1);
  const [most] = [...papers].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return known.map((own) => own.filter(({ source = '' }) => source === most?.[0]));
}

/** log2(1 + gain in a month); from publication on where the paper is younger, or has been read once only. */
function velocity(paper: Paper, own: readonly SignalReading[], name: Counted): number {
  const last = own.at(-1);
  if (last === undefined) return Number.NaN;
  const end = dayNumber(last.at);
  const before = own.filter((reading) => dayNumber(reading.at) <= end - velocityDays).at(-1) ?? own.slice(0, -1)[0];
  const born = dayNumber(paper.date);
  const sincePublication = before === undefined || dayNumber(before.at) < born;
  const from = sincePublication ? born : dayNumber(before.at);
  const gain = last[name]! - (sincePublication ? 0 : before[name]!);
  return Math.log2(1 + (Math.max(0, gain) * velocityDays) / Math.max(velocityDays / 4, end - from));
}

function textParts({
  papers,
  window,
  from,
  neighbours,
  rising,
}: Study): Record<'rising' | 'central' | 'novel', Float64Array> {
  const { k, ids, similarity } = neighbours;
  const place = new Map(window.map((i, w) => [papers[i]!.id, w]));
  const hot = new Float64Array(window.length);
  for (const { papers: own, growth } of rising.phrases) {
    for (const id of own) {
      const w = place.get(id);
      if (w !== undefined) hot[w]! += Math.log2(Math.max(1, growth));
    }
  }
  const central = new Float64Array(window.length);
  const novel = new Float64Array(window.length).fill(1);
  for (const [w, i] of window.entries()) {
    for (let at = i * k; at < (i + 1) * k && ids[at]! >= 0; at++) {
      if (papers[ids[at]!]!.date >= from) central[w]! += similarity[at]!;
      else novel[w] = Math.min(novel[w]!, 1 - similarity[at]!);
    }
  }
  return { rising: hot, central, novel };
}

/** Papers of about the same age: the window's papers in cohorts of at least twenty whose days follow each other. */
export function cohortsOf(study: Study): Int32Array {
  const { papers, window } = study;
  const order = window
    .map((_, w) => w)
    .sort((a, b) => {
      const [x, y] = [papers[window[a]!]!.date, papers[window[b]!]!.date];
      return x < y ? -1 : x > y ? 1 : a - b;
    });
  const cohorts: number[][] = [];
  for (const w of order) {
    const last = cohorts.at(-1);
    const sameDay = last && papers[window[last.at(-1)!]!]!.date === papers[window[w]!]!.date;
    if (last && (last.length < cohortSize || sameDay)) last.push(w);
    else cohorts.push([w]);
  }
  // the last cohort may be too small to compare in
  if (cohorts.length > 1 && cohorts.at(-1)!.length < cohortSize) cohorts.at(-2)!.push(...cohorts.pop()!);
  const of = new Int32Array(window.length);
  for (const [cohort, members] of cohorts.entries()) for (const w of members) of[w] = cohort;
  return of;
}

/** For each number the share of its cohort below it, half of the ties counted; NaN stays. In (0, 1). */
export function aheadOf(raw: Float64Array, cohorts: Int32Array): Float64Array {
  const members = new Map<number, number[]>();
  for (const [i, cohort] of cohorts.entries()) {
    if (Number.isNaN(raw[i]!)) continue;
    const own = members.get(cohort) ?? [];
    own.push(i);
    members.set(cohort, own);
  }
  const ahead = new Float64Array(raw.length).fill(Number.NaN);
  for (const own of members.values()) {
    own.sort((a, b) => raw[a]! - raw[b]!);
    for (let start = 0; start < own.length; ) {
      let end = start;
      while (end < own.length && raw[own[end]!] === raw[own[start]!]) end++;
      for (let i = start; i < end; i++) ahead[own[i]!] = (start + end) / (2 * own.length);
      start = end;
    }
  }
  return ahead;
}
