/** Which papers meet a query's condition: a byte a place of the index, 1 where it does. */
import type { Paper } from '../paper.ts';
import type { Store, StoreFilter } from '../store/store.ts';
import { type KeyField, wantedKeys } from './keys.ts';
import { indexWords, type PaperIndex } from './paper-index.ts';
import { type Clause, daysOf, type Field } from './query.ts';
import { textOf } from './segment.ts';

/** Papers that are read at most to see whether the words of a phrase stand together. */
const mostRead = 250_000;
/** Papers read at once. */
const page = 500;

/**
 * The papers that meet a condition.
 * @throws RangeError for a phrase that too many papers may hold
 */
export async function match(store: Store, index: PaperIndex, clause: Clause): Promise<Uint8Array> {
  return new Matcher(store, index).of(clause, index.live);
}

/** The places of papers given by number. */
export function placesOf(index: PaperIndex, numbers: Iterable<number>): Uint8Array {
  const set = new Uint8Array(index.places);
  for (const number of numbers) {
    const place = index.placeOf(number);
    if (place >= 0) set[place] = 1;
  }
  return set;
}

/** Places that are in both sets. */
export function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  const set = new Uint8Array(a.length);
  for (let i = 0; i < set.length; i++) set[i] = a[i]! & b[i]!;
  return set;
}

class Matcher {
  readonly #store: Store;
  readonly #index: PaperIndex;

  constructor(store: Store, index: PaperIndex) {
    this.#store = store;
    this.#index = index;
  }

  /** Of the places in `within` those that meet the condition. */
  async of(clause: Clause, within: Uint8Array): Promise<Uint8Array> {
    switch (clause.kind) {
      case 'word':
        return both(this.#word(clause.word), within);
      case 'phrase':
        return this.#phrase(clause.words, within);
      case 'field':
        return both(await this.#field(clause.field, clause.value), within);
      case 'all': {
        // phrases last, when few papers are left to be read
        let set = within;
        const phrases = clause.of.filter(({ kind }) => kind === 'phrase');
        const others = clause.of.filter(({ kind }) => kind !== 'phrase');
        for (const part of [...others, ...phrases]) set = await this.of(part, set);
        return set;
      }
      case 'any': {
        const set = new Uint8Array(within.length);
        for (const part of clause.of) {
          const found = await this.of(part, within);
          for (let i = 0; i < set.length; i++) set[i]! |= found[i]!;
        }
        return set;
      }
      case 'not': {
        const found = await this.of(clause.of, within);
        return within.map((one, i) => one & (1 - found[i]!));
      }
    }
  }

  #word(word: string): Uint8Array {
    const set = new Uint8Array(this.#index.places);
    for (const [i, { words }] of this.#index.segments.entries()) {
      const start = this.#index.start(i);
      for (const document of words.documentsOf(word)) set[start + document] = 1;
    }
    return set;
  }

  #key(key: string): Uint8Array {
    const set = new Uint8Array(this.#index.places);
    for (const [i, { keys }] of this.#index.segments.entries()) {
      const start = this.#index.start(i);
      for (const document of keys.documentsOf(key)) set[start + document] = 1;
    }
    return set;
  }

  async #phrase(words: readonly string[], within: Uint8Array): Promise<Uint8Array> {
    let candidates = within;
    for (const word of new Set(words)) candidates = both(candidates, this.#word(word));
    const places: number[] = [];
    for (let place = 0; place < candidates.length; place++) if (candidates[place] === 1) places.push(place);
    const name = `"${words.join(' ')}"`;
    if (places.length > mostRead)
      throw new RangeError(
        `query: expected a phrase that at most ${mostRead} papers may hold, got ${name}, whose words are in ${places.length}: add rarer words or filters`,
      );
    const set = new Uint8Array(within.length);
    for (let start = 0; start < places.length; start += page) {
      const numbers = places.slice(start, start + page).map((place) => this.#index.numberAt(place));
      for (const { number, paper } of await this.#store.at(numbers))
        if (paper && holds(paper, words)) set[this.#index.placeOf(number)] = 1;
    }
    return set;
  }

  async #field(field: Field, value: string): Promise<Uint8Array> {
    switch (field) {
      case 'author':
      case 'category':
      case 'title':
      case 'venue':
        return this.keyed(field, value);
      case 'year':
      case 'date':
      case 'after':
      case 'before':
        return this.#days(...daysOf(field, value));
      default:
        return placesOf(this.#index, await this.#store.select(filterOf(field, value)));
    }
  }

  keyed(field: KeyField, value: string): Uint8Array {
    const keys = wantedKeys(field, value);
    const [first, ...others] = keys.map((key) => this.#key(key));
    if (!first) return new Uint8Array(this.#index.places);
    return others.reduce(both, first);
  }

  #days(from: number, to: number): Uint8Array {
    const set = new Uint8Array(this.#index.places);
    for (const [i, { days }] of this.#index.segments.entries()) {
      const start = this.#index.start(i);
      for (let document = 0; document < days.length; document++)
        if (days[document]! >= from && days[document]! <= to) set[start + document] = 1;
    }
    return set;
  }
}

/** What the store knows better than the index, because readers change it. */
function filterOf(field: Field, value: string): StoreFilter {
  const lower = value.toLowerCase();
  switch (field) {
    case 'tag':
      return { tags: [value] };
    case 'collection':
      return { collections: [value] };
    case 'source':
      return { sources: [value] };
    case 'has':
      return lower === 'code' ? { code: true } : { note: true };
    case 'is':
      return { read: lower === 'read' };
    case 'cites':
      return { cites: [value] };
    case 'citedby':
      return { citedBy: [value] };
    default:
      throw new RangeError(`query: expected a field of the store, got ${field}`);
  }
}

/** Whether words stand in a paper one after the other. */
function holds(paper: Paper, wanted: readonly string[]): boolean {
  const words = indexWords(textOf(paper));
  for (let at = words.indexOf(wanted[0]!); at >= 0; at = words.indexOf(wanted[0]!, at + 1))
    if (wanted.every((word, i) => words[at + i] === word)) return true;
  return false;
}
