/**
 * The folder of a training run: `checkpoint.safetensors`, the last good one, and `metrics.jsonl`, one line a record.
 *
 * Of the two, the checkpoint counts: a run that is taken up again goes on from it, and lines that were written after it
 * are cut off, so that the file reads as if the run had never stopped. While a run is in the folder, an empty file
 * `lock.ID.x` names its process; one that a killed process left counts for nothing.
 */
import type { FileHandle } from 'node:fs/promises';
import { makeFolder } from '../tensor/index.ts';
import { type Checkpoint, type Progressed, readCheckpoint, saveCheckpoint } from './checkpoint.ts';

/** One line of a run's metrics: the steps made, and numbers by name; those of an evaluation under `evaluation`. */
export interface MetricsRecord {
  readonly step: number;
  readonly [name: string]: number | Readonly<Record<string, number>>;
}

/** An open run folder. */
export class RunFolder implements AsyncDisposable {
  readonly #checkpointPath: string;
  /** The checkpoint that was there when the folder was opened. */
  readonly found: Checkpoint | undefined;
  readonly #metricsPath: string;
  readonly #metrics: FileHandle;
  readonly #unlock: () => Promise<void>;
  #saved: boolean;

  private constructor(
    checkpointPath: string,
    found: Checkpoint | undefined,
    metricsPath: string,
    metrics: FileHandle,
    unlock: () => Promise<void>,
  ) {
    this.#checkpointPath = checkpointPath;
    this.found = found;
    this.#saved = found !== undefined;
    this.#metricsPath = metricsPath;
    this.#metrics = metrics;
    this.#unlock = unlock;
  }

  /** Where the last good checkpoint lies, if there is one. */
  get checkpoint(): string | undefined {
    return this.#saved ? this.#checkpointPath : undefined;
  }

  /**
   * Opens a folder, making it if it is not there.
   * @throws Error naming it when nothing can be written there, another run is in it, or it has records but no checkpoint
   */
  static async open(folder: string): Promise<RunFolder> {
    const { access, open, readdir, rm } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const checkpointPath = join(folder, 'checkpoint.safetensors');
    const metricsPath = join(folder, 'metrics.jsonl');
    const refuse = (cause: Error) => {
      throw new Error(`fit: expected a folder that can be written to, got ${folder}: ${cause.message}`, { cause });
    };
    await makeFolder(folder).catch(refuse);
    const unlock = await lock(folder).catch(refuse);
    const metrics = await open(metricsPath, 'a+').catch(async (cause: Error) => {
      await unlock();
      return refuse(cause);
    });
    try {
      // a process that was killed while it wrote leaves its temporary file
      const left = (await readdir(folder)).filter((name) => /^\.checkpoint\.safetensors\..*\.tmp$/.test(name));
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
      const exists = await access(checkpointPath).then(
        () => true,
        () => false,
      );
      const found = exists ? await readCheckpoint(checkpointPath) : undefined;
      const records = await metrics.readFile();
      if (found) await metrics.truncate(lengthUpTo(records, found.progress.step));
      else if (records.length > 0) {
        throw new Error(
          `fit: expected a checkpoint beside ${metricsPath}, got records only (move that file away, or choose another folder)`,
        );
      }
      return new RunFolder(checkpointPath, found, metricsPath, metrics, unlock);
    } catch (error) {
      await metrics.close();
      await unlock();
      throw error;
    }
  }

  /** Appends lines to the metrics. @throws Error naming the file when it cannot */
  async append(records: readonly MetricsRecord[]): Promise<void> {
    try {
      await this.#metrics.appendFile(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    } catch (cause) {
      throw new Error(`fit: cannot write ${this.#metricsPath}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Replaces the checkpoint. @throws Error naming the file when it cannot; the old one then stays */
  async save(tree: unknown, progress: Progressed): Promise<void> {
    await saveCheckpoint(this.#checkpointPath, tree, progress);
    this.#saved = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#metrics.close();
    await this.#unlock();
  }
}

/**
 * Takes a folder for this process, and gives what lets go of it.
 *
 * Whoever wants the folder first leaves a file of its own name there, and then looks for others'. Of two that want it at
 * once at least one sees the other, whatever the order, so that two never have it. Both may: then both go and come again.
 * No file is ever made by two or taken away from a process that lives, which is what a single lock file cannot promise
 * when a dead process has left it.
 */
async function lock(folder: string): Promise<() => Promise<void>> {
  const { readdir, rm, writeFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const own = `lock.${process.pid}.${crypto.randomUUID().slice(0, 8)}`;
  const unlock = () => rm(join(folder, own), { force: true });
  for (let tries = 1; ; tries++) {
    await writeFile(join(folder, own), '', { flag: 'wx' });
    let other: string | undefined;
    try {
      const locks = (await readdir(folder)).filter((name) => /^lock\.\d+\.\w+$/.test(name) && name !== own);
      for (const name of locks) {
        if (await isHeld(join(folder, name))) other = name;
        else await rm(join(folder, name), { force: true });
      }
    } catch (error) {
      await unlock();
      throw error;
    }
    if (other === undefined) return unlock;
    await unlock();
    if (tries === 3) {
      const owner = other.split('.')[1];
      throw new Error(`process ${owner} is training in it (if it is not, remove ${join(folder, other)})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10 + 90 * Math.random()));
  }
}

/** Whether the process that a lock names still has it. */
async function isHeld(path: string): Promise<boolean> {
  const { stat } = await import('node:fs/promises');
  const owner = Number(path.split('.').at(-2));
  const made = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  if (made === undefined) return false;
  // a container gives every process of its life the same id: a lock older than this process is not this one's
  return owner === process.pid ? made >= Date.now() - process.uptime() * 1000 : isAlive(owner);
}

/** Whether a process of this id runs. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Bytes of the leading whole lines whose step is at most `step`. */
function lengthUpTo(bytes: Buffer, step: number): number {
  let length = 0;
  for (;;) {
    const end = bytes.indexOf(10, length);
    if (end < 0 || !(stepOf(bytes.toString('utf8', length, end)) <= step)) return length;
    length = end + 1;
  }
}

function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as MetricsRecord).step;
  } catch {
    return Number.NaN;
  }
}
