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

/** Keys of a query, ready to be looked for in documents. */
export class KeySet {
  /** From the best down. */
  readonly keys: readonly Key[];
  /** Keys before the first that is a single token by itself. */
  readonly #longer: number;
  /** By first token: the trie's node below the root, or −1. */
  readonly #roots: Int32Array;
  /** By node and token: the node below. */
  readonly #below = new Map<number, number>();
  /** By node: the key that ends there, or −1. */
  readonly #ends: number[] = [];
  /** By token: the key that it is by itself, or −1. */
  readonly #singles: Int32Array;

  constructor(keys: readonly Key[]) {
    this.keys = ordered(keys);
    const size = 1 + keys.reduce((most, { tokens }) => tokens.reduce((a, b) => Math.max(a, b), most), 0);
    this.#roots = new Int32Array(size).fill(-1);
    this.#singles = new Int32Array(size).fill(-1);
    this.#longer = this.keys.filter((key) => !isUnigram(key)).length;
    for (const [i, key] of this.keys.entries()) {
      if (isUnigram(key)) this.#singles[key.tokens[0]!] = i;
      else this.#plant(key.tokens, i);
    }
  }

  /** W(d,q). @param parts gets what it is made of, in the order of the keys */
  score(document: ArrayLike<number>, { alpha, beta }: Intersective, parts?: Part[]): number {
    const taken = new Uint8Array(document.length);
    const covered = new Set<number>();
    let score = 0;
    const add = (key: Key, places: Part['places']): void => {
      const share = cover(key.tokens, covered, beta);
      for (const token of key.tokens) covered.add(token);
      const contribution = power(key, alpha) * share;
      score += contribution;
      parts?.push({ key, places, cover: share, contribution });
    };
    const found = this.#occurrences(document);
    for (let i = 0; i < found.length; ) {
      const number = Math.floor(found[i]! / PLACES);
      const key = this.keys[number]!;
      const places: (readonly [number, number])[] = [];
      for (; i < found.length && Math.floor(found[i]! / PLACES) === number; i++) {
        const end = found[i]! % PLACES;
        places.push([end - key.tokens.length, end]);
      }
      if (!places.some(([from, to]) => isFree(taken, from, to))) continue;
      for (const [from, to] of places) taken.fill(1, from, to);
      add(key, places);
    }
    for (const [number, places] of this.#alone(document, taken)) add(this.keys[number]!, places);
    return score;
  }

  /** All occurrences of longer keys, each as `key · PLACES + end`, rising. */
  #occurrences(document: ArrayLike<number>): number[] {
    const roots = this.#roots;
    const found: number[] = [];
    for (let from = 0; from < document.length; from++) {
      let node = roots[document[from]!] ?? -1;
      for (let at = from; node >= 0; ) {
        const key = this.#ends[node]!;
        at++;
        if (key >= 0 && begins(this.keys[key]!, document, from)) found.push(key * PLACES + at);
        node = at < document.length ? (this.#below.get(node * TOKENS + document[at]!) ?? -1) : -1;
      }
    }
    return found.sort((a, b) => a - b);
  }

  /** Single tokens where nothing else stands, the best first. */
  #alone(document: ArrayLike<number>, taken: Uint8Array): [number, [number, number][]][] {
    if (this.#longer === this.keys.length) return [];
    const singles = this.#singles;
    const places = new Map<number, [number, number][]>();
    for (let at = 0; at < document.length; at++) {
      const key = taken[at] === 1 ? -1 : (singles[document[at]!] ?? -1);
      if (key < 0) continue;
      const own = places.get(key);
      if (own === undefined) places.set(key, [[at, at + 1]]);
      else own.push([at, at + 1]);
    }
    return [...places].sort((a, b) => a[0] - b[0]);
  }

  #plant(tokens: readonly number[], key: number): void {
    let node = this.#roots[tokens[0]!]!;
    if (node < 0) {
      node = this.#ends.push(-1) - 1;
      this.#roots[tokens[0]!] = node;
    }
    for (const token of tokens.slice(1)) {
      let next = this.#below.get(node * TOKENS + token);
      if (next === undefined) {
        next = this.#ends.push(-1) - 1;
        this.#below.set(node * TOKENS + token, next);
      }
      node = next;
    }
    if (this.#ends[node]! < 0) this.#ends[node] = key;
  }
}

/** More than a document has places, and more than there are tokens: pairs of numbers are exact doubles. */
const PLACES = 2 ** 31;
const TOKENS = 2 ** 24;

/** Whether a key may begin at a place: a title does where the document does, a pseudo-query after a mark. */
function begins({ source, tokens }: Key, document: ArrayLike<number>, at: number): boolean {
  if (source === 'title') return at === 0;
  return source !== 'queries' || (at > 0 && document[at - 1] === tokens.at(-1));
}

function isFree(taken: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (taken[i] === 1) return false;
  return true;
}
