/**
 * The runs of a study, one after another in this process or spread over several.
 *
 * A run begins when the one that it comes from is done, those of the plan's beginning first. A process trains with its
 * share of the cores; one thread a model is more work done by small models than two threads on one. When one run fails or
 * the study is stopped, the others leave a checkpoint and end.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../../command/index.ts';
import { openDevice } from '../../tensor/index.ts';
import { readMaterial } from './material.ts';
import { perform, readResult } from './perform.ts';
import { ownShare, type Run } from './plan.ts';
import { planOfStudy, readStudy, type Study } from './study.ts';

/** What a process that trains is told, and what it answers. */
export type ToWorker = { readonly run: Run } | { readonly stop: true };
export type FromWorker =
  | { readonly progress: string; readonly share: number }
  | { readonly done: true }
  | { readonly stopped: true }
  | { readonly error: string };

/** Something that performs runs, one at a time. */
interface Performer {
  perform(run: Run, told: (label: string, share: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** Performs what is left of a study's plan. @throws the signal's reason when stopped; the first error of a run */
export async function performPlan(
  folder: string,
  study: Study,
  options: { readonly processes: number; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<void> {
  const { processes, progress } = options;
  const plan = planOfStudy(study);
  const done = new Set<string>();
  const keyOf = ({ seed, id }: Pick<Run, 'seed' | 'id'>) => `${seed} ${id}`;
  for (const run of plan) if (await readResult(folder, run)) done.add(keyOf(run));
  const waiting = plan.filter((run) => !done.has(keyOf(run)));
  if (waiting.length === 0) return;

  const shares = new Map(plan.map((run) => [keyOf(run), ownShare(run, plan)]));
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  const partly = new Map<string, number>();
  const report = (label: string) => {
    const finished = [...done].reduce((sum, key) => sum + shares.get(key)!, 0);
    const running = [...partly].reduce((sum, [key, share]) => sum + shares.get(key)! * share, 0);
    progress.update(`${done.size} of ${plan.length} runs; ${label}`, (finished + running) / total);
  };

  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const threads = Math.max(1, Math.floor(availableParallelism() / processes));
  const ready = () => waiting.findIndex(({ seed, from }) => from === undefined || done.has(keyOf({ seed, id: from })));
  let wake = deferred();
  const work = async (performer: Performer) => {
    for (;;) {
      signal.throwIfAborted();
      const next = ready();
      if (next < 0) {
        if (waiting.length === 0) return;
        await wake.promise;
        continue;
      }
      const [run] = waiting.splice(next, 1) as [Run];
      const key = keyOf(run);
      try {
        await performer.perform(run, (label, share) => {
          partly.set(key, share);
          report(`${run.id}, seed ${run.seed}: ${label}`);
        });
      } finally {
        partly.delete(key);
        wake.resolve();
        wake = deferred();
      }
      done.add(key);
      report(`${run.id}, seed ${run.seed}: done`);
    }
  };
  const crew = await Promise.all(
    Array.from({ length: Math.min(processes, waiting.length) }, () =>
      processes === 1 ? here(folder, study, signal) : elsewhere(folder, threads, signal),
    ),
  );
  const outcomes = await Promise.allSettled(
    crew.map((performer) =>
      work(performer).catch((error) => {
        failure.abort(error);
        wake.resolve();
        throw error;
      }),
    ),
  );
  await Promise.all(crew.map((performer) => performer.close()));
  options.signal.throwIfAborted();
  if (outcomes.some(({ status }) => status === 'rejected')) throw failure.signal.reason;
}

/** Runs in this process, on all cores. */
async function here(folder: string, { recipe }: Study, signal: AbortSignal): Promise<Performer> {
  const material = await readMaterial(folder);
  return {
    async perform(run, told) {
      const progress = { update: (label: string, share = 0) => told(label, share), note() {} };
      await perform(run, { study: folder, recipe, material: material!, progress, signal });
    },
    async close() {},
  };
}

/** Runs in a process of its own. */
async function elsewhere(folder: string, threads: number, signal: AbortSignal): Promise<Performer> {
  const child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [folder, String(threads)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-2000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, killed) => resolve(killed ? `killed by ${killed}` : `exited with ${code}`));
  });
  const stop = () => {
    if (child.connected) child.send({ stop: true } satisfies ToWorker);
  };
  signal.addEventListener('abort', stop);
  return {
    async perform(run, told) {
      const answer = deferred();
      const listen = (message: FromWorker) => {
        if ('progress' in message) told(message.progress, message.share);
        else if ('done' in message) answer.resolve();
        else if ('stopped' in message) answer.reject(signal.reason);
        else answer.reject(new Error(`run: ${run.id}, seed ${run.seed}: ${message.error}`));
      };
      child.on('message', listen);
      void ended.then((how) => {
        const said = stderr.trim() === '' ? '' : `: ${stderr.trim()}`;
        answer.reject(new Error(`run: the process that trained ${run.id}, seed ${run.seed}, ${how}${said}`));
      });
      if (child.connected) child.send({ run } satisfies ToWorker);
      try {
        await answer.promise;
      } finally {
        child.off('message', listen);
      }
    },
    async close() {
      signal.removeEventListener('abort', stop);
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** A promise that is settled from outside. */
function deferred() {
  let [resolve, reject] = [() => {}, (_: unknown) => {}];
  const promise = new Promise<void>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

/** What a process that trains does with what it is told, until it is let go. */
export async function serveRuns(folder: string, threads: number, parent: NodeJS.Process | ChildProcess): Promise<void> {
  const study = await readStudy(folder);
  const material = await readMaterial(folder);
  if (!study || !material) throw new RangeError(`run: expected a study in ${folder}, got none`);
  const device = await openDevice('cpu', { threads });
  const stop = new AbortController();
  const send = (message: FromWorker) => {
    if (parent.connected) parent.send!(message);
  };
  let last = 0;
  const progress = {
    update(label: string, share = 0) {
      // a message a step would be more than anyone reads
      if (performance.now() - last < 200) return;
      last = performance.now();
      send({ progress: label, share });
    },
    note() {},
  };
  parent.on('disconnect', () => stop.abort(new Error('run: stopped')));
  parent.on('message', (message: ToWorker) => {
    if ('stop' in message) stop.abort(new Error('run: stopped'));
    else
      perform(message.run, {
        study: folder,
        recipe: study.recipe,
        material,
        device,
        progress,
        signal: stop.signal,
      }).then(
        () => send({ done: true }),
        (error: Error) => send(stop.signal.aborted ? { stopped: true } : { error: error.message }),
      );
  });
}
