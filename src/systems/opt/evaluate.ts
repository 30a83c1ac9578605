/**
 * How well a model predicts a text: rolling windows, each token scored once.
 *
 * A text is cut into windows of the model's context; the first token is predicted from `</s>`, every other window's first
 * from the token before it. Perplexities of models with other tokenizers do not compare: bits a byte do.
 *
 * Source: the rolling log-likelihood of lm-evaluation-harness (`loglikelihood_rolling`, context length 1).
 */
import type { ScoreWatch, TextModel } from '../../text/index.ts';

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
export async function textLosses(
  { model, tokenizer }: TextModel,
  texts: readonly string[],
  watch: ScoreWatch = {},
): Promise<TextLoss[]> {
  const [start] = tokenizer.prefix;
  if (start === undefined) throw new RangeError('opt: expected a tokenizer with a token that begins a text, got none');
  const rows = texts.map((text) => tokenizer.encode(text, { special: false }));
  if (rows.some((row) => row.length === 0)) throw new RangeError('opt: expected texts to score, got an empty one');
  const windows = rows.flatMap((row, text) => {
    const starts = Array.from({ length: Math.ceil(row.length / model.context) }, (_, i) => i * model.context);
    return starts.map((at) => ({
      text,
      pair: { prompt: [row[at - 1] ?? start], continuation: row.slice(at, at + model.context) },
    }));
  });
  const scored = await model.score(
    windows.map(({ pair }) => pair),
    watch,
  );
  const nats = texts.map(() => 0);
  for (const [i, { logProbs }] of scored.entries()) {
    for (const logProb of logProbs) nats[windows[i]!.text]! -= logProb;
  }
  return texts.map((text, i) => ({ tokens: rows[i]!.length, bytes: Buffer.byteLength(text), nats: nats[i]! }));
}
