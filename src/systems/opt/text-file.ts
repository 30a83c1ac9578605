/** A text that a person names: a file of UTF-8, told plainly where it is none. */
import { readFile, stat } from 'node:fs/promises';

/** A text whose tokens would take days. */
const maxBytes = 2 ** 28;

/**
 * Reads a text. Bytes that are no UTF-8 are refused: they would be scored, and learned, as replacement characters.
 * @param verb what errors begin with
 * @throws RangeError naming what was expected, and the path
 */
export async function readText(verb: string, path: string): Promise<string> {
  const refuse = (got: string, cause?: unknown) => {
    return new RangeError(`${verb}: expected a file of text in UTF-8, got ${path}, ${got}`, { cause });
  };
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR' ? refuse('which is not there', error) : error;
  });
  if (found.isDirectory()) throw refuse('which is a folder');
  if (found.size > maxBytes) throw refuse(`of ${found.size} bytes, where 256 MiB are the most`);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EACCES' ? refuse('which may not be read', error) : error;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse('which has other bytes', cause);
  }
}
