/**
 * Architecture and pretraining objective (Wang et al. 2022, arXiv 2204.05832): which of the grid's six cells to pretrain on
 * a corpus, for models that answer zero-shot, with multitask finetuning or without.
 * @module
 */
export { accounts, type CellAccount, operationsOf, parametersOf } from './accounting.ts';
export {
  type Architecture,
  architectureOf,
  type Cell,
  cellId,
  cellName,
  cells,
  type Objective,
  type Size,
  sizeOf,
} from './cells.ts';
export { speedUp } from './comparisons.ts';
export { type Corruption, corrupt, corruptionInto, corruptionOf, corruptionOfRow } from './corruption.ts';
export { Draws } from './draws.ts';
export {
  type Asking,
  type Average,
  accuracyOf,
  evaluate,
  meanAccuracy,
  meanNormalized,
  type TaskScore,
} from './evaluation.ts';
export { type Example, layOut, type RowLengths, type TrainingBatch, wasteOf } from './layout.ts';
export { crossEntropyOf, trainingLoss } from './loss.ts';
export { type CellPicture, drawPicture, pictureOf, pictureOfText } from './masks.ts';
export {
  type Asked,
  type Material,
  type MaterialOptions,
  prepareMaterial,
  readMaterial,
  type SuiteTask,
  saveMaterial,
} from './material.ts';
export { packRows } from './packing.ts';
export { initialWeights, type RunResult } from './perform.ts';
export { planOf, type Run } from './plan.ts';
export { type Recipe, rates } from './recipe.ts';
export { type Candidate, type Recommendation, recommend } from './recommendation.ts';
export { finetuningBatches, pretrainingBatches, rowsOf, type StepSize } from './streams.ts';
export { Results, readStudy, type Study, saveStudy } from './study.ts';
export { bundledTasks } from './tasks/bundled.ts';
export { readTasks } from './tasks/read-tasks.ts';
export { normalizedScore, type Prompt, put, type Question, randomBaseline, type Task } from './tasks/task.ts';
export { performPlan } from './workers.ts';
