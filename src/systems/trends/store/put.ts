/**
 * Keeping what sources say: every record finds its paper, or becomes one.
 *
 * A batch is one transaction, and how far its source has been read is written in the same one. So a process that is killed
 * has kept a batch whole or not at all, and goes on behind it; and records that come again are known by source and record.
 */
import { createHash } from 'node:crypto';
import { cleanBody, cleanLine, cleanText } from './clean.ts';
import type { Database, Statements } from './database.ts';
import { areAkin, doiOf, idOf, isSameWork, isTelling, namesOf, titleKey } from './identity.ts';
import { mergePapers } from './merge.ts';
import { isDay, known, type PaperRow, paperColumns, paperOf, rowsOf, type Stamp, valuesOf } from './rows.ts';
import { putReading, readingFault } from './signals.ts';
import type { PaperData, PutResult, SourceRecord, Store } from './store.ts';

const assignments = paperColumns
  .split(', ')
  .slice(1)
  .map((column) => `${column} = ?`)
  .join(', ');

export function putter(db: Database): Pick<Store, 'put' | 'remove'> {
  return {
    async put(records, run) {
      // outside of the transaction, where it holds nobody up, and before it: a bad record keeps the batch out
      const said = records.map((given) => ({ given, paper: cleaned(given) }));
      return db.transaction(async (t) => {
        const batch = new Batch(t, await sequence(t));
        for (const { given, paper } of said) await batch.put(given, paper);
        if (run) {
          await t.run(
            `INSERT INTO runs (source, cursor, done, at) VALUES (?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET
              cursor = excluded.cursor, done = excluded.done, at = excluded.at`,
            [run.source, JSON.stringify(run.cursor ?? null), run.done ? 1 : 0, batch.now],
          );
        }
        return batch.end();
      });
    },
    async remove(ids) {
      await db.transaction(async (t) => {
        let moment = await sequence(t);
        for (const number of new Set((await known(t, ids)).values())) await bury(t, number, ++moment);
        await t.run('UPDATE counter SET value = ?', [moment]);
      });
    },
  };
}

/** The last moment of the sequence of changes; holds other writers up until the transaction ends. */
async function sequence(t: Statements): Promise<number> {
  const [row] = await t.all<{ value: number }>('UPDATE counter SET value = value + 0 RETURNING value');
  return row!.value;
}

async function bury(t: Statements, number: number, moment: number): Promise<void> {
  await t.run('DELETE FROM papers WHERE number = ?', [number]);
  await t.run('INSERT INTO gone (number, changed) VALUES (?, ?)', [number, moment]);
}

class Batch {
  readonly now = new Date().toISOString();
  readonly #t: Statements;
  #moment: number;
  #added = 0;
  #unchanged = 0;
  readonly #updated = new Set<number>();
  readonly #new = new Set<number>();
  readonly #merged: { from: string; into: string }[] = [];
  readonly #conflicts: string[] = [];
  readonly #numbers: number[] = [];

  constructor(t: Statements, moment: number) {
    this.#t = t;
    this.#moment = moment;
  }

