/** ONNX Runtime in a browser: the `#onnxruntime` of package.json's imports there. */
export { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/webgpu';

/** The providers of the browser build. */
export function listSupportedBackends(): { name: string; bundled: boolean }[] {
  return ['wasm', 'webgpu', 'webnn'].map((name) => ({ name, bundled: true }));
}

/** Threads need a page that is cross-origin isolated. */
export const defaultThreads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
