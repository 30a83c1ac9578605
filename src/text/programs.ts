/**
 * The programs that generate and score: one for the decoder, and one for an encoder. Rows, tokens, cached keys and
 * sources are open axes, so that the one decoder serves every batch, prompt, cache and question, and the weights are
 * held once.
 */
import {
  add,
  argmax,
  cast,
  compile,
  crossEntropy,
  type Device,
  equal,
  expandDims,
  iota,
  less,
  neg,
  type Tensor,
  take,
} from '../tensor/index.ts';
import type { Keys } from './transformer/attention.ts';
import { dropping } from './transformer/blocks.ts';
import type { TransformerConfig } from './transformer/config.ts';
import type { Tokens } from './transformer/masks.ts';
import type { Transformer } from './transformer/parameters.ts';
import { decode, encode, logitsOf, remember, type Seen } from './transformer/transformer.ts';

/** By row, [rows] int32 each. */
export interface RowFacts<T = Tensor> {
  /** How many of the new tokens are real: the others are padding, at the end. */
  readonly counts: T;
  /** How many tokens the row has before them, in the cache. */
  readonly lengths: T;
  /** How many of the row's tokens are input, which a prefix decoder sees from both sides. */
  readonly inputs: T;
}

/** What is asked of the new tokens. */
export interface Question<T = Tensor> {
  /** [picks] int32: tokens, counted through the rows, and for each a token that might be next. */
  readonly picks: T;
  readonly targets: T;
}

const noDrop = dropping({}, undefined);

/** The programs of a model. */
export type Programs = ReturnType<typeof programsOf>;

/** Compiles the programs of a model. */
export function programsOf(config: TransformerConfig, device: Device | undefined) {
  const on = device && { device };

  function decoded(
    p: Transformer,
    ids: Tensor,
    facts: RowFacts,
    past: readonly Keys[],
    memory: readonly Keys[],
    memoryLengths: Tensor | null,
    { picks, targets }: Question,
    shown: Tensor,
  ) {
    const length = ids.shape[1]!;
    const place = add(expandDims(iota(length), 0), expandDims(facts.lengths, 1));
    const input = less(place, expandDims(facts.inputs, 1));
    const sequence = { ids, place, segment: filled(facts.counts, length), input };
    const seen = {
      past: seenOf(past, facts.lengths),
      memory: memoryLengths ? seenOf(memory, memoryLengths) : undefined,
    };
    const { x, keys } = decode(config, p, sequence, seen, noDrop);
    const logits = logitsOf(config, p, take(x, picks));
    return {
      /** [shown, vocabulary]: of the picks of these numbers */
      logits: take(logits, shown),
      /** [picks]: ln p(target) */
      logProbs: neg(crossEntropy(logits, targets)),
      /** [picks] bool: whether the target is the most likely token */
      greedy: equal(argmax(logits, -1), targets),
      /** By block, of the new tokens. */
      keys,
    };
  }

  function remembered(p: Transformer, ids: Tensor, counts: Tensor) {
    const length = ids.shape[1]!;
    const source = { ids, place: expandDims(iota(length), 0), segment: filled(counts, length) };
    return remember(p, encode(config, p, source, noDrop), config, source).keys;
  }

  const row = ['rows'];
  const keys = (length: string) => ['rows', null, length, null];
  return {
    /** Reads new tokens of rows. */
    decode: compile(decoded, {
      ...on,
      open: [null, ['rows', 'tokens'], row, keys('past'), keys('source'), row, ['picks'], ['shown']],
    }),
    /** Keys of sources, by block of the decoder. */
    remember: compile(remembered, { ...on, open: [null, ['rows', 'source'], row] }),
  };
}

/** 1 for the first `counts` of `length` places, [rows, length] int32: the segment of what is real. */
function filled(counts: Tensor, length: number): Tensor {
  return cast(less(expandDims(iota(length), 0), expandDims(counts, 1)), 'int32');
}

/** Cached keys, of which the first `lengths` of each row are filled. */
function seenOf(keys: readonly Keys[], lengths: Tensor): Seen {
  const room = keys[0]!.k.shape[2]!;
  const tokens: Tokens = { place: expandDims(iota(room), 0), segment: filled(lengths, room) };
  return { keys, tokens };
}