  async put(given: SourceRecord, paper: PaperData): Promise<void> {
    const { source, record, signals } = given;
    const digest = createHash('sha256').update(JSON.stringify(paper)).digest('base64url').slice(0, 22);
    const [before] = await this.#t.all<{ paper: number; digest: string }>(
      'SELECT paper, digest FROM sources WHERE source = ? AND record = ?',
      [source, record],
    );
    let number: number;
    if (before?.digest === digest) {
      number = before.paper;
      this.#unchanged++;
      await this.#t.run('UPDATE sources SET last = ? WHERE source = ? AND record = ?', [this.now, source, record]);
    } else {
      number = await this.#place(paper, before?.paper, `${source}\n${record}`);
      await this.#t.run(
        `INSERT INTO sources (source, record, paper, first, last, digest) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (source, record) DO UPDATE SET paper = excluded.paper, last = excluded.last, digest = excluded.digest`,
        [source, record, number, this.now, this.now, digest],
      );
    }
    if (signals) await putReading(this.#t, number, { source, ...signals });
    this.#numbers.push(number);
  }

  async end(): Promise<PutResult> {
    await this.#t.run('UPDATE counter SET value = ?', [this.#moment]);
    const rows = await rowsOf(this.#t, [...new Set(this.#numbers)]);
    // a paper that a later record of the batch showed to be another has gone into that
    const into = new Map(this.#merged.map(({ from, into }) => [from, into]));
    return {
      added: this.#added,
      updated: [...this.#updated].filter((number) => !this.#new.has(number)).length,
      unchanged: this.#unchanged,
      merged: this.#merged,
      conflicts: this.#conflicts,
      ids: this.#numbers.map((number) => rows.get(number)?.id ?? into.get(this.#idOf.get(number)!)!),
    };
  }

  /** Ids of papers that were merged away in this batch. */
  readonly #idOf = new Map<number, string>();

  /** The number of the paper that this is, after it has been kept. */
  async #place(paper: PaperData, before: number | undefined, teller: string): Promise<number> {
    const rows = await this.#candidates(paper, before, teller);
    const [target, ...others] = rows;
    if (!target) return this.#add(paper, teller);
    let row = target;
    for (const other of others) row = await this.#merge(row, other);
    await this.#update(row, mergePapers(dataOf(row), paper, row.teller === teller));
    return row.number;
  }

  /** Rows of the papers that this is one with, the first kept first. */
  async #candidates(paper: PaperData, before: number | undefined, teller: string): Promise<Row[]> {
    const named = await known(this.#t, namesOf(paper));
    const numbers = new Set(named.values());
    if (before !== undefined) numbers.add(before);
    const key = titleKey(paper.title);
    const byTitle = new Set<number>();
    if (numbers.size === 0 && isTelling(key)) {
      const found = await this.#t.all<{ paper: number }>('SELECT paper FROM titles WHERE title = ?', [key]);
      for (const { paper } of found) byTitle.add(paper);
    }
    const rows = await rowsOf(this.#t, [...numbers, ...byTitle]);
    return [...rows.values()]
      .filter((row) => {
        if (row.number === before) return true;
        if (byTitle.has(row.number)) return isSameWork(dataOf(row), paper);
        if (paper.arxiv && named.get(`arxiv:${paper.arxiv.id}`) === row.number) return true;
        if (areAkin(row.title, paper.title)) return true;
        this.#conflicts.push(
          `${teller.replace('\n', ' ')}: expected DOI ${paper.doi} to be that of '${row.title}', got '${paper.title}' (kept apart)`,
        );
        return false;
      })
      .sort((a, b) => a.number - b.number);
  }

  async #add(paper: PaperData, teller: string): Promise<number> {
    const key = titleKey(paper.title);
    // of the names that it could have, those that others have
    const wanted = [...namesOf(paper), idOf(paper, (id) => !id.startsWith('hash:'), teller)];
    const taken = await known(this.#t, wanted);
    const id = idOf(paper, (id) => taken.has(id), teller);
    const [row] = await this.#t.all<{ number: number }>(
      `INSERT INTO papers (${paperColumns}, teller, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING number`,
      [id, ...valuesOf(paper), teller, ++this.#moment],
    );
    const { number } = row!;
    await this.#name(number, [id, ...namesOf(paper)], key);
    this.#added++;
    this.#new.add(number);
    return number;
  }

  async #update(row: Row, paper: PaperData): Promise<void> {
    if (JSON.stringify(valuesOf(paper)) === JSON.stringify(valuesOf(dataOf(row)))) {
      this.#unchanged++;
    } else {
      await this.#t.run(`UPDATE papers SET ${assignments}, changed = ? WHERE number = ?`, [
        ...valuesOf(paper),
        ++this.#moment,
        row.number,
      ]);
      this.#updated.add(row.number);
    }
    await this.#name(row.number, namesOf(paper), titleKey(paper.title));
  }

  async #name(number: number, names: readonly string[], key: string): Promise<void> {
    for (const name of new Set(names))
      await this.#t.run('INSERT INTO names (name, paper) VALUES (?, ?) ON CONFLICT DO NOTHING', [name, number]);
    if (isTelling(key))
      await this.#t.run('INSERT INTO titles (title, paper) VALUES (?, ?) ON CONFLICT DO NOTHING', [key, number]);
  }

  /** Makes one of two papers: all that belongs to the other goes over. */
  async #merge(row: Row, other: Row): Promise<Row> {
    const t = this.#t;
    const [to, from] = [row.number, other.number];
    await t.run('UPDATE names SET paper = ? WHERE paper = ?', [to, from]);
    await t.run('UPDATE sources SET paper = ? WHERE paper = ?', [to, from]);
    for (const [table, columns] of shared) {
      await t.run(
        `INSERT INTO ${table} (paper, ${columns}) SELECT CAST(? AS BIGINT), ${columns} FROM ${table} WHERE paper = ?
          ON CONFLICT DO NOTHING`,
        [to, from],
      );
    }
    const [mine] = await t.all<{ note: string }>('SELECT note FROM notes WHERE paper = ?', [to]);
    const [theirs] = await t.all<{ note: string }>('SELECT note FROM notes WHERE paper = ?', [from]);
    if (mine && theirs && mine.note !== theirs.note)
      await t.run('UPDATE notes SET note = ? WHERE paper = ?', [`${mine.note}\n\n${theirs.note}`, to]);
    await t.run(
      `UPDATE papers SET citations = COALESCE(citations, ?), authority = COALESCE(authority, ?),
        popularity = COALESCE(popularity, ?), code = COALESCE(code, ?) WHERE number = ?`,
      [other.citations, other.authority, other.popularity, other.code, to],
    );
    const merged = mergePapers(dataOf(row), dataOf(other), false);
    await bury(t, from, ++this.#moment);
    await t.run(`UPDATE papers SET ${assignments}, changed = ? WHERE number = ?`, [
      ...valuesOf(merged),
      ++this.#moment,
      to,
    ]);
    if (this.#new.delete(from)) this.#added--;
    this.#updated.delete(from);
    this.#updated.add(to);
    this.#merged.push({ from: other.id, into: row.id });
    this.#idOf.set(from, other.id);
    return (await rowsOf(t, [to])).get(to)!;
  }
}

