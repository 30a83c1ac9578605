/**
 * The programs that generate and score. Rows, tokens, cached keys and sources are open axes: one program each serves
 * every batch, prompt and cache.
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

/** What the new tokens see besides each other. */
type Cached = readonly Keys[] | null;

const noDrop = dropping({}, undefined);
const keysAxes = (length: string) => ['rows', null, length, null];

/** The programs of a model. */
export type Programs = ReturnType<typeof programsOf>;

/** Compiles the programs of a model. */
export function programsOf(config: TransformerConfig, device: Device | undefined) {
  const on = device && { device };

  /** The states [picks, width] of chosen tokens, counted through the rows; and the keys of all. */
  function states(
    p: Transformer,
    ids: Tensor,
    facts: RowFacts,
    past: Cached,
    memory: Cached,
    memoryLengths: Tensor | null,
    picks: Tensor,
  ) {
    const length = ids.shape[1]!;
    const place = add(expandDims(iota(length), 0), expandDims(facts.lengths, 1));
    const sequence = { ids, place, segment: filled(facts.counts, length), input: filledTo(facts.inputs, place) };
    const seen = {
      past: past ? seenOf(past, facts.lengths) : undefined,
      memory: memory ? seenOf(memory, memoryLengths!) : undefined,
    };
    const { x, keys } = decode(config, p, sequence, seen, noDrop);
    return { x: take(x, picks), keys };
  }

  const next = (
    p: Transformer,
    ids: Tensor,
    facts: RowFacts,
    past: Cached,
    memory: Cached,
    memoryLengths: Tensor | null,
    picks: Tensor,
  ) => {
    const { x, keys } = states(p, ids, facts, past, memory, memoryLengths, picks);
    return { logits: logitsOf(config, p, x), keys };
  };

  const score = (
    p: Transformer,
    ids: Tensor,
    facts: RowFacts,
    past: Cached,
    memory: Cached,
    memoryLengths: Tensor | null,
    picks: Tensor,
    targets: Tensor,
    keep: boolean,
  ) => {
    const { x, keys } = states(p, ids, facts, past, memory, memoryLengths, picks);
    const logits = logitsOf(config, p, x);
    return {
      logProbs: neg(crossEntropy(logits, targets)),
      greedy: equal(argmax(logits, -1), targets),
      keys: keep ? keys : [],
    };
  };

  const remembered = (p: Transformer, ids: Tensor, counts: Tensor) => {
    const source = { ids, segment: filled(counts, ids.shape[1]!) };
    return remember(p, encode(config, p, source, noDrop), config, source).keys;
  };

  const axes = (tokens: string | null) => [
    null,
    ['rows', tokens],
    ['rows'],
    keysAxes('past'),
    keysAxes('source'),
    ['rows'],
    ['picks'],
  ];
  return {
    /** Reads several tokens of each row. */
    read: compile(next, { ...on, open: axes('tokens') }),
    /** Reads one token of each row. */
    step: compile(next, { ...on, open: axes(null) }),
    /** Reads several tokens of each row, and tells how likely targets are after the chosen ones. */
    score: compile(score, { ...on, open: [...axes('tokens'), ['picks'], null] }),
    /** Keys of sources, by block of the decoder. */
    remember: compile(remembered, { ...on, open: [null, ['rows', 'source'], ['rows']] }),
  };
}

/** 1 for the first `counts` of `length` places, [rows, length] int32: the segment of what is real. */
function filled(counts: Tensor, length: number): Tensor {
  return cast(less(expandDims(iota(length), 0), expandDims(counts, 1)), 'int32');
}

/** True for places below `inputs`. */
function filledTo(inputs: Tensor, place: Tensor): Tensor {
  return less(place, expandDims(inputs, 1));
}

/** Cached keys, of which the first `lengths` of each row are filled. */
function seenOf(keys: readonly Keys[], lengths: Tensor): Seen {
  const room = keys[0]!.k.shape[2]!;
  const tokens: Tokens = { place: expandDims(iota(room), 0), segment: filled(lengths, room) };
  return { keys, tokens };
}
