/**
 * Progress on a terminal: one line that is drawn over itself, with notes left standing above it. On anything else (a file,
 * a pipe, a CI log) plain lines, few of them.
 */

import type { Progress } from './progress.ts';

/** What is used of a `tty.WriteStream`; a pipe has no `isTTY`. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether colours are wanted: NO_COLOR, FORCE_COLOR and TERM have been considered. */
  hasColors?(): boolean;
}

const CLEAR_LINE = '\r\x1b[K';
const BAR = 16;
/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const REDRAW = 80;
const LINE = 10_000;

/**
 * Progress on this process's standard error, for code that is not run by the command. Node only.
 * @example
 * const progress = stderrProgress();
 * progress.update('training', 0.5);
 * progress.clear(); // at the end, which takes the line away
 */
export function stderrProgress(): TerminalProgress {
  return new TerminalProgress(process.stderr);
}

/** Progress on an output. */
export class TerminalProgress implements Progress {
  readonly #out: Output;
  readonly #start = performance.now();
  #last = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(out: Output) {
    this.#out = out;
  }

  update(label: string, share?: number): void {
    const now = performance.now();
    if (now - this.#last < (this.#out.isTTY ? REDRAW : LINE)) return;
    this.#last = now;
    const elapsed = clock((now - this.#start) / 1000);
    if (!this.#out.isTTY) {
      this.#out.write(`${label}${share === undefined ? '' : `, ${percent(share)}`}, ${elapsed}\n`);
      return;
    }
    const tail = share === undefined ? elapsed : `${bar(share)} ${percent(share).padStart(4)}  ${elapsed}`;
    // A line that wraps could not be drawn over: the label gives way.
    const room = (this.#out.columns ?? 80) - tail.length - 3;
    this.#out.write(`${CLEAR_LINE}${clip(label, room)}  ${this.#dim(tail)}`);
    this.#drawn = true;
  }

  note(line: string): void {
    this.clear();
    this.#out.write(`${line}\n`);
  }

  /** Takes the moving line away. */
  clear(): void {
    if (this.#drawn) this.#out.write(CLEAR_LINE);
    this.#drawn = false;
  }

  #dim(text: string): string {
    // node:util's styleText would do, but a browser bundles this room too
    return this.#out.hasColors?.() ? `\x1b[2m${text}\x1b[22m` : text;
  }
}

/** Text from anywhere as one line: line breaks, and whatever else a terminal would obey, become spaces. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

/** `1:05`, `2:00:10` */
function clock(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return '━'.repeat(full) + '─'.repeat(BAR - full);
}

function percent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)}%`;
}

function clip(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}
