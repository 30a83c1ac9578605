/**
 * Files that may not be there, and replacing one so that a reader, a crash or a full disk never meets half of it.
 *
 * The content goes to a temporary name in the same folder, is flushed to the disk, and takes the final name in one
 * step; a failure before that step leaves the old file as it was. Node's modules are imported when needed, so that the
 * rest of the room also loads in a browser.
 */

/**
 * Writes `chunks` to `path`, replacing what is there.
 * @throws Error naming the path, with the system's error as its cause; the old file is then untouched
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const { open, rename, unlink } = await import('node:fs/promises');
  const { basename, dirname, join } = await import('node:path');
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  let made = false;
  try {
    const file = await open(temporary, 'wx');
    made = true;
    try {
      for await (const chunk of chunks) await file.appendFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (made) await unlink(temporary).catch(() => undefined);
    throw new Error(`write ${path}: ${(error as Error).message}; what was there before is untouched`, { cause: error });
  }
}

/** What reading a file gives; undefined where there is none. Any other failure is thrown. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether there is a file or folder of this path that this user may know of. */
export async function isThere(path: string): Promise<boolean> {
  const { access } = await import('node:fs/promises');
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Makes a rename in `folder` survive a power cut, where the system can open folders. */
async function syncFolder(folder: string): Promise<void> {
  const { open } = await import('node:fs/promises');
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Windows opens folders but cannot sync them.
  } finally {
    await handle.close();
  }
}
