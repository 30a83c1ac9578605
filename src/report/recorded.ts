/**
 * Recorded runs: sections that took longer than a visitor waits, kept in the repository as one JSON file a system.
 *
 * The file is the section, with its rules and figures as they were, and its provenance: date, commit, machine, command.
 * The page shows it as such beside what was measured today.
 */

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifThere, makeFolder, replaceFile } from '../tensor/index.ts';
import type { Provenance, Section } from './section.ts';

/** A section of the recorded tier. */
export type RecordedSection = Section & { readonly tier: 'recorded'; readonly recorded: Provenance };

const FORMAT = 1;

/** Writes `section` to `path`, replacing what was recorded before. */
export async function writeRecorded(path: string, section: RecordedSection): Promise<void> {
  await makeFolder(dirname(path));
  await replaceFile(path, [`${JSON.stringify({ format: FORMAT, section }, null, 1)}\n`]);
}

/**
 * The section recorded in the file `path`, or undefined where there is none.
 * @throws SyntaxError for a file that is not a recorded section of this format
 */
export async function readRecorded(path: string): Promise<RecordedSection | undefined> {
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  let file: { format?: unknown; section?: RecordedSection };
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`recorded: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  if (file?.format !== FORMAT || !file.section?.recorded) {
    throw new SyntaxError(
      `recorded: expected a recorded section of format ${FORMAT} in ${path}, got format ${file?.format}`,
    );
  }
  return file.section;
}
