/**
 * The folder of a training run: `checkpoint.safetensors`, the last good one, and `metrics.jsonl`, one line a record.
 *
 * Of the two, the checkpoint counts: a run that is taken up again goes on from it, and lines that were written after it
 * are cut off, so that the file reads as if the run had never stopped. While a run is in the folder it is locked.
 */
import type { FileHandle } from 'node:fs/promises';
import { isThere, lockFolder, makeFolder, type Unlock } from '../tensor/index.ts';
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
  readonly #unlock: Unlock;
  #saved: boolean;

  private constructor(
    checkpointPath: string,
    found: Checkpoint | undefined,
    metricsPath: string,
    metrics: FileHandle,
    unlock: Unlock,
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
   * @throws RangeError when another run is in it; Error naming it when nothing can be written there, or it has records but
   * no checkpoint
   */
  static async open(folder: string): Promise<RunFolder> {
    const { open, readdir, rm } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const checkpointPath = join(folder, 'checkpoint.safetensors');
    const metricsPath = join(folder, 'metrics.jsonl');
    const refuse = (cause: Error) => {
      if (cause instanceof RangeError) throw cause; // another run is in it
      throw new Error(`fit: expected a folder that can be written to, got ${folder}: ${cause.message}`, { cause });
    };
    await makeFolder(folder).catch(refuse);
    const unlock = await lockFolder(folder, 'fit').catch(refuse);
    const metrics = await open(metricsPath, 'a+').catch(async (cause: Error) => {
      await unlock();
      return refuse(cause);
    });
    try {
      // a process that was killed while it wrote leaves its temporary file
      const left = (await readdir(folder)).filter((name) => /^\.checkpoint\.safetensors\..*\.tmp$/.test(name));
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
      const found = (await isThere(checkpointPath)) ? await readCheckpoint(checkpointPath) : undefined;
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
