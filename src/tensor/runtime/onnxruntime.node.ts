/** ONNX Runtime on Node: the `#onnxruntime` of package.json's imports outside a browser. */
import { availableParallelism } from 'node:os';
import type { Thread } from './thread.ts';

export { InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node';

/** Threads that a session uses unless told otherwise. */
export const defaultThreads = availableParallelism();

/** Starts a thread that runs serve.ts. */
export async function startThread(): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(new URL('./serve.js', import.meta.url));
  // a thread that nobody waits for does not keep the process
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage, onEnd) => {
      worker.on('message', onMessage);
      worker.on('error', onEnd);
      worker.on('exit', (code) => onEnd(new Error(`worker: expected the thread to go on, got its end (code ${code})`)));
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    stop: async () => void (await worker.terminate()),
  };
}
