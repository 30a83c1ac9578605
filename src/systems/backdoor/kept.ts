/** Parts of a long run that are kept as they are found, so that a run that was stopped goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere, makeFolder, replaceFile } from '../../tensor/index.ts';

/** What `make` gave under this name when it was last asked, or what it gives now. Plain JSON only. */
export type Kept = <T>(name: string, make: () => Promise<T>) => Promise<T>;

/** Keeps each part as a JSON file of the folder; without one nothing is kept. */
export function keptIn(folder: string | undefined): Kept {
  return async (name, make) => {
    if (folder === undefined) return make();
    const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.json`);
    const before = await ifThere(readFile(path, 'utf8'));
    if (before !== undefined) return JSON.parse(before);
    const made = await make();
    await makeFolder(folder);
    await replaceFile(path, [JSON.stringify(made)]);
    return made;
  };
}
