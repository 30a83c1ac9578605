/** Papers as sparse rows of weighted terms: stems, by how much they tell. What learns from texts reads these. */
import { wordsOf } from '../../../retrieval/index.ts';

/** Sparse rows: the columns of row i are `columns[starts[i]]` to `columns[starts[i + 1] − 1]`. */
export interface Rows {
  readonly count: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Terms that are known, with the logarithm of N / df of each. */
export interface Vocabulary {
  readonly terms: readonly string[];
  readonly idf: Float32Array;
}

export interface VocabularyOptions {
  /** Most terms, the more frequent first. */
  readonly most: number;
  /** Papers that a term must be in at least, and the share that it may be in at most. */
  readonly minDocuments: number;
  readonly maxShare: number;
}

/** Stems of a text; single letters tell nothing. */
export function stemsOf(text: string): string[] {
  return wordsOf(text.normalize('NFKD').replace(/\p{M}/gu, ''), 'english').filter((stem) => stem.length > 1);
}

/** @param documents the stems of each */
export function learnVocabulary(
  documents: Iterable<readonly string[]>,
  { most, minDocuments, maxShare }: VocabularyOptions,
): Vocabulary {
  const counts = new Map<string, number>();
  let n = 0;
  for (const stems of documents) {
    n++;
    for (const stem of new Set(stems)) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  const kept = [...counts]
    .filter(([, count]) => count >= minDocuments && count <= Math.max(maxShare * n, minDocuments))
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most);
  return {
    terms: kept.map(([term]) => term),
    idf: Float32Array.from(kept, ([, count]) => Math.log(n / count)),
  };
}

/** Weighs terms by (1 + ln tf) · ln(N / df), each row scaled to length 1. */
export class Weigher {
  readonly #vocabulary: Vocabulary;
  readonly #columns: ReadonlyMap<string, number>;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#columns = new Map(vocabulary.terms.map((term, i) => [term, i]));
  }

  /** The weights of a text's terms, by column. */
  weigh(stems: readonly string[]): Map<number, number> {
    const weights = new Map<number, number>();
    for (const stem of stems) {
      const column = this.#columns.get(stem);
      if (column !== undefined) weights.set(column, (weights.get(column) ?? 0) + 1);
    }
    let squares = 0;
    for (const [column, tf] of weights) {
      const weight = (1 + Math.log(tf)) * this.#vocabulary.idf[column]!;
      weights.set(column, weight);
      squares += weight * weight;
    }
    if (squares > 0) for (const [column, weight] of weights) weights.set(column, weight / Math.sqrt(squares));
    return weights;
  }

  rows(documents: Iterable<readonly string[]>): Rows {
    const starts = [0];
    const columns: number[] = [];
    const values: number[] = [];
    for (const stems of documents) {
      for (const [column, weight] of this.weigh(stems)) {
        columns.push(column);
        values.push(weight);
      }
      starts.push(columns.length);
    }
    return {
      count: starts.length - 1,
      starts: Int32Array.from(starts),
      columns: Int32Array.from(columns),
      values: Float32Array.from(values),
    };
  }
}
