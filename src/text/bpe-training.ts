/**
 * Training a byte-level BPE tokenizer on a corpus.
 *
 * Words begin as bytes; the most frequent pair of neighbours within words becomes a token, again and again. Counts are
 * kept, not recounted: a merge visits the places where its pair stands and changes only what stands beside them. Of
 * equally frequent pairs the one with the smaller ids is merged first, so that the same corpus gives the same tokenizer,
 * in whatever order its texts come. Special tokens get the first ids, then come the 256 bytes by the order of their
 * characters, then the merges, as Hugging Face's trainer numbers them.
 *
 * Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units" (ACL 2016), section 3.2;
 * over bytes as Radford et al. (2019).
 */
import { breathe } from './breathe.ts';
import { alphabet, eachWord, spell } from './byte-level.ts';
import { PairQueue } from './pair-queue.ts';
import { Tokenizer } from './tokenizer.ts';
import { byteLevelJson, configOf, type SpecialTokens } from './tokenizer-files.ts';

/** What to train. */
export interface BpeOptions {
  /** Number of tokens, special tokens and the 256 bytes included; fewer when the corpus runs out of pairs. */
  readonly vocabulary: number;
  /** Special tokens, which get the ids 0, 1, …; those that `special` names come after them if they are not among them. */
  readonly specialTokens?: readonly string[];
  /** Which of them begins a row, ends it, and so on. */
  readonly special?: SpecialTokens;
  /** Pairs that occur less often are not merged. Default 2. */
  readonly minCount?: number;
  /** Called with the number of tokens so far. */
  readonly done?: (tokens: number) => void;
  readonly signal?: AbortSignal;
}

/** Ids are below this, so that a pair of them is an exact double. */
const idLimit = 2 ** 24;

/** Merges, and characters, between two looks at the signal. */
const stride = 256;
const breath = 2 ** 20;

/**
 * Trains a byte-level BPE tokenizer, as GPT-2's and OPT's. About 1 s of one core for 10 MB of English and 8,192 merges.
 * @throws RangeError for a vocabulary without room for the special tokens and the bytes
 * @example
 * const tokenizer = await trainBpe(texts, { vocabulary: 8192, special: { eos: '</s>', prefix: ['</s>'] } });
 * await tokenizer.save('tokenizer');
 */
export async function trainBpe(
  corpus: Iterable<string> | AsyncIterable<string>,
  { vocabulary, specialTokens = [], special = {}, minCount = 2, done, signal }: BpeOptions,
): Promise<Tokenizer> {
  const { prefix = [], suffix = [], ...roles } = special;
  const names = new Set([...specialTokens, ...Object.values(roles), ...prefix, ...suffix]);
  const least = names.size + alphabet.length;
  if (!(Number.isInteger(vocabulary) && vocabulary >= least && vocabulary < idLimit))
    throw new RangeError(
      `trainBpe: expected a vocabulary of ${least} (${names.size} special tokens and 256 bytes) or more, got ${vocabulary}`,
    );
  if (!(minCount >= 1)) throw new RangeError(`trainBpe: expected minCount of at least 1, got ${minCount}`);
  const clash = [...names].find((name) => name === '' || alphabet.includes(name));
  if (clash !== undefined)
    throw new RangeError(`trainBpe: expected special tokens of their own, got ${JSON.stringify(clash)}`);

  const tokens = [...names, ...alphabet];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = new Map<string, number>();
  let read = 0;
  for await (const text of corpus) {
    read += text.length;
    if (signal && read > breath) {
      await breathe();
      read = 0;
    }
    signal?.throwIfAborted();
    eachWord(text, (word) => words.set(word, (words.get(word) ?? 0) + 1));
  }
  const symbols = new Symbols(words, ids);
  const merges = new Set<string>();
  while (tokens.length < vocabulary) {
    const best = symbols.best();
    if (best === undefined || best.count < minCount) break;
    const [left, right] = [tokens[best.left]!, tokens[best.right]!];
    merges.add(`${left} ${right}`);
    // Two merges may spell the same token, which has one id.
    const token = left + right;
    const known = ids.get(token);
    const id = known ?? tokens.length;
    if (known === undefined) {
      tokens.push(token);
      ids.set(token, id);
    }
    symbols.merge(best.left, best.right, id);
    if (merges.size % stride === 0) {
      done?.(tokens.length);
      if (signal) await breathe();
      signal?.throwIfAborted();
    }
  }
  const model = { vocab: Object.fromEntries(ids), merges: [...merges] };
  return new Tokenizer(byteLevelJson(model, special, { found: [...names] }), configOf(special));
}

