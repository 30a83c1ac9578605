import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenfold-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder is one caller’s until it lets go, and nothing stays behind', async () => {
  const unlock = await lockFolder(folder, 'first');
  const refused = lockFolder(folder, 'second');
  await expect(refused).rejects.toThrow(RangeError);
  await expect(refused).rejects.toThrow(
    `second: expected nobody else at work in ${folder}, got process ${process.pid} (if that is another program, remove ${join(folder, 'lock.')}`,
  );
  await unlock();
  await (await lockFolder(folder, 'second'))();
  await unlock(); // twice does no harm
  expect(readdirSync(folder)).toEqual([]);
});

test('a process that lives keeps it, one that is gone does not', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(join(folder, `lock.${other.pid}.a1`), '');
    await expect(lockFolder(folder, 'fit')).rejects.toThrow(`got process ${other.pid} (`);
    expect(readdirSync(folder)).toEqual([`lock.${other.pid}.a1`]);
  } finally {
    other.kill('SIGKILL');
    await new Promise((resolve) => other.once('exit', resolve));
  }
  writeFileSync(join(folder, `lock.${spawnSync(process.execPath, ['-e', '']).pid}.b2`), '');
  // as in a container, where the process after it has the same id
  const own = join(folder, `lock.${process.pid}.c3`);
  writeFileSync(own, '');
  utimesSync(own, 1e9, 1e9);
  await (await lockFolder(folder, 'fit'))();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many who want it at once never two have it', async () => {
  let inside = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, async () => {
      const unlock = await lockFolder(folder, 'crowd');
      expect(++inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside--;
      await unlock();
    }),
  );
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/^RangeError: crowd: expected nobody/);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('files of other names are left alone, and a folder must be there', async () => {
  for (const name of ['lock', 'lock.x.y', 'package-lock.json']) writeFileSync(join(folder, name), '');
  await (await lockFolder(folder, 'fit'))();
  expect(readdirSync(folder).length).toBe(3);
  await expect(lockFolder(join(folder, 'none'), 'fit')).rejects.toThrow(/ENOENT/);
});
