/**
 * `.onnx` files as callable programs.
 */
import { NDArray } from '../array.ts';
import { type DType, fromOnnxCode } from '../dtype.ts';
import type { Lowered } from '../lower.ts';
import type { Device, Executable } from '../runtime/device.ts';
import { defaultDevice } from '../runtime/open.ts';
import { checkConstants, type External, givenInputs } from './check.ts';
import { decodeModel } from './codec.ts';
import type { ValueInfoProto } from './schema.ts';

/** An input or output of a model. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  /**
   * A number where a size is fixed, a name where it may be anything (the same for equal names); undefined where the
   * model leaves even the number of axes open.
   */
  readonly shape: readonly (number | string)[] | undefined;
}

/** A model that was opened: call it with its inputs by name. */
export interface OnnxModel {
  /**
   * Runs it.
   * @throws TypeError or RangeError naming an input that is missing, unknown, or of another type or shape
   */
  (inputs: Readonly<Record<string, NDArray>>): Promise<Record<string, NDArray>>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Gives back what it holds. */
  release(): Promise<void>;
}

/** No model file is larger: protobuf's limit. */
const maxBytes = 2 ** 31 - 1;

/**
 * Opens an ONNX model, from a path or from its bytes. Constants in files beside the model are mapped into memory, not
 * read: the files have to stay as they are while it is open.
 * @throws SyntaxError when the file is not an ONNX model, or one that the device's provider does not run
 * @throws RangeError when it claims more than it has, or constants outside its folder
 * @throws TypeError when an input or output has a type that the engine has not
 *
 * @example
 * const model = await openOnnx('model.onnx');
 * const { logits } = await model({ input: array([[1, 2]]) });
 */
export async function openOnnx(source: string | Uint8Array, options: { device?: Device } = {}): Promise<OnnxModel> {
  const bytes = typeof source === 'string' ? await readModel(source) : source;
  const model = decodeModel(bytes);
  const inputs = givenInputs(model).map(portOf);
  const outputs = (model.graph.output ?? []).map(portOf);
  const places = checkConstants(model);
  if (places.length > 0 && typeof source !== 'string')
    throw new RangeError(
      'openOnnx: expected a model in one piece, got one with constants in other files (give its path)',
    );
  const lowered: Lowered = {
    bytes,
    external: [],
    ...(typeof source === 'string' && places.length > 0 && { folder: await folderOf(source, places) }),
    inputs: inputs.map(({ name }, index) => ({ name, index })),
    outputs: outputs.map(({ name, dtype }) => ({ name, type: { dtype, shape: [] } })),
  };
  const device = options.device ?? defaultDevice();
  let executable: Executable;
  try {
    executable = await device.load(lowered);
  } catch (cause) {
    throw new SyntaxError(`openOnnx: ${device.provider} refuses the model: ${(cause as Error).message}`, { cause });
  }
  const run = async (given: Readonly<Record<string, NDArray>>) => {
    const arrays = readInputs(inputs, given);
    const results = await executable.run(arrays);
    return Object.fromEntries(outputs.map(({ name }, i) => [name, results[i]!]));
  };
  return Object.assign(run, { inputs, outputs, release: () => executable.release() });
}

function portOf({ name, type }: ValueInfoProto): Port {
  const tensor = type?.tensorType;
  const dtype = fromOnnxCode(tensor?.elemType ?? 0);
  if (dtype === undefined)
    throw new TypeError(
      `openOnnx: expected inputs and outputs of the engine's element types, got ${tensor ? `ONNX's type ${tensor.elemType}` : 'something else'} for ${name}`,
    );
  const shape = tensor?.shape && (tensor.shape.dim ?? []).map((size, i) => sizeOf(size) ?? `${name}.${i}`);
  return { name, dtype, shape };
}

/** Some writers leave a size out, some give it as −1. */
function sizeOf({ dimValue, dimParam }: { dimValue?: number; dimParam?: string }): number | string | undefined {
  return dimValue !== undefined && dimValue >= 0 ? dimValue : dimParam || undefined;
}

/** The arrays of the inputs, each of the type and shape that the model asks for. */
function readInputs(ports: readonly Port[], given: Readonly<Record<string, NDArray>>): NDArray[] {
  const sizes = new Map<string, number>();
  for (const name of Object.keys(given)) {
    if (!ports.some((port) => port.name === name)) {
      const names = ports.map((port) => port.name).join(', ');
      throw new TypeError(`onnx: expected inputs ${names || '(none)'}, got ${name}`);
    }
  }
  return ports.map(({ name, dtype, shape }) => {
    const array = given[name];
    const wanted = `${name}: ${dtype}${shape ? `[${shape.join(',')}]` : ''}`;
    if (!(array instanceof NDArray))
      throw new TypeError(`onnx: expected ${wanted}, got ${array === undefined ? 'nothing' : typeof array}`);
    const got = `${array.dtype}[${array.shape.join(',')}]`;
    if (array.dtype !== dtype) throw new TypeError(`onnx: expected ${wanted}, got ${got}`);
    const fits =
      shape === undefined ||
      (array.shape.length === shape.length &&
        array.shape.every((n, i) => {
          const size = shape[i]!;
          if (typeof size === 'number') return n === size;
          if (!sizes.has(size)) sizes.set(size, n);
          return sizes.get(size) === n;
        }));
    if (!fits) {
      const known = [...sizes].map(([size, n]) => `${size} = ${n}`).join(', ');
      throw new RangeError(`onnx: expected ${wanted}, got ${got}${known ? ` (${known})` : ''}`);
    }
    return array;
  });
}

async function readModel(path: string): Promise<Uint8Array> {
  const { readFile, stat } = await import('node:fs/promises');
  const { size } = await stat(path);
  if (size > maxBytes)
    throw new RangeError(`openOnnx: expected a model of at most ${maxBytes} bytes, got ${size} in ${path}`);
  return readFile(path);
}

/** A model's folder, where constants lie in files; each must be a file of it and hold what is claimed. */
async function folderOf(path: string, places: readonly External[]): Promise<string> {
  const { realpath, stat } = await import('node:fs/promises');
  const { dirname, join, sep } = await import('node:path');
  const folder = await realpath(dirname(path));
  for (const { location, offset, length } of places) {
    const file = await realpath(join(folder, location));
    if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep))
      throw new RangeError(
        `onnx: expected constants in the model's folder, got ${JSON.stringify(location)}, which leaves it`,
      );
    const about = await stat(file);
    if (!about.isFile()) throw new RangeError(`onnx: expected constants in a file, got ${JSON.stringify(location)}`);
    if (offset + length > about.size) {
      throw new RangeError(
        `onnx: expected ${length} bytes at ${offset} of ${JSON.stringify(location)}, got a file of ${about.size} bytes`,
      );
    }
  }
  return folder;
}
