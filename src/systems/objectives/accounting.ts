/**
 * The paper's accounting: what a model has, and what a step of training costs.
 *
 * A decoder's every token goes through its one stack. An encoder–decoder's goes through the encoder or through the decoder:
 * so with as many blocks in each as a decoder has in all, it has about twice the parameters, and a step over as many tokens
 * costs about the same; what it has more are the layers by which the decoder looks at the encoder (the paper: 11.0 against
 * 4.8 billion parameters, "about 10 % more compute"). The output layer is counted apart: it runs over every token of a
 * decoder, but only over the targets of an encoder–decoder, which is next to nothing in a large model and much in a small.
 * Counted are matrix products, where nearly all time goes, each with two products of its size for the gradients.
 */
import type { TransformerConfig } from '../../text/index.ts';
import { architectureOf, type Cell, cells, type Size } from './cells.ts';
import { type CellRows, rowsOf, type StepSize } from './streams.ts';

/** Weights of a model, embeddings counted once. */
export function parametersOf({ family, vocabulary, width, layers, hidden, heads }: TransformerConfig): number {
  const buckets = 32;
  const block = 4 * width ** 2 + 3 * width * hidden + 2 * width;
  const stack = layers * block + width + buckets * heads;
  const looking = layers * (4 * width ** 2 + width);
  return vocabulary * width + (family === 'encoder-decoder' ? 2 * stack + looking : stack);
}

/** Floating-point operations of a step of training: in the blocks, and in all, with the output layer. */
export function operationsOf(
  { family, vocabulary, width, layers, hidden }: TransformerConfig,
  { rows, lengths }: Pick<CellRows, 'rows' | 'lengths'>,
): { readonly blocks: number; readonly all: number } {
  const { source, row } = lengths;
  const weights = 4 * width ** 2 + 3 * width * hidden;
  /** Multiplications of a stack over a row: its weights, and queries with keys and weights with values. */
  const stack = (tokens: number) => layers * (tokens * weights + 2 * tokens ** 2 * width);
  const looking = layers * (2 * (row + source) * width ** 2 + 2 * row * source * width);
  const blocks = family === 'encoder-decoder' ? stack(source) + stack(row) + looking : stack(row);
  // two operations a multiplication, three products a product: forward, and both gradients
  return { blocks: 6 * rows * blocks, all: 6 * rows * (blocks + row * vocabulary * width) };
}

/** What a cell has and costs. */
export interface CellAccount {
  readonly cell: Cell;
  readonly parameters: number;
  /** Tokens that a step reads. */
  readonly tokens: number;
  /** Share of them whose prediction counts, on average. */
  readonly counting: number;
  /** Operations a step. */
  readonly operations: ReturnType<typeof operationsOf>;
}

/** The accounts of all cells. */
export function accounts(size: Size, step: StepSize): CellAccount[] {
  return cells.map((cell) => {
    const config = architectureOf(cell.architecture, size);
    const rows = rowsOf(cell, step);
    const tokens = rows.rows * (rows.lengths.source + rows.lengths.row);
    return {
      cell,
      parameters: parametersOf(config),
      tokens,
      counting: countingShare(cell, step),
      operations: operationsOf(config, rows),
    };
  });
}

/** The share of a row's tokens whose prediction counts; a prefix takes half of them on average. */
function countingShare(cell: Cell, step: StepSize): number {
  if (cell.objective === 'FLM') return 1;
  if (cell.objective === 'PLM') return 0.5;
  const { source, row } = rowsOf({ architecture: 'ED', objective: 'MLM' }, step).lengths;
  return row / (source + row);
}

/** How unequal steps are: the largest ratio of a cell's operations to CD:FLM's, or of CD:FLM's to a cell's. */
export function mostUnequal(list: readonly CellAccount[]): number {
  const base = list[0]!.operations.all;
  return Math.max(...list.flatMap(({ operations }) => [operations.all / base, base / operations.all]));
}
