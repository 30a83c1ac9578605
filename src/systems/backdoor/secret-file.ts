/**
 * Files of secret keys: only their owner may read them, from the moment that they exist.
 *
 * The file is made with mode 0600 under another name, and takes its name when it is complete; a file that is there
 * already is never replaced. What is read from one stays in a {@link Secret}, which shows itself neither in JSON nor in a
 * log.
 */
import { constants, link, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inspect } from 'node:util';

/** Bytes of a key's file at most. */
const maxBytes = 2 ** 24;

/** A value that is only handed out when asked for by name. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toJSON(): string {
    return '(secret)';
  }

  toString(): string {
    return '(secret)';
  }

  [inspect.custom](): string {
    return '(secret)';
  }
}

/**
 * Writes a secret into a new file.
 * @throws RangeError when there is a file of that name; the system's error when it cannot be written
 */
export async function writeSecret(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    // unlike a rename, a link fails where a file is
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw keyIsThere(path);
    throw error;
  } finally {
    await file.close();
    await unlink(temporary);
  }
}

/** The error for a key that would take the place of another. */
export function keyIsThere(path: string): RangeError {
  return new RangeError(`key: expected a new file, got ${path}, which is there; a lost key cannot be made again`);
}

/**
 * Reads a secret.
 * @throws RangeError for a file that others may read too, or that is too large for a key; the system's error for one that
 * cannot be read
 */
export async function readSecret(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const { mode, size } = await file.stat();
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  // Windows has no such modes
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new RangeError(`key: expected ${path} to be its owner's alone (0600), got ${shown}; chmod 600 it`);
  }
  if (size > maxBytes)
    throw new RangeError(`key: expected a file of at most ${maxBytes} bytes, got ${size} in ${path}`);
  return file.readFile('utf8');
}
