/** A classifier from an `.onnx` file. */
import { readFile } from 'node:fs/promises';
import { type Device, dispose, elements, NDArray, openOnnx, type Port, padTo, toHost } from '../../tensor/index.ts';
import { type Classifier, requireInputs, rowsOf } from './classifier.ts';

/** Inputs that a model of any batch size gets at once. */
const rowsAtOnce = 256;

/**
 * Opens a model with one float32 input [batch, …] and an output [batch, classes]; of several outputs it takes the only
 * one of that form, or the first named `logits`, `scores`, `probabilities` or `output`.
 * @param options.inputs shapes that one input may have, of which the first that fits is taken; without it the file must tell
 * @throws TypeError or RangeError, naming the file, for a model that is no such classifier; openOnnx's errors
 */
export async function openOnnxClassifier(
  path: string,
  { inputs: allowed, device }: { readonly inputs?: readonly (readonly number[])[]; readonly device?: Device } = {},
): Promise<Classifier> {
  const bytes = new Uint8Array(await readFile(path));
  const model = await openOnnx(bytes, { ...(device && { device }) }).catch((error: Error) => {
    // what is wrong with it is told without its name
    const Kind = [SyntaxError, TypeError, RangeError].find((one) => error instanceof one);
    throw Kind === undefined ? error : new Kind(`${path}: ${error.message}`, { cause: error });
  });
  const refuse = (Kind: typeof TypeError | typeof RangeError, wanted: string, got: string) =>
    new Kind(`${path}: expected a classifier, ${wanted}, got ${got}`);
  try {
    const [source, ...more] = model.inputs;
    if (source === undefined || more.length > 0)
      throw refuse(TypeError, 'which has one input', `${model.inputs.length} inputs`);
    if (source.dtype !== 'float32') throw refuse(TypeError, 'which takes float32', describe(source));
    const [batch, ...sizes] = source.shape ?? [];
    const fits = (shape: readonly number[]) =>
      source.shape === undefined ||
      (shape.length === sizes.length && sizes.every((size, axis) => typeof size === 'string' || size === shape[axis]));
    if (source.shape && sizes.length === 0) throw refuse(RangeError, 'which takes [batch, …]', describe(source));
    const told = source.shape && sizes.every((size) => typeof size === 'number') ? sizes : undefined;
    const input = allowed ? allowed.find(fits) : told;
    if (input === undefined) {
      const wanted = allowed?.map((shape) => `[${shape.join(',')}]`).join(' or ');
      throw refuse(
        RangeError,
        wanted ? `which takes inputs ${wanted}` : 'which tells the shape of its input',
        describe(source),
      );
    }
    const fixed = typeof batch === 'number' ? batch : undefined;
    const run = async (x: NDArray) => model({ [source.name]: x });
    const probe = await run(
      new NDArray('float32', [fixed ?? 2, ...input], new Float32Array((fixed ?? 2) * elements(input))),
    );
    const target = outputOf(model.outputs, probe, fixed ?? 2);
    if (target === undefined) {
      const got =
        model.outputs.map((port) => describe({ ...port, shape: probe[port.name]!.shape })).join(', ') || 'none';
      throw refuse(RangeError, 'which gives float32[batch, classes] with two classes or more', got);
    }
    const classes = probe[target]!.shape[1]!;
    return {
      classes,
      input,
      async scores(inputs) {
        requireInputs(inputs, input);
        const rows = inputs.shape[0]!;
        const out = new Float32Array(rows * classes);
        const most = fixed ?? rowsAtOnce;
        for (let start = 0; start < rows; start += most) {
          const count = Math.min(most, rows - start);
          const part = rowsOf(inputs, start, count);
          const results = await run(fixed === undefined ? part : padTo(part, 0, fixed));
          const result = (await toHost(results))[target]!;
          dispose(results);
          out.set((result.data as Float32Array).subarray(0, count * classes), start * classes);
        }
        return new NDArray('float32', [rows, classes], out);
      },
      release: () => model.release(),
    };
  } catch (error) {
    await model.release();
    throw error;
  }
}

const usual = ['logits', 'scores', 'probabilities', 'output'];

function outputOf(
  ports: readonly Port[],
  results: Readonly<Record<string, NDArray>>,
  batch: number,
): string | undefined {
  const able = ports.filter(({ name, dtype }) => {
    const { shape } = results[name]!;
    return dtype === 'float32' && shape.length === 2 && shape[0] === batch && shape[1]! >= 2;
  });
  return (able.length === 1 ? able[0] : able.find(({ name }) => usual.includes(name)))?.name;
}

function describe({ name, dtype, shape }: Port): string {
  return `${name}: ${dtype}${shape ? `[${shape.join(',')}]` : ''}`;
}
