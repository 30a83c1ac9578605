/**
 * The paper's grid: three architectures, three pretraining objectives, and the six cells of them that make sense.
 *
 *   CD  causal decoder: a token sees itself and what came before
 *   ND  non-causal decoder: tokens of the input also see each other from both sides
 *   ED  encoder–decoder: the input goes through an encoder of its own, which the decoder looks at
 *
 *   FLM full language modelling: a loss on every token
 *   PLM prefix language modelling: a random beginning is input, a loss on the rest
 *   MLM span corruption: spans of the text are cut out of the input, and are what is to be told
 *
 * A causal decoder has no use for a prefix that it sees as it sees everything, and full language modelling has no input
 * that another architecture could see differently: so neither CD:PLM nor ND:FLM nor ED:FLM is a cell.
 *
 * Source: Wang et al., arXiv:2204.05832 (2022), sections 2 and 3.
 */
import { styles, type TransformerConfig } from '../../text/index.ts';

export type Architecture = 'CD' | 'ND' | 'ED';

/** How a model is pretrained. */
export type Objective = 'FLM' | 'PLM' | 'MLM';

/** One way to pretrain. */
export interface Cell {
  readonly architecture: Architecture;
  readonly objective: Objective;
}

/** The six cells, in the paper's order. */
export const cells: readonly Cell[] = [
  { architecture: 'CD', objective: 'FLM' },
  { architecture: 'ND', objective: 'PLM' },
  { architecture: 'ED', objective: 'PLM' },
  { architecture: 'CD', objective: 'MLM' },
  { architecture: 'ND', objective: 'MLM' },
  { architecture: 'ED', objective: 'MLM' },
];

/** `CD:FLM` */
export function cellName({ architecture, objective }: Cell): string {
  return `${architecture}:${objective}`;
}

/** `cd-flm` */
export function cellId(cell: Cell): string {
  return cellName(cell).toLowerCase().replace(':', '-');
}

/** The sizes that the models of a study share. */
export interface Size {
  /** Tokens, special ones included. */
  readonly vocabulary: number;
  /** d_model */
  readonly width: number;
  /** Blocks of a decoder; an encoder–decoder has as many again in its encoder. */
  readonly layers: number;
  readonly heads: number;
  /** Width inside the feed-forward layers; the paper's is 2.5 widths, each twice for the gate. */
  readonly hidden: number;
}

/** A size of the paper's proportions. @param width a multiple of 32: heads are 32 wide, from 512 on 64 */
export function sizeOf(width: number, layers: number, vocabulary: number): Size {
  return { vocabulary, width, layers, heads: width / (width < 512 ? 32 : 64), hidden: 2.5 * width };
}

/** The token that every row of a decoder begins with. */
export const start = 0;
/** The token that ends a document, an input with spans cut out, and an answer. */
export const end = 1;
/** The first of the sentinels, which stand for what was cut out; the others follow it. */
export const firstSentinel = 2;

/**
 * A model of the grid: T5's blocks with gated GELU, relative positions and tied embeddings. The three architectures
 * differ in `family` and the tokens that an encoder–decoder's rows begin with, and in nothing else.
 */
export function architectureOf(architecture: Architecture, size: Size): TransformerConfig {
  const decoder = {
    ...styles.decoder,
    ...size,
    positions: { kind: 'relative', buckets: 32, maxDistance: 128 },
  } as const;
  if (architecture === 'CD') return decoder;
  if (architecture === 'ND') return { ...decoder, family: 'prefix' };
  return { ...decoder, family: 'encoder-decoder', start: [start] };
}
