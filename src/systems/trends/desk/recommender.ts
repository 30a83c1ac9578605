/**
 * Recommendations, learned in a thread of their own: a model of thousands of papers takes seconds of plain computing. They
 * are kept while the collection and what its reader keeps stay as they are.
 */
import { Worker } from 'node:worker_threads';
import { type Progress, silent } from '../../../command/index.ts';
import type { Readable, Recommendations, RecommendOptions } from '../library/recommend.ts';
import type { Store } from '../store/store.ts';

/** What the thread is told, and what it says. */
export type ToRecommend =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: unknown };
export type FromRecommend =
  | { readonly id: number; readonly method: keyof Readable; readonly args: readonly unknown[] }
  | { readonly label: string; readonly share: number }
  | { readonly recommended: Recommendations }
  | { readonly error: unknown };

export type Wish = Omit<RecommendOptions, 'progress' | 'signal'>;

/** Recommendations of different wishes that are kept. */
const mostKept = 20;

export class Recommender {
  readonly #store: Store;
  readonly #progress: Progress;
  readonly #kept = new Map<string, Promise<Recommendations>>();
  readonly #workers = new Set<Worker>();
  #doing = '';

  constructor(store: Store, { progress = silent }: { readonly progress?: Progress } = {}) {
    this.#store = store;
    this.#progress = progress;
  }

  /** What is being done, in a few words; empty when nothing is. */
  get doing(): string {
    return this.#doing;
  }

  /** @throws RangeError as `recommend` does */
  async ask(wish: Wish): Promise<Recommendations> {
    const store = this.#store;
    const keeps = [
      await store.sequence(),
      await store.tags(),
      await store.collections(),
      (await store.select({ read: true })).length,
    ];
    const key = JSON.stringify([wish, keeps]);
    const before = this.#kept.get(key);
    if (before) return before;
    const answer = this.#learn(wish);
    this.#kept.set(key, answer);
    answer.catch(() => this.#kept.delete(key));
    if (this.#kept.size > mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    return answer;
  }

  /** Ends what is being learned. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #learn(wish: Wish): Promise<Recommendations> {
    const worker = new Worker(new URL('./recommend-worker.js', import.meta.url), { workerData: wish });
    this.#workers.add(worker);
    const answer = async (id: number, method: keyof Readable, args: readonly unknown[]): Promise<ToRecommend> => {
      try {
        const call = this.#store[method] as (...args: readonly unknown[]) => Promise<unknown>;
        return { id, answer: await call(...args) };
      } catch (error) {
        return { id, error };
      }
    };
    return new Promise<Recommendations>((resolve, reject) => {
      worker.on('message', async (message: FromRecommend) => {
        if ('label' in message) {
          this.#doing = message.label;
          this.#progress.update(message.label, message.share);
        } else if ('recommended' in message) resolve(message.recommended);
        else if ('method' in message) worker.postMessage(await answer(message.id, message.method, message.args));
        else reject(message.error);
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('recommendations: the thread ended')));
    }).finally(async () => {
      this.#doing = '';
      this.#workers.delete(worker);
      await worker.terminate();
    });
  }
}
