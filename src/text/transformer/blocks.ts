/** The blocks of a transformer, the same in training and in generation, encoder and decoder. */
import { attendTo, dropout, layerNorm, linear, type Norm, rmsNorm } from '../../nn/index.ts';
import { add, gelu, mul, random, relu, type Tensor, tanh } from '../../tensor/index.ts';
import { flatHeads, type Keys, keysOf, queriesOf } from './attention.ts';
import { sizesOf, type TransformerConfig } from './config.ts';
import type { AnyNorm, Block, Stack } from './parameters.ts';

/** Dropout's rates by place, each 0 by default. */
export interface DropoutRates {
  /** On the sum of token and position embeddings. */
  readonly embedding?: number;
  /** On what each sublayer adds. */
  readonly residual?: number;
  /** On the weights of attention. */
  readonly attention?: number;
  /** Inside the feed-forward layers. */
  readonly activation?: number;
}

/** Dropout at a place; each call draws anew. */
export type Drop = (x: Tensor, place: keyof DropoutRates) => Tensor;

/** Dropout with rates; without a key, as in evaluation, there is none. */
export function dropping(rates: DropoutRates, key: Tensor | undefined): Drop {
  let calls = 0;
  return (x, place) => {
    const rate = rates[place] ?? 0;
    return key === undefined || rate === 0 ? x : dropout(x, rate, random.foldIn(key, calls++));
  };
}

/** What the queries of a stack look at, besides each other. */
export interface Sources {
  /** Rows of the batch. */
  readonly rows: number;
  /** What is added to the scores of the row's own keys. */
  readonly own: Tensor | undefined;
  /** Keys of earlier tokens: those of each block, and what is added to their scores. */
  readonly past?: { readonly keys: readonly Keys[]; readonly bias: Tensor | undefined };
  /** Keys of the encoder. */
  readonly memory?: { readonly keys: readonly Keys[]; readonly bias: Tensor | undefined };
}

/**
 * x through the blocks of a stack and the normalisation after them.
 * @param x [N · T, width]
 * @returns x, and the keys and values of its tokens in each block
 */
export function runStack(
  config: TransformerConfig,
  stack: Stack,
  x: Tensor,
  sources: Sources,
  drop: Drop,
): { x: Tensor; keys: readonly Keys[] } {
  const kept: Keys[] = [];
  let y = x;
  for (const [i, block] of stack.layers.entries()) {
    const at = <S extends { keys: readonly Keys[]; bias: Tensor | undefined }>(source: S | undefined) =>
      source && { ...source.keys[i]!, bias: source.bias };
    const ran = runBlock(config, block, y, { ...sources, past: at(sources.past), memory: at(sources.memory) }, drop);
    y = ran.x;
    kept.push(ran.keys);
  }
  return { x: stack.final_layer_norm ? normalize(config, stack.final_layer_norm, y) : y, keys: kept };
}

interface BlockSources {
  readonly rows: number;
  readonly own: Tensor | undefined;
  readonly past: (Keys & { readonly bias: Tensor | undefined }) | undefined;
  readonly memory: (Keys & { readonly bias: Tensor | undefined }) | undefined;
}

function runBlock(
  config: TransformerConfig,
  p: Block,
  x: Tensor,
  { rows, own, past, memory }: BlockSources,
  drop: Drop,
): { x: Tensor; keys: Keys } {
  const flat = { rows, heads: config.heads };
  const scale = config.scaledAttention ? sizesOf(config).headWidth ** -0.5 : 1;
  const weigh = (weights: Tensor) => drop(weights, 'attention');
  /** One sublayer in its residual sum. */
  const around = (y: Tensor, norm: AnyNorm, sublayer: (z: Tensor) => Tensor) =>
    config.normFirst
      ? add(y, drop(sublayer(normalize(config, norm, y)), 'residual'))
      : normalize(config, norm, add(y, drop(sublayer(y), 'residual')));

  let keys: Keys | undefined;
  let y = around(x, p.self_attn_layer_norm, (z) => {
    keys = keysOf(p.self_attn, z, flat);
    const pieces = [...(past ? [past] : []), { ...keys, bias: own }];
    return linear(p.self_attn.out_proj, flatHeads(attendTo(queriesOf(p.self_attn, z, flat, scale), pieces, weigh)));
  });
  if (memory !== undefined) {
    const attention = p.encoder_attn!;
    y = around(y, p.encoder_attn_layer_norm!, (z) =>
      linear(attention.out_proj, flatHeads(attendTo(queriesOf(attention, z, flat, scale), [memory], weigh))),
    );
  }
  return { x: around(y, p.final_layer_norm, (z) => feedForward(config, p, z, drop)), keys: keys! };
}

function feedForward({ activation }: TransformerConfig, p: Block, x: Tensor, drop: Drop): Tensor {
  const h = linear(p.fc1, x);
  const bent = activation === 'relu' ? relu(h) : activation === 'gelu' ? gelu(h) : geluTanh(h);
  return linear(p.fc2, drop(p.fc_gated ? mul(bent, linear(p.fc_gated, x)) : bent, 'activation'));
}

/** GELU by its tanh form, ½x (1 + tanh(√(2/π) (x + 0.044715 x³))): what T5 v1.1 was trained with. */
function geluTanh(x: Tensor): Tensor {
  const cubed = mul(mul(mul(x, x), x), 0.044715);
  return mul(mul(x, 0.5), add(tanh(mul(add(x, cubed), Math.sqrt(2 / Math.PI))), 1));
}

/** The model's normalisation. */
export function normalize(config: TransformerConfig, p: AnyNorm, x: Tensor): Tensor {
  const { eps } = sizesOf(config);
  return config.norm === 'layer' ? layerNorm(p as Norm, x, eps) : rmsNorm(p, x, eps);
}
