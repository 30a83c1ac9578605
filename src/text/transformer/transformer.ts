/**
 * The transformer as traced functions: tokens in, logits out.
 *
 * `transformer` is the whole model over whole sequences, for training and for anything that wants every position.
 * Generation calls the same parts – `encode`, `decode`, `logitsOf` – with keys from a cache as a piece more.
 */
import { type Embedding, embedding, linear } from '../../nn/index.ts';
import { add, expandDims, iota, matmul, mul, reshape, type Tensor } from '../../tensor/index.ts';
import { type Keys, keysOf, scoreBias } from './attention.ts';
import { type Drop, type DropoutRates, dropping, normalize, runStack, type Sources } from './blocks.ts';
import type { TransformerConfig } from './config.ts';
import { type Sight, sees, type Tokens } from './masks.ts';
import type { Stack, Transformer } from './parameters.ts';
import { placeBias, placeVectors } from './positions.ts';

/** Rows of tokens. */
export interface Sequence<T = Tensor> {
  /** [N, T] int32 */
  readonly ids: T;
  /** [N, T] int32: the sequence of its row that a token belongs to; 0 is padding. Default: 1, without padding. */
  readonly segment?: T;
  /** [N, T] int32: its place in that sequence. Default: its place in the row. */
  readonly place?: T;
  /** [N, T] bool: whether it belongs to the input, which a prefix decoder sees from both sides. */
  readonly input?: T;
}

/** What a model is given: the decoder's tokens, and for an encoder–decoder the encoder's, of equal segments. */
export interface Batch<T = Tensor> extends Sequence<T> {
  readonly source?: Sequence<T>;
}

/** Dropout while training. */
export interface Dropout extends DropoutRates {
  /** The randomness of this step. */
  readonly key: Tensor;
}

/**
 * The logits of each next token.
 * @returns [N, T, vocabulary]
 * @throws TypeError for an encoder–decoder without a source, or a decoder with one; RangeError for rows that are longer
 * than learned positions reach
 */
export function transformer(config: TransformerConfig, p: Transformer, batch: Batch, dropout?: Dropout): Tensor {
  const drop = dropping(dropout ?? {}, dropout?.key);
  const [rows, length] = batch.ids.shape as readonly [number, number];
  if ((config.family === 'encoder-decoder') !== (batch.source !== undefined)) {
    const [wanted, got] = batch.source ? ['no source for a decoder', 'one'] : ['a source for the encoder', 'none'];
    throw new TypeError(`transformer: expected ${wanted}, got ${got}`);
  }
  checkLength(config, batch);
  if (batch.source) checkLength(config, batch.source);
  const memory = batch.source && remember(p, encode(config, p, batch.source, drop), config, batch.source);
  const { x } = decode(config, p, batch, { memory }, drop);
  return reshape(logitsOf(config, p, x), [rows, length, config.vocabulary]);
}

/** With places of their own, several sequences in a row may be longer than the table together. */
function checkLength({ positions }: TransformerConfig, { ids, place }: Sequence): void {
  if (positions.kind !== 'learned' || place || ids.shape[1]! <= positions.count) return;
  throw new RangeError(`transformer: expected rows of at most ${positions.count} tokens, got ${ids.shape[1]}`);
}

/** Keys of other tokens that a decoder looks at: those of each of its blocks, and what masks know of them. */
export interface Seen {
  readonly keys: readonly Keys[];
  readonly tokens: Tokens;
}

/** The encoder's last states of each token of the source: [N · T, width]. */
export function encode(config: TransformerConfig, p: Transformer, source: Sequence, drop: Drop): Tensor {
  const stack = p.encoder!;
  const x = embed(config, p.embed_tokens, stack, source, drop);
  const own = ownBias(config, stack, source, 'both');
  return runStack(config, stack, x, { rows: source.ids.shape[0]!, own }, drop).x;
}

