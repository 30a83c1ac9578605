/**
 * The paper's accounting: what a model has, and what a step of training costs.
 *
 * A decoder's every token goes through its one stack. An encoder–decoder's goes through the encoder or through the decoder:
 * so with as many blocks in each as a decoder has in all, it has about twice the parameters, and a step over as many tokens
 * costs about the same; what it has more are the layers by which the decoder looks at the encoder (the paper: 11.0 against
 * 4.8 billion parameters, "about 10 % more compute"). Counted are matrix products, where nearly all time goes, each with two
 * products of its size for the gradients.
 */
import type { TransformerConfig } from '../../text/index.ts';
import { architectureOf, type Cell, cellName, cells, type Size } from './cells.ts';

import { corruptionOfRow } from './corruption.ts';
import { type CellRows, rowsOf, type StepSize } from './streams.ts';

/** Weights of a model, embeddings counted once. */
export function parametersOf({ family, vocabulary, width, layers, hidden, heads }: TransformerConfig): number {
  const buckets = 32;
  const block = 4 * width ** 2 + 3 * width * hidden + 2 * width;
  const stack = layers * block + width + buckets * heads;
  const looking = layers * (4 * width ** 2 + width);
  return vocabulary * width + (family === 'encoder-decoder' ? 2 * stack + looking : stack);
}

/** Floating-point operations of a step of training. */
export function operationsOf(
  { family, vocabulary, width, layers, hidden }: TransformerConfig,
  { rows, lengths }: Pick<CellRows, 'rows' | 'lengths'>,
): number {
  const { source, row } = lengths;
  const weights = 4 * width ** 2 + 3 * width * hidden;
  /** Multiplications of a stack over a row: its weights, and queries with keys and weights with values. */
  const stack = (tokens: number) => layers * (tokens * weights + 2 * tokens ** 2 * width);
  const looking = layers * (2 * (row + source) * width ** 2 + 2 * row * source * width);
  const blocks = family === 'encoder-decoder' ? stack(source) + stack(row) + looking : stack(row);
  // two operations a multiplication, three products a product: forward, and both gradients
  return 6 * rows * (blocks + row * vocabulary * width);
}

/** What a cell has and costs. */
export interface CellAccount {
  readonly cell: Cell;
  readonly parameters: number;
  /** Tokens that a step reads. */
  readonly tokens: number;
  /** Share of them whose prediction counts, on average. */
  readonly counting: number;
  /** Share of the predictions that count which are sentinels and ends. */
  readonly known: number;
  /** Operations a step. */
  readonly operations: number;
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
      known: cell.objective === 'MLM' ? knownShare(step) : 0,
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

function knownShare({ row }: StepSize): number {
  const { spans, targets } = corruptionOfRow(row);
  return (spans + 1) / targets;
}

/** How many times a decoder's step the costliest cell's is, and which that is. */
export function costliest(list: readonly CellAccount[]): { readonly times: number; readonly cell: string } {
  const base = list[0]!.operations;
  const most = list.reduce((a, b) => (b.operations > a.operations ? b : a));
  return { times: most.operations / base, cell: cellName(most.cell) };
}
