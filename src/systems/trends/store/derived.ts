/** What can be made again: vectors, and files in parts that a database takes. */
import { type Database, marks, parts, sorted, type Value } from './database.ts';
import type { Store, StoredFile, Vector } from './store.ts';

/** Bytes of one part of a file. */
const partBytes = 2 ** 23;

type Derived = 'dropVectors' | 'file' | 'files' | 'putVectors' | 'replaceFiles' | 'vectorModels' | 'vectors';

export function derivedKeeper(db: Database): Pick<Store, Derived> {
  return {
    async putVectors(model, vectors) {
      await db.transaction(async (t) => {
        for (const { number, vector } of vectors) {
          await t.run(
            `INSERT INTO vectors (model, paper, vector) VALUES (?, ?, ?)
              ON CONFLICT (model, paper) DO UPDATE SET vector = excluded.vector`,
            [model, number, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)],
          );
        }
      });
    },
    async vectors(model, numbers) {
      const found: Vector[] = [];
      for (const part of parts(numbers)) {
        const rows = await db.all<{ paper: number; vector: Uint8Array }>(
          `SELECT paper, vector FROM vectors WHERE model = ? AND paper IN ${marks(part.length)}`,
          [model, ...part],
        );
        for (const { paper, vector } of rows) {
          // a copy, because bytes of a larger buffer need not lie at a multiple of four
          found.push({ number: paper, vector: new Float32Array(new Uint8Array(vector).buffer) });
        }
      }
      return found;
    },
    async vectorModels() {
      const models: string[] = [];
      for (;;) {
        // by the index from one to the next: of each there may be a million rows
        const [row] = await db.all<{ model: string | null }>(
          'SELECT MIN(model) AS model FROM vectors WHERE model > ?',
          [models.at(-1) ?? ''],
        );
        if (row!.model === null) return models;
        models.push(row!.model);
      }
    },
    dropVectors: (model) => db.run('DELETE FROM vectors WHERE model = ?', [model]),
    async replaceFiles(put, remove = []) {
      await db.transaction(async (t) => {
        for (const name of [...Object.keys(put), ...remove]) await t.run('DELETE FROM files WHERE name = ?', [name]);
        for (const [name, bytes] of Object.entries(put)) {
          for (let part = 0; part === 0 || part * partBytes < bytes.length; part++) {
            const values: Value[] = [name, part, bytes.subarray(part * partBytes, (part + 1) * partBytes)];
            await t.run('INSERT INTO files (name, part, bytes) VALUES (?, ?, ?)', values);
          }
        }
      });
    },
    async files(prefix) {
      const files = await db.all<StoredFile>(
        `SELECT name, CAST(SUM(LENGTH(bytes)) AS BIGINT) AS bytes FROM files WHERE SUBSTR(name, 1, ?) = ? GROUP BY name`,
        [prefix.length, prefix],
      );
      return sorted(files, ({ name }) => name);
    },
    async file(name) {
      const [about] = await db.all<{ parts: number; bytes: number | null }>(
        'SELECT COUNT(*) AS parts, CAST(SUM(LENGTH(bytes)) AS BIGINT) AS bytes FROM files WHERE name = ?',
        [name],
      );
      if (about!.parts === 0) throw new RangeError(`store: expected a file that it holds, got '${name}'`);
      const whole = new Uint8Array(about!.bytes ?? 0);
      for (let part = 0, at = 0; part < about!.parts; part++) {
        const [row] = await db.all<{ bytes: Uint8Array }>('SELECT bytes FROM files WHERE name = ? AND part = ?', [
          name,
          part,
        ]);
        whole.set(row!.bytes, at);
        at += row!.bytes.length;
      }
      return whole;
    },
  };
}
