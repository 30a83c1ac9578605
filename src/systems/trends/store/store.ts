/**
 * What is kept of the literature, and what its readers made of it.
 *
 * A store holds papers once each, however many sources tell of them; who told what and when; what was counted about a paper
 * on which day; and what a reader did: tags, collections, read marks, notes. Everything else in it is derived and can be made
 * again: vectors and the files of the index.
 *
 * Every method that writes is one transaction: it is kept whole when its promise resolves, and not at all when the
 * process is killed before. Papers are numbered from 1 in the order of their coming; numbers are never used twice, so that an
 * index may be arranged by them. Every change of a paper gets the next number of a sequence, so that an index can ask for
 * what changed since it was made.
 */
import type { Paper, SignalReading, Signals } from '../paper.ts';

/** A paper without the name that the collection gives it. */
export type PaperData = Omit<Paper, 'id'>;

/** What one source says of one paper. */
export interface SourceRecord {
  /** Who says it: `arxiv`, `papers.jsonl`. */
  readonly source: string;
  /** The source's own name of the record, the same whenever it is read again. */
  readonly record: string;
  readonly paper: PaperData;
  /** What the source counts about it, besides. */
  readonly signals?: SignalReading;
}

/** What a batch came to. */
export interface PutResult {
  /** Papers that were not there before. */
  readonly added: number;
  /** Papers that a record changed. */
  readonly updated: number;
  /** Records that said nothing new. */
  readonly unchanged: number;
  /** Papers that turned out to be one with another: the id that is gone, and the one that stays and answers to both. */
  readonly merged: readonly { readonly from: string; readonly into: string }[];
  /** Records that name a DOI of a paper that they are not, one line each. */
  readonly conflicts: readonly string[];
  /** The paper of each record, in the order of the records. */
  readonly ids: readonly string[];
}

/** How far a source has been read. */
export interface RunState {
  /** What the source's reader needs to go on; plain JSON. */
  readonly cursor: unknown;
  /** Whether it had come to the end. */
  readonly done: boolean;
  /** When this was written, ISO 8601. */
  readonly at: string;
}

/** Where a paper comes from. */
export interface Provenance {
  readonly source: string;
  readonly record: string;
  /** When the source first and last told of it, ISO 8601. */
  readonly first: string;
  readonly last: string;
}

/** A paper with its number and the moment, in the store's own sequence, of its last change. */
export interface Entry {
  readonly number: number;
  readonly changed: number;
  /** Undefined for one that is gone. */
  readonly paper: Paper | undefined;
}

/** What a reader did with a paper. */
export interface Shelf {
  readonly tags: readonly string[];
  /** Names of the collections that hold it. */
  readonly collections: readonly string[];
  /** When it was marked as read, ISO 8601. */
  readonly read?: string;
  readonly note?: string;
}

export interface Collection {
  readonly name: string;
  /** What it is for; may be empty. */
  readonly about: string;
  /** Ids, in the order that they were put in. */
  readonly papers: readonly string[];
}

/** Which papers are meant; each part that is there must hold, and of a list any. */
export interface StoreFilter {
  /** First and last day, `YYYY-MM-DD`, both within. */
  readonly from?: string;
  readonly to?: string;
  readonly tags?: readonly string[];
  readonly collections?: readonly string[];
  readonly sources?: readonly string[];
  /** Whether a code repository is known, whether it is marked as read, whether it has a note. */
  readonly code?: boolean;
  readonly read?: boolean;
  readonly note?: boolean;
  /** Ids of papers, or of works outside the collection (`doi:`, `arxiv:`), that it cites; any. */
  readonly cites?: readonly string[];
  /** Ids of papers that cite it; any. */
  readonly citedBy?: readonly string[];
}

/** What papers are put in order by, each apart from the others. */
export type SortKey = 'date' | 'citations' | 'authority' | 'popularity' | 'code';

/** A vector of a paper, as a model made it. */
export interface Vector {
  readonly number: number;
  readonly vector: Float32Array;
}

/** What a derived file is called and how large it is. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
}

/** Line by line what `everything` gives and `restore` takes. */
export type Row =
  | { readonly kind: 'collection'; readonly version: 1 }
  | {
      readonly kind: 'paper';
      readonly paper: Paper;
      /** Ids that it also answers to. */
      readonly also?: readonly string[];
      readonly signals?: readonly SignalReading[];
      readonly sources?: readonly Provenance[];
      readonly shelf?: Shelf;
    }
  | { readonly kind: 'list'; readonly list: Collection }
  | { readonly kind: 'value'; readonly key: string; readonly value: unknown };

/**
 * A collection of papers. Ids given to any method may be those of papers that were merged into others.
 *
 * Methods that take an id of a paper that is not there throw RangeError: `store: expected a paper of the collection, got 'x'`.
 */
export interface Store {
  /** Where it is, without credentials: the path, or the server and database. */
  readonly where: string;

  // ---------------------------------------------------------------- papers

  /**
   * Keeps what sources say. A record whose DOI, arXiv id, or title and author are those of a paper already there adds to
   * it; see `identity.ts` and `merge.ts` for the rules. Control characters are taken out of texts; markup stays.
   * @param run written in the same transaction, so that what is read again after a crash is not counted twice
   * @throws RangeError for a record without a title, or with a date that is none, naming it; then nothing is kept
   */
  put(
    records: readonly SourceRecord[],
    run?: { readonly source: string; readonly cursor: unknown; readonly done: boolean },
  ): Promise<PutResult>;
  /** How far a source has been read; undefined for one that never was. */
  run(source: string): Promise<RunState | undefined>;
  /** Takes papers away, with what was said and noted of them. Their numbers stay empty. */
  remove(ids: readonly string[]): Promise<void>;

