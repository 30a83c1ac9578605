/**
 * A device in a worker thread, for whatever must stay responsive: a run computes there, and timers, servers and Ctrl-C
 * go on here.
 *
 * Arrays that programs make stay in the worker, as handles, until `toHost`; arrays given from here are copied there,
 * because whoever gave them may still use them. A handle that is collected is given back; one that a loop drops at
 * every step is better given back at once, by `dispose`, because the collector does not see what it holds there.
 */
import { startThread } from '#onnxruntime';
import { NDArray } from '../array.ts';
import type { DType, Storage } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import type { Device, DeviceOptions, Executable, Remote } from './device.ts';
import type { Answer, Held, Request, Sent, Thread } from './thread.ts';

interface RemoteNumber extends Remote {
  /** Absent once given back. */
  number: number | undefined;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const errors: Readonly<Record<string, new (message: string) => Error>> = {
  TypeError,
  RangeError,
  ReferenceError,
  SyntaxError,
};

export class WorkerDevice implements Device {
  readonly provider: string;
  readonly #thread: Thread;
  readonly #waiting = new Map<number, Waiting>();
  readonly #dropped = new FinalizationRegistry((number: number) => this.#giveBack(number));
  #next = 0;
  /** Why nothing more can be asked. */
  #ended: unknown;
  /** Stops listening to the signal, which may outlive many devices. */
  #unlisten: (() => void) | undefined;

  private constructor(provider: string, thread: Thread, signal: AbortSignal | undefined) {
    this.provider = provider;
    this.#thread = thread;
    thread.listen(
      (message) => this.#answered(message),
      (error) => this.#end(error),
    );
    if (signal) {
      const abort = () => this.#stop(signal.reason);
      signal.addEventListener('abort', abort);
      this.#unlisten = () => signal.removeEventListener('abort', abort);
    }
  }

  /** Starts a worker and opens the device in it. `signal` ends both, whatever runs. */
  static async open(provider: string, { signal, worker: _, ...options }: DeviceOptions): Promise<WorkerDevice> {
    signal?.throwIfAborted();
    const device = new WorkerDevice(provider, await startThread(), signal);
    try {
      // once more: it may have been aborted while the thread started
      signal?.throwIfAborted();
      await device.#ask({ what: 'open', provider, options });
    } catch (error) {
      await device.#stop(error);
      throw error;
    }
    return device;
  }

  async load(model: Lowered): Promise<Executable> {
    const program = (await this.#ask({ what: 'load', model })) as number;
    return {
      run: async (inputs) => {
        const transfer: ArrayBuffer[] = [];
        const sent = inputs.map((source) => this.#send(source, transfer));
        const held = (await this.#ask({ what: 'run', program, inputs: sent }, transfer)) as Held[];
        return held.map((array) => this.#handle(array));
      },
      release: async () => {
        if (this.#ended === undefined) await this.#ask({ what: 'release', program });
      },
    };
  }

  async toHost(source: NDArray): Promise<NDArray> {
    const data = (await this.#ask({ what: 'fetch', number: this.#numberOf(source) })) as Storage;
    return new NDArray(source.dtype, source.shape, data);
  }

  dispose(source: NDArray): void {
    const remote = source.remote as RemoteNumber;
    if (remote.number === undefined) return;
    this.#dropped.unregister(remote);
    this.#giveBack(remote.number);
    remote.number = undefined;
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      await this.#ask({ what: 'close' });
    } finally {
      await this.#stop(new ReferenceError('device: expected an open device, got one that was closed'));
    }
  }

  #ask(request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#thread.post({ id, request }, transfer);
      this.#waiting.set(id, { resolve, reject });
      this.#thread.hold(true);
    });
  }

  #answered({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread.hold(false);
    if (error) waiting?.reject(new (errors[error.name] ?? Error)(error.message));
    else waiting?.resolve(value);
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    this.#unlisten?.();
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  async #stop(error: unknown): Promise<void> {
    this.#end(error);
    await this.#thread.stop();
  }

  #giveBack(number: number): void {
    if (this.#ended === undefined) this.#thread.post({ dispose: [number] }, []);
  }

  #handle({ number, dtype, shape }: Held): NDArray {
    const remote: RemoteNumber = { device: this, number };
    this.#dropped.register(remote, number, remote);
    return new NDArray(dtype, shape, { remote });
  }

  #send(source: NDArray, transfer: ArrayBuffer[]): Sent {
    if (source.remote !== undefined) return this.#numberOf(source);
    // a message with a view carries the whole buffer under it
    const data = source.data.slice() as Storage<DType>;
    transfer.push(data.buffer as ArrayBuffer);
    return { dtype: source.dtype, shape: source.shape, data };
  }

  #numberOf(source: NDArray): number {
    const remote = source.remote as RemoteNumber;
    if (remote.device !== this)
      throw new ReferenceError(
        `run: expected arrays of the host or of this device (${this.provider}), got one of another (${remote.device.provider}); await toHost(array) first`,
      );
    if (remote.number === undefined)
      throw new ReferenceError('run: expected an array, got one given back by dispose()');
    return remote.number;
  }
}
