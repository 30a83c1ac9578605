/**
 * Training a search model: an encoder–decoder of BART's kind learns to write what documents say.
 *
 * The recipe is the paper's in small: label smoothing, dropout, a warm-up and a linear decay, clipped gradients. What is
 * new is how it begins. A model that is not pre-trained has to learn first that what is asked is what is said; its last
 * cross-attention is therefore begun as a copier, which hands the tokens that it looks at to the output layer as they are.
 *
 * M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628, §5.2).
 */
import type { Progress } from '../../../command/index.ts';
import { batches, type Dataset, type Position } from '../../../data/index.ts';
import { adamW, clipped, fit, linearSchedule, type MetricsRecord, warmUp } from '../../../nn/index.ts';
import {
  add,
  cast,
  compile,
  crossEntropy,
  div,
  equal,
  expandDims,
  iota,
  logSumExp,
  mean,
  mul,
  NDArray,
  random,
  sub,
  sum,
  type Tensor,
} from '../../../tensor/index.ts';
import { initTransformer, type Transformer, type TransformerConfig, transformer } from '../../../text/index.ts';
import { bartConfig } from '../searcher/bart.ts';
import type { SearchWeights } from '../searcher/model-folder.ts';
import type { TokenPair } from './pairs.ts';

/** What is decided of a run besides its data. */
export interface SearchRecipe {
  /** Sizes of a model that is made anew. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  /** Tokens that it reads at most, marks included. */
  readonly context: number;
  /** Tokens of a target; longer ones are cut. */
  readonly target: number;
  readonly steps: number;
  readonly warmUp: number;
  /** The highest learning rate; it falls to 0. */
  readonly rate: number;
  /** Pairs a step. */
  readonly batch: number;
  readonly dropout: number;
  /** Share of each target's probability that goes to all tokens. */
  readonly smoothing: number;
  readonly weightDecay: number;
  /** Largest norm of all gradients together. */
  readonly clip: number;
  readonly seed: number;
}

/**
 * A small model that trains on two cores in minutes. It has no time to learn by heart, and so no dropout; and no smoothing,
 * which would make every token of a small vocabulary likelier than it is frequent.
 */
export const smallRecipe: SearchRecipe = {
  width: 128,
  layers: 2,
  heads: 4,
  hidden: 512,
  context: 40,
  target: 20,
  steps: 1000,
  warmUp: 80,
  rate: 2e-3,
  batch: 64,
  dropout: 0,
  smoothing: 0,
  weightDecay: 0.01,
  clip: 1,
  seed: 0,
};

