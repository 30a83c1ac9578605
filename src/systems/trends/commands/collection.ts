/** The collection that a verb works on. */
import type { Progress } from '../../../command/index.ts';
import { isThere } from '../../../tensor/index.ts';
import { Analyst } from '../desk/analyst.ts';
import { embeddingEndpoint } from '../search/endpoint.ts';
import { Search } from '../search/search.ts';
import { sotuPassages } from '../sotu.ts';
import { openStore } from '../store/open.ts';
import type { SourceRecord, Store } from '../store/store.ts';

export const usualStore = 'trends.db';
/** Their name as a source, and as a collection. */
export const addresses = 'sotu';

export const storeOption = {
  kind: 'text',
  value: 'WHERE',
  help: `the collection: a file, postgres://USER@HOST/DATABASE, or ${addresses} for the State of the Union addresses in memory; by default ${usualStore}, and where that is not there, the addresses`,
} as const;

export const embeddingOptions = {
  embeddings: {
    kind: 'text',
    value: 'URL',
    help: 'meaning by a served embedding model, in place of the one learned from the collection: http://127.0.0.1:8000/v1; TENFOLD_EMBEDDINGS_KEY in the environment is its key',
  },
  embeddingModel: { kind: 'text', value: 'NAME', help: 'the served model’s name' },
} as const;

export interface Work {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Does work with a collection, and closes it. Where none was named and none is there, with the addresses, saying so. */
export async function withStore<T>(
  where: string | undefined,
  { progress, signal }: Work,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await existing(where, progress);
  try {
    if (store.where === ':memory:') await putAddresses(store, { progress, signal });
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Does work with a collection that is made where there is none. */
export async function withWritableStore<T>(
  verb: string,
  where: string = usualStore,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (where === addresses || where === ':memory:')
    throw new RangeError(
      `${verb}: expected a file or a database to keep it in, got '${where}', which is gone at the end`,
    );
  const store = await openStore(where);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Does work with a collection that must be there already, to be changed. */
export async function withOwnStore<T>(
  verb: string,
  where: string = usualStore,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (!isServer(where) && where !== addresses && !(await isThere(where))) throw noCollection(verb, where);
  return withWritableStore(verb, where, work);
}

async function existing(where: string | undefined, progress: Progress): Promise<Store> {
  if (where === addresses) return openStore(':memory:');
  if (where === undefined && !(await isThere(usualStore))) {
    progress.note(
      `no collection at ${usualStore}: these are the State of the Union addresses, in memory; tenfold trends ingest makes one of yours`,
    );
    return openStore(':memory:');
  }
  const path = where ?? usualStore;
  // what is only read is not made
  if (!isServer(path) && !(await isThere(path))) throw noCollection('collection', path);
  return openStore(path);
}

function noCollection(verb: string, where: string): RangeError {
  return new RangeError(
    `${verb}: expected a collection at ${where}, got none; tenfold trends ingest FILE --store ${where} makes one`,
  );
}

function isServer(where: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(where);
}

async function putAddresses(store: Store, { progress, signal }: Work): Promise<void> {
  const records = await addressRecords();
  const batch = 1000;
  for (let start = 0; start < records.length; start += batch) {
    signal.throwIfAborted();
    progress.update('reading the addresses', start / records.length);
    await store.put(records.slice(start, start + batch));
  }
}

/** The passages of the addresses as a source tells them. */
export async function addressRecords(): Promise<SourceRecord[]> {
  return (await sotuPassages()).map(({ id, ...paper }) => ({ source: addresses, record: id, paper }));
}

/** The collection's search, brought up to date. @param words without vectors, which take ten times as long to make */
export async function searchOf(
  store: Store,
  { progress, signal }: Work,
  options: {
    readonly embeddings?: string | undefined;
    readonly embeddingModel?: string | undefined;
    readonly words?: boolean;
  } = {},
): Promise<Search> {
  const { embeddings, embeddingModel, words } = options;
  if ((embeddings === undefined) !== (embeddingModel === undefined))
    throw new TypeError('embeddings: expected --embeddings and --embedding-model together, got one of them');
  const apiKey = process.env.TENFOLD_EMBEDDINGS_KEY;
  const embedder =
    embeddings !== undefined && embeddingModel !== undefined
      ? embeddingEndpoint({ url: embeddings, model: embeddingModel, ...(apiKey && { apiKey }) })
      : undefined;
  const search = await Search.open(store, embedder ? { embedder } : {});
  await (words ? search.updateWords({ progress, signal }) : search.update({ progress, signal }));
  return search;
}

/** Asks about a collection as a whole, in a thread that Ctrl-C ends. */
export async function withAnalyst<T>(
  store: Store,
  { progress, signal }: Work,
  work: (analyst: Analyst) => Promise<T>,
): Promise<T> {
  const analyst = new Analyst(store, { progress });
  const stop = () => void analyst.close(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await work(analyst);
  } finally {
    signal.removeEventListener('abort', stop);
    await analyst.close();
  }
}
