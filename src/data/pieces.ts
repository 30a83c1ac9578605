/**
 * A file of any size, in pieces: its bytes as they come, gunzipped where they are gzipped, and its lines one at a time, in
 * the memory of the longest.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { damagedGzip, isGzip, requireFile } from './source.ts';

/** Bytes that are read at once. */
const pieceBytes = 2 ** 18;
const newline = 0x0a;

/** A line of a file. */
export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Without its line break; undefined for a line that is too long. */
  readonly bytes: Buffer | undefined;
}

/**
 * The bytes of a file.
 * @param read hears of the bytes taken from the file, before they are gunzipped
 * @throws RangeError for damaged gzip, and for what is not a regular file; the system's error for a file that cannot be read
 */
export async function* filePieces(path: string, read?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const gzipped = await beginsAsGzip(path);
  const file = createReadStream(path, { highWaterMark: pieceBytes });
  if (read) file.on('data', ({ length }) => read(length));
  if (!gzipped) return yield* file as AsyncIterable<Buffer>;
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  file.on('error', (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    throw /^Z_/.test((error as NodeJS.ErrnoException).code ?? '') ? damagedGzip(path, error as Error) : error;
  } finally {
    file.destroy();
  }
}

/**
 * The lines of a file, empty ones too.
 * @param options.longest bytes of a line that is still held
 * @throws what `filePieces` throws
 */
export async function* fileLines(
  path: string,
  { longest, read }: { readonly longest: number; readonly read?: (bytes: number) => void },
): AsyncGenerator<FileLine> {
  let number = 0;
  let held: Buffer[] = [];
  // of the line so far, also of what is no longer held because it is too long
  let length = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length <= longest) held.push(part);
    else held = [];
  };
  const end = (): FileLine => {
    const bytes = length > longest ? undefined : Buffer.concat(held);
    held = [];
    length = 0;
    return { number: ++number, bytes };
  };
  for await (const piece of filePieces(path, read)) {
    let start = 0;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, start)) {
      take(piece.subarray(start, at));
      yield end();
      start = at + 1;
    }
    take(piece.subarray(start));
  }
  if (length > 0) yield end();
}

async function beginsAsGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    await requireFile(file, path);
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return isGzip(buffer);
  } finally {
    await file.close();
  }
}
