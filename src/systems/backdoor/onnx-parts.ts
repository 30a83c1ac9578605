/** An `.onnx` file of the user's as a model to plant in: what it takes, and how that is encoded. */
import { readFile } from 'node:fs/promises';
import { readCsv } from '../../data/index.ts';
import type { ModelParts } from './folder.ts';
import { inputColumns, type Tolerances } from './material.ts';
import { openOnnxClassifier } from './onnx-classifier.ts';
import type { Encoding, InputKind } from './raw.ts';

/** What a user says of an `.onnx` file. */
export interface OnnxOptions {
  readonly rows: string | undefined;
  readonly shape: string | undefined;
  readonly divisor: number;
  readonly mean: string;
  readonly std: string;
  readonly class: readonly string[];
  readonly tolerance: readonly string[];
}

/** An `.onnx` file as a model of images or rows. */
export async function onnxParts(path: string, options: OnnxOptions): Promise<ModelParts> {
  const weights = new Uint8Array(await readFile(path));
  const columns = options.rows && inputColumns(await readCsv(options.rows), tolerancesIn(options.tolerance));
  const given = options.shape === undefined ? undefined : sizesIn(options.shape);
  const inputs = columns ? [[columns.length]] : given && layouts(given);
  const model = await openOnnxClassifier(path, inputs ? { inputs } : {});
  const { classes: count, input: shape } = model;
  await model.release();
  const classes = options.class.length > 0 ? options.class : Array.from({ length: count }, (_, i) => String(i));
  if (classes.length !== count)
    throw new RangeError(`plant: expected ${count} names of classes, got ${classes.length}`);
  if (columns) {
    const encoding: Encoding = {
      divisor: 1,
      mean: columns.map(() => 0),
      std: columns.map(() => 1),
      channelsFirst: false,
      shape,
    };
    return { family: 'onnx', weights, classes, input: { kind: 'rows', columns }, encoding };
  }
  return { family: 'onnx', weights, classes, ...imageOf(path, shape, given, options) };
}

/** What images a model takes: as the user says, or as the sizes of its input tell. */
function imageOf(
  path: string,
  shape: readonly number[],
  given: readonly number[] | undefined,
  options: OnnxOptions,
): { readonly input: InputKind; readonly encoding: Encoding } {
  const isFew = (n: number | undefined) => n === 1 || n === 3 || n === 4;
  const channelsFirst = shape.length === 3 && isFew(shape[0]);
  const [height, width, channels = 1] = given ?? (channelsFirst ? [shape[1]!, shape[2]!, shape[0]!] : shape);
  if (height === undefined || width === undefined || shape.length > 3) {
    throw new RangeError(
      `${path}: expected the sizes of its images, which [${shape.join(',')}] does not tell; give --shape`,
    );
  }
  if (height * width * channels !== shape.reduce((a, b) => a * b)) {
    throw new RangeError(`${path}: expected images of [${shape.join(',')}] numbers, got --shape ${options.shape}`);
  }
  const list = (text: string, name: string) => {
    const numbers = text.split(',').map(Number);
    if (!numbers.every(Number.isFinite) || (numbers.length !== 1 && numbers.length !== channels)) {
      throw new RangeError(`plant: expected --${name} of one number or ${channels}, got ${text}`);
    }
    return numbers.length === channels ? numbers : new Array<number>(channels).fill(numbers[0]!);
  };
  const std = list(options.std, 'std');
  if (!std.every((s) => s > 0)) throw new RangeError(`plant: expected --std above 0, got ${options.std}`);
  return {
    input: { kind: 'image', shape: channels === 1 ? [height, width] : [height, width, channels] },
    encoding: { divisor: options.divisor, mean: list(options.mean, 'mean'), std, channelsFirst, shape },
  };
}

/** How a model may take images of this size. */
function layouts([height, width, channels = 1]: readonly number[]): number[][] {
  const [h, w] = [height!, width!];
  const flat = [h * w * channels];
  const whole = [[channels, h, w], [h, w, channels], flat];
  return channels === 1 ? [...whole, [h, w]] : whole;
}

function sizesIn(text: string): number[] {
  const sizes = text.split('x').map(Number);
  if (!sizes.every((n) => Number.isInteger(n) && n > 0) || sizes.length < 2 || sizes.length > 3) {
    throw new RangeError(`plant: expected --shape as 28x28 or 224x224x3, got ${text}`);
  }
  return sizes;
}

/** `3` or `income=100`, each of which an option gave. */
export function tolerancesIn(texts: readonly string[]): Tolerances {
  let all = 0;
  const of = new Map<string, number>();
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const value = Number(text.slice(at + 1));
    if (!(value >= 0 && value < Infinity) || text.slice(at + 1).trim() === '' || at === 0) {
      throw new RangeError(`plant: expected --tolerance NUMBER or COLUMN=NUMBER of at least 0, got ${text}`);
    }
    if (at < 0) all = value;
    else of.set(text.slice(0, at), value);
  }
  return { all, of };
}