/** The corpus's different words as chains of symbols, each pair of neighbours counted and findable. */
class Symbols {
  /** The symbol at each place; −1 where it went into the one before it. */
  readonly #symbol: Int32Array;
  /** The places beside a place in its word; −1 at the word's ends. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** How often the place's word occurs. */
  readonly #weight: Float64Array;
  readonly #counts = new Map<number, number>();
  /** Where a pair begins, or began: places are added and never taken away. */
  readonly #places = new Map<number, number[]>();
  readonly #queue = new PairQueue();

  constructor(words: ReadonlyMap<string, number>, ids: ReadonlyMap<string, number>) {
    const spelled = [...words].map(([word, count]) => ({ spelled: spell(word), count }));
    const size = spelled.reduce((total, word) => total + word.spelled.length, 0);
    this.#symbol = new Int32Array(size);
    this.#next = new Int32Array(size).fill(-1);
    this.#previous = new Int32Array(size).fill(-1);
    this.#weight = new Float64Array(size);
    let place = 0;
    for (const { spelled: word, count } of spelled) {
      for (let i = 0; i < word.length; i++, place++) {
        this.#symbol[place] = ids.get(word[i]!)!;
        this.#weight[place] = count;
        if (i === 0) continue;
        this.#previous[place] = place - 1;
        this.#next[place - 1] = place;
        this.#count(place - 1, place, count);
      }
    }
    for (const [pair, count] of this.#counts) this.#queue.push(count, pair);
  }

  /** The most frequent pair; of several, that of the smallest ids. */
  best(): { left: number; right: number; count: number } | undefined {
    for (;;) {
      const top = this.#queue.pop();
      if (top === undefined) return undefined;
      const count = this.#counts.get(top.pair) ?? 0;
      if (count === top.count) return { left: Math.floor(top.pair / idLimit), right: top.pair % idLimit, count };
      // It has changed since: a smaller count queues up again, a larger one did when it grew.
      if (count > 0 && count < top.count) this.#queue.push(count, top.pair);
    }
  }

  /** Makes one symbol, `id`, of every pair of `left` and `right`, from the left where they overlap. */
  merge(left: number, right: number, id: number): void {
    const pair = left * idLimit + right;
    const places = Int32Array.from(this.#places.get(pair) ?? []).sort();
    this.#places.delete(pair);
    const grown = new Set<number>();
    for (const place of places) {
      const second = this.#next[place]!;
      if (second < 0 || this.#symbol[place] !== left || this.#symbol[second] !== right) continue;
      const before = this.#previous[place]!;
      const after = this.#next[second]!;
      const weight = this.#weight[place]!;
      this.#count(place, second, -weight);
      if (before >= 0) this.#count(before, place, -weight);
      if (after >= 0) this.#count(second, after, -weight);
      this.#symbol[place] = id;
      this.#symbol[second] = -1;
      this.#next[place] = after;
      this.#next[second] = -1;
      if (after >= 0) this.#previous[after] = place;
      if (before >= 0) grown.add(this.#count(before, place, weight));
      if (after >= 0) grown.add(this.#count(place, after, weight));
    }
    for (const pair of grown) {
      const count = this.#counts.get(pair);
      if (count !== undefined) this.#queue.push(count, pair);
    }
  }

  /** Counts the pair of two neighbouring places, and notes the place where it is new. */
  #count(first: number, second: number, by: number): number {
    const pair = this.#symbol[first]! * idLimit + this.#symbol[second]!;
    const count = (this.#counts.get(pair) ?? 0) + by;
    if (count === 0) this.#counts.delete(pair);
    else this.#counts.set(pair, count);
    if (by > 0) {
      const places = this.#places.get(pair);
      if (places) places.push(first);
      else this.#places.set(pair, [first]);
    }
    return pair;
  }
}
