/** What makes vectors of texts: learned from the collection itself, or served by somebody. */

export interface Embedder {
  /** What made a vector: those of different names are not to be compared. Changes when the model does. */
  readonly name: string;
  /**
   * A vector of length 1 for every text (of zeros for a text that it knows nothing of).
   * @param kind a paper, or what somebody looks for
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
}

export interface EmbedOptions {
  readonly kind: 'paper' | 'query';
  readonly signal?: AbortSignal;
}

/** Scales a vector to length 1, in place; one of zeros stays. */
export function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const x of vector) sum += x * x;
  if (sum > 0) {
    const scale = 1 / Math.sqrt(sum);
    for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
  }
  return vector;
}
