/** Opening a store where it lies. */
import type { Database } from './database.ts';
import { derivedKeeper } from './derived.ts';
import { reader } from './look.ts';
import { putter } from './put.ts';
import { shelfKeeper } from './shelf.ts';
import { signalKeeper } from './signals.ts';
import type { Store } from './store.ts';
import { carrier } from './transfer.ts';

/**
 * Opens a collection, or makes it.
 *
 * A file serves one machine: any number of processes may read while one writes. PostgreSQL serves a team.
 * @param where the path of a file, `:memory:`, or `postgres://user:password@host/database`
 * @throws RangeError for a folder that is not there, a file of another kind, and a store that a newer version wrote
 * @example
 * const store = await openStore(':memory:');
 * await store.put([
 *   { source: 'mine', record: '1', paper: { title: 'On cats', abstract: '', authors: ['A. Cat'], date: '2022-05-01' } },
 * ]);
 * await store.size(); // 1
 */
export async function openStore(where: string): Promise<Store> {
  const db: Database = /^postgres(?:ql)?:\/\//.test(where)
    ? await (await import('./postgres.ts')).openPostgres(where)
    : await (await import('./sqlite.ts')).openSqlite(where);
  const most = {
    ...putter(db),
    ...reader(db),
    ...signalKeeper(db),
    ...shelfKeeper(db),
    ...derivedKeeper(db),
  };
  return { where: db.where, ...most, ...carrier(db, most), close: () => db.close() };
}
