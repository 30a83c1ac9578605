/** The bytes of a file in pieces, gunzipped where they are gzipped, however large the file. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** Bytes that are read at once. */
const PIECE = 2 ** 18;

/** @throws the system's error for a file that cannot be read; SyntaxError for gzip that is damaged or cut short */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!(await isGzip(path))) return yield* file as AsyncIterable<Buffer>;
  const gunzip = createGunzip({ chunkSize: PIECE });
  file.on('error', (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new SyntaxError(`${path}: expected gzip, got damaged or truncated data (${(error as Error).message})`);
  } finally {
    file.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new RangeError(`${path}: expected a regular file, got something else`);
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
