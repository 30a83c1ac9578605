/**
 * Questions about a collection as a whole, answered in a thread of their own.
 *
 * Phrases, topics, a map or an issue of tens of thousands of papers take seconds to a minute of plain computing, in which a
 * server has to answer others and Ctrl-C has to end a command. Answers are kept while the collection stays as it is; what has
 * been begun is finished and can be fetched, though papers come meanwhile, or nobody would see a map while a source is read.
 */
import { Worker } from 'node:worker_threads';
import { type Progress, silent } from '../../../command/index.ts';
import type { Paper } from '../paper.ts';
import type { Store } from '../store/store.ts';
import type { Topics } from '../topics/topics.ts';
import type { Answers, QuestionName, Questions } from './questions.ts';
import { keepTopics, keptTopics } from './topics.ts';

/** What the thread is told, and what it answers. */
export type ToAnalyst =
  | { readonly papers: readonly Paper[] }
  | { readonly former: Topics | undefined }
  | { readonly id: number; readonly name: QuestionName; readonly question: unknown };
export type FromAnalyst =
  | { readonly id: number; readonly label: string }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: unknown };

/** Newest papers that are looked at: phrases and nearest papers of more do not fit a thread's memory and a reader's patience. */
export const mostAnalysed = 50_000;
/** Papers told at once. */
const batch = 500;
/** Answers kept. */
const mostKept = 40;
/** Milliseconds for which what was answered last may be fetched: pages ask again every two seconds. */
const fetching = 10_000;

/** What is written or picked is of the papers as they are, whatever was begun before they came. */
const ofNow: ReadonlySet<QuestionName> = new Set(['picks', 'backTest', 'issue']);

interface Waiting {
  readonly answer: Promise<unknown>;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread with the papers as they were at one moment of the store. */
interface Thread {
  readonly sequence: number;
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** Answers, or what will be, by question. */
  readonly kept: Map<string, Promise<unknown>>;
  /** When it last answered, and whether it answers no more. */
  answered: number;
  ended: boolean;
}

export class Analyst {
  readonly #store: Store;
  readonly #progress: Progress;
  #thread: Promise<Thread> | undefined;
  #next = 0;
  /** What the thread is doing now. */
  #doing = '';

  constructor(store: Store, { progress = silent }: { readonly progress?: Progress } = {}) {
    this.#store = store;
    this.#progress = progress;
  }

  /** What is being done, in a few words; empty when nothing is. */
  get doing(): string {
    return this.#doing;
  }

  /**
   * The answer to a question about the papers as they are; to what pages show, and ask again for, also as they were when the
   * thread began.
   * @throws what the method throws
   */
  async ask<K extends QuestionName>(name: K, question: Questions[K]): Promise<Answers[K]> {
    let thread = await this.#current(ofNow.has(name));
    // another question may have ended it meanwhile
    if (thread.ended) thread = await this.#current(ofNow.has(name));
    const { kept, waiting, worker } = thread;
    const key = JSON.stringify([name, question]);
    let answer = kept.get(key) as Promise<Answers[K]> | undefined;
    if (!answer) {
      const id = this.#next++;
      let settle!: Pick<Waiting, 'resolve' | 'reject'>;
      answer = new Promise<Answers[K]>((resolve, reject) => {
        settle = { resolve, reject };
      });
      waiting.set(id, { ...settle, answer });
      if (name === 'map') answer = this.#keeping(answer as Promise<Answers['map']>) as Promise<Answers[K]>;
      kept.set(key, answer);
      // what failed is tried again when it is asked again
      answer.catch(() => kept.delete(key));
      if (kept.size > mostKept) kept.delete(kept.keys().next().value!);
      // a process that waits for an answer stays; one that waits for none may end
      worker.ref();
      worker.postMessage({ id, name, question } satisfies ToAnalyst);
    }
    return answer;
  }

  /** Ends the thread; what was asked and not answered fails with the reason. */
  async close(reason: unknown = new Error('closed')): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined);
    this.#thread = undefined;
    if (thread) await end(thread, reason);
  }

  async #keeping(answer: Promise<Answers['map']>): Promise<Answers['map']> {
    const { topics } = await answer;
    await keepTopics(this.#store, topics);
    return answer;
  }

  async #current(isOfNow: boolean): Promise<Thread> {
    const sequence = await this.#store.sequence();
    const current = this.#thread;
    const before = await current;
    if (before) {
      const isWanted = before.waiting.size > 0 || performance.now() - before.answered < fetching;
      if (!before.ended && (before.sequence === sequence || (isWanted && !isOfNow))) return before;
      // what others wait for is finished first
      while (before.waiting.size > 0)
        await Promise.allSettled([...before.waiting.values()].map(({ answer }) => answer));
      // unless another question has begun one meanwhile
      if (this.#thread === current) this.#thread = undefined;
      await end(before, new Error('the collection changed'));
    }
    // a question that came meanwhile may have begun one
    this.#thread ??= this.#begin(sequence).catch((error) => {
      this.#thread = undefined;
      throw error;
    });
    return this.#thread;
  }

  async #begin(sequence: number): Promise<Thread> {
    const store = this.#store;
    const worker = new Worker(new URL('./analyst-worker.js', import.meta.url));
    const thread: Thread = { sequence, worker, waiting: new Map(), kept: new Map(), answered: 0, ended: false };
    worker.on('message', (message: FromAnalyst) => {
      if ('label' in message) {
        this.#doing = message.label;
        this.#progress.update(message.label);
        return;
      }
      this.#doing = '';
      thread.answered = performance.now();
      const waiting = thread.waiting.get(message.id)!;
      thread.waiting.delete(message.id);
      if (thread.waiting.size === 0) worker.unref();
      if ('error' in message) waiting.reject(message.error);
      else waiting.resolve(message.answer as never);
    });
    worker.on('error', (error) => void end(thread, error));
    this.#doing = 'reading the collection';
    const chosen = await newest(store);
    for (let start = 0; start < chosen.length; start += batch) {
      const entries = await store.at(chosen.slice(start, start + batch));
      worker.postMessage({ papers: entries.flatMap(({ paper }) => paper ?? []) } satisfies ToAnalyst);
    }
    worker.postMessage({ former: await keptTopics(store) } satisfies ToAnalyst);
    this.#doing = '';
    return thread;
  }
}

/** Numbers of the newest papers, rising. */
async function newest(store: Store): Promise<number[]> {
  const numbers: number[] = [];
  for await (const number of store.ordered('date', false)) if (numbers.push(number) === mostAnalysed) break;
  return numbers.sort((a, b) => a - b);
}

async function end(thread: Thread, reason: unknown): Promise<void> {
  const { worker, waiting } = thread;
  thread.ended = true;
  for (const { reject } of waiting.values()) reject(reason);
  waiting.clear();
  await worker.terminate();
}
