/**
 * What an experiment finds, as data, and what shows it: claims, figures, tables, the living issue's page and file.
 * @module
 */
export type { Axis } from './axis.ts';
export { type Bar, bars } from './bars.ts';
export {
  atLeast,
  atMost,
  type Claim,
  type ClaimRule,
  claimRule,
  equals,
  issueCommand,
  type Measurement,
  type Predicate,
  type Tier,
  type Verdict,
  within,
} from './claim.ts';
export { type Curve, curves, type Panel, type Point, panels } from './curves.ts';
export type { Experiment, ExperimentContext, Findings } from './experiment.ts';
export { type Figure, type FigureOptions, figure } from './figure.ts';
export { type FindingsPage, renderFindings } from './findings-page.ts';
export {
  formatInterval,
  formatMeasured,
  formatNumber,
  formatSeconds,
  type NumberFormat,
} from './format.ts';
export { escapeHtml, type Html, html, raw } from './html.ts';
export type { ContentsRow, Issue } from './issue.ts';
export { openIssueFolder, writeIssue } from './issue-folder.ts';
export { machine } from './machine.ts';
export { type MatrixAxis, matrix } from './matrix.ts';
export type { Interval, Measured } from './measured.ts';
export { renderPage } from './page.ts';
export { renderFigure, renderTable } from './page-article.ts';
export { renderFrame } from './page-frame.ts';
export { FONT, faint, heat, ink, muted, paletteCss, series } from './palette.ts';
export { type RecordedSection, readRecorded, writeRecorded } from './recorded.ts';
export {
  failedSection,
  type Provenance,
  type RuleInWords,
  runExperiment,
  type Section,
  type SystemTitle,
  secondsSince,
} from './section.ts';
export {
  bootstrapInterval,
  mean,
  meanInterval,
  median,
  type Statistic,
  standardDeviation,
  studentQuantile,
} from './statistics.ts';
export { type Bounds, type Cell, type Column, type Table, table } from './table.ts';
export { tableText } from './table-text.ts';
export { describeVerdicts } from './verdict.ts';
