/**
 * Constants in a file, from which the runtime reads them.
 *
 * A constant in memory is there twice once a program is loaded: the array, and what the runtime's kernels made of it.
 * Put into a file, it is mapped into memory while its kernel reads it, and given back as soon as that is done.
 *
 * The file is this process's own. It is removed when none of its arrays is left, and when the process ends; what a killed
 * process leaves, the next one removes.
 */
import type { FileHandle } from 'node:fs/promises';
import { NDArray } from './array.ts';
import { allocate, type Storage } from './dtype.ts';
import { QuantizedArray } from './quantize.ts';
import type { Device } from './runtime/device.ts';

/** Where an array's elements lie. */
interface Place {
  readonly device: Pick<Device, 'provider' | 'toHost' | 'dispose'>;
  readonly file: ConstantFile;
  readonly offset: number;
}

/** Mapped places begin at multiples of this. */
const alignment = 4096;

/** Folders of files bear it, before their process's number. */
const prefix = 'tenfold-constants-';

/** A growing file of constants. */
export class ConstantFile {
  /** The system's folder for temporary files. */
  readonly root: string;
  /** The file's path from there. */
  readonly location: string;
  readonly #handle: FileHandle;
  #size = 0;

  private constructor(root: string, location: string, handle: FileHandle) {
    this.root = root;
    this.location = location;
    this.#handle = handle;
  }

  /**
   * Makes an empty one in the system's folder for temporary files.
   * @throws Error naming the folder, when it cannot be written
   */
  static async create(): Promise<ConstantFile> {
    const { mkdtemp, open, realpath } = await import('node:fs/promises');
    const { rmSync } = await import('node:fs');
    const { join, relative } = await import('node:path');
    const { tmpdir } = await import('node:os');
    const root = await realpath(tmpdir());
    await sweep(root);
    const folder = await mkdtemp(join(root, `${prefix}${process.pid}-`));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    if (removals.size === 0) process.once('exit', removeAll);
    removals.add(remove);
    const path = join(folder, 'constants');
    const handle = await open(path, 'wx+', 0o600);
    const file = new ConstantFile(root, relative(root, path), handle);
    collected.register(file, async () => {
      removals.delete(remove);
      if (removals.size === 0) process.removeListener('exit', removeAll);
      await handle.close();
      remove();
    });
    return file;
  }

  /**
   * Writes an array into the file, and gives one that lies there. In programs it may only be a constant; `toHost` reads
   * it.
   * @throws Error naming the file, when the disk refuses
   */
  async put<A extends NDArray>(array: A): Promise<A> {
    if (array instanceof QuantizedArray)
      return new QuantizedArray(await this.put(array.packed), await this.put(array.scales), array.bits) as NDArray as A;
    const { dtype, shape, data } = array;
    const offset = Math.ceil(this.#size / alignment) * alignment;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#size = offset + bytes.length;
    try {
      for (let at = 0; at < bytes.length; )
        at += (await this.#handle.write(bytes, at, undefined, offset + at)).bytesWritten;
    } catch (cause) {
      throw new Error(`write ${this.root}/${this.location}: ${(cause as Error).message}`, { cause });
    }
    const remote: Place = { device: onDisk, file: this, offset };
    return new NDArray(dtype, shape, { remote }) as A;
  }

  /** Reads an array of this file. */
  async read({ dtype, shape, size, remote }: NDArray): Promise<NDArray> {
    const data = allocate(dtype, size) as Storage;
    const bytes = new Uint8Array(data.buffer);
    const { offset } = remote as Place;
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, undefined, offset + at);
      if (bytesRead === 0) throw new Error(`read ${this.root}/${this.location}: it was cut`);
      at += bytesRead;
    }
    return new NDArray(dtype, shape, data);
  }
}

/** Removes what killed processes have left. */
async function sweep(root: string): Promise<void> {
  const { readdir, rm } = await import('node:fs/promises');
  const { join } = await import('node:path');
  for (const name of await readdir(root)) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (!(owner > 0) || isAlive(owner)) continue;
    // another user's may not be ours to remove
    await rm(join(root, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(owner: number): boolean {
  try {
    return process.kill(owner, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What removes the files that are there. */
const removals = new Set<() => void>();

function removeAll(): void {
  for (const remove of removals) remove();
}

/** Removes the files whose arrays are all gone. */
const collected = new FinalizationRegistry<() => Promise<void>>((remove) => remove());

/** What `toHost` and `dispose` ask of the place where an array lies. */
const onDisk: Place['device'] = {
  provider: 'file',
  toHost: (source) => (source.remote as Place).file.read(source),
  dispose: () => undefined,
};

/** Where an array's elements lie, when that is in a file. */
export function placeOf({ remote }: NDArray): { readonly file: ConstantFile; readonly offset: number } | undefined {
  return (remote as Place | undefined)?.file instanceof ConstantFile ? (remote as Place) : undefined;
}
