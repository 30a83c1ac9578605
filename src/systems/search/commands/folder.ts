/** Whether a folder is an index, asked before a writer would make one of it. */
import { readManifest } from '../collection/manifest.ts';

/** @throws RangeError for a folder without an index */
export async function requireIndex(op: string, folder: string): Promise<void> {
  if ((await readManifest(folder)) !== undefined) return;
  throw new RangeError(`${op}: expected the folder of an index, got ${folder}; “tenfold search index” makes one`);
}
