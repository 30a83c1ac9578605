/** The model that hands its input back, of any shape: what a device runs to bring an array to the host. */
import { type DType, onnxCode } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import { encodeModel } from '../onnx/codec.ts';

export function copyModel(dtype: DType): Lowered {
  const type = { tensorType: { elemType: onnxCode(dtype) } };
  const bytes = encodeModel({
    irVersion: 10,
    producerName: 'tenfold',
    graph: {
      name: 'copy',
      node: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
      input: [{ name: 'x', type }],
      output: [{ name: 'y', type }],
    },
    opsetImport: [{ domain: '', version: 21 }],
  });
  return {
    bytes,
    external: [],
    inputs: [{ name: 'x', index: 0 }],
    outputs: [{ name: 'y', type: { dtype, shape: [] } }],
  };
}
