/**
 * The logbook of a training run: what was done to it, when, and why.
 *
 * OPT-175B's authors published theirs: 90 restarts, loss spikes, learning rates lowered by hand. Here each intervention is
 * a line of JSON in `logbook.jsonl`, and the same in words in `logbook.md`. The file is also the run's memory: batches to
 * pass over and the factor of the rate follow from the entries, so that a run that is taken up again trains as the one
 * that wrote them.
 *
 * Source: OPT paper, section 2.5; metaseq, projects/OPT/chronicles.
 */
import { open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere, replaceFile } from '../../tensor/index.ts';

/** One entry; `step` counts the steps that had been made. */
export type Entry = { readonly time: string; readonly step: number } & (
  | { readonly event: 'begin'; readonly recipe: Readonly<Record<string, unknown>> }
  /** With what is now otherwise in the recipe. */
  | { readonly event: 'resume'; readonly changed: Readonly<Record<string, unknown>> }
  | { readonly event: 'stop'; readonly reason: string }
  | Intervention
  | { readonly event: 'end'; readonly loss: number; readonly held: number }
);

/** A loss spike, and what was done about it. */
export interface Intervention {
  readonly event: 'spike';
  /** The loss, as text where it was not a finite number; and the mean of the steps before it. */
  readonly loss: number | string;
  readonly mean: number;
  /** Back to the last checkpoint, or to the last one after which training went on calmly. */
  readonly back: 'last checkpoint' | 'last good checkpoint';
  /** Batches that are passed over from now on, counted from the first of the run. */
  readonly skipped: readonly number[];
  /** What the rate is multiplied with from now on. */
  readonly factor: number;
}

type Unstamped<E> = E extends unknown ? Omit<E, 'time'> : never;

/** The logbook in a run's folder. */
export class Logbook {
  readonly entries: Entry[];
  readonly #folder: string;

  private constructor(folder: string, entries: Entry[]) {
    this.#folder = folder;
    this.entries = entries;
  }

  /**
   * Opens the folder's logbook, empty where there is none. A last line that a killed process left unfinished is cut off.
   * @throws SyntaxError for a file that is no logbook
   */
  static async open(folder: string): Promise<Logbook> {
    const path = join(folder, 'logbook.jsonl');
    const text = (await ifThere(readFile(path, 'utf8'))) ?? '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    const entries = whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => {
        try {
          return JSON.parse(line) as Entry;
        } catch (error) {
          throw new SyntaxError(`train: expected JSON in line ${i + 1} of ${path}: ${(error as Error).message}`);
        }
      });
    return new Logbook(folder, entries);
  }

  /** Adds an entry, on disk before it returns. */
  async add(entry: Unstamped<Entry>): Promise<void> {
    const whole = { time: new Date().toISOString(), ...entry } as Entry;
    this.entries.push(whole);
    const file = await open(join(this.#folder, 'logbook.jsonl'), 'a');
    try {
      await file.appendFile(`${JSON.stringify(whole)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    const lines = this.entries.map((one) => `- **${one.time}**, step ${one.step}: ${inWords(one)}\n`);
    await replaceFile(join(this.#folder, 'logbook.md'), ['# Logbook\n\n', ...lines]);
  }

  /** All loss spikes so far. */
  get interventions(): readonly (Intervention & { readonly step: number })[] {
    return this.entries.filter((entry) => entry.event === 'spike');
  }

  /** Batches to pass over. */
  get skipped(): ReadonlySet<number> {
    return new Set(this.interventions.flatMap(({ skipped }) => skipped));
  }

  /** The recipe that the run trains by now. */
  get recipe(): Readonly<Record<string, unknown>> {
    return Object.assign(
      {},
      ...this.entries.map((entry) =>
        entry.event === 'begin' ? entry.recipe : entry.event === 'resume' ? (entry.changed ?? {}) : {},
      ),
    );
  }

  /** What the rate is multiplied with. */
  get factor(): number {
    return this.interventions.at(-1)?.factor ?? 1;
  }
}

function inWords(entry: Entry): string {
  switch (entry.event) {
    case 'begin':
      return `begun. ${listed(entry.recipe)}.`;
    case 'resume': {
      const changed = listed(entry.changed ?? {});
      return changed === '' ? 'taken up again.' : `taken up again, with another recipe: ${changed}.`;
    }
    case 'stop':
      return `stopped: ${entry.reason}.`;
    case 'spike': {
      const batches = entry.skipped.length === 1 ? `batch ${entry.skipped[0]}` : `batches ${entry.skipped.join(', ')}`;
      const rate = entry.factor === 1 ? '' : `, the rate times ${entry.factor}`;
      return `a loss of ${entry.loss} where the steps before had ${entry.mean.toFixed(3)}. Back to the ${entry.back}, ${batches} passed over${rate}.`;
    }
    case 'end':
      return `done: loss ${entry.loss.toFixed(3)}, on held-out text ${entry.held.toFixed(3)}.`;
  }
}

function listed(recipe: Readonly<Record<string, unknown>>): string {
  return Object.entries(recipe)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ');
}
