/** ONNX Runtime on Node: the `#onnxruntime` of package.json's imports outside a browser. */
import { availableParallelism } from 'node:os';
import { env } from 'onnxruntime-node';
import { busy, idle, type Thread } from './thread.ts';

export { InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node';

// errors arrive as exceptions; the runtime's own log would print them a second time
env.logLevel = 'fatal';

/** Threads that a session uses unless told otherwise. */
export const defaultThreads = availableParallelism();

/**
 * Starts a thread that runs serve.ts.
 *
 * A thread that is ended while ONNX Runtime computes in it ends the whole process (its binding throws where nothing
 * catches). So the thread says in shared memory when it is busy, is ended only when it is not, and an exit of the
 * process waits for it.
 */
export async function startThread(): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./serve.js', import.meta.url), { workerData: state, execArgv: [] });
  // one that nobody waits for does not keep the process
  worker.unref();
  const leave = () => {
    Atomics.store(state, 1, 1);
    Atomics.wait(state, 0, busy);
  };
  process.once('exit', leave);
  worker.once('exit', () => process.removeListener('exit', leave));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage, onEnd) => {
      worker.on('message', onMessage);
      worker.on('error', onEnd);
      worker.on('exit', (code) => onEnd(new Error(`worker: expected the thread to go on, got its end (code ${code})`)));
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    stop: async () => {
      Atomics.store(state, 1, 1);
      // several runs may have begun, each with an answer of its own
      while (Atomics.load(state, 0) !== idle) await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    },
  };
}
