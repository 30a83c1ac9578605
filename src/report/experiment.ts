/**
 * An experiment: a system's part of the living issue.
 *
 * A system's experiment.ts exports `experiment`. Its claims are declared with their rules before anything runs; `run`
 * measures, asks each rule to judge, and returns the claims with the figures and tables that show them. It writes nothing
 * itself: the issue is put together and written by whoever runs it.
 */

import type { Progress } from '../command/index.ts';
import type { Claim, ClaimRule, Tier } from './claim.ts';
import type { Figure } from './figure.ts';
import type { Table } from './table.ts';

export interface ExperimentContext {
  readonly tier: Tier;
  /** For whatever no claim's rule fixes: shuffles, samples drawn for a figure. The same seed gives the same section. */
  readonly seed: number;
  /** Aborted by Ctrl-C. Stop at the next safe point by throwing its reason: `signal.throwIfAborted()`. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /**
   * Of a recorded run: where to keep what it has so far. The same run started again at the same commit gets the same
   * folder, and goes on there; it is taken away when the run is recorded.
   */
  readonly folder?: string;
}

export interface Findings {
  /** One claim for each rule that has seeds at this tier, in the rules' order. */
  readonly claims: readonly Claim[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
}

export interface Experiment {
  /** What is run on which data, and where it differs from the paper: one paragraph of plain text. */
  readonly summary: string;
  readonly rules: readonly ClaimRule[];
  /** A quick run takes at most 40 seconds on 2 cores. */
  run(context: ExperimentContext): Promise<Findings>;
}
