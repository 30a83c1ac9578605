/**
 * The Distributed Information Bottleneck (Murphy and Bassett 2022, arXiv 2204.07576): which inputs hold the information
 * about a target, and which of their values.
 * @module
 */
export {
  type Annealed,
  type Annealing,
  type AnnealOptions,
  anneal,
  betaSchedule,
  type ChannelReading,
  type Reading,
} from './anneal.ts';
export { type Bounds, informationBounds } from './bounds.ts';
export { binaryChannelInformation, type Channel, overlap, send, toBits } from './channel.ts';
export { type CircuitReading, type CircuitRecipe, type CircuitRun, openAbove, runCircuit } from './circuit-run.ts';
export {
  type Belief,
  bestInformation,
  type Circuit,
  type Gate,
  members,
  outputBelief,
  outputEntropy,
  shapleyValues,
  subsetInformation,
  subsetOf,
  supplementary,
  tenInputs,
  truthTable,
} from './circuits.ts';
export { type Columns, columnsOf, type Feature } from './columns.ts';
export { denseEncoders, type Encoders, type SimpleEncoders, simpleEncoders } from './encoders.ts';
export {
  bitInputs,
  type ColumnKind,
  type Inputs,
  joined,
  patchInputs,
  type TableRows,
  tableInputs,
} from './inputs.ts';
export { initMlp, type Mlp, type MlpOptions, mlp } from './mlp.ts';
export {
  annealedLoss,
  type Bottleneck,
  type BottleneckOptions,
  type BottleneckParams,
  bottleneck,
  type Example,
  type Pass,
} from './model.ts';
export { aboveZero, type Score } from './score.ts';
export {
  type PreparedTable,
  runTable,
  splitTable,
  type TableReading,
  type TableRecipe,
} from './table-run.ts';
export { classTask, contrastiveTask, numberTask, type Task } from './task.ts';
export {
  bestReading,
  type ChannelBounds,
  channelBits,
  channelBounds,
  closingOrder,
  closings,
  totalBits,
  totalBounds,
} from './trajectory.ts';
export { type Level, levelsOf } from './worth.ts';
