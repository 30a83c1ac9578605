/**
 * A run of the living issue: experiments one after another, the page written after each.
 *
 * So a run that is stopped leaves what it has found. A system that fails has its error in its section, and the others go
 * on. A recorded run is kept in the repository, and shown from there beside later quick ones.
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Progress, Unfinished } from '../command/index.ts';
import {
  type ContentsRow,
  describeVerdicts,
  type Experiment,
  type ExperimentContext,
  failedSection,
  formatSeconds,
  issueCommand,
  machine,
  openIssueFolder,
  type RecordedSection,
  readRecorded,
  runExperiment,
  type Section,
  secondsSince,
  type Tier,
  writeIssue,
  writeRecorded,
} from '../report/index.ts';
import { ifThere, makeFolder } from '../tensor/index.ts';
import { commitOf } from './commit.ts';
import type { System } from './systems.ts';

/** One experiment to run. */
export interface Task {
  readonly system: System;
  readonly tier: Tier;
}

export interface RunOptions {
  /** Every system there is to be, for the contents. */
  readonly systems: readonly System[];
  /** The package's folder, where recorded/ is. */
  readonly root: URL;
  /** Where the issue is written. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** What is told at the end; the findings are in the folder. */
export interface IssueResult {
  readonly page: string;
  readonly seconds: number;
  readonly systems: readonly Told[];
}

interface Told {
  readonly id: string;
  readonly tier: Tier;
  readonly seconds: number;
  /** `5 hold, 1 does not hold` */
  readonly claims: string;
  readonly error?: string;
}

/** @throws Unfinished, with the result, when a system failed; the signal's reason when it was stopped */
export async function runIssue(tasks: readonly Task[], options: RunOptions): Promise<IssueResult> {
  await openIssueFolder(options.folder);
  const run = new IssueRun(tasks, options);
  await run.prepare();
  const errors: unknown[] = [];
  for (const task of tasks) {
    const error = await run.perform(task);
    if (error !== undefined) errors.push(error);
  }
  const result = await run.write();
  if (errors.length === 0) return result;
  const failed = result.systems.filter(({ error }) => error !== undefined).map(({ id }) => id);
  const cause = new AggregateError(errors, "the experiments' errors");
  throw new Unfinished(`issue: failed in ${failed.join(', ')}; the page says why`, result, { cause });
}

class IssueRun {
  readonly #options: RunOptions;
  readonly #tasks: readonly Task[];
  readonly #start = performance.now();
  readonly #date = new Date().toISOString();
  /** What this run has made so far. */
  readonly #made: Section[] = [];
  readonly #recordedEarlier = new Map<string, RecordedSection>();
  #commit: string | undefined;

  constructor(tasks: readonly Task[], options: RunOptions) {
    this.#tasks = tasks;
    this.#options = options;
  }