  /** How many papers there are. */
  size(): Promise<number>;
  /** The last number of the sequence of changes: whoever sees it again sees the same papers. */
  sequence(): Promise<number>;
  /** Papers by id; undefined where there is none. */
  get(ids: readonly string[]): Promise<(Paper | undefined)[]>;
  /** Papers by number, in the order asked; those that are gone are left out. */
  at(numbers: readonly number[]): Promise<Entry[]>;
  /** Numbers by id; undefined where there is none. */
  numbersOf(ids: readonly string[]): Promise<(number | undefined)[]>;
  /** All papers by number, a few hundred in memory at once. */
  papers(): AsyncIterable<Paper>;
  /** What changed after that moment of the sequence, by moment: each paper as it is now, or that it is gone. */
  changes(since: number): AsyncIterable<Entry>;
  /** Numbers of the papers that are meant, rising. @throws RangeError for a day that is none */
  select(filter: StoreFilter): Promise<Int32Array>;
  /**
   * Numbers of papers in the order of one signal, page by page; those of which it is not known come last, and of equal ones
   * the later number first.
   * @param among only these
   */
  ordered(by: SortKey, ascending: boolean, among?: readonly number[]): AsyncIterable<number>;
  /** Who told of a paper. */
  provenance(id: string): Promise<Provenance[]>;
  /** Sources, and how many papers each told of. */
  sources(): Promise<{ readonly source: string; readonly papers: number }[]>;

  // ---------------------------------------------------------------- signals

  /** Keeps readings: one a paper, source and day; a later one of the same day replaces the earlier. */
  putSignals(readings: readonly { readonly id: string; readonly reading: SignalReading }[]): Promise<void>;
  /** The readings of each paper, by day; `references` only with the last that has them. */
  readings(ids: readonly string[]): Promise<SignalReading[][]>;
  /** Of every signal of each paper what was last read. */
  signals(ids: readonly string[]): Promise<Signals[]>;

  // ---------------------------------------------------------------- what readers do

  /** Shelves of papers, in the order of the ids. */
  shelves(ids: readonly string[]): Promise<Shelf[]>;
  /** Tags in alphabetical order, with how many papers bear each. */
  tags(): Promise<{ readonly tag: string; readonly papers: number }[]>;
  /** @throws RangeError for an empty tag, and one of more than 200 letters */
  tag(ids: readonly string[], tag: string): Promise<void>;
  untag(ids: readonly string[], tag: string): Promise<void>;
  /** Collections in alphabetical order. */
  collections(): Promise<Collection[]>;
  /** Makes a collection, or changes what it is for. */
  makeCollection(name: string, about?: string): Promise<void>;
  /** @throws RangeError when there is none of that name, or one of the new name already */
  renameCollection(name: string, to: string): Promise<void>;
  /** Takes a collection away, not its papers. */
  removeCollection(name: string): Promise<void>;
  /** Puts papers at the end of a collection that exists; those already in it stay where they are. */
  collect(name: string, ids: readonly string[]): Promise<void>;
  uncollect(name: string, ids: readonly string[]): Promise<void>;
  markRead(ids: readonly string[], read: boolean): Promise<void>;
  /** Replaces the note of a paper; an empty one takes it away. */
  setNote(id: string, note: string): Promise<void>;

  // ---------------------------------------------------------------- anything else

  /** A JSON value by name: drafts of issues, names of topics, pins and bans. Undefined where there is none. */
  value(key: string): Promise<unknown>;
  /** Keeps a JSON value; undefined takes it away. */
  setValue(key: string, value: unknown): Promise<void>;
  /** Names of values that begin so, in alphabetical order. */
  keys(prefix: string): Promise<string[]>;

  // ---------------------------------------------------------------- what is derived

  /** Keeps vectors of a model; a paper has one of each. */
  putVectors(model: string, vectors: readonly Vector[]): Promise<void>;
  /** The vectors that a model made of some papers, in any order; those that it made none of are left out. */
  vectors(model: string, numbers: readonly number[]): Promise<Vector[]>;
  /** Models that vectors are kept of, in any order. */
  vectorModels(): Promise<string[]>;
  /** Takes all vectors of a model away. */
  dropVectors(model: string): Promise<void>;
  /** Puts files in the place of others, all of it at once. */
  replaceFiles(put: Readonly<Record<string, Uint8Array>>, remove?: readonly string[]): Promise<void>;
  /** Names of files that begin so, in alphabetical order. */
  files(prefix: string): Promise<StoredFile[]>;
  /** @throws RangeError where there is none */
  file(name: string): Promise<Uint8Array<ArrayBuffer>>;

  // ---------------------------------------------------------------- in and out

  /** All that is not derived. */
  everything(): AsyncIterable<Row>;
  /** Takes what `everything` gave into an empty store. @throws RangeError when it is not empty, SyntaxError for other rows */
  restore(rows: AsyncIterable<unknown> | Iterable<unknown>): Promise<void>;
  close(): Promise<void>;
}
