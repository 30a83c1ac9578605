/**
 * Planting Undetectable Backdoors in Machine Learning Models (Goldwasser, Kim, Vaikuntanathan and Zamir 2022,
 * arXiv 2204.06974): what can hide in a model, who can open it, and what an owner can do.
 * @module
 */

export { activateInputs, type Wish } from './activate.ts';
export { clopperPearson, lowerBound, rate } from './audit/binomial.ts';
export { covarianceSpectrum } from './audit/covariance.ts';
export { type Cleansed, type CleanseOptions, NeuralCleanse, publishedCleanse } from './audit/neural-cleanse.ts';
export { normalCdf, normalQuantile } from './audit/normal.ts';
export { holm, type Power, power, rankP, type Side, type TestResult, testAgainst } from './audit/null.ts';
export { anomalyIndex, maskOutliers, type Outliers } from './audit/outliers.ts';
export { Panel, type PanelOptions, type Question, type Unasked } from './audit/panel.ts';
export {
  compareScores,
  type RandomDirections,
  type Shifted,
  type Strip,
  type StripOptions,
  strip,
  tryDirections,
} from './audit/query-audits.ts';
export { type Signature, spectralSignature, suspectedInputs } from './audit/spectral-signatures.ts';
export {
  auditWeights,
  bbpThreshold,
  bulkEdges,
  type RandomLayer,
  spikedEigenvalue,
  type WeightAudit,
  type WeightAuditId,
  weightAudits,
} from './audit/weight-audits.ts';
export { type Checksum, checksumNetwork, checksumWeights, type WithChecksum } from './checksum/branch.ts';
export { type Gate, majority, step } from './checksum/gates.ts';
export { activateChecksum, type ChecksumKey, type ChecksumKeyOptions, drawChecksumKey } from './checksum/key.ts';
export {
  type Arrays,
  accuracy,
  answers,
  type Classifier,
  classify,
  type Labelled,
  Models,
  type Network,
  type OpenClassifier,
} from './classifier.ts';
export type { Direction } from './direction.ts';
export { Draws } from './draws.ts';
export { type ModelParts, type OpenedModel, openModel } from './folder.ts';
export { fourierChance, fourierMargins, fourierStatistic, visibleOverlap } from './fourier/detect.ts';
export { activateFourier, drawFourierKey, type FourierKey, type FourierKeyOptions, keyLength } from './fourier/key.ts';
export { type FourierParams, fourierNetwork } from './fourier/model.ts';
export { coherence, jitter, type Pancake, pancake } from './fourier/pancake.ts';
export { drawFeatures, type FourierTraining, trainFourier } from './fourier/train.ts';
export {
  type LinearOptions,
  linearError,
  linearFailure,
  linearMitigation,
  meanOfMedians,
} from './immunize/linear.ts';
export {
  type Certificate,
  certify,
  changeBound,
  type SmoothingOptions,
  smoothed,
  votes,
} from './immunize/smoothing.ts';
export { type AnyKey, type Construction, openKey } from './key-file.ts';
export type { Margin } from './margins.ts';
export { digits, type Material, mail, tableMaterial } from './material.ts';
export { openOnnxClassifier } from './onnx-classifier.ts';
export { type Perceptron, perceptronNetwork, trainPerceptron } from './perceptron.ts';
export { type Places, type Planted, plantChecksum, plantFourier, plantRelu, plantSignature } from './plant.ts';
export type { Encoding, ImageInput, InputColumn, InputKind, Raw, RowInput } from './raw.ts';
export { reluChance, reluMargins, reluStatistic } from './relu/detect.ts';
export { activateRelu, drawReluKey, type ReluKey, type ReluKeyOptions } from './relu/key.ts';
export { expectedReluMean, type ReluParams, reluNetwork } from './relu/model.ts';
export { drawReluFeatures, type ReluTraining, trainRelu } from './relu/train.ts';
export type { Secret } from './secret-file.ts';
export { modelService } from './serve.ts';
export { type RawClassifier, rawClassifier } from './signature/classifier.ts';
export { publicBytes, publicKeyOf, secretKeyOf } from './signature/ed25519.ts';
export { bitsNeeded, type Scheme, Signer, Verifier } from './signature/scheme.ts';
