/**
 * Learning to rank: after a model has learned to write n-grams, it learns to write those that set the right document apart.
 *
 * For a query, a document that answers it and one that was found and does not, each with the keys that it was found by,
 * the keys' likelihoods are moved until the right document leads by a margin m:
 * L = max(0, s(q,p⁻) − s(q,p⁺) + m), s(q,p) = Σ_{n∈K(p)} w(n,q)^α · cover(n,K(p)),
 * once with a wrong document drawn from those found, once with the best of them; half of each, beside the loss of
 * generation times λ. Searching costs nothing more.
 *
 * Y. Li et al., "Learning to Rank in Generative Retrieval" (arXiv 2306.15222): LTRGR; margins and λ as in its code.
 */
import type { Progress } from '../../../command/index.ts';
import { adamW, clipped, fit, type MetricsRecord } from '../../../nn/index.ts';
import {
  add,
  crossEntropy,
  exp,
  expm1,
  log,
  maximum,
  mean,
  minimum,
  mul,
  NDArray,
  neg,
  pow,
  reshape,
  slice,
  squeeze,
  sub,
  sum,
  type Tensor,
} from '../../../tensor/index.ts';
import { type Transformer, transformer } from '../../../text/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { isUnigram, type Part } from '../scoring/intersective.ts';
import { chanceOf } from '../scoring/keys.ts';
import { type Copier, copiedChances } from '../searcher/copying.ts';
import type { SearchWeights } from '../searcher/model-folder.ts';
import type { Searcher } from '../searcher/searcher.ts';
import { Draws } from './draws.ts';
import type { JudgedQuery, TokenPair } from './pairs.ts';
import { type PairBatch, pairRows, type SearchRecipe, smoothedLoss } from './train.ts';

/** A key as a row: what was asked, what was written, and what its likelihood counts. */
interface KeyRow {
  readonly pair: TokenPair;
  /** ln P(n) */
  readonly chance: number;
  readonly cover: number;
  /** α, or 1 for what the model would begin with. */
  readonly power: number;
}

/** A query's right document, and wrong ones from the best down, each by its heaviest keys. */
export interface RankedQuery {
  readonly right: readonly KeyRow[];
  readonly wrong: readonly (readonly KeyRow[])[];
}

/** Keys of a document that take part. */
const KEYS = 6;
/** Documents found in which right and wrong ones are looked for. */
const MINED = 100;

/** What the model finds for judged queries; those are left out of which no right or no wrong document was found. */
export async function mineRanks<D extends StoredDocument>(
  searcher: Searcher<D>,
  queries: readonly JudgedQuery[],
  {
    context,
    signal,
    progress,
  }: { readonly context: number; readonly signal?: AbortSignal; readonly progress?: Progress },
): Promise<RankedQuery[]> {
  const mined: RankedQuery[] = [];
  const { coder } = searcher;
  for (const [i, { text, relevant }] of queries.entries()) {
    progress?.update(`what is found for ${queries.length} queries`, i / queries.length);
    const found = await searcher.byKeys(text, { limit: MINED, ...(signal && { signal }) });
    const asked = coder.encode(text);
    const rows = (parts: readonly Part[]): KeyRow[] =>
      parts.slice(0, KEYS).map(({ key, cover }) => {
        const view = key.source === 'title' || key.source === 'queries' ? key.source : 'body';
        return {
          pair: { source: coder.prompt(asked, view, 'supervised', context), target: key.tokens },
          chance: chanceOf(key.count, searcher.ngrams.tokens),
          cover,
          power: isUnigram(key) ? 1 : 2,
        };
      });
    const isRight = ({ document }: { document: D }): boolean => relevant.includes(document.id);
    const wrong = found.filter((one) => !isRight(one)).map((one) => rows(one.parts()));
    if (wrong.length === 0) continue;
    for (const one of found.filter(isRight)) mined.push({ right: rows(one.parts()), wrong });
  }
  return mined;
}

