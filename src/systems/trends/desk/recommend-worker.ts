/** The thread that learns what a reader keeps: asked by recommender.ts, which it asks for papers in turn. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Readable, type RecommendOptions, recommend } from '../library/recommend.ts';
import type { FromRecommend, ToRecommend } from './recommender.ts';

const waiting = new Map<number, { resolve(answer: never): void; reject(error: unknown): void }>();
let next = 0;
const say = (message: FromRecommend) => parentPort!.postMessage(message);
const ask =
  <K extends keyof Readable>(method: K) =>
  (...args: Parameters<Readable[K]>): ReturnType<Readable[K]> =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      say({ id, method, args });
    }) as ReturnType<Readable[K]>;

parentPort!.on('message', (message: ToRecommend) => {
  const { resolve, reject } = waiting.get(message.id)!;
  waiting.delete(message.id);
  if ('error' in message) reject(message.error);
  else resolve(message.answer as never);
});

const store: Readable = { at: ask('at'), collections: ask('collections'), select: ask('select'), tags: ask('tags') };
const progress = {
  update: (label: string, share?: number) => say({ label, share: share ?? 0 }),
  note: () => undefined,
};
recommend(store, { ...(workerData as RecommendOptions), progress }).then(
  (recommended) => say({ recommended }),
  (error: unknown) => say({ error }),
);
