/**
 * The score of a document from all keys that fit into it together.
 *
 * From the best key down, a key counts if it stands somewhere in the document where no better one does; what it repeats
 * of their tokens counts less:
 * W(d,q) = Σ_{n∈K(d)} w(n,q)^α · cover(n,K(d)), cover(n,K) = 1 − β + β·|set(n) \ C(n,K)| / |set(n)|,
 * with C(n,K) the tokens of all better keys of K. Single tokens, which come last, are not raised to α.
 *
 * M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628), Eq. 3 and 4.
 */
import type { Key } from './keys.ts';

export interface Intersective {
  /** α */
  readonly alpha: number;
  /** β */
  readonly beta: number;
}

/** A key's part in a document's score. */
export interface Part {
  readonly key: Key;
  /** Where it stands: token ranges, rising. */
  readonly places: readonly (readonly [from: number, to: number])[];
  readonly cover: number;
  readonly contribution: number;
}

/** Whether its weight counts as it is. */
export function isUnigram(key: Key): boolean {
  return key.source === 'unigram';
}

/** w^α, and w for what the model would begin with. */
export function power(key: Key, alpha: number): number {
  return isUnigram(key) ? key.weight : key.weight ** alpha;
}

/** cover(n, K) with C the tokens of better keys. */
export function cover(tokens: readonly number[], covered: ReadonlySet<number>, beta: number): number {
  const own = new Set(tokens);
  let fresh = 0;
  for (const token of own) if (!covered.has(token)) fresh++;
  return 1 - beta + (beta * fresh) / own.size;
}

/** Keys from the best down; those that are single tokens by themselves come last. */
export function ordered(keys: readonly Key[]): Key[] {
  return [...keys].sort((a, b) => Number(isUnigram(a)) - Number(isUnigram(b)) || b.weight - a.weight);
}

interface Node {
  readonly below: Map<number, Node>;
  /** The key that ends here. */
  key: number;
}

/** Keys of a query, ready to be looked for in documents. */
export class KeySet {
  /** From the best down. */
  readonly keys: readonly Key[];
  readonly #root: Node = { below: new Map(), key: -1 };

  constructor(keys: readonly Key[]) {
    this.keys = ordered(keys);
    for (const [i, { tokens }] of this.keys.entries()) {
      let node = this.#root;
      for (const token of tokens) {
        let next = node.below.get(token);
        if (next === undefined) {
          next = { below: new Map(), key: -1 };
          node.below.set(token, next);
        }
        node = next;
      }
      if (node.key < 0) node.key = i;
    }
  }

  /** W(d,q), and what it is made of, by falling contribution. */
  score(document: ArrayLike<number>, { alpha, beta }: Intersective): { score: number; parts: Part[] } {
    const occurrences = this.#occurrences(document);
    const taken = new Uint8Array(document.length);
    const covered = new Set<number>();
    const parts: Part[] = [];
    let score = 0;
    for (const number of [...occurrences.keys()].sort((a, b) => a - b)) {
      const key = this.keys[number]!;
      const { length } = key.tokens;
      const places = occurrences.get(number)!.map((end) => [end - length, end] as const);
      if (!places.some(([from, to]) => isFree(taken, from, to))) continue;
      for (const [from, to] of places) taken.fill(1, from, to);
      const share = cover(key.tokens, covered, beta);
      for (const token of key.tokens) covered.add(token);
      const contribution = power(key, alpha) * share;
      score += contribution;
      parts.push({ key, places, cover: share, contribution });
    }
    return { score, parts: parts.sort((a, b) => b.contribution - a.contribution) };
  }

  /** By key, the places after its occurrences' last tokens; keys that do not occur are left out. */
  #occurrences(document: ArrayLike<number>): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (let from = 0; from < document.length; from++) {
      let node: Node | undefined = this.#root;
      for (let at = from; at < document.length; at++) {
        node = node.below.get(document[at]!);
        if (node === undefined) break;
        if (node.key < 0 || !begins(this.keys[node.key]!, document, from)) continue;
        const ends = found.get(node.key);
        if (ends) ends.push(at + 1);
        else found.set(node.key, [at + 1]);
      }
    }
    return found;
  }
}

/** Whether a key may begin at a place: a title does where the document does, a pseudo-query after a mark. */
function begins({ source, tokens }: Key, document: ArrayLike<number>, at: number): boolean {
  if (source === 'title') return at === 0;
  return source !== 'queries' || (at > 0 && document[at - 1] === tokens.at(-1));
}

function isFree(taken: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (taken[i] === 1) return false;
  return true;
}
