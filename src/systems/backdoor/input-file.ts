/**
 * Inputs in files: images as IDX or NPY, rows as CSV; and the two sets that are installed with the package by name.
 */
import { readCsv, readIdx, readNpy, saveNpy } from '../../data/index.ts';
import { array, type NDArray, replaceFile } from '../../tensor/index.ts';
import { digits, mail, readRows } from './material.ts';
import type { ImageInput, InputKind, Raw } from './raw.ts';
import { widthOf } from './raw.ts';

/** Sets of inputs that need no file. */
export const builtIn = ['digits', 'mail'] as const;

/**
 * Reads inputs of this kind: a path, or `digits` or `mail`.
 *
 * Images are uint8 [n, height, width] or [n, height, width, channels], or one image without the n; or float32 grey levels,
 * 1 for white. Rows are a CSV file with the columns' names.
 * @throws RangeError or TypeError, naming the file, for images of another size and for missing columns; the readers' errors
 */
export async function readInputs(source: string, input: InputKind): Promise<Raw> {
  if (input.kind === 'image') return imagesIn(source === 'digits' ? undefined : await readArray(source), source, input);
  if (source === 'mail') {
    const { raw, input: found } = await mail(1);
    const names = (kind: InputKind) => (kind.kind === 'rows' ? kind.columns.map(({ name }) => name).join() : '');
    if (names(found) !== names(input)) throw new RangeError('mail: expected a model of counts of words, got another');
    return raw;
  }
  return readRows(await readCsv(source), input.columns);
}

async function readArray(path: string): Promise<NDArray> {
  return /\.npy(\.gz)?$/i.test(path) ? readNpy(path) : readIdx(path);
}

async function imagesIn(given: NDArray | undefined, source: string, input: ImageInput): Promise<Raw> {
  const size = input.shape.join(' × ');
  if (given === undefined) {
    const found = await digits();
    if (found.input.kind !== 'image' || found.input.shape.join() !== input.shape.join()) {
      throw new RangeError(`digits: expected a model of images of 28 × 28, got one of ${size}`);
    }
    return found.raw;
  }
  const { dtype, shape, data } = given;
  if (dtype !== 'uint8' && dtype !== 'float32') {
    throw new TypeError(`${source}: expected images as uint8 or float32, got ${dtype}`);
  }
  const own = shape.length === input.shape.length ? shape : shape.slice(1);
  if (own.join() !== input.shape.join()) {
    throw new RangeError(`${source}: expected images of ${size}, got an array of ${shape.join(' × ') || 'one number'}`);
  }
  const width = widthOf(input);
  const values = dtype === 'uint8' ? (data as Uint8Array) : Float64Array.from(data as Float32Array, (v) => 255 * v);
  return { count: values.length / width, width, values };
}

/** Writes inputs as {@link readInputs} reads them: images as NPY, rows as CSV. */
export async function writeInputs(path: string, { count, values }: Raw, input: InputKind): Promise<void> {
  if (input.kind === 'image') {
    const shape = [count, ...input.shape];
    const images =
      values instanceof Uint8Array
        ? array(values, { shape, dtype: 'uint8' })
        : array(
            Float32Array.from(values, (v) => v / 255),
            { shape },
          );
    return saveNpy(path, images);
  }
  const { columns } = input;
  const lines = function* () {
    yield `${columns.map(({ name }) => cell(name)).join(',')}\n`;
    for (let row = 0; row < count; row++) {
      const own = values.subarray(row * columns.length, (row + 1) * columns.length);
      yield `${Array.from(own, (value) => (Number.isNaN(value) ? '' : String(value))).join(',')}\n`;
    }
  };
  await replaceFile(path, lines());
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
