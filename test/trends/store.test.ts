import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportStore, openStore } from 'tenfold/trends';
import { afterAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { cats, collect, storeContract } from './store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-store-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

storeContract('a store in memory', () => ':memory:');
storeContract('a store in a file', () => join(folder, `${files++}.db`));

let server: PostgresServer | undefined;
afterAll(() => server?.stop());
storeContract(
  'a store in PostgreSQL',
  () => server?.fresh(),
  async () => {
    server = await startPostgres();
  },
);

describe('files', () => {
  it('of others are refused, and stay', async () => {
    const path = join(folder, 'notes.txt');
    writeFileSync(path, 'These are my notes, and no database at all. '.repeat(100));
    await expect(openStore(path)).rejects.toThrow(/^store: expected a SQLite file, got .*notes\.txt/);
    await expect(openStore(join(folder, 'no', 'such.db'))).rejects.toThrow(/^store: expected a folder that exists/);
  });

  it('of a newer version are refused', async () => {
    const path = join(folder, 'newer.db');
    await (await openStore(path)).close();
    const { default: Libsql } = await import('libsql');
    const file = new Libsql(path);
    file.exec('INSERT INTO migrations VALUES (1000), (1001)');
    file.close();
    await expect(openStore(path)).rejects.toThrow(/a newer Tenfold wrote it/);
  });

  it('may be opened twice', async () => {
    const path = join(folder, 'shared.db');
    const [a, b] = [await openStore(path), await openStore(path)];
    await Promise.all([
      a.put([{ source: 's', record: '1', paper: cats }]),
      b.put([{ source: 's', record: '1', paper: cats }]),
      b.setValue('x', 1),
    ]);
    expect(await a.size()).toBe(1);
    expect(await a.value('x')).toBe(1);
    await a.close();
    await b.close();
  });
});

it('a spreadsheet does not run what a title says, and TeX neither', async () => {
  const store = await openStore(':memory:');
  await store.put([
    {
      source: 's',
      record: '1',
      paper: { ...cats, title: '=HYPERLINK("http://x") \\input{/etc/passwd} 100% & $x_1$ {a} ~^#', venue: 'V' },
    },
  ]);
  const [, csv] = await collect(exportStore(store, 'csv'));
  expect(csv).toContain(`"'=HYPERLINK(""http://x"")`);
  const [bibtex] = await collect(exportStore(store, 'bibtex'));
  expect(bibtex).toContain(
    '\\textbackslash{}input\\{/etc/passwd\\} 100\\% \\& \\$x\\_1\\$ \\{a\\} \\textasciitilde{}\\textasciicircum{}\\#',
  );
  expect(bibtex).toMatch(/^@inproceedings\{lovelace2022hyperlink,\n/);
  await store.close();
});
