/**
 * Just enough of a browser's `Worker` for jax-js, whose WebAssembly backend runs in several threads only where that
 * global exists. Node 20 has none, and one thread against our two would compare thread counts.
 *
 * Imported before jax-js, which looks when it is loaded; it starts THREADS workers.
 */
import { resolveObjectURL } from 'node:buffer';
import { Worker as Thread } from 'node:worker_threads';

const prelude = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => self.onmessage({ data }));
`;

class BlobWorker {
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (error: Error) => void;
  readonly #thread: Promise<Thread>;

  constructor(url: string) {
    this.#thread = this.#start(url);
  }

  async #start(url: string): Promise<Thread> {
    const source = await resolveObjectURL(url)!.text();
    const thread = new Thread(prelude + source, { eval: true });
    thread.on('message', (data) => this.onmessage?.({ data }));
    thread.on('error', (error) => this.onerror?.(error as Error));
    return thread;
  }

  async postMessage(message: unknown): Promise<void> {
    (await this.#thread).postMessage(message);
  }
}

Object.defineProperty(globalThis, 'Worker', { value: BlobWorker });
Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: Number(process.env.THREADS) } });
