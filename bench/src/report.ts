/**
 * What a benchmark reports: the rows of DESIGN's `--json` file, and the same as a table for a person.
 *
 * A ratio is a cost, ours over the peer's: below 1 is better than the peer. For a rate, where more is better, it is the
 * peer's over ours, so that every ratio reads the same way.
 */
import { replaceFile } from 'tenfold/tensor';
import type { Comparison } from './alternate.ts';

/** One measured case. */
export interface Row {
  /** A stable id: `train/mlp`. */
  readonly case: string;
  /** Of `ours` and `peer`: `ms`, `MiB`, `steps/s`. */
  readonly unit: string;
  readonly ours: number;
  /** Null where there is no peer, only a limit. */
  readonly peer: number | null;
  /** The peer with its version, or the limit in words: `PyTorch 1.13.0, 2 threads`; `limit 3000 ms`. */
  readonly peerName: string;
  /** The cost ratio to the peer, the median over alternated pairs; without a peer, the cost over the limit. */
  readonly ratio: number;
  /** The first and third quartile of the ratio over the pairs; null where it is not of pairs. */
  readonly spread: readonly [low: number, high: number] | null;
  /** The ratio to stay at or below; null for a case that is only watched. */
  readonly goal: number | null;
  /** Whether the ratio is within the goal; null without one. */
  readonly met: boolean | null;
}

/** What a benchmark returns. */
export interface BenchReport {
  readonly rows: readonly Row[];
  /** Cases that this machine could not measure, and why. */
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly case: string;
  /** `no Python that imports torch`. */
  readonly reason: string;
}

/** A row whose verdict follows from its ratio and goal. */
export function row({
  spread = null,
  ...measured
}: Omit<Row, 'met' | 'spread'> & { readonly spread?: Row['spread'] }): Row {
  return { ...measured, spread, met: measured.goal === null ? null : measured.ratio <= measured.goal };
}

/**
 * A row of what was measured in turns. The peer is called as its runner was, unless it is named.
 * @param about.scale the row's units in one of what was measured: 1000 for seconds told in ms; 1 unless given
 */
export function comparedRow(
  { ours, peer, peerName, ratio, spread }: Comparison,
  {
    scale = 1,
    ...about
  }: Pick<Row, 'case' | 'unit' | 'goal'> & { readonly peerName?: string; readonly scale?: number },
): Row {
  return row({ ours: ours.median * scale, peer: peer.median * scale, peerName, ratio, spread, ...about });
}

/** A row of the most memory that two processes had, in bytes. */
export function memoryRow(id: string, ours: number, peer: number, peerName: string, goal: number): Row {
  const unit = 2 ** 20;
  return row({ case: id, unit: 'MiB', ours: ours / unit, peer: peer / unit, peerName, ratio: ours / peer, goal });
}

/** The machine in words. Asked for after the run: what draws the pages is no part of a measurement. */
export async function machineInWords(): Promise<string> {
  const { machine } = await import('tenfold/report');
  return machine();
}

/** Writes the machine-readable report, whole or not at all. */
export async function writeJson(file: string, bench: string, report: BenchReport): Promise<void> {
  const text = `${JSON.stringify({ bench, machine: await machineInWords(), rows: report.rows, skipped: report.skipped }, null, 2)}\n`;
  await replaceFile(file, [text]);
}

/** The report as aligned columns, one line a case. */
export function formatTable({ rows, skipped }: BenchReport): string {
  const head = ['case', 'ours', 'peer', 'unit', 'ratio', 'quartiles', 'goal', '', 'against'];
  const body = rows.map((r) => [
    r.case,
    formatValue(r.ours),
    r.peer === null ? '-' : formatValue(r.peer),
    r.unit,
    formatValue(r.ratio),
    r.spread === null ? '-' : r.spread.map(formatValue).join('…'),
    r.goal === null ? '-' : formatValue(r.goal),
    r.met === null ? '' : r.met ? 'met' : 'MISSED',
    r.peerName,
  ]);
  const numeric = new Set([1, 2, 4, 5, 6]);
  const table = [head, ...body];
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const lines = table.map((line) =>
    line
      .map((cell, column) => (numeric.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...skipped.map((s) => `${s.case}: skipped (${s.reason})`)].join('\n');
}

/** Three significant digits, whole numbers from 1000 on. */
function formatValue(x: number): string {
  return Math.abs(x) >= 1000 ? x.toFixed(0) : String(Number(x.toPrecision(3)));
}
