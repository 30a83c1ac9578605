/**
 * The index of a store's papers, in segments that never change, kept in the store itself.
 *
 * The store's sequence of changes tells what is new since the index was made: those papers go into a new segment, and
 * what older segments say of them no longer counts. Small segments at the end are taken up into the new one, so that
 * their number stays logarithmic. Each segment is kept in one transaction with how far the index has come: a process that is
 * killed goes on behind it.
 */

import type { Progress } from '../../../command/index.ts';
import { Best, type Hit, type Statistics, wordsOf } from '../../../retrieval/index.ts';
import type { Paper } from '../paper.ts';
import type { Store } from '../store/store.ts';
import {
  buildSegment,
  type Limits,
  lettersOfWord,
  type Numbered,
  openSegment,
  type Segment,
  type SegmentFiles,
  segmentLimits,
  textOf,
} from './segment.ts';

const manifestName = 'index/manifest';
/** Words whose counts are remembered. */
const mostKnown = 100_000;
/** Another version of the files is made anew. */
const version = 1;

interface Manifest {
  readonly version: number;
  /** The last change of the store that is in it. */
  readonly sequence: number;
  readonly segments: readonly string[];
}

const parts = ['words', 'keys', 'papers'] as const;

export interface UpdateOptions {
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export class PaperIndex {
  readonly #store: Store;
  readonly #limits: Limits;
  #manifest: Manifest = { version, sequence: 0, segments: [] };
  #segments: readonly Segment[] = [];
  /** Where each segment's papers begin among all. */
  #starts: readonly number[] = [];
  /** By place among all papers of all segments: 1 where this is what the paper is now. */
  #live: Uint8Array = new Uint8Array(0);
  /** By number: the place of the paper as it is now, or −1. */
  #places: Int32Array = new Int32Array(0);
  #size = 0;
  #statistics: Statistics | undefined;

  private constructor(store: Store, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** The index as it was last kept; `update` brings it up to date. */
  static async open(store: Store, limits: Limits = segmentLimits): Promise<PaperIndex> {
    const index = new PaperIndex(store, limits);
    await index.reload();
    return index;
  }

  /** Papers that can be found. */
  get size(): number {
    return this.#size;
  }

  /** Places, of papers as they are and as they were. */
  get places(): number {
    return this.#live.length;
  }

  /** By place: 1 where a paper is as it is now. */
  get live(): Uint8Array {
    return this.#live;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The change of the store up to which this index knows. */
  get sequence(): number {
    return this.#manifest.sequence;
  }

  /** Bytes of the index in memory. */
  get bytes(): number {
    return this.#segments.reduce(
      (sum, { words, keys }) => sum + words.file.length + keys.file.length + 12 * words.documents,
      0,
    );
  }

  /** Where a segment's papers begin. */
  start(segment: number): number {
    return this.#starts[segment]!;
  }

  /** The place of a paper as it is now; −1 for one that is not indexed. */
  placeOf(number: number): number {
    return this.#places[number] ?? -1;
  }

  /** The store's number of the paper at a place. */
  numberAt(place: number): number {
    const segment = this.#segmentAt(place);
    return this.#segments[segment]!.numbers[place - this.#starts[segment]!]!;
  }

  /** Reads what another process may have kept meanwhile. @returns whether that was other than what was known */
  async reload(): Promise<boolean> {
    const manifest = await this.#kept();
    if (JSON.stringify(manifest) === JSON.stringify(this.#manifest)) return false;
    const open = new Map(this.#segments.map((segment) => [segment.name, segment]));
    const segments: Segment[] = [];
    for (const name of manifest.segments) segments.push(open.get(name) ?? (await this.#read(name)));
    await this.#take(manifest, segments);
    return true;
  }

  /**
   * Takes in what changed in the store, and keeps the index there, a segment at a time: neither its memory nor what is lost
   * when it is stopped grows with what came.
   * @returns papers that were taken in
   */
  async update({ progress, signal }: UpdateOptions = {}): Promise<number> {
    await this.reload();
    const store = this.#store;
    const limits = this.#limits;
    const last = await store.sequence();
    if (last === this.sequence) return 0;
    const segments = [...this.#segments];
    let pending: Numbered[] = [];
    let letters = 0;
    let taken = 0;
    let { sequence } = this;
    let made: Record<string, Uint8Array> = {};
    const total = await store.size();
    const add = (number: number, paper: Paper): void => {
      pending.push({ number, paper });
      letters += textOf(paper).length;
    };
    /** Papers of the small segments at the end, and those that are new, in one more segment. */
    const seal = async (): Promise<void> => {
      for (let tail = segments.at(-1); tail !== undefined; tail = segments.at(-1)) {
        const { numbers, words } = tail;
        const fits =
          numbers.length + pending.length <= limits.papers && words.words * lettersOfWord + letters <= limits.letters;
        if (numbers.length > 2 * pending.length || !fits) break;
        segments.pop();
        const known = new Set(pending.map(({ number }) => number));
        const others = Array.from(numbers).filter((number) => !known.has(number));
        for (const { number, paper } of await store.at(others)) if (paper) add(number, paper);
      }
      if (pending.length === 0) return;
      const name = `index/${crypto.randomUUID().slice(0, 13)}`;
      pending.sort((a, b) => a.number - b.number);
      const files = buildSegment(pending);
      for (const part of parts) made[`${name}.${part}`] = files[part];
      segments.push(openSegment(name, files));
      pending = [];
      letters = 0;
    };
    const keep = async (): Promise<Manifest> => {
      const manifest: Manifest = { version, sequence, segments: segments.map(({ name }) => name) };
      const used = new Set(manifest.segments);
      const isUsed = (file: string) => used.has(file.replace(/\.\w+$/, ''));
      const unused = (await store.files('index/'))
        .map(({ name }) => name)
        .filter((name) => name !== manifestName && !isUsed(name));
      const files = Object.fromEntries(Object.entries(made).filter(([name]) => isUsed(name)));
      await store.replaceFiles(
        { ...files, [manifestName]: new TextEncoder().encode(JSON.stringify(manifest)) },
        unused,
      );
      made = {};
      return manifest;
    };
    for await (const { number, changed, paper } of store.changes(sequence)) {
      signal?.throwIfAborted();
      if (changed > last) break;
      sequence = changed;
      if (!paper) continue;
      add(number, paper);
      taken++;
      if (taken % 500 === 0) progress?.update('indexing', Math.min(1, taken / total));
      if (pending.length < limits.papers && letters < limits.letters) continue;
      await seal();
      await keep();
    }
    await seal();
    await this.#take(await keep(), segments);
    return taken;
  }

  /** What BM25 needs to know of all papers. */
  statistics(): Statistics {
    this.#statistics ??= this.#counted();
    return this.#statistics;
  }

  #counted(): Statistics {
    const known = new Map<string, number>();
    const sum = (count: (segment: Segment) => number) =>
      this.#segments.reduce((total, segment) => total + count(segment), 0);
    return {
      documents: sum(({ words }) => words.documents),
      words: sum(({ words }) => words.words),
      documentsWith(word) {
        let documents = known.get(word);
        if (documents === undefined) {
          documents = sum(({ words }) => words.documentsWith(word));
          if (known.size < mostKnown) known.set(word, documents);
        }
        return documents;
      },
    };
  }

  /**
   * Places by BM25, best first.
   * @param within by place: 1 where a paper may be found
   */
  rank(
    words: readonly string[],
    { limit, within, k1, b }: { limit: number; within: Uint8Array; k1: number; b: number },
  ): Hit[] {
    const query = words.join(' ');
    const statistics = this.statistics();
    const best = new Best(limit);
    for (const [i, segment] of this.#segments.entries()) {
      const start = this.#starts[i]!;
      const filter = (document: number) => within[start + document] === 1;
      for (const { document, score } of segment.words.search(query, { limit, k1, b, statistics, filter }))
        best.add(start + document, score);
    }
    return best.sorted();
  }

  /** What each word adds to the score of the paper at a place. */
  explain(words: readonly string[], place: number, { k1, b }: { k1: number; b: number }) {
    const at = this.#segmentAt(place);
    const document = place - this.#starts[at]!;
    return this.#segments[at]!.words.explain(words.join(' '), document, { k1, b, statistics: this.statistics() });
  }

  async #kept(): Promise<Manifest> {
    const [file] = await this.#store.files(manifestName);
    if (!file) return { version, sequence: 0, segments: [] };
    const manifest = JSON.parse(new TextDecoder().decode(await this.#store.file(manifestName))) as Manifest;
    return manifest.version === version ? manifest : { version, sequence: 0, segments: [] };
  }

  async #read(name: string): Promise<Segment> {
    const files: Partial<Record<(typeof parts)[number], Uint8Array>> = {};
    for (const part of parts) files[part] = await this.#store.file(`${name}.${part}`);
    return openSegment(name, files as SegmentFiles);
  }

  async #take(manifest: Manifest, segments: readonly Segment[]): Promise<void> {
    const starts: number[] = [];
    let places = 0;
    let most = 0;
    for (const { numbers } of segments) {
      starts.push(places);
      places += numbers.length;
      most = Math.max(most, numbers.at(-1) ?? 0);
    }
    const here = (await this.#store.select({})).reduce(
      (flags, number) => {
        if (number <= most) flags[number] = 1;
        return flags;
      },
      new Uint8Array(most + 1),
    );
    const place = new Int32Array(most + 1).fill(-1);
    const live = new Uint8Array(places);
    // what a later segment says of a paper replaces what an earlier one said
    for (const [i, { numbers }] of segments.entries()) {
      for (const [document, number] of numbers.entries()) {
        const before = place[number]!;
        if (before >= 0) live[before] = 0;
        if (here[number] === 0) continue;
        place[number] = starts[i]! + document;
        live[place[number]!] = 1;
      }
    }
    this.#manifest = manifest;
    this.#segments = segments;
    this.#starts = starts;
    this.#live = live;
    this.#places = place;
    this.#statistics = undefined;
    this.#size = live.reduce((sum, one) => sum + one, 0);
  }

  #segmentAt(place: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Words of a text as the index has them. */
export function indexWords(text: string): string[] {
  return wordsOf(text, 'unicode');
}
