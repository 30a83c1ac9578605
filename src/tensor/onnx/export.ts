/**
 * Programs as `.onnx` files that other runtimes open: only operators of the ONNX standard, in an operator set that
 * runtimes have had for years.
 */
import { replaceFile } from '../files.ts';
import { inline, type Lowered, lower } from '../lower.ts';
import { quantizedForExport } from '../passes/quantized-export.ts';
import type { Program } from '../program.ts';
import { portable } from '../support.ts';
import { decodeModel, encodeModel } from './codec.ts';
import type { GraphProto, ModelProto, TensorProto } from './schema.ts';

/** Protobuf's limit on one message. */
const maxBytes = 2 ** 31 - 1;

/** Constants of more bytes than this go into a file beside the model. */
const inlineBytes = 2 ** 28;

/** Where constants lie in a file beside the model: at multiples of this, so that it can be mapped into memory. */
const alignment = 4096;

/**
 * A program as the bytes of an ONNX model. Its inputs and outputs bear the names of the printed program: the paths of
 * the arguments and results; open axes have their names there, too.
 * @throws RangeError when the constants exceed protobuf's 2 GB; {@link saveOnnx} writes them into a second file
 *
 * @example
 * const bytes = exportOnnx(compiled.program(x));
 */
export function exportOnnx(program: Program): Uint8Array {
  const lowered = lowerForExport(program);
  const total = externalBytes(lowered);
  if (total > maxBytes) {
    throw new RangeError(
      `exportOnnx: expected constants of at most ${maxBytes} bytes, got ${total} (saveOnnx writes them into a file beside the model)`,
    );
  }
  return withConstants(lowered, inline);
}

/**
 * Writes a program as an ONNX model to `path`; constants of more than 256 MB go into `path` + `.data`, which has to stay
 * beside it.
 * @throws Error naming the path, when it cannot be written; what was there is then untouched
 */
export async function saveOnnx(path: string, program: Program): Promise<void> {
  const lowered = lowerForExport(program);
  if (externalBytes(lowered) <= inlineBytes) {
    await replaceFile(path, [exportOnnx(program)]);
    return;
  }
  const { basename } = await import('node:path');
  const location = `${basename(path)}.data`;
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const bytes = withConstants(lowered, (tensor, data) => {
    const gap = (alignment - (offset % alignment)) % alignment;
    chunks.push(new Uint8Array(gap), data);
    offset += gap;
    tensor.externalData = [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(data.length) },
    ];
    offset += data.length;
  });
  await replaceFile(`${path}.data`, chunks);
  await replaceFile(path, [bytes]);
}

/** @throws TypeError for constants in a {@link ConstantFile}, which is gone when others open the model */
function lowerForExport(program: Program): Lowered {
  const lowered = lower(quantizedForExport(program), portable);
  if (lowered.folder !== undefined)
    throw new TypeError(
      'exportOnnx: expected constants in memory, got some in a file (await toHost(array) reads them)',
    );
  return lowered;
}

function externalBytes({ external }: Lowered): number {
  return external.reduce((total, { data }) => total + data.length, 0);
}

/** The model with `put` applied to every constant that the lowering left outside. */
function withConstants({ bytes, external }: Lowered, put: (tensor: TensorProto, data: Uint8Array) => void): Uint8Array {
  if (external.length === 0) return bytes;
  const data = new Map(external.map((constant) => [constant.path, constant.data]));
  const model: ModelProto = decodeModel(bytes);
  forEachConstant(model.graph, (tensor) => {
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value;
    if (location !== undefined) put(tensor, data.get(location)!);
  });
  return encodeModel(model);
}

/** Visits the constants of a graph and of the graphs inside it. */
export function forEachConstant(graph: GraphProto, visit: (tensor: TensorProto) => void): void {
  for (const tensor of graph.initializer ?? []) visit(tensor);
  for (const { attribute } of graph.node ?? []) {
    for (const { t, g } of attribute ?? []) {
      if (t) visit(t);
      if (g) forEachConstant(g, visit);
    }
  }
}
