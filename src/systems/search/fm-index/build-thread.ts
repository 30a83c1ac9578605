/**
 * Building in a thread of its own, so that the one that asks stays responsive: Node's worker threads, or a browser's
 * Worker.
 */
import { buildFile } from './build.ts';
import { type FlatDocuments, flatten, unflatten } from './flat.ts';

/** What the thread answers. */
type Answer =
  | { readonly file: Uint8Array<ArrayBuffer> }
  | { readonly error: { readonly name: string; readonly message: string } };

const errors: Readonly<Record<string, new (message: string) => Error>> = { RangeError, TypeError };

/**
 * The file of an index, built in another thread.
 * @throws what `buildFile` throws, and the signal's reason once it is aborted, with the thread ended
 */
export async function buildFileInThread(
  documents: Iterable<ArrayLike<number>>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted();
  const flat = flatten(documents);
  const thread = await start();
  let abort = () => {};
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
      thread.listen(resolve, reject);
      thread.post(flat, [flat.tokens.buffer, flat.lengths.buffer]);
    });
    if ('error' in answer) throw new (errors[answer.error.name] ?? Error)(answer.error.message);
    return answer.file;
  } finally {
    signal?.removeEventListener('abort', abort);
    thread.end();
  }
}

/** What the thread does with what it was sent. */
export function answer(flat: FlatDocuments): Answer {
  try {
    return { file: buildFile(unflatten(flat)) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
}

interface Thread {
  post(message: FlatDocuments, transfer: ArrayBuffer[]): void;
  listen(onAnswer: (answer: Answer) => void, onError: (error: Error) => void): void;
  end(): void;
}

async function start(): Promise<Thread> {
  if (typeof Worker === 'function') {
    const worker = new Worker(new URL('./build-worker.js', import.meta.url), { type: 'module' });
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      listen: (onAnswer, onError) => {
        worker.onmessage = ({ data }) => onAnswer(data);
        worker.onerror = ({ message }) => onError(new Error(`FmIndex.build: ${message ?? 'the worker did not start'}`));
      },
      end: () => worker.terminate(),
    };
  }
  const { Worker: NodeWorker } = await import('node:worker_threads');
  const worker = new NodeWorker(new URL('./build-worker.js', import.meta.url), { execArgv: [] });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onAnswer, onError) => {
      worker.once('message', onAnswer);
      worker.once('error', onError);
    },
    end: () => void worker.terminate(),
  };
}
