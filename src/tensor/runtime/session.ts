/**
 * Programs run by ONNX Runtime in this thread.
 *
 * The options are measured (two cores): without memory patterns a training step needs a quarter less memory at the
 * same speed; threads that spin after a run slow every other session down several times over, and not spinning costs a
 * single one nothing. Outputs of a GPU stay there as handles and are fed back in as such.
 *
 * On Node a run computes in the calling thread and blocks it; see worker.ts for one that does not.
 */
import { defaultThreads, InferenceSession, OrtTensor } from '#onnxruntime';
import { NDArray } from '../array.ts';
import type { DType, Storage } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import { copyModel } from './copy.ts';
import type { Device, Executable, Remote } from './device.ts';
import { owning } from './host-memory.ts';

export interface SessionOptions {
  /** Threads of one operator on the CPU. Default: the machine's cores. */
  threads?: number;
}

/** ONNX Runtime's own words for a provider whose arrays can stay with it. */
const stays: Readonly<Record<string, 'gpu-buffer'>> = { webgpu: 'gpu-buffer' };

/** A device of this thread: `provider` as ONNX Runtime names it. Operators that it lacks are refused, never moved. */
export class SessionDevice implements Device {
  readonly provider: string;
  readonly #options: InferenceSession.SessionOptions;
  readonly #sessions = new Set<InferenceSession>();
  readonly #copies = new Map<DType, Promise<InferenceSession>>();
  /** Settles when every run that was asked for has. */
  #runs: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(provider: string, options: SessionOptions = {}) {
    this.provider = provider;
    const location = stays[provider];
    this.#options = {
      executionProviders: [provider],
      intraOpNumThreads: options.threads ?? defaultThreads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      // errors arrive as exceptions; the runtime's own log would print them a second time
      logSeverityLevel: 4,
      extra: {
        session: { intra_op: { allow_spinning: '0' }, disable_cpu_ep_fallback: provider === 'cpu' ? '0' : '1' },
      },
      ...(location && { preferredOutputLocation: location }),
    };
  }

  async load(model: Lowered): Promise<Executable> {
    const session = await this.#create(model, this.#options);
    return {
      run: async (inputs) => {
        const feeds: Record<string, OrtTensor> = {};
        for (const [i, { name }] of model.inputs.entries()) feeds[name] = this.#feed(inputs[i]!);
        const results = await this.#run(session, feeds);
        return model.outputs.map(({ name, type }) => this.#array(results[name]!, type.dtype));
      },
      release: () => this.#release(session),
    };
  }

  async toHost(source: NDArray): Promise<NDArray> {
    // read through a session: asking such a tensor for its data ends the process in ONNX Runtime 1.30 on Node
    let copy = this.#copies.get(source.dtype);
    if (copy === undefined) {
      // moving to the CPU is all that this one does
      const extra = { session: { disable_cpu_ep_fallback: '0' } };
      copy = this.#create(copyModel(source.dtype), { ...this.#options, extra, preferredOutputLocation: 'cpu' });
      this.#copies.set(source.dtype, copy);
    }
    const results = await this.#run(await copy, { x: this.#feed(source) });
    return new NDArray(source.dtype, source.shape, storageOf(results.y!, source.dtype));
  }

  dispose(source: NDArray): void {
    const remote = source.remote as RemoteTensor;
    remote.tensor?.dispose();
    remote.tensor = undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#copies.clear();
    await Promise.all([...this.#sessions].map((session) => this.#release(session)));
  }

  async #create(model: Lowered, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
    if (this.#closed) throw new ReferenceError(`load: expected an open device, got one that was closed`);
    const session = await InferenceSession.create(model.bytes, {
      ...options,
      ...(model.folder === undefined
        ? { externalData: [...model.external] }
        : { extra: inFolder(options, model.folder) }),
    });
    this.#sessions.add(session);
    return session;
  }

  async #run(session: InferenceSession, feeds: Record<string, OrtTensor>): Promise<InferenceSession.ReturnType> {
    if (!this.#sessions.has(session)) throw new ReferenceError('run: expected a loaded program, got one given back');
    const run = session.run(feeds);
    // no results in it, which would all be kept
    this.#runs = Promise.allSettled([this.#runs, run]).then(() => undefined);
    try {
      return await run;
    } catch (cause) {
      if (/requires f16 but the device does not support it/.test((cause as Error).message)) {
        throw new TypeError(
          `run: expected a GPU with the feature shader-f16 for float16 arrays, got one without (cast to float32)`,
          { cause },
        );
      }
      throw cause;
    }
  }

  /** Once: a second release throws, and so does one while a run that was asked for has not begun. */
  async #release(session: InferenceSession): Promise<void> {
    if (!this.#sessions.delete(session)) return;
    await this.#runs;
    await session.release();
  }

  #feed(source: NDArray): OrtTensor {
    const remote = source.remote as RemoteTensor | undefined;
    if (remote === undefined)
      return new OrtTensor(source.dtype as 'float32', source.data as Float32Array, source.shape);
    if (remote.device !== this)
      throw new ReferenceError(
        `run: expected arrays of the host or of this device (${this.provider}), got one of another (${remote.device.provider}); await toHost(array) first`,
      );
    if (remote.tensor === undefined)
      throw new ReferenceError('run: expected an array, got one given back by dispose()');
    return remote.tensor;
  }

  #array(tensor: OrtTensor, dtype: DType): NDArray {
    if (tensor.location === 'cpu') return owning(new NDArray(dtype, tensor.dims, storageOf(tensor, dtype)));
    const remote: RemoteTensor = { device: this, tensor };
    return new NDArray(dtype, tensor.dims, { remote });
  }
}

interface RemoteTensor extends Remote {
  /** Absent once given back. */
  tensor: OrtTensor | undefined;
}

function storageOf(tensor: OrtTensor, dtype: DType): Storage {
  const { data } = tensor;
  // a Node with Float16Array gets one; the engine keeps the bits
  if (dtype === 'float16' && !(data instanceof Uint16Array)) {
    const bits = data as unknown as ArrayBufferView;
    return new Uint16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.byteLength / 2);
  }
  return data as Storage;
}

/** The options beside which the runtime maps constants from files of a folder into memory. */
function inFolder({ extra }: InferenceSession.SessionOptions, folder: string): Record<string, unknown> {
  return { session: { ...(extra!.session as object), model_external_initializers_file_folder_path: folder } };
}
