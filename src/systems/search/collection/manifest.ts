/** The one file that says which segments a collection consists of: whoever replaces it has changed the collection. */
import { type Analyser, Records, readWhole, recordsFile } from '../../../retrieval/index.ts';
import { ifThere } from '../../../tensor/index.ts';
import type { SegmentEntry } from './segment.ts';

const NAME = 'manifest';

/** What all documents of a collection have in common, from its beginning on. */
export interface CollectionSettings {
  /** What counts as a word. */
  readonly analyser: Analyser;
  /** The name of what made the n-grams' tokens. */
  readonly tokenizer: string;
}

export interface Manifest {
  /** Grows by one with every change. */
  readonly generation: number;
  readonly settings: CollectionSettings;
  readonly segments: readonly SegmentEntry[];
}

/** The manifest of a folder; undefined where there is none. @throws SyntaxError for one that has changed in any byte */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const { join } = await import('node:path');
  const path = join(folder, NAME);
  const bytes = await ifThere(readWhole(path));
  return bytes && (new Records(bytes, path).at(0) as Manifest);
}

/** Replaces the manifest in one step. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const { join } = await import('node:path');
  const { replaceFile } = await import('../../../tensor/index.ts');
  await replaceFile(join(folder, NAME), [recordsFile([manifest])]);
}
