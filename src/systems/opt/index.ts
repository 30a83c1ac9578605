/**
 * OPT (Zhang et al. 2022, arXiv 2205.01068): its checkpoints opened, converted, run and trained.
 * @module
 */
export { architecture, initialParameters, namedTensors } from './architecture.ts';
export { answer, type ChatOptions, converse, type Turn } from './chat.ts';
export { type Checkpoint, openCheckpoint } from './checkpoint.ts';
export type { CompletionTask } from './completion-request.ts';
export { type Choice, type Completed, complete, type LogprobsBlock, type Usage } from './completions.ts';
export { configJson, type OptConfig, optConfig, optSizes, parseConfig, readConfig } from './config.ts';
export { type ConvertOptions, copyTokenizer, type Layout, layouts, type Model, saveModel } from './convert.ts';
export { publicDomainCorpus } from './corpus.ts';
export { bitsPerByte, perplexity, type TextLoss, textLosses, total } from './evaluate.ts';
export { type HubFile, type HubModel, hubModel } from './hub.ts';
export { type Entry, type Intervention, Logbook } from './logbook.ts';
export { type LoadOptions, loadOpt, type OptModel, openTokenizer, readParameters } from './model.ts';
export { Ngrams } from './ngram.ts';
export { cachedProgram, saveOnnxModel } from './onnx.ts';
export { neededFiles, type Pulled, type PullOptions, pull } from './pull.ts';
export { inForm, storedSize, type WeightForm, weightForms } from './quantized.ts';
export { optimizerOf, paperRecipe, type Recipe } from './recipe.ts';
export { completionService, type ServiceOptions } from './serve.ts';
export { ServedModel } from './served-model.ts';
export { shippedConfig, shippedModel, shippedRecipe, specialRoles, specialTokens } from './shipped.ts';
export { inMemory, type TensorInfo, type TensorSource } from './tensor-source.ts';
export { type TokenBatch, tokenRow, tokenWindows } from './token-windows.ts';
export { TorchFile } from './torch-file.ts';
export { TorchTensor } from './torch-objects.ts';
export { type TrainedModel, type TrainOptions, train } from './train.ts';
