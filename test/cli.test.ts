/** The command as a process: exit codes, streams, signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const cli = resolve(import.meta.dirname, '../dist/cli');
let folder: string;
/** The command with systems of our own: `clock` ticks until it is told to stop, and `deaf` does not listen. */
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-process-'));
  script = join(folder, 'tenfold.mjs');
  await writeFile(
    script,
    `import { runProcess } from ${JSON.stringify(pathToFileURL(join(cli, 'process.js')).href)};
import { setTimeout } from 'node:timers/promises';
const tick = (listens) => async ({ signal, progress }) => {
  progress.note('ticking');
  for (;;) {
    await setTimeout(20);
    if (listens) signal.throwIfAborted();
  }
};
const system = (id, run) => ({
  id, title: id, citation: '', job: id,
  load: {
    commands: async () => ({ verbs: [] }),
    experiment: async () => ({ experiment: { summary: '', rules: [], run } }),
  },
});
const done = async () => ({ claims: [], figures: [], tables: [] });
await runProcess([system('quick', done), system('clock', tick(true)), system('deaf', tick(false))]);
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

function start(file: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [file, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
}

async function finish(child: ChildProcess) {
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')]);
  return { out, err, code };
}

/** Waits for words on standard error, however they come. */
function says(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve) => {
    let heard = '';
    child.stderr!.on('data', (chunk) => {
      heard += chunk;
      if (heard.includes(words)) resolve();
    });
  });
}

const main = join(cli, 'main.js');

test('help goes to standard output, without colour where none is wanted', async () => {
  const { out, err, code } = await finish(start(main, '--help'));
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('tenfold issue');
  expect(out).not.toContain('\x1b');
});

test('a bad request: exit 2, one line on standard error, nothing on standard output', async () => {
  const { out, err, code } = await finish(start(main, 'issue', 'no-such-system'));
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^tenfold: issue: expected a system, got 'no-such-system'; [^\n]*\n$/);
});

test('a reader that leaves is no failure', async () => {
  const child = start(main, '--help');
  child.stdout!.destroy();
  const [[code]] = await Promise.all([once(child, 'close'), text(child.stderr!)]);
  expect(code).toBe(0);
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  test('stops at the next safe point, keeps what was found, and exits 130', async () => {
    const to = join(folder, 'stopped');
    const child = start(script, 'issue', 'quick', 'clock', '--out', to);
    const end = finish(child);
    await says(child, 'ticking');
    child.kill('SIGINT');
    const { out, err, code } = await end;
    expect([code, out]).toEqual([130, '']);
    expect(err).toContain(`clock: stopped; what was found before: ${join(to, 'index.html')}\ntenfold: stopped\n`);
    const { systems } = JSON.parse(await readFile(join(to, 'issue.json'), 'utf8'));
    expect(systems.map(({ id }: { id: string }) => id)).toEqual(['quick']);
  });

  test('a second one does not wait', async () => {
    const child = start(script, 'issue', 'deaf', '--out', join(folder, 'deaf'));
    const end = finish(child);
    await says(child, 'ticking');
    child.kill('SIGINT');
    await says(child, 'once more to stop at once');
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
  });
});