  /** Reads what has to be there, so that it is missed before anything has run. */
  async prepare(): Promise<void> {
    for (const { system, tier } of this.#tasks) {
      if (tier === 'recorded') this.#commit = await commitOf(this.#options.root);
      const earlier = await readRecorded(this.#recordedFile(system));
      if (earlier) this.#recordedEarlier.set(system.id, earlier);
    }
  }

  /** Runs one experiment and writes the page; returns the error of one that failed. */
  async perform(task: Task): Promise<unknown> {
    const { signal, progress } = this.#options;
    const { system, tier } = task;
    const start = performance.now();
    let experiment: Experiment | undefined;
    let failure: unknown;
    try {
      signal.throwIfAborted();
      const own = this.#labelled(task);
      own.update(`${tier} run`);
      ({ experiment } = await system.load!.experiment());
      const context = { tier, seed: 0, signal, progress: own };
      this.#made.push(
        tier === 'recorded'
          ? await this.#record(system, experiment, context)
          : await runExperiment(system, experiment, context),
      );
    } catch (error) {
      if (signal.aborted) {
        const { page } = await this.write();
        progress.note(`${system.id}: stopped; what was found before: ${page}`);
        throw error;
      }
      failure = error;
      this.#made.push(failedSection(system, experiment, tier, secondsSince(start), error));
    }
    await this.write();
    progress.note(timeLine(tell(this.#made.at(-1)!)));
    return failure;
  }

  async write(): Promise<IssueResult> {
    const { folder } = this.#options;
    const seconds = secondsSince(this.#start);
    const issue = { date: this.#date, machine: machine(), seconds, systems: this.#sections() };
    const page = await writeIssue(folder, issue, this.#contents());
    return { page, seconds, systems: this.#made.map(tell) };
  }

  /** A run that takes hours: it keeps what it has in a folder of its commit, and goes on there when it was stopped. */
  async #record(system: System, experiment: Experiment, context: ExperimentContext): Promise<RecordedSection> {
    const folder = fileURLToPath(new URL(`runs/recorded/${system.id}/${this.#commit}/`, this.#options.root));
    const before = await spentIn(folder);
    const start = performance.now();
    const spent = () => Math.round(10 * before + 10 * secondsSince(start)) / 10;
    await makeFolder(folder);
    if (before > 0) context.progress.note(`goes on in ${folder}, after ${formatSeconds(before)}`);
    let section: Section;
    try {
      section = await runExperiment(system, experiment, { ...context, folder });
    } catch (error) {
      await writeFile(join(folder, 'seconds'), `${spent()}\n`);
      throw error;
    }
    const command = issueCommand(system.id, 'recorded');
    const recorded = { date: this.#date, commit: this.#commit!, machine: machine(), command };
    const made: RecordedSection = { ...section, seconds: spent(), tier: 'recorded', recorded };
    await writeRecorded(this.#recordedFile(system), made);
    await rm(folder, { recursive: true });
    return made;
  }

  /** In the registry's order; beside a system's quick run what was recorded of it earlier. */
  #sections(): Section[] {
    return this.#options.systems.flatMap(({ id }) => {
      const made = this.#made.filter((section) => section.id === id);
      const earlier = this.#recordedEarlier.get(id);
      const shown = made.length > 0 && earlier && !made.some(({ tier }) => tier === 'recorded');
      return shown ? [...made, earlier] : made;
    });
  }

  #contents(): ContentsRow[] {
    const asked = new Set(this.#tasks.map(({ system }) => system.id));
    return this.#options.systems.map(({ id, title, citation, load }) => {
      return { id, title, citation, unrun: !load ? 'missing' : asked.has(id) ? 'waiting' : 'left out' };
    });
  }

  #recordedFile({ id }: System): string {
    return fileURLToPath(new URL(`recorded/${id}.json`, this.#options.root));
  }

  #labelled(task: Task): Progress {
    const { progress } = this.#options;
    const of = this.#tasks.length;
    const label = of === 1 ? task.system.id : `[${this.#tasks.indexOf(task) + 1}/${of}] ${task.system.id}`;
    return {
      update: (what, share) => progress.update(`${label}: ${what}`, share),
      note: (line) => progress.note(`${label}: ${line}`),
    };
  }
}

/** Seconds that the run in a folder took before it was stopped. */
async function spentIn(folder: string): Promise<number> {
  const text = (await ifThere(readFile(join(folder, 'seconds'), 'utf8'))) ?? '0';
  return Number(text);
}

function tell({ id, tier, seconds, claims, error }: Section): Told {
  return { id, tier, seconds, claims: describeVerdicts(claims), ...(error !== undefined && { error }) };
}

function timeLine({ id, tier, seconds, claims, error }: Told): string {
  const outcome = error === undefined ? claims : `failed: ${error.replace(/\s*\n\s*/g, ' ')}`;
  return `${error === undefined ? '✓' : '✕'} ${id}${tier === 'recorded' ? ' (recorded)' : ''}  ${formatSeconds(seconds)}  ${outcome}`;
}
