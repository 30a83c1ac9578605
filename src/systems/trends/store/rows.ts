/** Papers as rows, and back. */
import type { Paper } from '../paper.ts';
import { marks, parts, type Statements, type Value } from './database.ts';
import type { PaperData } from './store.ts';

export const paperColumns =
  'id, title, abstract, authors, date, venue, categories, url, doi, arxiv, version, body' as const;

export interface PaperRow {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: string;
  readonly date: string;
  readonly venue: string | null;
  readonly categories: string | null;
  readonly url: string | null;
  readonly doi: string | null;
  readonly arxiv: string | null;
  readonly version: number | null;
  readonly body: string | null;
}

export function paperOf(row: PaperRow): Paper {
  return {
    id: row.id,
    title: row.title,
    abstract: row.abstract,
    authors: JSON.parse(row.authors) as string[],
    date: row.date,
    ...(row.venue !== null && { venue: row.venue }),
    ...(row.categories !== null && { categories: JSON.parse(row.categories) as string[] }),
    ...(row.url !== null && { url: row.url }),
    ...(row.doi !== null && { doi: row.doi }),
    ...(row.arxiv !== null && { arxiv: { id: row.arxiv, version: row.version ?? 1 } }),
    ...(row.body !== null && { text: row.body }),
  };
}

/** The values of a paper's columns but for its id, in their order. */
export function valuesOf(paper: PaperData): Value[] {
  return [
    paper.title,
    paper.abstract,
    JSON.stringify(paper.authors),
    paper.date,
    paper.venue ?? null,
    paper.categories ? JSON.stringify(paper.categories) : null,
    paper.url ?? null,
    paper.doi ?? null,
    paper.arxiv?.id ?? null,
    paper.arxiv?.version ?? null,
    paper.text ?? null,
  ];
}

/** Numbers of the papers that answer to these names; those that none answers to are left out. */
export async function known(t: Statements, names: readonly string[]): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const part of parts(names)) {
    const found = await t.all<{ name: string; paper: number }>(
      `SELECT name, paper FROM names WHERE name IN ${marks(part.length)}`,
      part,
    );
    for (const { name, paper } of found) numbers.set(name, paper);
  }
  return numbers;
}

/** @throws RangeError for an id that no paper answers to */
export async function numbered(t: Statements, ids: readonly string[]): Promise<number[]> {
  const numbers = await known(t, ids);
  return ids.map((id) => {
    const number = numbers.get(id);
    if (number === undefined) throw new RangeError(`store: expected a paper of the collection, got '${id}'`);
    return number;
  });
}

/** Rows of papers by number. */
export async function rowsOf(t: Statements, numbers: readonly number[]): Promise<Map<number, PaperRow & Stamp>> {
  const rows = new Map<number, PaperRow & Stamp>();
  for (const part of parts(numbers)) {
    const found = await t.all<PaperRow & Stamp>(
      `SELECT number, changed, teller, citations, authority, popularity, code, ${paperColumns} FROM papers WHERE number IN ${marks(part.length)}`,
      part,
    );
    for (const row of found) rows.set(row.number, row);
  }
  return rows;
}

export interface Stamp {
  readonly changed: number;
  /** Whose words title and abstract are. */
  readonly teller: string;
  readonly citations: number | null;
  readonly authority: number | null;
  readonly popularity: number | null;
  readonly code: number | null;
}

const day = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Whether that is a day of the calendar, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const found = day.exec(text);
  if (!found) return false;
  const [, year, month, date] = found.map(Number);
  const then = new Date(Date.UTC(year!, month! - 1, date));
  // years below 100 would be of the twentieth century
  return year! >= 100 && then.getUTCMonth() === month! - 1 && then.getUTCDate() === date;
}
