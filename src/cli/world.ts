import type { Output } from '../command/index.ts';
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
