/**
 * Changing a collection: documents added, replaced and deleted at any time, small segments merged in the background.
 *
 * Every change writes new files, and then replaces the manifest: that is the moment when it has happened, and a process
 * that is killed before it has changed nothing. What such a process leaves behind, the next writer removes. Readers are
 * never waited for.
 *
 * Segments are merged when eight are of one size class, sizes a power of eight apart, so that a document is written again
 * about as often as the number of documents has digits in that base; and when most of a segment is deleted. Segments that
 * would make too large a one stay as they are. As in Lucene (M. McCandless, "Visualizing Lucene's segment merges", 2011).
 */
import type { Analyser } from '../../../retrieval/index.ts';
import { lockFolder, makeFolder, type Unlock } from '../../../tensor/index.ts';
import { type CollectionSettings, type Manifest, readManifest, writeManifest } from './manifest.ts';
import {
  filesOf,
  readSegment,
  type Segment,
  type SegmentEntry,
  type StoredDocument,
  writeDeleted,
  writeSegment,
} from './segment.ts';

/** Segments of one size class that are merged into one. */
const MERGED_AT_ONCE = 8;

/** Most bytes of documents that are merged into one segment: they are all in memory then, and their tokens beside them. */
const LARGEST_MERGED = 2 ** 28;

/** What makes a document's tokens, for the n-grams. */
export interface DocumentTokenizer<D extends StoredDocument = StoredDocument> {
  /** A collection remembers it, and takes no documents from a tokenizer of another name. */
  readonly name: string;
  tokensOf(document: D): ArrayLike<number>;
}

/** Title and text in UTF-8, a line break between: every substring is an n-gram. */
export const utf8Bytes: DocumentTokenizer = {
  name: 'utf-8',
  tokensOf: ({ title, text }) => new TextEncoder().encode(title === undefined ? text : `${title}\n${text}`),
};

export interface WriterOptions<D extends StoredDocument = StoredDocument> {
  /** {@link utf8Bytes} unless given. */
  readonly tokenizer?: DocumentTokenizer<D>;
  /** What counts as a word; `ascii` for a new collection unless given, else as it was. */
  readonly analyser?: Analyser;
}

