/**
 * Which papers are most alike: the k nearest of each by cosine, exactly, and the graph that they make.
 *
 * Over tf-idf the vectors are sparse: a paper meets another only in the features that both have, so an index from
 * features to papers gives all similarities of a paper in one sweep. Vectors from elsewhere (a learned space, an embedding
 * endpoint) are dense, and compared pair by pair.
 */
import { documentsOf, type PhraseTable } from '../phrases/phrases.ts';

/** The nearest of each paper, the nearest first. */
export interface Neighbours {
  readonly k: number;
  /** [papers × k]; −1 where a paper has fewer that are like it at all. */
  readonly ids: Int32Array;
  /** Cosines, [papers × k]. */
  readonly similarity: Float32Array;
}

/** An undirected graph: the ends of the edges of node i are `ends[starts[i]]` to `ends[starts[i + 1] − 1]`, rising. */
export interface Graph {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Above 0, the same from both ends. */
  readonly weights: Float64Array;
}

/** Phrases in a larger share of the papers say little of any, and take most of the time; in small collections half may have one. */
const mostCommon = 0.1;
const halfUpTo = 1000;

/**
 * The nearest papers by the phrases they share: a phrase in `n` of `N` papers weighs `ln(N/n)`, in papers that have it at
 * all, and vectors are compared by cosine. Only phrases of one or two words count.
 */
export function phraseNeighbours(table: PhraseTable, k: number): Neighbours {
  const { documents: n, names, words } = table;
  const features: number[] = [];
  const counts = new Int32Array(n + 1);
  const most = Math.max(mostCommon * n, Math.min(n / 2, halfUpTo));
  for (let phrase = 0; phrase < names.length; phrase++) {
    const documents = documentsOf(table, phrase);
    if (words[phrase]! > 2 || documents.length > most) continue;
    features.push(phrase);
    for (const document of documents) counts[document + 1]!++;
  }
  const starts = Int32Array.from(counts);
  for (let i = 0; i < n; i++) starts[i + 1]! += starts[i]!;
  const featureOf = new Int32Array(starts[n]!);
  const filled = starts.slice();
  const squares = new Float64Array(n);
  const idf = Float64Array.from(features, (phrase) => Math.log(n / documentsOf(table, phrase).length));
  for (const [feature, phrase] of features.entries()) {
    for (const document of documentsOf(table, phrase)) {
      featureOf[filled[document]!++] = feature;
      squares[document]! += idf[feature]! ** 2;
    }
  }
  const inverse = squares.map((square) => (square > 0 ? 1 / Math.sqrt(square) : 0));
  const sums = new Float64Array(n);
  const met = new Int32Array(n);
  return collect(n, k, (paper, offer) => {
    let count = 0;
    for (let at = starts[paper]!; at < starts[paper + 1]!; at++) {
      const feature = featureOf[at]!;
      const square = idf[feature]! ** 2;
      for (const other of documentsOf(table, features[feature]!)) {
        if (sums[other] === 0) met[count++] = other;
        sums[other]! += square;
      }
    }
    for (let i = 0; i < count; i++) {
      const other = met[i]!;
      if (other !== paper) offer(other, sums[other]! * inverse[paper]! * inverse[other]!);
      sums[other] = 0;
    }
  });
}

/**
 * The nearest papers by vectors of any origin, [papers × size], compared by cosine. Pairs with a cosine of 0 or less are
 * no neighbours.
 */
export function vectorNeighbours(vectors: Float32Array, size: number, k: number): Neighbours {
  const n = vectors.length / size;
  if (!Number.isInteger(n))
    throw new RangeError(`neighbours: expected vectors of ${size} numbers, got ${vectors.length}`);
  const unit = new Float32Array(vectors.length);
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let d = 0; d < size; d++) square += vectors[i * size + d]! ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let d = 0; d < size; d++) unit[i * size + d] = vectors[i * size + d]! * scale;
  }
  return collect(n, k, (paper, offer) => {
    const own = unit.subarray(paper * size, (paper + 1) * size);
    for (let other = 0, at = 0; other < n; other++) {
      let dot = 0;
      for (let d = 0; d < size; d++, at++) dot += own[d]! * unit[at]!;
      if (other !== paper) offer(other, dot);
    }
  });
}

/** The k best offers for each paper; of equal ones the earlier paper. */
function collect(
  n: number,
  k: number,
  candidates: (paper: number, offer: (other: number, similarity: number) => void) => void,
): Neighbours {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`neighbours: expected k of at least 1, got ${k}`);
  const ids = new Int32Array(n * k).fill(-1);
  const similarity = new Float32Array(n * k);
  for (let paper = 0; paper < n; paper++) {
    const first = paper * k;
    let count = 0;
    candidates(paper, (other, cosine) => {
      const value = Math.fround(cosine);
      if (!(value > 0) || (count === k && !better(value, other, first + k - 1))) return;
      let at = first + Math.min(count, k - 1);
      for (; at > first && better(value, other, at - 1); at--) {
        ids[at] = ids[at - 1]!;
        similarity[at] = similarity[at - 1]!;
      }
      ids[at] = other;
      similarity[at] = value;
      if (count < k) count++;
    });
  }
  return { k, ids, similarity };

  function better(value: number, other: number, at: number): boolean {
    return value > similarity[at]! || (value === similarity[at]! && other < ids[at]!);
  }
}

/** The graph in which two papers are joined when one is among the nearest of the other, by their similarity. */
export function similarityGraph({ k, ids, similarity }: Neighbours): Graph {
  const n = ids.length / k;
  const edges: Map<number, number>[] = Array.from({ length: n }, () => new Map());
  for (let at = 0; at < ids.length; at++) {
    const [paper, other] = [Math.floor(at / k), ids[at]!];
    if (other < 0) continue;
    edges[paper]!.set(other, similarity[at]!);
    edges[other]!.set(paper, similarity[at]!);
  }
  return graphOf(edges);
}

/** A graph of the edges of each node, which must agree from both ends. */
export function graphOf(edges: readonly ReadonlyMap<number, number>[]): Graph {
  const starts = new Int32Array(edges.length + 1);
  for (const [i, own] of edges.entries()) starts[i + 1] = starts[i]! + own.size;
  const ends = new Int32Array(starts.at(-1)!);
  const weights = new Float64Array(ends.length);
  for (const [i, own] of edges.entries()) {
    let at = starts[i]!;
    for (const [end, weight] of [...own].sort(([a], [b]) => a - b)) {
      ends[at] = end;
      weights[at++] = weight;
    }
  }
  return { starts, ends, weights };
}
