/** Everything that is not derived, out of a store and into another: whoever leaves takes it all along. */
import type { Paper, SignalReading } from '../paper.ts';
import { type Database, marks, parts, type Statements, sorted } from './database.ts';
import { namesOf, titleKey } from './identity.ts';
import { isDay, paperColumns, valuesOf } from './rows.ts';
import { putReading } from './signals.ts';
import type { Collection, Provenance, Row, Shelf, Store } from './store.ts';

/** Papers of one page. */
const page = 500;

export function carrier(
  db: Database,
  store: Pick<Store, 'papers' | 'readings' | 'shelves' | 'collections' | 'keys' | 'value' | 'size'>,
): Pick<Store, 'everything' | 'restore'> {
  return {
    async *everything() {
      yield { kind: 'collection', version: 1 };
      for await (const papers of pages(store.papers())) {
        const ids = papers.map(({ id }) => id);
        const readings = await store.readings(ids);
        const shelves = await store.shelves(ids);
        const also = await aliases(db, ids);
        const sources = await tellers(db, ids);
        for (const [i, paper] of papers.entries()) {
          const { collections: _, ...shelf } = shelves[i]!;
          const kept = shelf.tags.length > 0 || shelf.read !== undefined || shelf.note !== undefined;
          yield {
            kind: 'paper',
            paper,
            ...(also.has(paper.id) && { also: also.get(paper.id)! }),
            ...(readings[i]!.length > 0 && { signals: readings[i]! }),
            ...(sources.has(paper.id) && { sources: sources.get(paper.id)! }),
            ...(kept && { shelf: { ...shelf, collections: [] } }),
          };
        }
      }
      for (const list of await store.collections()) yield { kind: 'list', list };
      for (const key of await store.keys('')) yield { kind: 'value', key, value: await store.value(key) };
    },
    async restore(rows) {
      const size = await store.size();
      if (size > 0) throw new RangeError(`restore: expected an empty store, got one of ${size} papers`);
      await db.transaction(async (t) => {
        let line = 0;
        let moment = 0;
        for await (const row of rows) {
          line++;
          const fail = (expected: string) => new SyntaxError(`restore: line ${line}: expected ${expected}`);
          const { kind, ...rest } = row as Row;
          if (line === 1) {
            if (kind !== 'collection' || (rest as { version?: unknown }).version !== 1)
              throw fail('the heading of an export of version 1');
          } else if (kind === 'paper') {
            const { paper } = rest as Partial<Extract<Row, { kind: 'paper' }>>;
            if (typeof paper?.id !== 'string' || typeof paper.title !== 'string' || !isDay(String(paper.date)))
              throw fail('a paper with id, title and date');
            await putPaper(t, rest as Extract<Row, { kind: 'paper' }>, ++moment);
          } else if (kind === 'list') {
            await putList(t, (rest as { list: Collection }).list);
          } else if (kind === 'value') {
            const { key, value } = rest as { key: string; value: unknown };
            await t.run('INSERT INTO kept (name, value) VALUES (?, ?)', [key, JSON.stringify(value)]);
          } else throw fail(`a paper, list or value, got '${String(kind).slice(0, 40)}'`);
        }
        await t.run('UPDATE counter SET value = value + ?', [moment]);
      });
    },
  };
}

async function putPaper(t: Statements, row: Extract<Row, { kind: 'paper' }>, moment: number): Promise<void> {
  const { paper, also = [], signals = [], sources = [], shelf } = row;
  const [inserted] = await t.all<{ number: number }>(
    `INSERT INTO papers (${paperColumns}, teller, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      RETURNING number`,
    [paper.id, ...valuesOf(paper), sources[0] ? `${sources[0].source}\n${sources[0].record}` : '', moment],
  );
  const { number } = inserted!;
  for (const name of new Set([paper.id, ...also, ...namesOf(paper)]))
    await t.run('INSERT INTO names (name, paper) VALUES (?, ?) ON CONFLICT DO NOTHING', [name, number]);
  await t.run('INSERT INTO titles (title, paper) VALUES (?, ?)', [titleKey(paper.title), number]);
  for (const reading of signals) await putReading(t, number, reading as SignalReading);
  for (const { source, record, first, last } of sources) {
    // its digest is not known any more: the next reading of the source compares the words themselves
    await t.run('INSERT INTO sources (source, record, paper, first, last, digest) VALUES (?, ?, ?, ?, ?, ?)', [
      source,
      record,
      number,
      first,
      last,
      '',
    ]);
  }
  await putShelf(t, number, shelf);
}

async function putShelf(t: Statements, number: number, shelf: Shelf | undefined): Promise<void> {
  for (const tag of shelf?.tags ?? []) await t.run('INSERT INTO tags (tag, paper) VALUES (?, ?)', [tag, number]);
  if (shelf?.read !== undefined) await t.run('INSERT INTO marks (paper, at) VALUES (?, ?)', [number, shelf.read]);
  if (shelf?.note !== undefined) await t.run('INSERT INTO notes (paper, note) VALUES (?, ?)', [number, shelf.note]);
}

async function putList(t: Statements, { name, about, papers }: Collection): Promise<void> {
  await t.run('INSERT INTO collections (name, about) VALUES (?, ?)', [name, about]);
  for (const [place, id] of papers.entries()) {
    await t.run(
      'INSERT INTO collected (collection, paper, place) SELECT CAST(? AS TEXT), paper, CAST(? AS BIGINT) FROM names WHERE name = ?',
      [name, place + 1, id],
    );
  }
}

async function* pages(papers: AsyncIterable<Paper>): AsyncGenerator<Paper[]> {
  let held: Paper[] = [];
  for await (const paper of papers) {
    held.push(paper);
    if (held.length < page) continue;
    yield held;
    held = [];
  }
  yield held;
}

/** Names besides the id, by id. */
async function aliases(db: Database, ids: readonly string[]): Promise<Map<string, string[]>> {
  return grouped<{ id: string; name: string }, string>(
    db,
    ids,
    (list) => `SELECT id, name FROM papers JOIN names ON paper = number WHERE id IN ${list} AND name <> id`,
    ({ name }) => name,
    (name) => name,
  );
}

async function tellers(db: Database, ids: readonly string[]): Promise<Map<string, Provenance[]>> {
  return grouped<{ id: string } & Provenance, Provenance>(
    db,
    ids,
    (list) => `SELECT id, source, record, first, last FROM papers JOIN sources ON paper = number WHERE id IN ${list}`,
    ({ id: _, ...said }) => said,
    ({ source, record, first }) => `${first} ${source} ${record}`,
  );
}

async function grouped<R extends { id: string }, T>(
  db: Database,
  ids: readonly string[],
  sql: (marks: string) => string,
  item: (row: R) => T,
  order: (item: T) => string,
): Promise<Map<string, T[]>> {
  const lists = new Map<string, T[]>();
  for (const part of parts(ids)) {
    for (const row of await db.all<R>(sql(marks(part.length)), part)) {
      const list = lists.get(row.id);
      if (list) list.push(item(row));
      else lists.set(row.id, [item(row)]);
    }
  }
  return new Map([...lists].map(([id, list]) => [id, sorted(list, order)]));
}
