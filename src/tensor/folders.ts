/** Making folders. Node's modules are imported when needed, so that the rest of the room also loads in a browser. */

/**
 * Makes a folder, and those above it that are missing; one that is there stays as it is. Where a file system takes no new
 * folders and says that their place does not exist, as `/proc` does, Node's own recursive `mkdir` tries for ever.
 * @throws the system's error when a folder cannot be made, EEXIST when a file of this name is in the way
 */
export async function makeFolder(path: string): Promise<void> {
  const { mkdir, stat } = await import('node:fs/promises');
  const { dirname, resolve } = await import('node:path');
  const make = async (folder: string, missing: boolean): Promise<void> => {
    try {
      await mkdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && missing && dirname(folder) !== folder) {
        await make(dirname(folder), true);
        await make(folder, false);
        return;
      }
      // some systems refuse to make a folder that they would not let be made before they see that it is there
      const there = await stat(folder).catch(() => undefined);
      if (!there?.isDirectory()) throw error;
    }
  };
  await make(resolve(path), true);
}
