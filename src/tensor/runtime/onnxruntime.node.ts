/** ONNX Runtime on Node: the `#onnxruntime` of package.json's imports outside a browser. */
import { availableParallelism } from 'node:os';

export { InferenceSession, listSupportedBackends, Tensor as OrtTensor } from 'onnxruntime-node';

/** Threads that a session uses unless told otherwise. */
export const defaultThreads = availableParallelism();