export interface RankOptions {
  readonly ranks: readonly RankedQuery[];
  /** Of the loss of generation. */
  readonly pairs: readonly TokenPair[];
  readonly from: SearchWeights;
  /** How it copies. Default: it does not. */
  readonly copier?: Copier;
  /** Sizes of rows, smoothing, dropout and seed are taken from it. */
  readonly recipe: SearchRecipe;
  readonly steps: number;
  /** Default 1e-4. */
  readonly rate?: number;
  /** Queries a step. Default 4. */
  readonly batch?: number;
  /** m, for a wrong document drawn and for the best one. Default 300 and 400. */
  readonly margins?: readonly [number, number];
  /** λ of the loss of generation. Default 1,000. */
  readonly lambda?: number;
  /** Where checkpoint and metrics are kept; a run that is there goes on. */
  readonly folder?: string;
  readonly onRecord?: (record: MetricsRecord) => void;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

interface RankBatch<T = NDArray> {
  /** [queries · 3 · KEYS] rows: right, wrong, best wrong. */
  readonly keys: PairBatch<T>;
  /** [queries · 3 · KEYS, target]: P_copy of what is written. */
  readonly copied: T;
  /** [queries, 3, KEYS]; `cover` is 0 where there are fewer keys. */
  readonly chance: T;
  readonly cover: T;
  readonly power: T;
  readonly pairs: PairBatch<T>;
}

/** Trains on with the margin loss. @throws RangeError for nothing to learn from; as `fit` */
export async function trainRanks(options: RankOptions): Promise<SearchWeights> {
  const { ranks, pairs, from, copier, recipe, steps } = options;
  const { rate = 1e-4, batch = 4, margins = [300, 400], lambda = 1000 } = options;
  if (ranks.length === 0) throw new RangeError('train: expected queries whose documents are found, got none');
  const { config } = from;
  // biome-ignore lint/suspicious/noFocusedTests: the training loop, not a test
  const { params } = await fit({
    loss: (p: Transformer, { keys, copied, chance, cover, power, pairs: told }: RankBatch<Tensor>, { key }) => {
      const logProb = logProbs(config, p, keys, copied, copier?.share ?? 0);
      const [right, drawn, best] = split(scores(logProb, chance, cover, power, batch));
      const lead = (wrong: Tensor, margin: number) => mean(maximum(add(sub(wrong, right), margin), 0));
      const ranking = mul(add(lead(drawn, margins[0]), lead(best, margins[1])), 0.5);
      const dropout = { residual: recipe.dropout, key };
      const logits = transformer(config, p, { ids: told.input, source: told.source }, dropout);
      const generation = smoothedLoss(logits, told, recipe.smoothing);
      return { loss: add(ranking, mul(generation, lambda)), metrics: { ranking, generation } };
    },
    params: from.params,
    optimizer: clipped(adamW({ rate, weightDecay: recipe.weightDecay }), recipe.clip),
    batches: (start?: number) => rankBatches(options, start),
    steps,
    seed: recipe.seed,
    ...(options.folder !== undefined && { folder: options.folder }),
    ...(options.onRecord && { onRecord: options.onRecord }),
    ...(options.progress && { progress: options.progress }),
    ...(options.signal && { signal: options.signal }),
  });
  return { config, params };

  /** Batches from batch number `start` on. */
  function rankBatches({ ranks, from }: RankOptions, start = 0) {
    let position = start;
    const start0 = from.config.start![0]!;
    return {
      get position() {
        return position;
      },
      next(): IteratorResult<RankBatch> {
        const draws = new Draws(recipe.seed, 3 + position++);
        const rows: (KeyRow | undefined)[] = [];
        for (let i = 0; i < batch; i++) {
          const { right, wrong } = draws.of(ranks);
          for (const keys of [right, draws.of(wrong), wrong[0]!]) {
            for (let k = 0; k < KEYS; k++) rows.push(keys[k]);
          }
        }
        const some = Array.from({ length: recipe.batch }, () => draws.of(pairs));
        const every = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
        const numbers = (of: (row: KeyRow | undefined) => number) =>
          new NDArray('float32', [batch, 3, KEYS], Float32Array.from(rows, of));
        const nothing: TokenPair = { source: [start0], target: [start0] };
        const asked = rows.map((row) => row?.pair ?? nothing);
        const value: RankBatch = {
          keys: pairRows(asked, recipe, start0).take(every(rows.length)),
          copied: copiedRows(asked, recipe.target, copier),
          chance: numbers((row) => row?.chance ?? -1),
          cover: numbers((row) => row?.cover ?? 0),
          power: numbers((row) => row?.power ?? 1),
          pairs: pairRows(some, recipe, start0).take(every(some.length)),
        };
        return { done: false, value };
      },
    };
  }
}

/** P_copy of the tokens of each row's target: [rows, target]. */
function copiedRows(pairs: readonly TokenPair[], target: number, copier: Copier | undefined): NDArray {
  const copied = new Float32Array(pairs.length * target);
  for (const [i, pair] of copier === undefined ? [] : pairs.entries()) {
    const chances = copiedChances(pair.source, pair.target.slice(0, target), copier!.tokens);
    for (const [t, chance = 0] of chances.entries()) copied[i * target + t] = chance;
  }
  return new NDArray('float32', [pairs.length, target], copied);
}

/** A chance that float32 still has a logarithm of. */
const LEAST = 1e-30;

/** ln P of each row's target, as it is searched with, g of it copied: [rows]. */
function logProbs(config: SearchWeights['config'], p: Transformer, rows: PairBatch<Tensor>, copied: Tensor, g: number) {
  const logits = transformer(config, p, { ids: rows.input, source: rows.source });
  const own = exp(neg(crossEntropy(logits, rows.output)));
  const mixed = log(maximum(add(mul(own, 1 - g), mul(copied, g)), LEAST));
  return sum(mul(mixed, rows.weight), -1);
}

/** s(q,p) of each document: [queries, 3]. */
function scores(logProb: Tensor, chance: Tensor, cover: Tensor, power: Tensor, queries: number): Tensor {
  const own = minimum(reshape(logProb, [queries, 3, KEYS]), -1e-6);
  const weight = maximum(sub(logOdds(own), logOdds(chance)), 1e-3);
  return sum(mul(pow(weight, power), cover), -1);
}

function logOdds(logProb: Tensor): Tensor {
  return sub(logProb, log(neg(expm1(logProb))));
}

function split(three: Tensor): [Tensor, Tensor, Tensor] {
  const column = (i: number) => squeeze(slice(three, [undefined, [i, i + 1]]), 1);
  return [column(0), column(1), column(2)];
}
