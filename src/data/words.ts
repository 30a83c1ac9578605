/** Texts as vectors that count words. */

/** Words of a text in lower case: runs of letters, two at least. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}{2,}/gu) ?? [];
}

/** The `size` words that occur in most texts; of words in equally many, those first by their letters. */
export function frequentWords(texts: readonly string[], size: number): string[] {
  const occurs = new Map<string, number>();
  for (const text of texts) for (const word of new Set(wordsOf(text))) occurs.set(word, (occurs.get(word) ?? 0) + 1);
  return [...occurs]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, size)
    .map(([word]) => word);
}

/** How often each word of a vocabulary occurs in each text: [texts, words]. */
export function countWords(texts: readonly string[], vocabulary: readonly string[]): Float64Array {
  const place = new Map(vocabulary.map((word, i) => [word, i]));
  const counts = new Float64Array(texts.length * vocabulary.length);
  for (const [row, text] of texts.entries()) {
    for (const word of wordsOf(text)) {
      const at = place.get(word);
      if (at !== undefined) counts[row * vocabulary.length + at]! += 1;
    }
  }
  return counts;
}
