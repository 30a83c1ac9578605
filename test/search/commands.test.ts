/** The command as a person types it: results on standard output, one line for every mistake, and its exit code. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Collection, openIndexWriter } from 'tenfold/search';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-search-cli-'));
  const lines = Array.from({ length: 50 }, (_, i) =>
    JSON.stringify({ id: `d${i}`, text: `document ${i} about tides`, n: i }),
  );
  await writeFile(join(folder, 'docs.jsonl'), `${lines.join('\n')}\n{"id":\n`);
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
/** Runs `tenfold search …` in the folder; `killAfter` milliseconds it is killed. */
function tenfold(line: readonly string[], killAfter?: number): Promise<Ended> {
  const child = spawn(process.execPath, [cli, 'search', ...line], { cwd: folder });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, err });
    }),
  );
}

describe('tenfold search', () => {
  it('indexes, answers as JSON, and tells mistakes in a line', async () => {
    const indexed = await tenfold(['index', 'docs.jsonl', '--out', 'index']);
    expect(indexed.code).toBe(0);
    expect(indexed.out).toBe(
      '50 documents added, 1 malformed left out; 50 in all\nindex: tenfold search query index "…"\n',
    );
    expect(indexed.err).toContain('left out: docs.jsonl: line 51: expected JSON');
    const found = await tenfold(['query', 'index', 'tides', '--filter', 'n<3', '--json']);
    expect(JSON.parse(found.out).hits.map(({ document }: { document: { id: string } }) => document.id)).toEqual([
      'd0',
      'd1',
      'd2',
    ]);
    const again = await tenfold(['index', 'docs.jsonl', '--out', 'index']);
    expect([again.code, again.out, again.err.trim().split('\n').at(-1)]).toEqual([
      2,
      '',
      'tenfold: index: expected a new or empty folder, got index, an index; “tenfold search add index FILE” adds to it',
    ]);
  });

  it('tells a second writing process that the index is at work, while readers go on', async () => {
    const writer = await openIndexWriter(join(folder, 'index'));
    try {
      const [added, found] = await Promise.all([
        tenfold(['add', 'index', 'docs.jsonl']),
        tenfold(['query', 'index', 'tides', '--json']),
      ]);
      expect(added.code).toBe(2);
      expect(added.err).toMatch(new RegExp(`^tenfold: .*process ${process.pid}\\b.*\\n$`, 'm'));
      expect(found.code).toBe(0);
    } finally {
      await writer.close();
    }
  });

  it('killed while it indexes: the folder is an index or none, and “add” goes on', async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => JSON.stringify({ id: `m${i}`, text: `text ${i} of many` }));
    await writeFile(join(folder, 'many.jsonl'), lines.join('\n'));
    for (const after of [800, 1700]) {
      const out = `killed${after}`;
      await tenfold(['index', 'many.jsonl', '--out', out], after);
      if ((await readdir(folder)).includes(out) && (await readdir(join(folder, out))).includes('manifest')) {
        const before = (await Collection.open(join(folder, out))).size;
        const { code, out: said } = await tenfold(['add', out, 'many.jsonl', '--json']);
        expect([code, JSON.parse(said)]).toMatchObject([0, { documents: 12_000, unchanged: before }]);
      } else {
        expect((await tenfold(['index', 'many.jsonl', '--out', out])).code).toBe(0);
      }
      expect((await Collection.open(join(folder, out))).size).toBe(12_000);
    }
  });

  it('helps, with every verb and an example for each', async () => {
    const { out } = await tenfold(['--help']);
    for (const name of ['index', 'add', 'delete', 'train', 'query', 'serve', 'eval', 'import'])
      expect(out).toContain(`\n  ${name} `);
    expect((await tenfold(['import', '--help'])).out).toContain(
      'tenfold search import xquad.en.json --format squad --out xquad',
    );
    expect(await readFile(join(folder, 'docs.jsonl'), 'utf8')).toContain('d49');
  });
});
