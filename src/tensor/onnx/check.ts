/**
 * What is checked of a model before a runtime sees it. A file is a claim made by a stranger: every constant must have
 * the bytes that its shape asks for, and what lies outside must lie in the model's own folder, inside the files there.
 */
import { elements, formatShape } from '../shape.ts';
import { forEachConstant } from './export.ts';
import type { ModelProto, TensorProto, ValueInfoProto } from './schema.ts';

/** A constant that lies in a file beside the model. */
export interface External {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** Bits of one element, by ONNX's number of its type; those of the types that have no fixed size are missing. */
const bits: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
};

const stringType = 8;

/**
 * The constants that lie outside a model, every constant checked.
 * @throws RangeError naming the constant whose size does not follow from its shape, or whose place is no place
 */
export function checkConstants(model: ModelProto): External[] {
  const external: External[] = [];
  forEachConstant(model.graph, (tensor) => {
    const name = JSON.stringify(tensor.name ?? '');
    const shape = tensor.dims ?? [];
    const count = elements(shape);
    if (shape.some((n) => n < 0) || !Number.isSafeInteger(count))
      throw new RangeError(`onnx: expected a shape of constant ${name}, got ${formatShape(shape)}`);
    if (tensor.dataType === stringType) return;
    const size = bits[tensor.dataType ?? 0];
    if (size === undefined)
      throw new RangeError(`onnx: expected an element type of constant ${name}, got number ${tensor.dataType ?? 0}`);
    const bytes = Math.ceil((count * size) / 8);
    if (tensor.dataLocation === 1) {
      external.push(externalOf(tensor, name, bytes));
      return;
    }
    if (tensor.rawData?.length ? tensor.rawData.length !== bytes : !listed(tensor, count, bytes)) {
      throw new RangeError(
        `onnx: expected ${bytes} bytes for constant ${name} of shape ${formatShape(shape)}, got ${tensor.rawData?.length ?? 'another number of'}`,
      );
    }
  });
  return external;
}

/** Whether one of the typed lists holds `count` elements: complex numbers take two entries, four-bit ones half. */
function listed(tensor: TensorProto, count: number, bytes: number): boolean {
  const length =
    (tensor.floatData?.length ?? 0) +
    (tensor.int32Data?.length ?? 0) +
    (tensor.int64Data?.length ?? 0) +
    (tensor.doubleData?.length ?? 0);
  return length === count || length === 2 * count || (length === bytes && bytes < count);
}

function externalOf(tensor: TensorProto, name: string, bytes: number): External {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const offset = wholeNumber(entries.get('offset') ?? '0');
  const length = wholeNumber(entries.get('length') ?? String(bytes));
  // the folder itself is checked where the file is opened; nothing that could leave it gets that far
  const parts = location.split(/[\\/]/);
  if (location === '' || parts.some((part) => part === '' || part === '..' || /[\0:]/.test(part)))
    throw new RangeError(
      `onnx: expected constant ${name} in a file of the model's folder, got ${JSON.stringify(location)}`,
    );
  if (offset === undefined || length !== bytes)
    throw new RangeError(
      `onnx: expected ${bytes} bytes for constant ${name} of shape ${formatShape(tensor.dims ?? [])}, got ${entries.get('length') ?? 'none'} at ${entries.get('offset') ?? 0} of ${JSON.stringify(location)}`,
    );
  return { location, offset, length };
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The inputs that a caller has to give: old models list their constants among the inputs, too. */
export function givenInputs({ graph }: ModelProto): ValueInfoProto[] {
  const constants = new Set((graph.initializer ?? []).map(({ name }) => name));
  return (graph.input ?? []).filter(({ name }) => !constants.has(name));
}
