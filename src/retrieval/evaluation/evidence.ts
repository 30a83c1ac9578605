/**
 * KILT's measures of retrieval: a question has one or more sets of evidence, of which each shows an answer when it is
 * found whole.
 *
 * F. Petroni et al., "KILT: a Benchmark for Knowledge Intensive Language Tasks" (NAACL 2021), §5; as its
 * `eval_retrieval.py` computes them.
 */

/** Sets of documents, or of the pages that these are of. */
export type Evidence = readonly ReadonlySet<string>[];

/**
 * R-precision for the set that does best: of the first R different documents, where the set has R, the share that is of
 * the set. 0 without evidence.
 * @param ranking best first; repetitions count once, as where passages have become their pages
 */
export function evidencePrecision(ranking: readonly string[], evidence: Evidence): number {
  const different = [...new Set(ranking)];
  return evidence.reduce((best, set) => {
    const found = different.slice(0, set.size).filter((id) => set.has(id)).length;
    return Math.max(best, set.size === 0 ? 0 : found / set.size);
  }, 0);
}

/**
 * The share of the sets that are found whole among the first k. A set takes one place, that of the last of its documents;
 * the places of its others fall to what comes after them. 0 without evidence.
 * @param ranking as in {@link evidencePrecision}
 */
export function evidenceRecall(ranking: readonly string[], evidence: Evidence, k: number): number {
  const sets = [...new Map(evidence.map((set) => [[...set].sort().join('\n'), new Set(set)])).values()];
  const wanted = sets.filter(({ size }) => size > 0);
  // who stands at each place: a set that is whole, one that is begun, or what is of none
  let places: { readonly set?: Set<string>; readonly whole: boolean }[] = [];
  for (const id of new Set(ranking)) {
    const own = wanted.filter((set) => set.delete(id));
    if (own.length === 0) places.push({ whole: false });
    for (const set of own) {
      places = places.filter((place) => place.set !== set);
      places.push({ set, whole: set.size === 0 });
    }
  }
  const found = places.slice(0, k).filter(({ whole }) => whole).length;
  return wanted.length === 0 ? 0 : found / wanted.length;
}
