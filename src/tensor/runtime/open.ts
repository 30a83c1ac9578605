/**
 * Opening devices, and saying which there are.
 */
import { defaultThreads, listSupportedBackends } from '#onnxruntime';
import { array } from '../array.ts';
import { copyModel } from './copy.ts';
import type { Device, DeviceOptions } from './device.ts';
import { SessionDevice } from './session.ts';
import { WorkerDevice } from './worker.ts';

let host: Device | undefined;

/** The device that programs run on unless told otherwise: the CPU, in this thread. */
export function defaultDevice(): Device {
  host ??= new SessionDevice('cpu');
  return host;
}

/**
 * Opens a device by ONNX Runtime's name of its provider: `cpu`, `webgpu`, or another that the installed runtime has.
 * Close it when it is no longer needed.
 * @throws RangeError when the runtime has no such provider, naming those that it has
 * @throws Error when the provider does not start on this machine, saying why
 *
 * @example
 * const device = await openDevice('cpu', { worker: true });
 * const f = compile((x: Tensor) => exp(x), { device });
 * const y = await toHost(await f(array([1, 2])));
 * await device.close();
 */
export async function openDevice(provider: string, options: DeviceOptions = {}): Promise<Device> {
  const names = listSupportedBackends().map(({ name }) => name);
  if (!names.includes(provider))
    throw new RangeError(`openDevice: expected a provider of this runtime (${names.join(', ')}), got '${provider}'`);
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new RangeError(`openDevice: expected threads of at least 1, got ${threads}`);
  if (options.signal && !options.worker)
    throw new TypeError('openDevice: expected worker: true beside a signal, which can only end a worker');
  if (options.worker) return WorkerDevice.open(provider, options);
  const device = new SessionDevice(provider, options);
  if (provider !== 'cpu') await start(device);
  return device;
}

/** Runs the smallest program, because a provider says only then that it lacks a driver. */
async function start(device: Device): Promise<void> {
  try {
    const copy = await device.load(copyModel('float32'));
    const [y] = await copy.run([array([1])]);
    if (y?.remote) device.dispose(y);
    await copy.release();
  } catch (cause) {
    await device.close();
    // without the place in its source that the runtime's assertions begin with
    const reason = (cause as Error).message.split('\n')[0]!.replace(/^.* was false\. /, '');
    const wayOut = device.provider === 'webgpu' ? ' (it needs a GPU driver: on Linux, Vulkan)' : '';
    throw new Error(`openDevice: ${device.provider} does not start on this machine${wayOut}: ${reason}`, { cause });
  }
}

/** A provider of the installed runtime. */
export interface DeviceInfo {
  readonly provider: string;
  /** Whether a program ran on it. */
  readonly usable: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Threads of one operator, on the CPU. */
  readonly threads?: number;
}

/** The providers of the installed runtime, each of them tried. */
export async function devices(): Promise<DeviceInfo[]> {
  const found: DeviceInfo[] = [];
  for (const { name } of listSupportedBackends()) {
    try {
      const device = await openDevice(name);
      await device.close();
      found.push({ provider: name, usable: true, ...(name === 'cpu' && { threads: defaultThreads }) });
    } catch (error) {
      found.push({
        provider: name,
        usable: false,
        reason: (error as Error).message.replace(`openDevice: ${name} `, ''),
      });
    }
  }
  return found;
}
