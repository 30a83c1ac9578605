/**
 * How models are trained: the paper's optimizer and rates, at a size that a person's machine can carry.
 *
 * Adafactor with relative steps of 10⁻² (the paper's 1/√max(n, 10⁴) in its first ten thousand steps) without dropout for
 * pretraining and adaptation; the same with dropout 0.1 for finetuning (its Table 2). Weights start as T5's.
 */
import { adafactor, type Optimizer } from '../../nn/index.ts';
import type { Size } from './cells.ts';
import type { StepSize } from './streams.ts';

/** All that is decided of a study's trainings. */
export interface Recipe {
  readonly size: Size;
  readonly step: StepSize;
  /** Steps of a pretraining. */
  readonly steps: number;
  /** Steps of finetuning, as a share of those; 0 for a study that only pretrains. */
  readonly finetuning: number;
  /** Learning rates of pretraining and of finetuning, relative to the weights' own size. */
  readonly rate: number;
  readonly finetuningRate: number;
  /** Of finetuning. */
  readonly dropout: number;
  /** How often a pretraining is looked at on held-out text, and rows that are looked at. */
  readonly looks: number;
  readonly heldRows: number;
}

/** The paper's but for finetuning, whose rate of 10⁻³ is for ten thousand steps: in a few hundred it hardly moves. */
export const rates = { rate: 1e-2, finetuningRate: 1e-2, dropout: 0.1 } as const;

/** The optimizer of a stage. @param pace of finetuning: its rate as a share of the recipe's */
export function optimizerOf(
  { rate, finetuningRate }: Recipe,
  stage: 'pretraining' | 'finetuning',
  pace = 1,
): Optimizer {
  return adafactor({ rate: stage === 'pretraining' ? rate : pace * finetuningRate });
}
