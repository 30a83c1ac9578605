/**
 * Programs run by ONNX Runtime in this thread.
 *
 * The options are measured (two cores): without memory patterns a training step needs a quarter less memory at the
 * same speed; threads that spin after a run slow every other session down several times over, and not spinning costs a
 * single one nothing.
 */
import { defaultThreads, InferenceSession, OrtTensor } from '#onnxruntime';
import { NDArray } from '../array.ts';
import type { DType, Storage } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import type { Device, Executable, Remote } from './device.ts';

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

  constructor(provider: string, options: SessionOptions = {}) {
    this.provider = provider;
    const location = stays[provider];
    this.#options = {
      executionProviders: [provider],
      intraOpNumThreads: options.threads ?? defaultThreads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: {
        session: {
          intra_op: { allow_spinning: '0' },
          ...(provider !== 'cpu' && provider !== 'wasm' && { disable_cpu_ep_fallback: '1' }),
        },
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
        const results = await session.run(feeds);
        return model.outputs.map(({ name, type }) => this.#array(results[name]!, type.dtype, type.shape));
      },
      release: async () => {
        this.#sessions.delete(session);
        await session.release();
      },
    };
  }

  async toHost(source: NDArray): Promise<NDArray> {
    const { tensor } = source.remote as RemoteTensor;
    // read through a session: asking such a tensor for its data ends the process in ONNX Runtime 1.30 on Node
    const { copyProgram } = await import('./copy.ts');
    const model = copyProgram(this.provider, source);
    const session = await this.#create(model, { ...this.#options, preferredOutputLocation: 'cpu' });
    try {
      const results = await session.run({ [model.inputs[0]!.name]: tensor });
      const result = results[model.outputs[0]!.name]!;
      return new NDArray(source.dtype, source.shape, storageOf(result, source.dtype));
    } finally {
      this.#sessions.delete(session);
      await session.release();
    }
  }

  dispose(source: NDArray): void {
    (source.remote as RemoteTensor).tensor.dispose();
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  async #create(model: Lowered, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
    const session = await InferenceSession.create(model.bytes, { ...options, externalData: [...model.external] });
    this.#sessions.add(session);
    return session;
  }

  #feed(source: NDArray): OrtTensor {
    const remote = source.remote as RemoteTensor | undefined;
    if (remote === undefined)
      return new OrtTensor(source.dtype as 'float32', source.data as Float32Array, source.shape);
    if (remote.device !== this)
      throw new ReferenceError(
        `compile: expected arrays of the host or of this device (${this.provider}), got one of another (${remote.device.provider}); await toHost(array) first`,
      );
    return remote.tensor;
  }

  #array(tensor: OrtTensor, dtype: DType, shape: readonly number[]): NDArray {
    if (tensor.location === 'cpu') return new NDArray(dtype, shape, storageOf(tensor, dtype));
    const remote: RemoteTensor = { device: this, tensor };
    return new NDArray(dtype, shape, { remote });
  }
}

interface RemoteTensor extends Remote {
  readonly tensor: OrtTensor;
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
