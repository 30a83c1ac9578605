/**
 * How OPT was trained: AdamW, a linear warm-up and a linear decay to a tenth, clipped gradients, dropout.
 *
 * Source: OPT paper, section 2.2 and Table 1; metaseq's `opt_baselines.py` for Adam's epsilon.
 */
import { adamW, clipped, linearSchedule, type Optimizer, warmUp } from '../../nn/index.ts';

/** What is decided of a run besides the model and its data. */
export interface Recipe {
  /** Steps in all, and those of the warm-up among them. */
  readonly steps: number;
  readonly warmUp: number;
  /** The highest learning rate. */
  readonly rate: number;
  /** Tokens in a row, rows in a batch, and batches a step. */
  readonly window: number;
  readonly batch: number;
  readonly accumulate: number;
  /** Of what each sublayer adds; none on embeddings. */
  readonly dropout: number;
  /** Largest norm of all gradients together. */
  readonly clip: number;
  readonly weightDecay: number;
  readonly seed: number;
}

/** What the paper has for every size. */
export const paperRecipe = { dropout: 0.1, clip: 1, weightDecay: 0.1 } as const;

/** The share of the highest rate that the decay ends with. */
const lastShare = 0.1;

/** The paper's optimizer. @param factor of the rate, lowered after loss spikes */
export function optimizerOf({ steps, warmUp: warm, rate, clip, weightDecay }: Recipe, factor: number): Optimizer {
  const peak = rate * factor;
  const decay = linearSchedule({ from: peak, to: peak * lastShare, steps: Math.max(1, steps - warm) });
  return clipped(adamW({ rate: warmUp(warm, peak, decay), betas: [0.9, 0.95], weightDecay }), clip);
}
