/** Words that all forms of an issue share. */
import { formatNumber } from '../../../report/index.ts';
import { addMonths, dateOf, dayNumber } from '../calendar.ts';
import { knownDate } from '../paper.ts';
import { partMeaning } from '../pick/evidence.ts';
import type { Issue, IssuePick, PaperEntry, RisingRow, Statement, TopicChange } from './issue.ts';

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export function dayBefore(date: string): string {
  return dateOf(dayNumber(date) - 1);
}

/** First and last day. */
export function windowWords({ from, at }: Pick<Issue, 'from' | 'at'>): string {
  return `${from} to ${dayBefore(at)}`;
}

/** `Papers of June 2021`, of a year, or from a day to another. */
export function titleWords(window: Pick<Issue, 'from' | 'at'>): string {
  const { from, at } = window;
  const [year, month] = from.split('-') as [string, string];
  if (from.endsWith('-01') && at === addMonths(from, 1)) return `Papers of ${monthNames[Number(month) - 1]} ${year}`;
  if (from.endsWith('-01-01') && at === addMonths(from, 12)) return `Papers of ${year}`;
  return `Papers of ${windowWords(window)}`;
}

export function aboutWords({ papers, read, compared, rate }: Issue): string {
  return `${papers} papers appeared; ${read} were read in all. Phrases rise between the ${compared.before} papers from ${compared.since} on and the ${compared.recent} since ${compared.recentFrom}, at a false discovery rate of ${formatNumber(100 * rate)} %.`;
}

/** `Ada Lovelace, Charles Babbage and 3 others, 2022-05-02, ACL` */
export function creditWords({ id, authors, date, venue }: PaperEntry): string {
  const shown = authors.slice(0, 3).join(', ');
  const others = authors.length - 3;
  const names = others > 0 ? `${shown} and ${others} ${others === 1 ? 'other' : 'others'}` : shown;
  return [names, knownDate({ id, date }), venue].filter((part) => part !== undefined && part !== '').join(', ');
}

/** By how many times its share of the papers grew, where it was there before: `×3.1`. */
export function timesWords({ growth, before }: Pick<RisingRow, 'growth' | 'before'>): string {
  if (before === 0) return 'new';
  return `×${formatNumber(growth, { decimals: growth < 10 ? 1 : 0 })}`;
}

/** `×3.1 (31 papers, 12 before)` */
export function growthWords(row: RisingRow): string {
  return `${timesWords(row)} (${row.recent} papers, ${row.before} before)`;
}

export function changeWords({ now, earlier }: TopicChange): string {
  const percent = (share: number) => `${formatNumber(100 * share, { decimals: 1 })} %`;
  return `${percent(earlier)} → ${percent(now)}`;
}

/** What changed since the window before, a line each. */
export function changeLines({ changed: { topics, phrases } }: Issue): string[] {
  const { newly = [], noLonger = [] } = phrases ?? {};
  return [
    ...topics.map((topic) => `${topic.label}: ${changeWords(topic)} of the papers`),
    ...(newly.length > 0 ? [`Newly rising: ${newly.join(', ')}`] : []),
    ...(noLonger.length > 0 ? [`No longer rising: ${noLonger.join(', ')}`] : []),
  ];
}

/** Every part of a score: `score 0.81 = rising 0.97 × 1, …`. */
export function scoreWords({ score, parts, pinned }: IssuePick): string {
  const two = (value: number) => formatNumber(value, { decimals: 2 });
  const each = parts.map(
    ({ name, value, weight, floor }) => `${name} ${two(value)}${floor ? ` (${floor})` : ''} × ${weight}`,
  );
  if (parts.length === 0) return `${pinned ? 'pinned; ' : ''}not scored`;
  return `${pinned ? 'pinned; ' : ''}score ${two(score)}: ${each.join(', ')}`;
}

/** What the parts of the scores mean, of those that occur. */
export function partsLegend({ picks }: Issue): readonly string[] {
  const used = [...new Set(picks.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  return used.map((name) => `${name}: ${partMeaning[name]}`);
}

/** What stands beside a sentence that is not quoted. */
export function originWords({ origin, supported }: Statement): string {
  if (origin === 'quoted') return '';
  return supported ? origin : `${origin}, not supported by its sources`;
}

/** An address that may be linked to, or undefined: what feeds say is anything. */
export function webAddress(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** The papers that sentences stand on, by id: to link and to name them. */
export function entriesOf({ picks, news, references, resources, quoted }: Issue): Map<string, PaperEntry> {
  const all = [
    ...quoted,
    ...references,
    ...resources.map(({ paper }) => paper),
    ...news.map(({ paper }) => paper),
    ...picks.map(({ paper }) => paper),
  ];
  return new Map(all.map((paper) => [paper.id, paper]));
}
