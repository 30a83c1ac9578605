/** ONNX Runtime in a browser: the `#onnxruntime` of package.json's imports there. */
import type { Thread } from './thread.ts';

export { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/webgpu';

/** The providers of the browser build; `cpu` is WebAssembly there. */
export function listSupportedBackends(): { name: string; bundled: boolean }[] {
  return ['cpu', 'webgpu', 'webnn'].map((name) => ({ name, bundled: true }));
}

/** Threads need a page that is cross-origin isolated. */
export const defaultThreads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;

/** A page that wants the engine in a worker imports it in a Worker of its own, which its bundler can see. */
export async function startThread(): Promise<Thread> {
  throw new TypeError('openDevice: expected no worker in a browser (open the device inside a Worker of the page)');
}
