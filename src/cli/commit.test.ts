import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitOf } from './commit.ts';

const gitHere = spawnSync('git', ['--version']).status === 0;

describe.skipIf(!gitHere)(`the commit of a clone${gitHere ? '' : ' (skipped: no git here)'}`, () => {
  let folder: string;
  const url = (path = '') => pathToFileURL(join(folder, path, '/'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenfold-commit-'));
    mkdirSync(join(folder, 'recorded'));
    for (const file of ['a.ts', 'recorded/x.json']) writeFileSync(join(folder, file), 'one');
    git('init', '--quiet');
    git('add', '.');
    git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'One');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is its full id, whatever was recorded in it since', async () => {
    writeFileSync(join(folder, 'recorded/x.json'), 'two');
    expect(await commitOf(url())).toBe(git('rev-parse', 'HEAD'));
  });

  test('is marked where the code differs from it', async () => {
    writeFileSync(join(folder, 'a.ts'), 'two');
    expect(await commitOf(url())).toBe(`${git('rev-parse', 'HEAD')}+changes`);
  });

  test('is not that of a repository around an installed package', async () => {
    await expect(commitOf(url('recorded'))).rejects.toThrow('expected a clone of the repository');
  });
});
