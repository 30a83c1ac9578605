/**
 * What is asked of a model, checked before its weights are read: that may take minutes, and a mistake in the command is
 * told at once and by the names that were typed.
 */

/** What of a request can be wrong whatever the model. */
export interface Sampling {
  readonly topP: number;
  readonly stop?: readonly string[];
}

/** New tokens where no number is asked for and the context has room for them. */
export const usualTokens = 120;

/** @throws RangeError for a share of nothing, or a stop text that every text has */
export function checkSampling(verb: string, { topP, stop = [] }: Sampling): void {
  if (!(topP > 0)) throw new RangeError(`${verb}: expected --top-p above 0, got ${topP}`);
  if (stop.includes('')) throw new RangeError(`${verb}: expected --stop to be a text, got an empty one`);
}

/**
 * How many tokens are written after a prompt: as many as asked for, else {@link usualTokens} or what the context has left.
 * @param prompt its length in tokens
 * @throws RangeError when they do not fit in the context together
 */
export function roomAfter(verb: string, prompt: number, context: number, asked: number | undefined): number {
  const count = asked ?? Math.max(1, Math.min(usualTokens, context - prompt));
  if (prompt + count <= context) return count;
  throw new RangeError(
    `${verb}: expected prompt and continuation of at most ${context} tokens, the model's context, got ${prompt} and ${count}`,
  );
}
