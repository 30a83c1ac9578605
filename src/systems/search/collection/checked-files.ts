/**
 * Files whose formats have no checksums of their own (a model's weights, its tokenizer), under a list of what they are.
 *
 * A file may be noted as two things at once: so one takes the place of another. First both are noted, then the file is
 * replaced, then the old one is struck out; whoever is killed in between leaves a folder of which every file is as noted.
 */
import { Records, recordsFile } from '../../../retrieval/index.ts';
import { ifThere } from '../../../tensor/index.ts';

const NAME = 'checksums';

/** By a file's name: the checksums of what it may be. */
type Noted = Readonly<Record<string, readonly number[]>>;

/** Notes what the files in a folder are now. */
export async function noteFiles(folder: string): Promise<void> {
  await write(folder, await sumsIn(folder));
}

/**
 * Makes sure that the files in a folder are as noted. Nothing is known of one that came later, nor of a folder in which
 * nothing was noted, as of a checkpoint of somebody else's.
 * @throws SyntaxError naming the file that has changed in any byte, or is gone
 */
export async function checkFiles(folder: string): Promise<void> {
  const { join } = await import('node:path');
  for (let noted = await read(folder); noted !== undefined; ) {
    const wrong = await changed(folder, noted);
    if (wrong === undefined) return;
    // it may have been replaced while it was read: then there is another list
    const again = await read(folder);
    if (JSON.stringify(again) === JSON.stringify(noted)) {
      throw new SyntaxError(
        `${join(folder, wrong)}: expected the file that was written, got other bytes (damaged file)`,
      );
    }
    noted = again;
  }
}

/** Puts the files of a folder into another one, in the place of those of the same names, and notes them. */
export async function moveFiles(from: string, folder: string): Promise<void> {
  const { rename } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const [old, fresh] = [(await read(folder)) ?? (await sumsIn(folder)), await sumsIn(from)];
  const both = Object.entries(fresh).map(([name, sums]) => [name, [...(old[name] ?? []), ...sums]]);
  await write(folder, { ...old, ...Object.fromEntries(both) });
  for (const name of Object.keys(fresh)) await rename(join(from, name), join(folder, name));
  await write(folder, { ...old, ...fresh });
}

/** The first file that is not as noted. */
async function changed(folder: string, noted: Noted): Promise<string | undefined> {
  const { join } = await import('node:path');
  for (const [name, sums] of Object.entries(noted)) {
    const sum = await ifThere(sumOf(join(folder, name)));
    if (sum === undefined || !sums.includes(sum)) return name;
  }
  return undefined;
}

async function sumsIn(folder: string): Promise<Noted> {
  const { readdir } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const sums: Record<string, number[]> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    // a hidden one is being written, or was
    if (entry.isFile() && name !== NAME && !name.startsWith('.')) sums[name] = [await sumOf(join(folder, name))];
  }
  return sums;
}

/** The CRC-32 of a file, read a piece at a time. */
async function sumOf(path: string): Promise<number> {
  const { createReadStream } = await import('node:fs');
  const { crc32 } = await import('node:zlib');
  let sum = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 22 })) sum = crc32(piece as Buffer, sum);
  return sum;
}

async function read(folder: string): Promise<Noted | undefined> {
  const { readFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const path = join(folder, NAME);
  const file = await ifThere(readFile(path));
  return file && (new Records(new Uint8Array(file), path).at(0) as Noted);
}

async function write(folder: string, noted: Noted): Promise<void> {
  const { join } = await import('node:path');
  const { replaceFile } = await import('../../../tensor/index.ts');
  await replaceFile(join(folder, NAME), [recordsFile([noted])]);
}
