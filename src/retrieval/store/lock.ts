/**
 * One writer a folder, across processes.
 *
 * Whoever wants the folder first leaves a file of its own name there, and then looks for others'. Of two that want it at
 * once at least one sees the other, whatever the order, so that two never have it; both may, and then both go and come
 * again. No file is taken away from a process that lives, and what a killed one left counts for nothing.
 */

/** What lets go of a folder. */
export type Unlock = () => Promise<void>;

/** @throws Error naming the process that has the folder */
export async function lockFolder(folder: string): Promise<Unlock> {
  const { readdir, rm, writeFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const own = `lock.${process.pid}.${crypto.randomUUID().slice(0, 8)}`;
  const unlock: Unlock = () => rm(join(folder, own), { force: true });
  for (let tries = 1; ; tries++) {
    await writeFile(join(folder, own), '', { flag: 'wx' });
    let other: string | undefined;
    try {
      for (const name of await readdir(folder)) {
        if (name === own || !/^lock\.\d+\.\w+$/.test(name)) continue;
        if (await isHeld(join(folder, name), Number(name.split('.')[1]))) other = name;
        else await rm(join(folder, name), { force: true });
      }
    } catch (error) {
      await unlock();
      throw error;
    }
    if (other === undefined) return unlock;
    await unlock();
    if (tries === 3) {
      const why = `locked by process ${other.split('.')[1]} (if it does not write, remove ${join(folder, other)})`;
      throw new Error(`${folder}: expected no other writer, got one: ${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10 + 90 * Math.random()));
  }
}

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