export class CollectionWriter<D extends StoredDocument = StoredDocument> implements AsyncDisposable {
  readonly #folder: string;
  readonly #tokenizer: DocumentTokenizer<D>;
  readonly #unlock: Unlock;
  readonly #stop = new AbortController();
  #manifest: Manifest;
  readonly #segments: Map<string, Segment<D>>;
  /** By id: where the document is. */
  readonly #places = new Map<string, { readonly segment: string; readonly number: number }>();
  /** Changes of the manifest, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #merging: Promise<void> = Promise.resolve();
  #mergeError: unknown;

  private constructor(
    folder: string,
    tokenizer: DocumentTokenizer<D>,
    unlock: Unlock,
    manifest: Manifest,
    segments: readonly Segment<D>[],
  ) {
    this.#folder = folder;
    this.#tokenizer = tokenizer;
    this.#unlock = unlock;
    this.#manifest = manifest;
    this.#segments = new Map(segments.map((segment) => [segment.entry.name, segment]));
    for (const segment of segments) this.#remember(segment);
  }

  /**
   * Opens a folder for writing, and makes it where there is none.
   * @throws RangeError naming the process that writes there; SyntaxError for damaged files
   */
  static async open<D extends StoredDocument = StoredDocument>(
    folder: string,
    { tokenizer = utf8Bytes, analyser }: WriterOptions<D> = {},
  ): Promise<CollectionWriter<D>> {
    await makeFolder(folder);
    const unlock = await lockFolder(folder, 'collection');
    try {
      const found = await readManifest(folder);
      const settings: CollectionSettings = { analyser: analyser ?? 'ascii', tokenizer: tokenizer.name };
      const manifest = found ?? { generation: 0, settings, segments: [] };
      if (!found) await writeManifest(folder, manifest);
      const { settings: had } = manifest;
      if (had.tokenizer !== tokenizer.name) throw settled(folder, 'tokenizer', had.tokenizer, tokenizer.name);
      if (analyser !== undefined && had.analyser !== analyser) {
        throw settled(folder, 'analyser', had.analyser, analyser);
      }
      const segments: Segment<D>[] = [];
      for (const entry of manifest.segments) segments.push(await readSegment<D>(folder, entry));
      const writer = new CollectionWriter(folder, tokenizer, unlock, manifest, segments);
      await writer.#clean();
      return writer;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  get settings(): CollectionSettings {
    return this.#manifest.settings;
  }

  /** The document of that id, as it was given. */
  get(id: string): D | undefined {
    const place = this.#places.get(id);
    return place && this.#segments.get(place.segment)!.document(place.number);
  }

  /** Documents that are not deleted. */
  get size(): number {
    return this.#places.size;
  }

  /**
   * Adds documents as a new segment; one whose id is there replaces it. Once the promise is fulfilled they are on disk.
   * @throws TypeError for two of one id at once, and for one without an id or a text
   */
  async add(documents: readonly D[]): Promise<void> {
    documents.forEach(checkDocument);
    const ids = new Set(documents.map(({ id }) => id));
    if (ids.size !== documents.length) throw new TypeError('add: expected every id once, got one twice');
    if (documents.length === 0) return;
    const tokens = documents.map((document) => this.#tokenizer.tokensOf(document));
    await this.#change(async () => {
      const entry = await this.#write(this.#newName(), documents, tokens);
      const segments = await this.#without(ids);
      await this.#swap([...segments, entry], ids);
    });
    this.#mergeSoon();
  }

  /** Deletes documents; ids that are not there are passed over. @returns how many there were */
  async delete(ids: Iterable<string>): Promise<number> {
    const wanted = new Set([...ids].filter((id) => this.#places.has(id)));
    if (wanted.size > 0) await this.#change(async () => this.#swap(await this.#without(wanted), wanted));
    this.#mergeSoon();
    return wanted.size;
  }

  /** Waits for merges that are due. @throws what one of them threw */
  async merged(): Promise<void> {
    await this.#merging;
    if (this.#mergeError !== undefined) throw this.#mergeError;
  }

  /** Waits for changes, ends a merge, and lets others write. */
  async close(): Promise<void> {
    await this.#changes;
    this.#stop.abort(new Error('writer: closed'));
    await this.#merging;
    await this.#unlock();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #write(name: string, documents: readonly D[], tokens: readonly ArrayLike<number>[]): Promise<SegmentEntry> {
    return writeSegment(this.#folder, name, documents, tokens, this.settings.analyser, this.#stop.signal);
  }

  #newName(): string {
    return `segment-${crypto.randomUUID().slice(0, 8)}`;
  }

  /** Lets one change at a time touch the manifest. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    if (this.#stop.signal.aborted) throw new Error('writer: expected an open one, got one that was closed');
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  /** The entries of all segments, with those documents deleted. */
  async #without(ids: ReadonlySet<string>): Promise<SegmentEntry[]> {
    const gone = new Map<string, Set<number>>();
    for (const id of ids) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      const numbers = gone.get(place.segment) ?? new Set(this.#segments.get(place.segment)!.deleted);
      gone.set(place.segment, numbers.add(place.number));
    }
    const entries: SegmentEntry[] = [];
    for (const entry of this.#manifest.segments) {
      const deleted = gone.get(entry.name);
      if (deleted === undefined) entries.push(entry);
      else if (deleted.size < entry.documents) {
        entries.push(await writeDeleted(this.#folder, entry, deleted, this.#manifest.generation + 1));
      }
    }
    return entries;
  }

  /**
   * Replaces the manifest, and with it what this writer knows; removes the files that it no longer names.
   * @param gone ids of documents that are deleted by it, or replaced
   */
  async #swap(entries: readonly SegmentEntry[], gone: Iterable<string> = []): Promise<void> {
    const segments: Segment<D>[] = [];
    for (const entry of entries) {
      segments.push(await readSegment(this.#folder, entry, this.#segments.get(entry.name)));
    }
    const added = segments.filter(({ entry: { name } }) => !this.#segments.has(name));
    const { generation, settings } = this.#manifest;
    const manifest = { generation: generation + 1, settings, segments: entries };
    await writeManifest(this.#folder, manifest);
    this.#manifest = manifest;
    this.#segments.clear();
    for (const segment of segments) this.#segments.set(segment.entry.name, segment);
    for (const id of gone) this.#places.delete(id);
    for (const segment of added) this.#remember(segment);
    await this.#clean();
  }

  #remember(segment: Segment<D>): void {
    for (let number = 0; number < segment.entry.documents; number++) {
      if (segment.deleted.has(number)) continue;
      this.#places.set(segment.document(number).id, { segment: segment.entry.name, number });
    }
  }

  /** Removes what no manifest names: left by a process that was killed, or merged. */
  async #clean(): Promise<void> {
    const { readdir, rm } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const named = new Set(this.#manifest.segments.flatMap(filesOf));
    for (const name of await readdir(this.#folder)) {
      const ours = /^\.?(segment-\w+\.|manifest\.)/.test(name);
      const building = [...this.#building].some((segment) => name.includes(segment));
      if (ours && !named.has(name) && !building) await rm(join(this.#folder, name), { force: true });
    }
  }

  /** Names of segments that a merge is writing. */
  readonly #building = new Set<string>();

  #mergeSoon(): void {
    this.#merging = this.#merging.then(async () => {
      this.#mergeError = undefined;
      try {
        while (!this.#stop.signal.aborted && (await this.#mergeOnce())) {
          // until nothing is due
        }
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#mergeError = error;
      }
    });
  }

  /** Merges what is due, while others may go on changing. @returns whether anything was */
  async #mergeOnce(): Promise<boolean> {
    const chosen = due([...this.#segments.values()]);
    if (chosen.length === 0) return false;
    const name = this.#newName();
    this.#building.add(name);
    try {
      const documents: D[] = [];
      const tokens: Int32Array[] = [];
      for (const segment of chosen) {
        for (let number = 0; number < segment.entry.documents; number++) {
          if (segment.deleted.has(number)) continue;
          documents.push(segment.document(number));
          tokens.push(segment.ngrams.extract(number));
        }
      }
      const made = await this.#write(name, documents, tokens);
      await this.#change(async () => {
        // what was deleted or replaced meanwhile
        const old = new Set(chosen.map(({ entry }) => entry.name));
        const gone = new Set<number>();
        documents.forEach(({ id }, number) => {
          const place = this.#places.get(id);
          if (place === undefined || !old.has(place.segment)) gone.add(number);
        });
        const entry =
          gone.size === 0 ? made : await writeDeleted(this.#folder, made, gone, this.#manifest.generation + 1);
        const entries = this.#manifest.segments.filter((segment) => !old.has(segment.name));
        await this.#swap(gone.size === documents.length ? entries : [entry, ...entries]);
      });
      return true;
    } finally {
      this.#building.delete(name);
    }
  }
}

/** What merging asks of a segment. */
type Sized = Pick<Segment<StoredDocument>, 'deleted' | 'bytes'> & {
  readonly entry: Pick<Segment<StoredDocument>['entry'], 'documents'>;
};

/** The segments to be merged next: eight of a size class, or one that is mostly deleted. @param segments oldest first */
export function due<S extends Sized>(segments: readonly S[]): S[] {
  const emptied = segments.find(({ entry, deleted }) => deleted.size > entry.documents / 2);
  if (emptied) return [emptied];
  const classes = new Map<number, S[]>();
  for (const segment of segments) {
    const size = Math.floor(Math.log(segment.entry.documents) / Math.log(MERGED_AT_ONCE) + 1e-9);
    const same = classes.get(size) ?? [];
    same.push(segment);
    if (same.length === MERGED_AT_ONCE && same.reduce((sum, { bytes }) => sum + bytes, 0) <= LARGEST_MERGED)
      return same;
    // of larger ones the oldest has grown enough
    classes.set(size, same.slice(1 - MERGED_AT_ONCE));
  }
  return [];
}

/** @throws TypeError naming a document that is none, as one may be that no compiler has seen */
function checkDocument({ id, title, text, queries = [] }: StoredDocument, number: number): void {
  const fail = (expected: string, got: unknown) => {
    throw new TypeError(
      `add: expected ${expected} of document ${number} (id ${JSON.stringify(id)}), got ${typeof got}`,
    );
  };
  if (typeof id !== 'string' || id === '') fail('a text that is not empty for the id', id);
  if (typeof text !== 'string') fail('a text', text);
  if (title !== undefined && typeof title !== 'string') fail('a text for the title', title);
  if (!Array.isArray(queries) || queries.some((query) => typeof query !== 'string'))
    fail('texts for the queries', queries);
}

function settled(folder: string, what: string, had: string, got: string): RangeError {
  return new RangeError(
    `${folder}: expected the collection's ${what}, ${had}, got ${got}; a new folder may have another`,
  );
}
