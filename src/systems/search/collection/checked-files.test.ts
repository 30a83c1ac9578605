import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkFiles, moveFiles, noteFiles } from './checked-files.ts';

let folder: string;
let from: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-files-'));
  from = join(folder, 'from');
  await mkdir(from);
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const damaged = (name: string) => `${join(folder, name)}: expected the file that was written, got other bytes`;

it('tells a file that has changed, and one that is gone; of others it knows nothing', async () => {
  await write('a', 'one');
  await checkFiles(folder);
  await noteFiles(folder);
  await write('b', 'came later');
  await checkFiles(folder);
  for (const text of ['onf', 'on', 'one ', '']) {
    await write('a', text);
    await expect(checkFiles(folder)).rejects.toThrow(damaged('a'));
  }
  await rm(join(folder, 'a'));
  await expect(checkFiles(folder)).rejects.toThrow(damaged('a'));
  await write('checksums', 'something else, of more than the sixty-four bytes that the head of a list has');
  await expect(checkFiles(folder)).rejects.toThrow(SyntaxError);
});

it('replaces files by those of another folder', async () => {
  await write('a', 'old a');
  await write('b', 'old b');
  await noteFiles(folder);
  await write('from/b', 'new b');
  await write('from/c', 'new c');
  await moveFiles(from, folder);
  await checkFiles(folder);
  expect(await readdir(from)).toEqual([]);
  for (const name of ['a', 'b', 'c']) {
    await write(name, 'another');
    await expect(checkFiles(folder)).rejects.toThrow(damaged(name));
    await write(name, name === 'a' ? 'old a' : `new ${name}`);
    await checkFiles(folder);
  }
  await write('b', 'old b');
  await expect(checkFiles(folder)).rejects.toThrow(damaged('b'));
});

it('stopped while it replaces, leaves every file as it was or as it was to be', async () => {
  await write('a', 'old a');
  await write('b', 'old b');
  await noteFiles(folder);
  await write('from/a', 'new a');
  await write('from/b', 'new b');
  // a folder in its way stops it between the two
  await rm(join(folder, 'b'));
  await mkdir(join(folder, 'b'));
  await expect(moveFiles(from, folder)).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY/);
  await rm(join(folder, 'b'), { recursive: true });
  for (const a of ['old a', 'new a']) {
    for (const b of ['old b', 'new b']) {
      await write('a', a);
      await write('b', b);
      await checkFiles(folder);
    }
  }
  await write('b', 'neither');
  await expect(checkFiles(folder)).rejects.toThrow(damaged('b'));
  // and is done at the next try
  await write('b', 'old b');
  await write('from/a', 'new a');
  await moveFiles(from, folder);
  await write('a', 'old a');
  await expect(checkFiles(folder)).rejects.toThrow(damaged('a'));
});