export interface TrainModelOptions {
  readonly pairs: readonly TokenPair[];
  readonly recipe: SearchRecipe;
  /** Tokens of the vocabulary, and the one that the decoder's rows begin with: of a model that is made anew. */
  readonly vocabulary: number;
  readonly start: number;
  /** Weights to go on from, instead of a model made anew. */
  readonly from?: SearchWeights;
  /** Where checkpoint and metrics are kept; a run that is there goes on. */
  readonly folder?: string;
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export interface PairBatch<T = NDArray> {
  /** [N, context] and [N, target], 0 in `segment` where there is padding. */
  readonly source: { readonly ids: T; readonly segment: T };
  readonly input: T;
  readonly output: T;
  /** [N, target] float32: 1 for what counts. */
  readonly weight: T;
}

/**
 * Trains a model on pairs.
 * @throws RangeError for no pairs; as `fit`
 */
export async function trainModel(options: TrainModelOptions): Promise<SearchWeights> {
  const { pairs, recipe, vocabulary, start, from } = options;
  if (pairs.length === 0) throw new RangeError('train: expected documents with text, got none');
  const { width, layers, heads, hidden, context, steps, seed } = recipe;
  const sizes = { width, layers, encoderLayers: layers, heads, hidden };
  const config = from?.config ?? bartConfig({ ...sizes, vocabulary, start, context: Math.max(context, recipe.target) });
  const most = config.positions.kind === 'learned' ? config.positions.count : context;
  const rows = { context: Math.min(context, most), target: Math.min(recipe.target, most) };
  const data = pairRows(pairs, rows, config.start![0]!);
  const decay = linearSchedule({ from: recipe.rate, to: 0, steps: Math.max(1, steps - recipe.warmUp) });
  const optimizer = adamW({ rate: warmUp(recipe.warmUp, recipe.rate, decay), weightDecay: recipe.weightDecay });
  // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
  const { params } = await fit({
    loss: (p: Transformer, batch: PairBatch<Tensor>, { key }) => {
      const dropout = { residual: recipe.dropout, embedding: recipe.dropout, key };
      const logits = transformer(config, p, { ids: batch.input, source: batch.source }, dropout);
      return smoothedLoss(logits, batch, recipe.smoothing);
    },
    params: from?.params ?? (await beginning(config, seed)),
    optimizer: clipped(optimizer, recipe.clip),
    batches: (position?: Position) =>
      batches(data, { size: recipe.batch, key: random.key(seed), ...(position && { start: position }) }),
    steps,
    seed,
    ...(options.folder !== undefined && { folder: options.folder }),
    ...(options.onRecord && { onRecord: options.onRecord }),
    ...(options.progress && { progress: options.progress }),
    ...(options.signal && { signal: options.signal }),
  });
  return { config, params };
}

/**
 * (1 − ε) · −ln p(label) + ε · mean over all tokens of −ln p, averaged over what counts.
 * @param logits [N, T, V]
 */
export function smoothedLoss(
  logits: Tensor,
  { output, weight }: Pick<PairBatch<Tensor>, 'output' | 'weight'>,
  smoothing: number,
): Tensor {
  const own = crossEntropy(logits, output);
  const all = sub(logSumExp(logits, -1), mean(logits, -1));
  const each = add(mul(own, 1 - smoothing), mul(all, smoothing));
  return div(sum(mul(each, weight)), sum(weight));
}

/** Parameters to train from: N(0, 1/width), and the last cross-attention as a copier. */
async function beginning(config: TransformerConfig, seed: number): Promise<Transformer<NDArray>> {
  const start = { std: config.width ** -0.5, scaledOutputs: true };
  const init = compile((key: Tensor) => copying(initTransformer(key, config, start), config));
  const params = await init(random.key(seed) as never);
  await init.release();
  return params as unknown as Transformer<NDArray>;
}

/** With the last block's values and outputs of the encoder's states handed on as they are. */
function copying(params: Transformer, { width }: TransformerConfig): Transformer {
  const { layers } = params.decoder;
  const last = layers.at(-1)!;
  const attention = last.encoder_attn!;
  const identity = cast(equal(expandDims(iota(width), 0), expandDims(iota(width), 1)), 'float32');
  const asItIs = { ...attention.v_proj, weight: identity };
  const encoder_attn = { ...attention, v_proj: asItIs, out_proj: { ...attention.out_proj, weight: identity } };
  return {
    ...params,
    decoder: { ...params.decoder, layers: [...layers.slice(0, -1), { ...last, encoder_attn }] },
  };
}

/** Pairs as rows of equal length. */
export function pairRows(
  pairs: readonly TokenPair[],
  { context, target }: Pick<SearchRecipe, 'context' | 'target'>,
  start: number,
): Dataset<PairBatch> {
  return {
    size: pairs.length,
    take(rows) {
      const n = rows.length;
      const [ids, segment] = [new Int32Array(n * context), new Int32Array(n * context)];
      const [input, output] = [new Int32Array(n * target), new Int32Array(n * target)];
      const weight = new Float32Array(n * target);
      for (const [i, row] of rows.entries()) {
        const pair = pairs[row]!;
        const asked = pair.source.slice(0, context);
        ids.set(asked, i * context);
        segment.fill(1, i * context, i * context + asked.length);
        const said = pair.target.slice(0, target);
        input[i * target] = start;
        input.set(said.slice(0, -1), i * target + 1);
        output.set(said, i * target);
        weight.fill(1, i * target, i * target + said.length);
      }
      const ints = (width: number, values: Int32Array<ArrayBuffer>) => new NDArray('int32', [n, width], values);
      return {
        source: { ids: ints(context, ids), segment: ints(context, segment) },
        input: ints(target, input),
        output: ints(target, output),
        weight: new NDArray('float32', [n, target], weight),
      };
    },
  };
}
