/**
 * Inputs as they are sent: 8-bit images as bytes, rows of a table as numbers.
 *
 * A signature hides in the low-order bits of these, so they are kept as they came; a model sees them as float32, by the
 * {@link Encoding} that it was trained with.
 */
import { array, elements, type NDArray } from '../../tensor/index.ts';

/** Inputs one after the other: bytes of images, or numbers of rows with NaN where a value is missing. */
export interface Raw {
  readonly count: number;
  /** Numbers an input has. */
  readonly width: number;
  readonly values: Uint8Array | Float64Array;
}

/** 8-bit images. */
export interface ImageInput {
  readonly kind: 'image';
  /** [height, width] or [height, width, channels] */
  readonly shape: readonly number[];
}

/** Rows of numbers. */
export interface RowInput {
  readonly kind: 'rows';
  readonly columns: readonly InputColumn[];
}

/** A column that a model reads. */
export interface InputColumn {
  readonly name: string;
  /** What its values are multiples of: 1 for counts, 0.01 for money. */
  readonly step: number;
  /** How far a value may be moved by an activation; 0 for one that must stay as it is. */
  readonly tolerance: number;
}

/** What a model is sent. */
export type InputKind = ImageInput | RowInput;

/** How inputs become a model's float32: (value / divisor − mean) / std, for each channel or column. */
export interface Encoding {
  readonly divisor: number;
  /** One a channel or column. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Channels before the places, as PyTorch has them. */
  readonly channelsFirst: boolean;
  /** What the model takes, without the batch's axis. */
  readonly shape: readonly number[];
}

/** Numbers that an input of this kind has. */
export function widthOf(input: InputKind): number {
  return input.kind === 'image' ? elements(input.shape) : input.columns.length;
}

/** One input, where it lies. */
export function inputAt({ values, width }: Raw, i: number): Uint8Array | Float64Array {
  return values.subarray(i * width, (i + 1) * width);
}

/** Some of the inputs, copied. */
export function takeInputs(raw: Raw, rows: ArrayLike<number>): Raw {
  const { width } = raw;
  const size = rows.length * width;
  const values = raw.values instanceof Uint8Array ? new Uint8Array(size) : new Float64Array(size);
  for (let i = 0; i < rows.length; i++) values.set(inputAt(raw, rows[i]!), i * width);
  return { count: rows.length, width, values };
}

/** A copy, to be written on. */
export function copyInputs(raw: Raw): Raw {
  return { ...raw, values: raw.values.slice() };
}

/** Inputs as the model takes them: float32[count, ...shape]. A missing value is the mean. */
export function encode(
  { count, width, values }: Pick<Raw, 'count' | 'width'> & { readonly values: ArrayLike<number> },
  encoding: Encoding,
  input: InputKind,
): NDArray<'float32'> {
  const { divisor, mean, std, channelsFirst, shape } = encoding;
  const channels = mean.length;
  const places = width / channels;
  const isRows = input.kind === 'rows';
  const out = new Float32Array(values.length);
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < width; at++) {
      const channel = at % channels;
      const value = values[i * width + at]!;
      const to = channelsFirst ? channel * places + (at - channel) / channels : at;
      out[i * width + to] = isRows && Number.isNaN(value) ? 0 : (value / divisor - mean[channel]!) / std[channel]!;
    }
  }
  return array(out, { shape: [count, ...shape] });
}
