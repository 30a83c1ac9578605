/** The analyser: lower-cased runs of a–z and 0–9; no stemming, no stop words. The published BM25 values are of this one. */

/** The words of a text, in order. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
