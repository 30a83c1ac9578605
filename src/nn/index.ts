/**
 * What models are trained with: layers, losses, optimizers, schedules.
 *
 * Layers are plain functions over plain parameter objects: `initLinear(key, …)` makes the parameters inside a program,
 * `linear(p, x)` applies them. A model is a tree of such objects, and the paths of the tree are the names of its
 * checkpoint: PyTorch's, where PyTorch has the layer.
 * @module
 */
export { type Progress, stderrProgress } from '../command/index.ts';
export { adafactor } from './adafactor.ts';
export { type AdamOptions, adam, adamW } from './adam.ts';
export {
  type AttentionOptions,
  attendTo,
  attention,
  causalMask,
  type KeyPiece,
  paddingMask,
} from './attention.ts';
export type { BatchSource, BatchStream } from './batches.ts';
export { type Checkpoint, fillTree, type Progressed, readCheckpoint, saveCheckpoint } from './checkpoint.ts';
export { type Conv, type ConvOptions, conv, convTranspose, initConv, initConvTranspose } from './convolution.ts';
export { dropout } from './dropout.ts';
export { type Embedding, embedding, initEmbedding } from './embedding.ts';
export {
  type FourierFeatures,
  fourierFeatures,
  initFourierFeatures,
  positionalEncoding,
  sinusoidalEncoding,
} from './encodings.ts';
export {
  type Best,
  type Evaluation,
  type FitOptions,
  fit,
  NotFiniteError,
  type Snapshot,
  type Trained,
} from './fit.ts';
export { infoNceLoss, type Similarity, similarities } from './info-nce.ts';
export { initLinear, type Linear, type LinearOptions, linear } from './linear.ts';
export {
  crossEntropyLoss,
  type Gaussian,
  gaussianNllLoss,
  klGaussians,
  klToStandardNormal,
  mseLoss,
} from './losses.ts';
export {
  fromHeads,
  initMultiHeadAttention,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  toHeads,
} from './multi-head-attention.ts';
export {
  type BatchStatistics,
  batchNorm,
  batchNormTraining,
  groupNorm,
  initBatchStatistics,
  initNorm,
  initRmsNorm,
  layerNorm,
  type Norm,
  type RmsNorm,
  rmsNorm,
} from './normalization.ts';
export {
  averaged,
  clipByGlobalNorm,
  clipped,
  globalNorm,
  type LeafRule,
  leafwise,
  type Optimizer,
  type OptimizerState,
} from './optimizer.ts';
export { type RelativePositionOptions, relativePositionBias, relativePositionBucket } from './relative-positions.ts';
export type { MetricsRecord } from './run-folder.ts';
export {
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  piecewiseSchedule,
  type Rate,
  rateAt,
  type Schedule,
  type Span,
  warmUp,
} from './schedules.ts';
export { type SgdOptions, sgd } from './sgd.ts';
export type { Arrays, Loss, LossContext, LossResult } from './training-step.ts';
