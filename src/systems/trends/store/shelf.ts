/** What readers do with papers: tags, collections, read marks and notes; and JSON values by name. */

import { cleanBody, cleanLine } from './clean.ts';
import { type Database, marks, parts, type Statements, sorted } from './database.ts';
import { numbered } from './rows.ts';
import type { Collection, Shelf, Store } from './store.ts';

const longestName = 200;

type Shelves =
  | 'collect'
  | 'collections'
  | 'keys'
  | 'makeCollection'
  | 'markRead'
  | 'removeCollection'
  | 'renameCollection'
  | 'setNote'
  | 'setValue'
  | 'shelves'
  | 'tag'
  | 'tags'
  | 'uncollect'
  | 'untag'
  | 'value';

export function shelfKeeper(db: Database): Pick<Store, Shelves> {
  const each = (ids: readonly string[], sql: string, values: (number: number) => (string | number)[]) =>
    db.transaction(async (t) => {
      for (const number of await numbered(t, ids)) await t.run(sql, values(number));
    });
  return {
    async shelves(ids) {
      const numbers = await numbered(db, ids);
      const rows = async <R extends { paper: number }>(sql: (marks: string) => string) => {
        const byPaper = new Map<number, R[]>();
        for (const part of parts(numbers)) {
          for (const row of await db.all<R>(sql(marks(part.length)), part)) {
            const list = byPaper.get(row.paper);
            if (list) list.push(row);
            else byPaper.set(row.paper, [row]);
          }
        }
        return byPaper;
      };
      const tags = await rows<{ paper: number; tag: string }>(
        (list) => `SELECT paper, tag FROM tags WHERE paper IN ${list}`,
      );
      const collected = await rows<{ paper: number; collection: string }>(
        (list) => `SELECT paper, collection FROM collected WHERE paper IN ${list}`,
      );
      const read = await rows<{ paper: number; at: string }>(
        (list) => `SELECT paper, at FROM marks WHERE paper IN ${list}`,
      );
      const notes = await rows<{ paper: number; note: string }>(
        (list) => `SELECT paper, note FROM notes WHERE paper IN ${list}`,
      );
      return numbers.map((number): Shelf => {
        const mark = read.get(number)?.[0];
        const note = notes.get(number)?.[0];
        return {
          tags: (tags.get(number) ?? []).map(({ tag }) => tag).sort(),
          collections: (collected.get(number) ?? []).map(({ collection }) => collection).sort(),
          ...(mark && { read: mark.at }),
          ...(note && { note: note.note }),
        };
      });
    },
    async tags() {
      const tags = await db.all<{ tag: string; papers: number }>(
        'SELECT tag, COUNT(*) AS papers FROM tags GROUP BY tag',
      );
      return sorted(tags, ({ tag }) => tag);
    },
    tag: (ids, tag) =>
      each(ids, 'INSERT INTO tags (tag, paper) VALUES (?, ?) ON CONFLICT DO NOTHING', (n) => [named('tag', tag), n]),
    untag: (ids, tag) => each(ids, 'DELETE FROM tags WHERE tag = ? AND paper = ?', (n) => [cleanLine(tag), n]),
    async collections() {
      const made = await db.all<{ name: string; about: string }>('SELECT name, about FROM collections');
      const rows = await db.all<{ collection: string; id: string }>(
        `SELECT collection, id FROM collected JOIN papers ON number = paper ORDER BY place, number`,
      );
      const byName = new Map<string, string[]>(made.map(({ name }) => [name, []]));
      for (const { collection, id } of rows) byName.get(collection)?.push(id);
      return sorted(made, ({ name }) => name).map(
        ({ name, about }): Collection => ({ name, about, papers: byName.get(name)! }),
      );
    },
    makeCollection: (name, about = '') =>
      db.run(
        'INSERT INTO collections (name, about) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET about = excluded.about',
        [named('collection', name), cleanBody(about)],
      ),
    renameCollection: (name, to) =>
      db.transaction(async (t) => {
        await mustExist(t, name);
        const clean = named('collection', to);
        if (clean !== name && (await exists(t, clean)))
          throw new RangeError(`collections: expected a new name, got '${clean}', which another collection has`);
        await t.run('UPDATE collections SET name = ? WHERE name = ?', [clean, name]);
      }),
    removeCollection: (name) => db.run('DELETE FROM collections WHERE name = ?', [name]),
    collect: (name, ids) =>
      db.transaction(async (t) => {
        await mustExist(t, name);
        const [row] = await t.all<{ last: number | null }>(
          'SELECT MAX(place) AS last FROM collected WHERE collection = ?',
          [name],
        );
        let place = row!.last ?? 0;
        for (const number of await numbered(t, ids)) {
          await t.run('INSERT INTO collected (collection, paper, place) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
            name,
            number,
            ++place,
          ]);
        }
      }),
    uncollect: (name, ids) => each(ids, 'DELETE FROM collected WHERE collection = ? AND paper = ?', (n) => [name, n]),
    markRead: (ids, read) =>
      read
        ? each(ids, 'INSERT INTO marks (at, paper) VALUES (?, ?) ON CONFLICT DO NOTHING', (n) => [
            new Date().toISOString(),
            n,
          ])
        : each(ids, 'DELETE FROM marks WHERE paper = ?', (n) => [n]),
    setNote(id, note) {
      const clean = cleanBody(note);
      return clean === ''
        ? each([id], 'DELETE FROM notes WHERE paper = ?', (n) => [n])
        : each(
            [id],
            'INSERT INTO notes (note, paper) VALUES (?, ?) ON CONFLICT (paper) DO UPDATE SET note = excluded.note',
            (n) => [clean, n],
          );
    },
    async value(key) {
      const [row] = await db.all<{ value: string }>('SELECT value FROM kept WHERE name = ?', [key]);
      return row && JSON.parse(row.value);
    },
    setValue: (key, value) =>
      value === undefined
        ? db.run('DELETE FROM kept WHERE name = ?', [key])
        : db.run(
            'INSERT INTO kept (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
            [key, JSON.stringify(value)],
          ),
    async keys(prefix) {
      const rows = await db.all<{ name: string }>('SELECT name FROM kept WHERE SUBSTR(name, 1, ?) = ?', [
        prefix.length,
        prefix,
      ]);
      return rows.map(({ name }) => name).sort();
    },
  };
}

/** @throws RangeError for a name that is empty or too long */
function named(what: string, name: string): string {
  const clean = cleanLine(name);
  if (clean === '' || clean.length > longestName)
    throw new RangeError(`${what}: expected a name of 1 to ${longestName} letters, got ${clean.length}`);
  return clean;
}

async function exists(t: Statements, name: string): Promise<boolean> {
  return (await t.all('SELECT 1 FROM collections WHERE name = ?', [name])).length > 0;
}

async function mustExist(t: Statements, name: string): Promise<void> {
  if (!(await exists(t, name))) throw new RangeError(`collections: expected a collection that exists, got '${name}'`);
}