/** Tables of what a paper has, and their other columns. */
const shared = [
  ['titles', 'title'],
  ['readings', 'source, at, citations, authority, popularity, code'],
  ['cites', 'cited'],
  ['tags', 'tag'],
  ['collected', 'collection, place'],
  ['marks', 'at'],
  ['notes', 'note'],
] as const;

type Row = PaperRow & Stamp;

function dataOf(row: PaperRow): PaperData {
  const { id: _, ...data } = paperOf(row);
  return data;
}

/** What is wrong with a record, in one line that names it; undefined for one that can be kept. */
export function recordFault({ source, record, paper, signals }: SourceRecord): string | undefined {
  const fault = (problem: string) => `${source} ${record}: ${problem}`;
  if (cleanLine(paper.title) === '') return fault('expected a title, got none');
  if (!isDay(paper.date))
    return fault(`expected a day such as 2022-05-01, got '${cleanLine(paper.date).slice(0, 40)}'`);
  const problem = signals && readingFault(signals);
  return problem === undefined ? undefined : fault(problem);
}

/** @throws RangeError for what is no paper */
function cleaned(given: SourceRecord): PaperData {
  const { paper } = given;
  const fault = recordFault(given);
  if (fault !== undefined) throw new RangeError(`put: ${fault}`);
  const title = cleanLine(paper.title);
  const authors = paper.authors.map(cleanLine).filter((name) => name !== '');
  const categories = (paper.categories ?? []).map(cleanLine).filter((name) => name !== '');
  const venue = cleanLine(paper.venue ?? '');
  const url = cleanLine(paper.url ?? '');
  const doi = paper.doi === undefined ? undefined : doiOf(cleanLine(paper.doi));
  const text = cleanBody(paper.text ?? '');
  return {
    title,
    abstract: cleanText(paper.abstract),
    authors,
    date: paper.date,
    ...(venue !== '' && { venue }),
    ...(categories.length > 0 && { categories: [...new Set(categories)] }),
    // an address that a page may link to: nothing that runs
    ...(/^https?:\/\//i.test(url) && { url }),
    ...(doi !== undefined && { doi }),
    ...(paper.arxiv && { arxiv: { id: paper.arxiv.id, version: paper.arxiv.version } }),
    ...(text !== '' && { text }),
  };
}
