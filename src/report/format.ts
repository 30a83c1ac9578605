/**
 * Numbers as a person reads them: as many digits as carry meaning, a true minus sign, groups of three in long integers, a
 * power of ten only where zeros would have to be counted. The text does not depend on the machine's locale.
 */

import type { Interval } from './measured.ts';

export interface NumberFormat {
  /** Follows the number after a no-break space (`%` and `°` without one); '' for a pure number. */
  readonly unit?: string;
  /** Digits after the decimal point; by default what three significant digits need, and none for an integer. */
  readonly decimals?: number;
}

const MINUS = '\u2212';
const NO_BREAK_SPACE = '\u00a0';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `0.312 bit`, `−12,400`, `3.1 × 10⁻⁶`. */
export function formatNumber(x: number, { unit = '', decimals }: NumberFormat = {}): string {
  return withUnit(digits(x, decimals), unit);
}

/** A number that was given, not measured, with all of its digits: `0.03 bit`, `0.7578784625`. */
export function formatExact(x: number, unit = ''): string {
  return withUnit((x < 0 ? MINUS : '') + group(String(Math.abs(x))), unit);
}

/**
 * A value with its uncertainty: `0.312 ± 0.008` where the interval is symmetric about it, else `0.312 [0.3, 0.35]`. The
 * interval's width decides how many digits are shown.
 */
export function formatMeasured(value: number, interval: Interval, { unit = '' }: NumberFormat = {}): string {
  const [low, high] = interval;
  const half = (high - low) / 2;
  if (half === 0) return withUnit(digits(value), unit);
  const decimals = uncertaintyDecimals(half);
  const symmetric = Math.abs(value - (low + high) / 2) <= 0.05 * half;
  if (!symmetric) return withUnit(`${digits(value, decimals)} ${bracket(interval, decimals)}`, unit);
  return withUnit(`${digits(value, decimals)}${NO_BREAK_SPACE}±${NO_BREAK_SPACE}${digits(half, decimals)}`, unit);
}

/** `[0.3, 0.35] bit` */
export function formatInterval([low, high]: Interval, { unit = '', decimals }: NumberFormat = {}): string {
  return withUnit(bracket([low, high], decimals ?? uncertaintyDecimals((high - low) / 2 || Math.abs(high))), unit);
}

/** `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${digits(seconds, 1)}${NO_BREAK_SPACE}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NO_BREAK_SPACE}s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) {
    return `${Math.floor(whole / 60)}${NO_BREAK_SPACE}min${NO_BREAK_SPACE}${two(whole % 60)}${NO_BREAK_SPACE}s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${NO_BREAK_SPACE}h${NO_BREAK_SPACE}${two(minutes % 60)}${NO_BREAK_SPACE}min`;
}

/** `22 November 2026, 20:51 UTC`, from ISO 8601. */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}

/** Decimals that show the largest of `values` with three significant digits; none where all are integers. */
export function commonDecimals(values: readonly number[]): number {
  if (values.every(Number.isInteger)) return 0;
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs));
  return largest > 0 ? clampDecimals(2 - exponent(largest)) : 0;
}

/** `⁻⁶` for −6. */
export function superscript(whole: number): string {
  return [...String(whole)].map((c) => (c === '-' ? '⁻' : SUPERSCRIPTS[Number(c)])).join('');
}

function digits(x: number, decimals?: number): string {
  if (Number.isNaN(x)) return 'NaN';
  const sign = x < 0 ? MINUS : '';
  const size = Math.abs(x);
  if (size === Infinity) return `${sign}∞`;
  if (decimals !== undefined) return signed(sign, group(size.toFixed(decimals)));
  if (size === 0) return '0';
  if (Number.isInteger(size) && size < 1e9) return sign + group(String(size));
  const power = exponent(size);
  if (power < -4 || power >= 9) return sign + scientific(size);
  return sign + group(size.toFixed(clampDecimals(2 - power)));
}

/** A rounded zero has no sign. */
function signed(sign: string, text: string): string {
  return /[1-9]/.test(text) ? sign + text : text;
}

function scientific(size: number): string {
  const [mantissa = '', power = ''] = size.toExponential(1).split('e');
  return `${mantissa} × 10${superscript(Number(power))}`;
}

/** Thousands separators from five digits on: 1234, 12,345. */
function group(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function bracket([low, high]: Interval, decimals: number): string {
  return `[${digits(low, decimals)}, ${digits(high, decimals)}]`;
}

/** One significant digit of an uncertainty, two where it begins with 1. */
function uncertaintyDecimals(half: number): number {
  const power = exponent(half);
  return clampDecimals(half / 10 ** power < 1.95 ? 1 - power : -power);
}

/** The power of ten of the first digit, after rounding to three. */
function exponent(size: number): number {
  return Number(size.toExponential(2).split('e')[1]);
}

function clampDecimals(decimals: number): number {
  return Math.min(Math.max(decimals, 0), 12);
}

function withUnit(text: string, unit: string): string {
  if (unit === '') return text;
  return unit === '%' || unit === '°' ? text + unit : text + NO_BREAK_SPACE + unit;
}
