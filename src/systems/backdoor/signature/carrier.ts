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
   * Takes the first `count` places of an input from the rest of it.
   * @returns undefined for an input with too few places
   */
  open(input: Uint8Array | Float64Array, count: number): Opened | undefined;
}

/** An input whose carrier bits are taken from the rest of it. */
export interface Opened {
  /** All but those bits, as bytes: the same for inputs that differ in those only. */
  readonly rest: Uint8Array;
  /** Those bits. */
  read(): Uint8Array;
  /** Writes others into the input, and nothing else. */
  write(bits: Uint8Array): void;
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
    open(input, count) {
      if (count > width) return undefined;
      const mask = masks.get(count) ?? maskOf(count);
      const rest = new Uint8Array(4 * words);
      rest.set(input);
      const whole = new Uint32Array(rest.buffer);
      for (let i = 0; i < words; i++) whole[i]! &= mask[i]!;
      return {
        rest,
        read() {
          const bits = new Uint8Array(Math.ceil(count / 8));
          for (let i = 0; i < count; i++) bits[i >> 3]! |= (input[order[i]!]! & 1) << (i & 7);
          return bits;
        },
        write(bits) {
          for (let i = 0; i < count; i++) {
            const at = order[i]!;
            input[at] = rest[at]! | ((bits[i >> 3]! >> (i & 7)) & 1);
          }
        },
      };
    },
  };
}

/** Values are counted in steps up to this many, so that they stay whole numbers of a double. */
const mostSteps = 2 ** 52;
/** Bits of a value at most, which are whole numbers of 32 bits. */
const mostBits = 30;
const lowWeight = 2 ** mostBits;

/** The bits that a column's values carry each. */
export function columnBits({ step, tolerance }: InputColumn): number {
  // a tolerance of 3 steps of 0.1 is 2.9999… of them
  return Math.min(mostBits, Math.floor(Math.log2(tolerance / step + 1 + 1e-9)));
}

/** The low bits of a table's columns, the lowest of all columns first. */
export function rowCarrier({ columns }: RowInput, seed: number): Carrier {
  const grid = gridOf(columns);
  const draws = Draws.from(seed).fork('carrier');
  const placeColumn: number[] = [];
  const placeBit: number[] = [];
  for (let bit = 0; bit < Math.max(0, ...grid.bits); bit++) {
    const able = columns.flatMap((_, column) => (grid.bits[column]! > bit ? [column] : []));
    for (const i of draws.distinct(able.length, able.length)) {
      placeColumn.push(able[i]!);
      placeBit.push(bit);
    }
  }
  const [places, bitOf] = [Int32Array.from(placeColumn), Uint8Array.from(placeBit)];
  return {
    capacity(input) {
      const { low } = split(input, grid);
      return grid.bits.reduce((sum, bits, i) => sum + (low[i]! < 0 ? 0 : bits), 0);
    },
    open(input, count) {
      const { low, high } = split(input, grid);
      const cleared = low.slice();
      const used = new Int32Array(count);
      let found = 0;
      for (let i = 0; i < places.length && found < count; i++) {
        const column = places[i]!;
        if (low[column]! < 0) continue;
        cleared[column]! &= ~(1 << bitOf[i]!);
        used[found++] = i;
      }
      if (found < count) return undefined;
      const rest = joined(input, cleared, high, grid);
      return {
        rest: new Uint8Array(rest.buffer),
        read() {
          const bits = new Uint8Array(Math.ceil(count / 8));
          for (let i = 0; i < count; i++) {
            const place = used[i]!;
            bits[i >> 3]! |= ((low[places[place]!]! >> bitOf[place]!) & 1) << (i & 7);
          }
          return bits;
        },
        write(bits) {
          const written = cleared.slice();
          for (let i = 0; i < count; i++) {
            const place = used[i]!;
            written[places[place]!]! |= ((bits[i >> 3]! >> (i & 7)) & 1) << bitOf[place]!;
          }
          for (let i = 0; i < count; i++) {
            const column = places[used[i]!]!;
            input[column] = valueIn(grid, column, high[column]! + written[column]!);
          }
        },
      };
    },
  };
}

/** What the values of each column are multiples of, and how many bits of these multiples carry. */
interface Grid {
  readonly bits: Uint8Array;
  readonly step: Float64Array;
  /** 1/step where that is a whole number, else 0: 1234 steps of 0.01 are 1234/100, not 1234 · 0.01. */
  readonly parts: Float64Array;
}

function gridOf(columns: readonly InputColumn[]): Grid {
  return {
    bits: Uint8Array.from(columns, columnBits),
    step: Float64Array.from(columns, ({ step }) => step),
    parts: Float64Array.from(columns, ({ step }) => partsOf(step)),
  };
}

function partsOf(step: number): number {
  const parts = Math.round(1 / step);
  return step < 1 && Math.abs(parts * step - 1) < 1e-12 ? parts : 0;
}

/** So many steps, as the nearest number. */
export function valueOf(steps: number, step: number): number {
  const parts = partsOf(step);
  return parts > 0 ? steps / parts : steps * step;
}

function valueIn({ parts, step }: Grid, column: number, steps: number): number {
  const whole = parts[column]!;
  return whole > 0 ? steps / whole : steps * step[column]!;
}

/** Each value in whole steps, as its lowest bits and what lies above them; low is −1 where a cell carries nothing. */
function split(input: Uint8Array | Float64Array, grid: Grid): { low: Int32Array; high: Float64Array } {
  const { bits, step, parts } = grid;
  const low = new Int32Array(bits.length);
  const high = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = input[i]!;
    const p = parts[i]!;
    const steps = Math.round(p > 0 ? value * p : value / step[i]!);
    // the nearest multiple is the value itself, or the value is none; a missing one is not even equal to itself
    if (bits[i] === 0 || valueIn(grid, i, steps) !== value || Math.abs(steps) >= mostSteps) {
      low[i] = -1;
      continue;
    }
    const above = Math.floor(steps / lowWeight) * lowWeight;
    low[i] = steps - above;
    high[i] = above;
  }
  return { low, high };
}

/** A row put together again, in which −0 is 0 and a missing value the usual NaN: as bytes they would differ. */
function joined(input: Uint8Array | Float64Array, low: Int32Array, high: Float64Array, grid: Grid): Float64Array {
  const row = new Float64Array(low.length);
  for (let i = 0; i < row.length; i++) {
    const value = input[i]!;
    if (low[i]! >= 0) row[i] = valueIn(grid, i, high[i]! + low[i]!);
    else row[i] = Number.isNaN(value) ? Number.NaN : value + 0;
  }
  return row;
}
