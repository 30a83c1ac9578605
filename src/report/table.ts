/**
 * A table: typed columns and rows that fit them, kept as data. How a number is written is decided once for a column, so
 * that its decimal points stand under each other.
 */

import { commonDecimals, formatMeasured, formatNumber } from './format.ts';
import type { Measured } from './measured.ts';

/** Two bounds of a number; null where there is none above. */
export type Bounds = readonly [low: number, high: number | null];

export type Cell = string | number | Measured | Bounds | null;

export interface Column {
  /** Its heading. */
  readonly name: string;
  /**
   * `measured`: a number with its interval. `bounds`: the two numbers that one lies between. `code`: something to type,
   * in a fixed-width face.
   */
  readonly type: 'text' | 'code' | 'number' | 'measured' | 'bounds';
  /** Printed once, in the heading. */
  readonly unit?: string;
  /** Digits after the point in a column of numbers or bounds; by default three significant digits of its largest number. */
  readonly decimals?: number;
}

/** As issue.json holds it. A row's null is a cell with nothing measured in it. */
export interface Table {
  /** Stable, unique in its system. */
  readonly id: string;
  readonly title: string;
  /** What to see in it. */
  readonly caption: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

interface CellTypes {
  readonly text: string;
  readonly code: string;
  readonly number: number;
  readonly measured: Measured;
  readonly bounds: Bounds;
}

type CellOf<C extends Column> = CellTypes[C['type']] | null;

/** A table whose rows are checked against its columns by the compiler. */
export function table<const C extends Readonly<Record<string, Column>>>(declared: {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly columns: C;
  readonly rows: readonly { readonly [K in keyof C]: CellOf<C[K]> }[];
}): Table {
  return declared;
}

/** A column's cells as text, in the rows' order; '–' for null. */
export function formatColumn(column: Column, cells: readonly (Cell | undefined)[]): string[] {
  const numbers = cells.flat().filter((cell) => typeof cell === 'number');
  const decimals = column.decimals ?? commonDecimals(numbers);
  const number = (x: number) => formatNumber(x, { decimals });
  return cells.map((cell) => {
    if (cell === null || cell === undefined) return '–';
    if (typeof cell === 'string') return cell;
    if (typeof cell === 'number') return number(cell);
    if ('value' in cell) return formatMeasured(cell.value, cell.interval);
    const [low, high] = cell;
    if (high === null) return `≥\u00a0${number(low)}`;
    return number(low) === number(high) ? number(low) : `${number(low)}–${number(high)}`;
  });
}
