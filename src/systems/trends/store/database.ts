/** What the store asks of a database: statements with question marks for values, and transactions. */

export type Value = string | number | null | Uint8Array;

/** Where statements run: the database, or a transaction of it. */
export interface Statements {
  /** All rows of a query, or of a statement that returns some. */
  all<R>(sql: string, values?: readonly Value[]): Promise<R[]>;
  run(sql: string, values?: readonly Value[]): Promise<void>;
}

export interface Database extends Statements {
  readonly dialect: 'sqlite' | 'postgres';
  /** The path, or server and database, without credentials. */
  readonly where: string;
  /** Runs work whole or not at all; what it does elsewhere than in `t` is not part of it. One at a time a database. */
  transaction<T>(work: (t: Statements) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** `(?, ?, ?)` */
export function marks(count: number): string {
  return `(${Array.from({ length: count }, () => '?').join(', ')})`;
}

/** Values of one statement that lists them: SQLite takes 32,766, PostgreSQL 65,535. */
const most = 500;

/** Parts of a list that are short enough for one statement. */
export function* parts<T>(list: readonly T[], size = most): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}

/** By name, in the order of code units: databases have orders of their own. */
export function sorted<T>(list: readonly T[], name: (item: T) => string): T[] {
  return [...list].sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}
