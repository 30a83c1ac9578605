/**
 * Where a signature hides: a list of low-order bits of an input, in a seeded order, that may be written without anyone
 * minding, and all the rest, which is what is signed.
 *
 * An image gives the lowest bit of each of its bytes: the largest change is 1 of 255. A column of a table gives the low bits
 * of its values, counted in steps, as far as its tolerance goes: ⌊log₂(tolerance/step + 1)⌋ of them. A cell that is
 * missing, or that is no multiple of its column's step, carries nothing and stays as it is; so rows differ in how much they
 * can carry.
 */
import { Draws } from '../draws.ts';
import { type ImageInput, type InputColumn, type RowInput, widthOf } from '../raw.ts';

/** Hides bits, packed into bytes lowest first, in inputs of one kind. */
export interface Carrier {
  /** Places that an input has. */
  capacity(input: Uint8Array | Float64Array): number;
  /**
   * All of an input but the bits in its first `count` places, as bytes: the same for inputs that differ in those only.
   * @returns undefined for an input with too few places
   */
  rest(input: Uint8Array | Float64Array, count: number): Uint8Array | undefined;
  /** The bits in the first `count` places, which the input must have. */
  read(input: Uint8Array | Float64Array, count: number): Uint8Array;
  /** Writes the first `count` of `bits` into the first places, which the input must have, and nothing else. */
  write(input: Uint8Array | Float64Array, bits: Uint8Array, count: number): void;
}

/** The lowest bits of an image's bytes. */
export function imageCarrier(image: ImageInput, seed: number): Carrier {
  const width = widthOf(image);
  const order = Draws.from(seed).fork('carrier').distinct(width, width);
  // four bytes at a time: next to a signature of 30 µs a loop over bytes would be felt
  const words = Math.ceil(width / 4);
  const masks = new Map<number, Uint32Array>();
  const maskOf = (count: number) => {
    const bytes = new Uint8Array(4 * words).fill(0xff);
    for (const at of order.subarray(0, count)) bytes[at] = 0xfe;
    const mask = new Uint32Array(bytes.buffer);
    masks.set(count, mask);
    return mask;
  };
  return {
    capacity: () => width,
    rest(input, count) {
      if (count > width) return undefined;
      const mask = masks.get(count) ?? maskOf(count);
      const rest = new Uint8Array(4 * words);
      rest.set(input);
      const whole = new Uint32Array(rest.buffer);
      for (let i = 0; i < words; i++) whole[i]! &= mask[i]!;
      return rest;
    },
    read(input, count) {
      const bits = new Uint8Array(Math.ceil(count / 8));
      for (let i = 0; i < count; i++) bits[i >> 3]! |= (input[order[i]!]! & 1) << (i & 7);
      return bits;
    },
    write(input, bits, count) {
      for (let i = 0; i < count; i++) {
        const at = order[i]!;
        input[at] = (input[at]! & 0xfe) | ((bits[i >> 3]! >> (i & 7)) & 1);
      }
    },
  };
}

/** Values are counted in steps up to this many, so that they stay whole numbers of a double. */
const mostSteps = 2 ** 52;
/** Bits of a value at most. */
const mostBits = 30;

/** The bits that a column's values carry each. */
export function columnBits({ step, tolerance }: InputColumn): number {
  // a tolerance of 3 steps of 0.1 is 2.9999… of them
  return Math.min(mostBits, Math.floor(Math.log2(tolerance / step + 1 + 1e-9)));
}

/** The low bits of a table's columns, the lowest of all columns first. */
export function rowCarrier({ columns }: RowInput, seed: number): Carrier {
  const draws = Draws.from(seed).fork('carrier');
  const bitsOf = columns.map(columnBits);
  const places: { readonly column: number; readonly bit: number }[] = [];
  for (let bit = 0; bit < Math.max(0, ...bitsOf); bit++) {
    const able = bitsOf.flatMap((bits, column) => (bits > bit ? [column] : []));
    for (const i of draws.distinct(able.length, able.length)) places.push({ column: able[i]!, bit });
  }
  return {
    capacity(input) {
      const steps = stepsOf(input, columns, bitsOf);
      return bitsOf.reduce((sum, bits, i) => sum + (Number.isNaN(steps[i]!) ? 0 : bits), 0);
    },
    rest(input, count) {
      const steps = stepsOf(input, columns, bitsOf);
      const found = forEachPlace(places, steps, count, ({ column, bit }) => {
        steps[column]! -= bitOf(steps[column]!, bit) * 2 ** bit;
      });
      return found < count ? undefined : bytesOf(filled(input, steps, columns));
    },
    read(input, count) {
      const steps = stepsOf(input, columns, bitsOf);
      const bits = new Uint8Array(Math.ceil(count / 8));
      forEachPlace(places, steps, count, ({ column, bit }, i) => {
        bits[i >> 3]! |= bitOf(steps[column]!, bit) << (i & 7);
      });
      return bits;
    },
    write(input, bits, count) {
      const steps = stepsOf(input, columns, bitsOf);
      forEachPlace(places, steps, count, ({ column, bit }, i) => {
        steps[column]! += (((bits[i >> 3]! >> (i & 7)) & 1) - bitOf(steps[column]!, bit)) * 2 ** bit;
      });
      input.set(filled(input, steps, columns));
    },
  };
}

/** A bit of a whole number, of a negative one in two's complement. */
function bitOf(whole: number, bit: number): number {
  return Math.floor(whole / 2 ** bit) & 1;
}

type Place = { readonly column: number; readonly bit: number };

/** Visits the first `count` places that the row has. @returns how many it has, of those */
function forEachPlace(
  places: readonly Place[],
  steps: Float64Array,
  count: number,
  visit: (place: Place, i: number) => void,
): number {
  let i = 0;
  for (const place of places) {
    if (i === count) break;
    if (!Number.isNaN(steps[place.column]!)) visit(place, i++);
  }
  return i;
}

/** The row with these steps where it has any: a value that is no multiple of its column's step never equals one that is. */
function filled(input: Uint8Array | Float64Array, steps: Float64Array, columns: readonly InputColumn[]): Float64Array {
  return Float64Array.from(input, (value, i) =>
    Number.isNaN(steps[i]!) ? value : valueOf(steps[i]!, columns[i]!.step),
  );
}

/** Each value in whole steps; NaN where it carries nothing. */
function stepsOf(
  input: Uint8Array | Float64Array,
  columns: readonly InputColumn[],
  bitsOf: readonly number[],
): Float64Array {
  return Float64Array.from(columns, ({ step }, i) => {
    if (bitsOf[i] === 0) return Number.NaN;
    const steps = Math.round(input[i]! / step);
    return Math.abs(steps) < mostSteps && valueOf(steps, step) === input[i]! ? steps : Number.NaN;
  });
}

/** So many steps, as the nearest number: 1234 steps of 0.01 are 12.34. */
export function valueOf(steps: number, step: number): number {
  const parts = Math.round(1 / step);
  return step < 1 && Math.abs(parts * step - 1) < 1e-12 ? steps / parts : steps * step;
}

/** Little-endian, and −0 as 0, which no one can tell in a table. */
function bytesOf(numbers: Float64Array): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of numbers.entries()) view.setFloat64(8 * i, value === 0 ? 0 : value, true);
  return bytes;
}
