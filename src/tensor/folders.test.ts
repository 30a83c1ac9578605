import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './folders.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenfold-folders-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('folders are made with all above them, and may be there already', async () => {
  const deep = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(root, 'a'))]);
  await makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
  await makeFolder('/');
});

test('a file in the way is named', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow(/EEXIST.*file/);
  await expect(makeFolder(join(root, 'file', 'a'))).rejects.toThrow(/ENOTDIR.*file/);
});

test.skipIf(!existsSync('/proc/self'))('a place that takes no folders is refused, not tried for ever', async () => {
  await expect(makeFolder('/proc/tenfold')).rejects.toThrow(/ENOENT.*\/proc\/tenfold/);
  await expect(makeFolder('/proc/tenfold/a/b')).rejects.toThrow(/ENOENT/);
});
