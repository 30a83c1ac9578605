/** Reading papers: by id, by number, by what changed, by filter. */
import { type Database, marks, parts, sorted, type Value } from './database.ts';
import { isDay, known, numbered, type PaperRow, paperColumns, paperOf, rowsOf } from './rows.ts';
import type { Entry, Provenance, RunState, Store, StoreFilter } from './store.ts';

/** Papers of one page. */
const page = 500;
/** Numbers of one page. */
const numbersPage = 50_000;

interface Sorted {
  readonly number: number;
  readonly value: string | number | null;
}

type Looks =
  | 'at'
  | 'changes'
  | 'get'
  | 'numbersOf'
  | 'ordered'
  | 'papers'
  | 'provenance'
  | 'run'
  | 'select'
  | 'sequence'
  | 'size'
  | 'sources';

export function reader(db: Database): Pick<Store, Looks> {
  const count = async (sql: string) => (await db.all<{ n: number }>(sql))[0]!.n;
  const at = async (numbers: readonly number[]): Promise<Entry[]> => {
    const rows = await rowsOf(db, [...new Set(numbers)]);
    return numbers.flatMap((number) => {
      const row = rows.get(number);
      return row ? [{ number, changed: row.changed, paper: paperOf(row) }] : [];
    });
  };
  return {
    at,
    size: () => count('SELECT COUNT(*) AS n FROM papers'),
    sequence: () => count('SELECT value AS n FROM counter'),
    async run(source) {
      const [row] = await db.all<{ cursor: string; done: number; at: string }>(
        'SELECT cursor, done, at FROM runs WHERE source = ?',
        [source],
      );
      return row && ({ cursor: JSON.parse(row.cursor), done: row.done === 1, at: row.at } satisfies RunState);
    },
    async get(ids) {
      const numbers = await known(db, ids);
      const rows = await rowsOf(db, [...new Set(numbers.values())]);
      return ids.map((id) => {
        const row = rows.get(numbers.get(id) ?? 0);
        return row && paperOf(row);
      });
    },
    async numbersOf(ids) {
      const numbers = await known(db, ids);
      return ids.map((id) => numbers.get(id));
    },
    async *papers() {
      for (let last = 0; ; ) {
        const rows = await db.all<PaperRow>(
          `SELECT number, ${paperColumns} FROM papers WHERE number > ? ORDER BY number LIMIT ${page}`,
          [last],
        );
        for (const row of rows) yield paperOf(row);
        if (rows.length < page) return;
        last = rows.at(-1)!.number;
      }
    },
    async *changes(since) {
      for (let last = since; ; ) {
        const moments = await db.all<{ number: number; changed: number; here: number }>(
          `SELECT number, changed, 1 AS here FROM papers WHERE changed > ?
            UNION ALL SELECT number, changed, 0 AS here FROM gone WHERE changed > ? ORDER BY changed LIMIT ${page}`,
          [last, last],
        );
        const here = moments.filter((moment) => moment.here === 1).map(({ number }) => number);
        const entries = new Map((await at(here)).map((entry) => [entry.number, entry]));
        for (const { number, changed } of moments) yield { number, changed, paper: entries.get(number)?.paper };
        if (moments.length < page) return;
        last = moments.at(-1)!.changed;
      }
    },
    async select(filter) {
      const { where, values } = await condition(db, filter);
      const found: Int32Array[] = [];
      for (let last = 0; ; ) {
        const rows = await db.all<{ number: number }>(
          `SELECT number FROM papers WHERE number > ?${where === '' ? '' : ` AND ${where}`} ORDER BY number LIMIT ${numbersPage}`,
          [last, ...values],
        );
        found.push(Int32Array.from(rows, ({ number }) => number));
        if (rows.length < numbersPage) break;
        last = rows.at(-1)!.number;
      }
      const all = new Int32Array(found.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of found) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    async *ordered(by, ascending, among) {
      const rows: Sorted[] = [];
      if (among) {
        for (const part of parts(among)) {
          const list = marks(part.length);
          rows.push(
            ...(await db.all<Sorted>(`SELECT number, ${by} AS value FROM papers WHERE number IN ${list}`, part)),
          );
        }
        const sign = ascending ? 1 : -1;
        const compare = (a: string | number, b: string | number) => (a < b ? -sign : a > b ? sign : 0);
        rows.sort((a, b) => {
          if (a.value === null || b.value === null)
            return Number(a.value === null) - Number(b.value === null) || b.number - a.number;
          return compare(a.value, b.value) || b.number - a.number;
        });
        for (const { number } of rows) yield number;
        return;
      }
      const way = ascending ? 'ASC' : 'DESC';
      for (let last: Sorted | undefined; ; ) {
        // of equal values the later numbers first, which no index gives both ways: a page goes on within a value first
        const found: Sorted[] = [];
        if (last) {
          found.push(
            ...(await db.all<Sorted>(
              `SELECT number, ${by} AS value FROM papers WHERE ${by} = ? AND number < ? ORDER BY number DESC LIMIT ${page}`,
              [last.value!, last.number],
            )),
          );
        }
        if (found.length === 0) {
          const beyond = last ? `AND ${by} ${ascending ? '>' : '<'} ?` : '';
          found.push(
            ...(await db.all<Sorted>(
              `SELECT number, ${by} AS value FROM papers WHERE ${by} IS NOT NULL ${beyond}
                ORDER BY ${by} ${way}, number DESC LIMIT ${page}`,
              last ? [last.value!] : [],
            )),
          );
        }
        if (found.length === 0) break;
        for (const { number } of found) yield number;
        last = found.at(-1);
      }
      for (let last = Number.MAX_SAFE_INTEGER; ; ) {
        const found = await db.all<{ number: number }>(
          `SELECT number FROM papers WHERE ${by} IS NULL AND number < ? ORDER BY number DESC LIMIT ${page}`,
          [last],
        );
        for (const { number } of found) yield number;
        if (found.length < page) return;
        last = found.at(-1)!.number;
      }
    },
    async provenance(id) {
      const [number] = await numbered(db, [id]);
      return db.all<Provenance>(
        'SELECT source, record, first, last FROM sources WHERE paper = ? ORDER BY first, source, record',
        [number!],
      );
    },
    async sources() {
      const sources = await db.all<{ source: string; papers: number }>(
        'SELECT source, COUNT(DISTINCT paper) AS papers FROM sources GROUP BY source',
      );
      return sorted(sources, ({ source }) => source);
    },
  };
}

/** A filter as a condition of SQL. */
async function condition(db: Database, filter: StoreFilter): Promise<{ where: string; values: Value[] }> {
  const terms: string[] = [];
  const values: Value[] = [];
  const add = (term: string, ...bound: Value[]) => {
    terms.push(term);
    values.push(...bound);
  };
  const any = (list: readonly string[] | undefined, term: (marks: string) => string) => {
    if (list) add(list.length === 0 ? '1 = 0' : term(marks(list.length)), ...list);
  };
  const has = (wanted: boolean | undefined, term: string) => {
    if (wanted !== undefined) add(wanted ? term : `NOT (${term})`);
  };
  for (const [day, sign] of [
    [filter.from, '>='],
    [filter.to, '<='],
  ] as const) {
    if (day === undefined) continue;
    if (!isDay(day)) throw new RangeError(`select: expected a day such as 2022-05-01, got '${day}'`);
    add(`date ${sign} ?`, day);
  }
  any(filter.tags, (list) => `number IN (SELECT paper FROM tags WHERE tag IN ${list})`);
  any(filter.collections, (list) => `number IN (SELECT paper FROM collected WHERE collection IN ${list})`);
  any(filter.sources, (list) => `number IN (SELECT paper FROM sources WHERE source IN ${list})`);
  has(filter.code, 'code IS NOT NULL');
  has(filter.read, 'number IN (SELECT paper FROM marks)');
  has(filter.note, 'number IN (SELECT paper FROM notes)');
  if (filter.cites) {
    const names = await answers(db, filter.cites);
    any(names, (list) => `number IN (SELECT paper FROM cites WHERE cited IN ${list})`);
  }
  any(
    filter.citedBy,
    (list) =>
      `number IN (SELECT b.paper FROM names a JOIN cites c ON c.paper = a.paper JOIN names b ON b.name = c.cited
        WHERE a.name IN ${list})`,
  );
  return { where: terms.join(' AND '), values };
}

/** All names of the papers that answer to some: what cites one of them may have used any. */
async function answers(db: Database, ids: readonly string[]): Promise<string[]> {
  const names = new Set(ids);
  for (const part of parts([...(await known(db, ids)).values()])) {
    const found = await db.all<{ name: string }>(`SELECT name FROM names WHERE paper IN ${marks(part.length)}`, part);
    for (const { name } of found) names.add(name);
  }
  return [...names];
}
