/** PostgreSQL, by connection string, for a team that outgrows one machine. */
import pg from 'pg';
import type { Database, Statements, Value } from './database.ts';
import { migrate } from './schema.ts';

/** Counters and numbers stay far below 2⁵³. */
const INT8 = 20;
const connections = 8;

/** @throws the server's error */
export async function openPostgres(url: string): Promise<Database> {
  const { host, pathname } = new URL(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 && format !== 'binary'
          ? Number
          : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
    },
  });
  // a connection that breaks while nobody uses it is replaced at the next use
  pool.on('error', () => {});
  const on = (client: Pick<pg.Pool, 'query'>): Statements => ({
    async all<R>(sql: string, values: readonly Value[] = []) {
      return (await client.query(numbered(sql), [...values])).rows as R[];
    },
    async run(sql, values = []) {
      await client.query(numbered(sql), [...values]);
    },
  });
  const database: Database = {
    dialect: 'postgres',
    where: `postgres://${host}${pathname}`,
    ...on(pool),
    async transaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work(on(client as unknown as pg.Pool));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((failed: Error) => {
          broken = failed;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
  try {
    await migrate(database);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return database;
}

const written = new Map<string, string>();

/** PostgreSQL numbers its values: `$1` for the first question mark. */
function numbered(sql: string): string {
  let known = written.get(sql);
  if (known === undefined) {
    let count = 0;
    known = sql.replace(/\?/g, () => `$${++count}`);
    if (written.size < 500) written.set(sql, known);
  }
  return known;
}
