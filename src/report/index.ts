/** What an experiment finds, as data, and the page and the file that show it: claims, figures, tables, the living issue. */
export {
  atLeast,
  atMost,
  type Claim,
  type ClaimRule,
  claimRule,
  equals,
  type Interval,
  issueCommand,
  type Measurement,
  type Predicate,
  type Tier,
  type Verdict,
  within,
} from './claim.ts';
export type { Experiment, ExperimentContext, Findings } from './experiment.ts';
export { type Figure, type FigureOptions, figure } from './figure.ts';
export { formatInterval, formatMeasured, formatNumber, formatSeconds, type NumberFormat } from './format.ts';
export { type Cell, type Column, type Measured, type Table, table } from './table.ts';
