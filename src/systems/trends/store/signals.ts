/** What was counted about papers, by source and day; and beside every paper the last count of each kind. */
import type { SignalReading, Signals } from '../paper.ts';
import { type Database, marks, parts, type Statements } from './database.ts';
import { isDay, numbered } from './rows.ts';
import type { Store } from './store.ts';

const kinds = ['citations', 'authority', 'popularity', 'code'] as const;

interface ReadingRow {
  readonly paper: number;
  readonly source: string;
  readonly at: string;
  readonly citations: number | null;
  readonly authority: number | null;
  readonly popularity: number | null;
  readonly code: number | null;
}

export function signalKeeper(db: Database): Pick<Store, 'putSignals' | 'readings' | 'signals'> {
  return {
    async putSignals(readings) {
      await db.transaction(async (t) => {
        const ids = readings.map(({ id }) => id);
        const numbers = await numbered(t, ids);
        for (const [i, { reading }] of readings.entries()) await putReading(t, numbers[i]!, reading);
      });
    },
    async readings(ids) {
      const numbers = await numbered(db, ids);
      const rows = new Map<number, ReadingRow[]>(numbers.map((number) => [number, []]));
      for (const part of parts([...rows.keys()])) {
        const found = await db.all<ReadingRow>(
          `SELECT paper, source, at, citations, authority, popularity, code FROM readings
            WHERE paper IN ${marks(part.length)} ORDER BY at, source`,
          part,
        );
        for (const row of found) rows.get(row.paper)!.push(row);
      }
      const cited = await citedBy(db, numbers);
      return numbers.map((number) => {
        const readings = rows.get(number)!.map(readingOf);
        const references = cited.get(number);
        const last = readings.at(-1);
        return references && last ? [...readings.slice(0, -1), { ...last, references }] : readings;
      });
    },
    async signals(ids) {
      const numbers = await numbered(db, ids);
      const rows = new Map<number, Signals>();
      const cited = await citedBy(db, numbers);
      for (const part of parts(numbers)) {
        const found = await db.all<{ number: number } & Omit<ReadingRow, 'paper' | 'source' | 'at'>>(
          `SELECT number, citations, authority, popularity, code FROM papers WHERE number IN ${marks(part.length)}`,
          part,
        );
        for (const row of found) {
          const references = cited.get(row.number);
          rows.set(row.number, { ...countsOf(row), ...(references && { references }) });
        }
      }
      return numbers.map((number) => rows.get(number)!);
    },
  };
}

/** What is wrong with a reading; undefined for one that can be kept. */
export function readingFault(reading: SignalReading): string | undefined {
  if (!isDay(reading.at)) return `expected a day such as 2022-05-01, got '${reading.at}'`;
  const odd = kinds.find((kind) => {
    const count = reading[kind];
    return count !== undefined && !(count >= 0 && Number.isFinite(count));
  });
  return odd && `expected ${odd} of at least 0, got ${reading[odd]}`;
}

/** Keeps a reading, and what it counts beside the paper where none is newer. */
export async function putReading(t: Statements, number: number, reading: SignalReading): Promise<void> {
  const fault = readingFault(reading);
  if (fault !== undefined) throw new RangeError(`signals: ${fault}`);
  const { at, source = '', references } = reading;
  const counts = kinds.map((kind) => reading[kind] ?? null);
  if (counts.some((count) => count !== null) || references) {
    await t.run(
      `INSERT INTO readings (paper, source, at, citations, authority, popularity, code) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (paper, source, at) DO UPDATE SET
          citations = COALESCE(excluded.citations, readings.citations),
          authority = COALESCE(excluded.authority, readings.authority),
          popularity = COALESCE(excluded.popularity, readings.popularity),
          code = COALESCE(excluded.code, readings.code)`,
      [number, source, at, ...counts],
    );
  }
  for (const [i, kind] of kinds.entries()) {
    if (counts[i] === null) continue;
    await t.run(
      `UPDATE papers SET ${kind} = (SELECT ${kind} FROM readings WHERE paper = ? AND ${kind} IS NOT NULL
        ORDER BY at DESC, source LIMIT 1) WHERE number = ?`,
      [number, number],
    );
  }
  if (references) {
    await t.run('DELETE FROM cites WHERE paper = ?', [number]);
    for (const part of parts([...new Set(references)], 200)) {
      const values = part.map(() => '(?, ?)').join(', ');
      await t.run(
        `INSERT INTO cites (paper, cited) VALUES ${values}`,
        part.flatMap((cited) => [number, cited]),
      );
    }
  }
}

async function citedBy(t: Statements, numbers: readonly number[]): Promise<Map<number, string[]>> {
  const cited = new Map<number, string[]>();
  for (const part of parts(numbers)) {
    const found = await t.all<{ paper: number; cited: string }>(
      `SELECT paper, cited FROM cites WHERE paper IN ${marks(part.length)} ORDER BY paper, cited`,
      part,
    );
    for (const row of found) {
      const list = cited.get(row.paper);
      if (list) list.push(row.cited);
      else cited.set(row.paper, [row.cited]);
    }
  }
  return cited;
}

function readingOf(row: ReadingRow): SignalReading {
  return { at: row.at, ...(row.source !== '' && { source: row.source }), ...countsOf(row) };
}

function countsOf(row: Record<(typeof kinds)[number], number | null>): Signals {
  return Object.fromEntries(kinds.flatMap((kind) => (row[kind] === null ? [] : [[kind, row[kind]]])));
}
