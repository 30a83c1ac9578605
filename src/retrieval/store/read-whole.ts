/** A file of any size in one ArrayBuffer of its own; `readFile` of `node:fs` stops at 2 GiB. */

/** Most that one call asks the system for. */
const PIECE = 2 ** 30;

/** @throws the system's error; Error when the file shrinks meanwhile */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, size - at), at);
      if (bytesRead === 0) throw new Error(`read ${path}: expected ${size} bytes, got ${at}`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
