/**
 * Text: tokenizers, one transformer for every family, generation and likelihoods.
 * @module
 */
export { type BpeOptions, trainBpe } from './bpe-training.ts';
export type {
  Alternatives,
  BeginWatch,
  Continued,
  Decoding,
  LanguageModel,
  Scored,
  ScoreOptions,
  ScoreWatch,
} from './decoding.ts';
export { type BeamOptions, type BeamResult, beamSearch, type Candidate } from './generation/beam.ts';
export { type Allowed, type Constraint, constrain } from './generation/constraint.ts';
export { checkDraw, type DrawOptions } from './generation/draw.ts';
export type { Finish, Reader, StepOptions } from './generation/row.ts';
export type { RepetitionRules } from './generation/rules.ts';
export { type Generated, type SampleOptions, type Step, sample, sampleSteps } from './generation/sample.ts';
export {
  type BeamTextOptions,
  type GeneratedText,
  generateText,
  type Piece,
  type PieceOf,
  type Prompt,
  promptRow,
  type SampleTextOptions,
  searchText,
  streamText,
  streamTexts,
  type TextModel,
  type TextRules,
} from './generation/text.ts';
export { type LocalLanguageModel, languageModel } from './language-model.ts';
export { type EndpointOptions, endpoint } from './likelihood/endpoint.ts';
export { EndpointError } from './likelihood/http.ts';
export type {
  Completion,
  CompletionRequest,
  ContextAndContinuation,
  Likelihood,
  LogLikelihood,
} from './likelihood/likelihood.ts';
export { type LocalOptions, localLikelihood } from './likelihood/local.ts';
export { type OnnxFolder, type OnnxFolderOptions, openOnnxFolder } from './onnx-folder.ts';
export type { TokenStream } from './token-stream.ts';
export { type Encoding, type SpecialOption, Tokenizer } from './tokenizer.ts';
export type { SpecialTokens, TokenizerConfig, TokenizerJson } from './tokenizer-files.ts';
export type { DropoutRates } from './transformer/blocks.ts';
export {
  type Activation,
  checkConfig,
  type Positions,
  type Style,
  styles,
  type TransformerConfig,
} from './transformer/config.ts';
export { maskPicture, type Sight, sees, type TokenRow, type Tokens } from './transformer/masks.ts';
export { initTransformer, type Start, type Transformer } from './transformer/parameters.ts';
export { padRows, type Segment } from './transformer/rows.ts';
export {
  type Batch,
  type Dropout,
  decode,
  logitsOf,
  type Seen,
  type Sequence,
  transformer,
} from './transformer/transformer.ts';
