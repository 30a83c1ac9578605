/**
 * A file that is read piece by piece, and never past its end.
 *
 * What a header says of lengths is compared with the bytes that are there before anything is allocated for them.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** A byte count that one read call takes on every system. */
const readBytes = 2 ** 30;

/** An open file. Close it when done. */
export class FileBytes {
  readonly path: string;
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(path: string, size: number, file: FileHandle) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  /** @throws RangeError for what is not a regular file; the system's error for what cannot be opened */
  static async open(path: string): Promise<FileBytes> {
    const file = await open(path, 'r');
    const stat = await file.stat();
    if (stat.isFile()) return new FileBytes(path, stat.size, file);
    await file.close();
    throw new RangeError(`torch: ${path}: expected a file, got something else`);
  }

  /** @throws RangeError for bytes that the file does not have */
  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      throw new RangeError(
        `torch: ${this.path}: expected ${length} bytes at ${position}, got a file of ${this.size}: it is truncated or damaged`,
      );
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#file.read(bytes, at, Math.min(length - at, readBytes), position + at);
      if (bytesRead === 0) throw new RangeError(`torch: ${this.path}: the file was cut while it was read`);
      at += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
