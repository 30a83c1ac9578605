import type { System } from './systems.ts';

/** What the command touches of the outside, so that a test can hand it something else. */
export interface World {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly systems: readonly System[];
  /** The package's folder: package.json, recorded/. */
  readonly root: URL;
}

/** What is used of a `tty.WriteStream`; a pipe has no `isTTY`. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether colours are wanted: NO_COLOR, FORCE_COLOR and TERM have been considered. */
  hasColors?(): boolean;
}