/** What the decoder's blocks see of the encoder's states [N · T, width]. */
export function remember(p: Transformer, states: Tensor, { heads }: TransformerConfig, source: Sequence): Seen {
  const flat = { rows: source.ids.shape[0]!, heads };
  return {
    keys: p.decoder.layers.map((block) => keysOf(block.encoder_attn!, states, flat)),
    tokens: tokensOf(source),
  };
}

/**
 * The decoder's last states, [N · T, width], and its keys in each block.
 * @param seen keys of earlier tokens of the rows, from a cache; and of the encoder
 */
export function decode(
  config: TransformerConfig,
  p: Transformer,
  sequence: Sequence,
  seen: { readonly past?: Seen | undefined; readonly memory?: Seen | undefined },
  drop: Drop,
): { x: Tensor; keys: readonly Keys[] } {
  const stack = p.decoder;
  const sight = config.family === 'prefix' ? 'prefix' : 'causal';
  const tokens = tokensOf(sequence);
  const sources: Sources = {
    rows: sequence.ids.shape[0]!,
    own: ownBias(config, stack, sequence, sight),
    ...(seen.past && { past: { keys: seen.past.keys, bias: pastBias(seen.past.tokens) } }),
    ...(seen.memory && {
      memory: { keys: seen.memory.keys, bias: scoreBias(sees('both', tokens, seen.memory.tokens), undefined) },
    }),
  };
  return runStack(config, stack, embed(config, p.embed_tokens, stack, sequence, drop), sources, drop);

  function pastBias(past: Tokens): Tensor | undefined {
    const { relative_attention_bias: table } = stack;
    return scoreBias(sees(sight, tokens, past), placeBias(config.positions, table, tokens.place, past.place, false));
  }
}

/**
 * Logits of states after the last block.
 * @param x [n, width]
 * @returns [n, vocabulary]
 */
export function logitsOf({ width, scaledLogits }: TransformerConfig, p: Transformer, x: Tensor): Tensor {
  const projected = p.decoder.project_out ? linear(p.decoder.project_out, x) : x;
  const scaled = scaledLogits ? mul(projected, width ** -0.5) : projected;
  return matmul(scaled, (p.lm_head ?? p.embed_tokens).weight, { transposeB: true });
}

/** Embeddings of tokens and places: [N · T, width]. */
function embed(config: TransformerConfig, table: Embedding, stack: Stack, sequence: Sequence, drop: Drop): Tensor {
  const { width } = config;
  const [rows, length] = sequence.ids.shape as readonly [number, number];
  const vectors = embedding(table, sequence.ids);
  const projected = stack.project_in ? linear(stack.project_in, vectors) : vectors;
  const scaled = config.embeddingScale ? mul(projected, Math.sqrt(width)) : projected;
  const places = placeVectors(config.positions, stack.embed_positions, placesOf(sequence), width);
  const x = reshape(places ? add(scaled, places) : scaled, [rows * length, width]);
  return drop(stack.layernorm_embedding ? normalize(config, stack.layernorm_embedding, x) : x, 'embedding');
}

/** What is added to the scores of a sequence's own keys. */
function ownBias(config: TransformerConfig, stack: Stack, sequence: Sequence, sight: Sight): Tensor | undefined {
  const tokens = tokensOf(sequence);
  // within a segment the distance in the row is the distance in the sequence, and is the same for all rows
  const index = counted(sequence.ids);
  const bias = placeBias(config.positions, stack.relative_attention_bias, index, index, sight === 'both');
  return scoreBias(sees(sight, tokens, tokens), bias);
}

function tokensOf(sequence: Sequence): Tokens {
  const { segment, input } = sequence;
  return { place: placesOf(sequence), ...(segment && { segment }), ...(input && { input }) };
}

function placesOf({ ids, place }: Sequence): Tensor {
  return place ?? counted(ids);
}

/** 0 … T − 1 for ids [N, T]: [1, T]. */
function counted(ids: Tensor): Tensor {
  return expandDims(iota(ids.shape[1]!), 0);
}
