/**
 * How well a model predicts a text, from its rolling log-likelihood: every token scored once.
 *
 * Perplexities of models with other tokenizers do not compare; bits a byte do.
 */
import type { Likelihood, ScoreWatch } from '../../text/index.ts';

/** What a text cost the model. */
export interface TextLoss {
  readonly tokens: number;
  readonly bytes: number;
  /** −ln p of the whole text. */
  readonly nats: number;
}

/** e^(nats / tokens) */
export function perplexity({ nats, tokens }: TextLoss): number {
  return Math.exp(nats / tokens);
}

export function bitsPerByte({ nats, bytes }: TextLoss): number {
  return nats / Math.LN2 / bytes;
}

/** The sum of losses. */
export function total(losses: readonly TextLoss[]): TextLoss {
  const sum = (of: (loss: TextLoss) => number) => losses.reduce((all, loss) => all + of(loss), 0);
  return { tokens: sum((loss) => loss.tokens), bytes: sum((loss) => loss.bytes), nats: sum((loss) => loss.nats) };
}

/**
 * The loss of each text.
 * @throws RangeError for an empty text; the signal's reason
 */
export async function textLosses(by: Likelihood, texts: readonly string[], watch?: ScoreWatch): Promise<TextLoss[]> {
  if (texts.includes('')) throw new RangeError('opt: expected texts to score, got an empty one');
  const scored = await by.loglikelihoodRolling(texts, watch);
  return scored.map(({ logProbability, tokens }, i) => ({
    tokens: tokens.length,
    bytes: Buffer.byteLength(texts[i]!),
    nats: -logProbability,
  }));
}
