/**
 * One process at a time in a folder.
 *
 * Whoever wants the folder first leaves a file of its own name there, and then looks for others'. Of two that want it at
 * once at least one sees the other, whatever the order, so that two never have it; both may, and then both go and come
 * again. No file is ever made by two or taken away from a process that lives, which is what a single lock file cannot
 * promise when a dead process has left it; what a killed process leaves counts for nothing.
 *
 * It holds among the processes of one machine. Node's modules are imported when needed, so that the rest of the room also
 * loads in a browser.
 */

/** What lets go of a folder. */
export type Unlock = () => Promise<void>;

/** How often a folder that another has is asked for. */
const tries = 3;

/**
 * Takes a folder, which has to be there, for the caller alone.
 * @param op what errors are called by: `fit`
 * @throws RangeError naming the process that has it; the system's error where nothing can be written
 */
export async function lockFolder(folder: string, op: string): Promise<Unlock> {
  const { readdir, rm, writeFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const own = `lock.${process.pid}.${crypto.randomUUID().slice(0, 8)}`;
  const unlock: Unlock = () => rm(join(folder, own), { force: true });
  for (let tried = 1; ; tried++) {
    await writeFile(join(folder, own), '', { flag: 'wx' });
    let other: string | undefined;
    try {
      for (const name of await readdir(folder)) {
        const owner = /^lock\.(\d+)\.\w+$/.exec(name)?.[1];
        if (owner === undefined || name === own) continue;
        if (await isHeld(join(folder, name), Number(owner))) other = name;
        else await rm(join(folder, name), { force: true });
      }
    } catch (error) {
      await unlock();
      throw error;
    }
    if (other === undefined) return unlock;
    await unlock();
    if (tried === tries) {
      const owner = other.split('.')[1];
      throw new RangeError(
        `${op}: expected nobody else at work in ${folder}, got process ${owner} (if that is another program, remove ${join(folder, other)})`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10 + 90 * Math.random()));
  }
}

/** Whether the process that a lock names still has it. */
async function isHeld(path: string, owner: number): Promise<boolean> {
  const { stat } = await import('node:fs/promises');
  const made = await stat(path).catch(() => undefined);
  if (made === undefined) return false;
  // a container gives every process of its life the same id: a lock older than this process is not this one's
  if (owner === process.pid) return made.mtimeMs >= Date.now() - process.uptime() * 1000;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
