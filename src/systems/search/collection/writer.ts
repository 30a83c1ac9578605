/**
 * Changing a collection: documents added, replaced and deleted at any time, small segments merged in the background.
 *
 * Every change writes new files, and then replaces the manifest: that is the moment when it has happened, and a process
 * that is killed before it has changed nothing. What such a process leaves behind, the next writer removes. Readers are
 * never waited for.
 *
 * Changes happen one after the other. A merge is a change only at its end: until then a thread reads the old segments and
 * writes the new one, others go on changing the collection, and what they have deleted is deleted from the new one too.
 */
import { type Analyser, defaultAnalyser } from '../../../retrieval/index.ts';
import { lockFolder, makeFolder, type Unlock } from '../../../tensor/index.ts';
import { type DocumentTokenizer, takeDocuments, utf8Bytes } from './given-documents.ts';
import { type CollectionSettings, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { due } from './merge-policy.ts';
import {
  filesOf,
  readStored,
  type SegmentEntry,
  type StoredDocument,
  type StoredSegment,
  writeDeleted,
} from './segment.ts';
import { type Part, type SegmentJob, writeSegmentAside } from './write-segment.ts';

export interface WriterOptions<D extends StoredDocument = StoredDocument> {
  /** {@link utf8Bytes} unless given. */
  readonly tokenizer?: DocumentTokenizer<D>;
  /** What counts as a word; `unicode` for a new collection unless given, else as it was. */
  readonly analyser?: Analyser;
  /** Ends merges once it is aborted, which then have not happened; what is being added or deleted is finished. */
  readonly signal?: AbortSignal;
}

export class CollectionWriter<D extends StoredDocument = StoredDocument> implements AsyncDisposable {
  readonly #folder: string;
  readonly #tokenizer: DocumentTokenizer<D>;
  readonly #unlock: Unlock;
  readonly #signal: AbortSignal | undefined;
  #manifest: Manifest;
  readonly #segments: Map<string, StoredSegment<D>>;
  /** By id: where the document is. */
  readonly #places = new Map<string, { readonly segment: string; readonly number: number }>();
  /** Changes of the manifest, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #merging: Promise<void> = Promise.resolve();
  /** What the last merge threw, until somebody has been told. */
  #mergeError: unknown;
  /** Segments whose files a merge is reading or writing. */
  #busy: readonly string[] = [];
  #closed: Promise<void> | undefined;

  private constructor(
    folder: string,
    tokenizer: DocumentTokenizer<D>,
    signal: AbortSignal | undefined,
    unlock: Unlock,
    manifest: Manifest,
    segments: readonly StoredSegment<D>[],
  ) {
    this.#folder = folder;
    this.#tokenizer = tokenizer;
    this.#signal = signal;
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
    { tokenizer = utf8Bytes, analyser, signal }: WriterOptions<D> = {},
  ): Promise<CollectionWriter<D>> {
    await makeFolder(folder);
    const unlock = await lockFolder(folder, 'collection');
    try {
      const found = await readManifest(folder);
      const settings: CollectionSettings = { analyser: analyser ?? defaultAnalyser, tokenizer: tokenizer.name };
      const manifest = found ?? { generation: 0, settings, segments: [] };
      if (!found) await writeManifest(folder, manifest);
      const { settings: had } = manifest;
      if (had.tokenizer !== tokenizer.name) throw settled(folder, 'tokenizer', had.tokenizer, tokenizer.name);
      if (analyser !== undefined && had.analyser !== analyser) {
        throw settled(folder, 'analyser', had.analyser, analyser);
      }
      const segments: StoredSegment<D>[] = [];
      for (const entry of manifest.segments) segments.push(await readStored<D>(folder, entry));
      const writer = new CollectionWriter(folder, tokenizer, signal, unlock, manifest, segments);
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
    const { ids, ...source } = takeDocuments(documents, this.#tokenizer);
    if (documents.length === 0) return;
    await this.#change(async () => {
      const entry = await writeSegmentAside(this.#job(source));
      await this.#swap([...(await this.#without(ids)), entry], ids);
    });
  }

  /** Deletes documents; ids that are not there are passed over. @returns how many there were */
  async delete(ids: Iterable<string>): Promise<number> {
    const asked = [...ids];
    return this.#change(async () => {
      const wanted = new Set(asked.filter((id) => this.#places.has(id)));
      if (wanted.size > 0) await this.#swap(await this.#without(wanted), wanted);
      return wanted.size;
    });
  }

  /** Waits for merges that are due. @throws what one of them threw: everything is as it was before it, on disk too */
  async merged(): Promise<void> {
    await this.#merging;
    const error = this.#mergeError;
    this.#mergeError = undefined;
    if (error !== undefined) throw error;
  }

  /** Waits for changes and merges, and lets others write. @throws what `merged` throws, unless it has been told already */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      try {
        await this.#changes;
        await this.#merging;
      } finally {
        await this.#unlock();
      }
      await this.merged();
    })();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #job(source: SegmentJob['source']): SegmentJob {
    const name = `segment-${crypto.randomUUID().slice(0, 8)}`;
    return { folder: this.#folder, name, analyser: this.settings.analyser, source };
  }

  /** Makes a change for a caller, and sees whether a merge is due then. */
  async #change<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new Error('writer: expected an open one, got one that was closed');
    return this.#afterOthers(async () => {
      const done = await work();
      this.#mergeSoon();
      return done;
    });
  }

  /** Lets one change at a time touch the manifest. */
  #afterOthers<T>(work: () => Promise<T>): Promise<T> {
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
    const segments: StoredSegment<D>[] = [];
    for (const entry of entries) {
      segments.push(await readStored(this.#folder, entry, this.#segments.get(entry.name)));
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

  #remember({ entry, deleted, id }: StoredSegment<D>): void {
    for (let number = 0; number < entry.documents; number++) {
      if (!deleted.has(number)) this.#places.set(id(number), { segment: entry.name, number });
    }
  }

  /**
   * Removes what no manifest names: left by a process that was killed, or merged. What cannot be removed now is tried again
   * after the next change; the change that came before is made all the same.
   */
  async #clean(): Promise<void> {
    const { readdir, rm } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const named = new Set(this.#manifest.segments.flatMap(filesOf));
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const ours = /^\.?(segment-\w+\.|manifest\.)/.test(name);
      const busy = this.#busy.some((segment) => name.includes(segment));
      if (ours && !named.has(name) && !busy) await rm(join(this.#folder, name), { force: true }).catch(() => undefined);
    }
  }

  #mergeSoon(): void {
    this.#merging = this.#merging.then(async () => {
      this.#mergeError = undefined;
      try {
        while (!this.#signal?.aborted && (await this.#mergeOnce())) {
          // until nothing is due
        }
      } catch (error) {
        if (!this.#signal?.aborted) this.#mergeError = error;
      }
    });
  }

  /** Merges what is due, while others may go on changing. @returns whether anything was */
  async #mergeOnce(): Promise<boolean> {
    const chosen = due([...this.#segments.values()]);
    const parts: Part[] = chosen.map(({ entry, deleted, bytes }) => ({ entry, deleted, bytes }));
    if (parts.length === 0) return false;
    const job = this.#job({ parts });
    this.#busy = [job.name, ...parts.map(({ entry }) => entry.name)];
    try {
      const made = await writeSegmentAside(job, this.#signal);
      await this.#afterOthers(() => this.#replace(parts, made));
    } finally {
      this.#busy = [];
      await this.#afterOthers(() => this.#clean());
    }
    return true;
  }

  /** Puts a merged segment in the place of its parts. @param parts as they were when the merge began */
  async #replace(parts: readonly Part[], made: SegmentEntry): Promise<void> {
    const gone = new Set<number>();
    let number = 0;
    for (const { entry, deleted } of parts) {
      const now = this.#segments.get(entry.name)?.deleted;
      for (let old = 0; old < entry.documents; old++) {
        if (deleted.has(old)) continue;
        // deleted or replaced meanwhile, or with all others of its segment
        if (now === undefined || now.has(old)) gone.add(number);
        number++;
      }
    }
    const old = new Set(parts.map(({ entry }) => entry.name));
    const others = this.#manifest.segments.filter(({ name }) => !old.has(name));
    if (gone.size === made.documents) await this.#swap(others);
    else if (gone.size === 0) await this.#swap([made, ...others]);
    else {
      await this.#swap([await writeDeleted(this.#folder, made, gone, this.#manifest.generation + 1), ...others]);
    }
  }
}

function settled(folder: string, what: string, had: string, got: string): RangeError {
  return new RangeError(
    `${folder}: expected the collection's ${what}, ${had}, got ${got}; a new folder may have another`,
  );
}
