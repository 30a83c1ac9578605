/**
 * One file, through libsql, a SQLite that is installed without a script.
 *
 * Statements run at once and block; each is short. Readers and writers of other processes work beside (write-ahead log),
 * writers wait for each other. A transaction has been written to the disk when it ends, so that neither a killed process
 * nor a power cut loses it.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import type { Database, Statements, Value } from './database.ts';
import { migrate } from './schema.ts';

/** Milliseconds that a writer waits for another, and between two looks whether it is done. */
const patience = 60_000;
const pause = 10;
/** KiB of pages that are kept in memory. */
const cache = 64 * 1024;
/** Queries after which the event loop turns: each leaves a kilobyte that only it frees, and a signal waits for it, too. */
const turn = 1000;

/**
 * Opens a file, or makes it; `:memory:` is a database that is gone when it is closed.
 * @throws RangeError for a folder that is not there and for a file of another kind
 */
export async function openSqlite(path: string): Promise<Database> {
  if (path !== ':memory:' && !existsSync(dirname(path)))
    throw new RangeError(`store: expected a folder that exists, got ${dirname(path)}`);
  const file = new Libsql(path);
  const prepared = new Map<string, Libsql.Statement>();
  const prepare = (sql: string) => {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = file.prepare(sql);
      // statements with lists of values come in many lengths
      if (prepared.size < 200) prepared.set(sql, statement);
    }
    return statement;
  };
  let queries = 0;
  const now: Statements = {
    async all<R>(sql: string, values: readonly Value[] = []) {
      if (++queries % turn === 0) await new Promise((resolve) => setImmediate(resolve));
      // values go as a list: a single array of bytes would be taken for an object of named ones
      return withBytes(prepare(sql).all(values.map(bound)) as Record<string, unknown>[]) as R[];
    },
    async run(sql, values = []) {
      prepare(sql).run(values.map(bound));
    },
  };
  const turns = new Turns();
  const database: Database = {
    dialect: 'sqlite',
    where: path,
    all: (sql, values) => turns.take(() => unlessBusy(() => now.all(sql, values))),
    run: (sql, values) => turns.take(() => unlessBusy(() => now.run(sql, values))),
    transaction: (work) =>
      turns.take(async () => {
        await unlessBusy(async () => file.exec('BEGIN IMMEDIATE'));
        try {
          const result = await work(now);
          file.exec('COMMIT');
          return result;
        } catch (error) {
          if (file.inTransaction) file.exec('ROLLBACK');
          throw error;
        }
      }),
    close: () =>
      turns.take(async () => {
        prepared.clear();
        file.close();
      }),
  };
  try {
    file.exec('PRAGMA journal_mode = WAL');
    file.exec('PRAGMA synchronous = FULL');
    file.exec('PRAGMA foreign_keys = ON');
    file.exec(`PRAGMA cache_size = -${cache}`);
    await migrate(database);
  } catch (error) {
    file.close();
    const { message } = error as Error;
    if (/not a database|malformed/.test(message))
      throw new RangeError(`store: expected a SQLite file, got ${path} (${message})`);
    throw error;
  }
  return database;
}

/**
 * Waits until another writer is done, as SQLite would, but without blocking: that writer may be another connection of this
 * process.
 */
async function unlessBusy<T>(work: () => Promise<T>): Promise<T> {
  for (const start = performance.now(); ; ) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (!code?.startsWith('SQLITE_BUSY') || performance.now() - start > patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
    }
  }
}

/** libsql gives bytes as an ArrayBuffer. */
function withBytes(rows: Record<string, unknown>[]): Record<string, unknown>[] {
  for (const [name, value] of Object.entries(rows[0] ?? {})) {
    if (!(value instanceof ArrayBuffer)) continue;
    for (const row of rows) row[name] = new Uint8Array(row[name] as ArrayBuffer);
  }
  return rows;
}

function bound(value: Value): string | number | null | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** One after the other: a statement must not fall into another's transaction. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
