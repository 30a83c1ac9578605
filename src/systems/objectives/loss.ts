/**
 * What models are trained on: cross-entropy of the predictions that count, and the paper's z-loss, 10⁻⁴ ln² Z, which keeps
 * the logits' normaliser Z near 1 (their Table 2; t5x's `compute_weighted_cross_entropy`).
 */
import { crossEntropyLoss, type Loss } from '../../nn/index.ts';
import { add, div, logSumExp, mean, mul, square, sum, type Tensor } from '../../tensor/index.ts';
import { type Transformer, type TransformerConfig, transformer } from '../../text/index.ts';
import type { TrainingBatch } from './layout.ts';

const zWeight = 1e-4;

/** Cross-entropy of the predictions that count, in nats a token. */
export function crossEntropyOf(config: TransformerConfig, p: Transformer, batch: TrainingBatch): Tensor {
  return crossEntropyLoss(transformer(config, p, batch), batch.next, batch.weight);
}

/** The loss of training: the gradient is of cross-entropy and z-loss, the metric `entropy` is the former alone. */
export function trainingLoss(
  config: TransformerConfig,
  dropout: number,
): Loss<Transformer, TrainingBatch, Record<never, never>> {
  const rates = { embedding: dropout, residual: dropout, attention: dropout, activation: dropout };
  return (p, batch, { key }) => {
    const logits = transformer(config, p, batch, dropout > 0 ? { ...rates, key } : undefined);
    const entropy = crossEntropyLoss(logits, batch.next, batch.weight);
    const z = square(logSumExp(logits, -1));
    const zLoss = batch.weight ? div(sum(mul(z, batch.weight)), sum(batch.weight)) : mean(z);
    return { loss: add(entropy, mul(zLoss, zWeight)), metrics: { entropy } };
  };
}
