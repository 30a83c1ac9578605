/** Building in a thread of its own. */
import { flatten } from './flat.ts';
import { ask, browserThread, nodeThread, type Thread } from './thread.ts';

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
  return ask(await start(), flat, [flat.tokens.buffer, flat.lengths.buffer], signal);
}

async function start(): Promise<Thread> {
  // bundlers know a worker by these very words
  return typeof Worker === 'function'
    ? browserThread(new Worker(new URL('./build-worker.js', import.meta.url), { type: 'module' }))
    : nodeThread(new URL('./build-worker.js', import.meta.url));
}
