/**
 * Where readers take their bytes from: a path, or bytes already in memory, either of them gzipped or not.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A path, a `file:` URL, or the bytes themselves. */
export type Source = string | URL | Uint8Array;

/** Options of every reader. */
export interface ReadOptions {
  /** Refuse more bytes than this, counted after decompression; 1 GiB unless given. */
  readonly maxBytes?: number;
}

/** What a source holds, and what messages call it. */
export interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * All bytes of a source, gunzipped if they are gzipped.
 * @throws RangeError for more than `maxBytes`, for damaged gzip, and for what is not a regular file; the system's error
 * for a file that cannot be read
 */
export async function readSource(source: Source, { maxBytes = 2 ** 30 }: ReadOptions = {}): Promise<Content> {
  const { name, bytes } =
    source instanceof Uint8Array ? { name: '(bytes)', bytes: source } : await readFile(source, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(name, maxBytes);
  if (!isGzip(bytes)) return { name, bytes };
  try {
    return { name, bytes: await promisify(gunzip)(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, maxBytes);
    throw damagedGzip(name, error as Error);
  }
}

async function readFile(source: string | URL, maxBytes: number): Promise<Content> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  const file = await open(path, 'r');
  try {
    if ((await requireFile(file, path)) > maxBytes) throw tooLarge(path, maxBytes);
    return { name: basename(path), bytes: await file.readFile() };
  } finally {
    await file.close();
  }
}

/** Its bytes. @throws RangeError for a folder, a pipe or a device */
export async function requireFile(file: FileHandle, path: string): Promise<number> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new RangeError(`${path}: expected a regular file, got something else`);
  return stat.size;
}

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function damagedGzip(name: string, error: Error): RangeError {
  return new RangeError(`${name}: expected gzip, got damaged or truncated data (${error.message})`);
}

function tooLarge(name: string, maxBytes: number): RangeError {
  return new RangeError(`${name}: expected at most ${maxBytes} bytes, got more; raise maxBytes to read it`);
}
