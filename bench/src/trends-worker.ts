/**
 * The other process of the `trends` benchmark: what is measured in it has a memory of its own, and can be killed.
 *
 * Told what to do as JSON in its first argument; says what it did as JSON lines.
 */
import { ingest, jsonLinesReader, openStore, parseQuery, Search, type SourceRecord, type Store } from 'tenfold/trends';

export type Task =
  /** Reads a file into a store and indexes it, and says after every batch how many records are kept. */
  | { readonly do: 'ingest'; readonly store: string; readonly file: string }
  /** Makes a store of so many synthetic records, and its index of words. */
  | { readonly do: 'synthesize'; readonly store: string; readonly records: number }
  /** Learns vectors of a store's papers and makes them. */
  | { readonly do: 'embed'; readonly store: string }
  /** Holds the ten nearest to titles, and to papers, against a comparison with every vector. */
  | { readonly do: 'compare'; readonly store: string; readonly queries: number }
  /** Asks synthetic queries. */
  | { readonly do: 'query'; readonly store: string; readonly queries: number };

/** Words of the synthetic language; the k-th is 1/k as frequent as the first (Zipf). */
const VOCABULARY = 100_000;
const TITLE = 9;
const ABSTRACT = 120;
/** Words of a query, drawn as those of titles are. */
const QUERY = [2, 3, 4, 5] as const;
const BATCH = 2000;

/** Lehmer's generator, the same everywhere. */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  unit(): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state / 2147483647;
  }
}

/** A word of rank 1 to VOCABULARY with the frequency of its rank. */
function word(numbers: Numbers): string {
  return `w${Math.floor(VOCABULARY ** numbers.unit()).toString(36)}`;
}

function words(numbers: Numbers, count: number): string {
  return Array.from({ length: count }, () => word(numbers)).join(' ');
}

export function syntheticRecord(i: number): SourceRecord {
  const numbers = new Numbers(i * 7919 + 1);
  const day = new Date(Date.UTC(2000, 0, 1 + (i % 8000))).toISOString().slice(0, 10);
  return {
    source: 'synthetic',
    record: String(i),
    paper: {
      title: words(numbers, TITLE),
      abstract: words(numbers, ABSTRACT),
      authors: [`A${i % 5000} B${i % 777}`],
      date: day,
      categories: [`cs.${'ABCDEFGHIJ'[i % 10]}`],
    },
  };
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** The most memory that this process has had, in MiB. */
function peak(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Seconds of the clock and of the processor. */
function watch(): () => { seconds: number; processor: number } {
  const start = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
  };
}

async function run(task: Task): Promise<void> {
  const store = await openStore(task.store);
  if (task.do === 'ingest') {
    const all = watch();
    // the label counts what is kept: it is written after the transaction
    const progress = {
      update: (label: string) => say({ kept: Number(/(\d+) records/.exec(label)?.[1] ?? 0) }),
      note() {},
    };
    await ingest(store, jsonLinesReader(task.file, { source: task.file }), { progress });
    const read = all();
    const search = await Search.open(store);
    await search.updateWords();
    const indexed = all();
    await search.update();
    say({ read, indexed, all: all(), ...search.about });
  } else if (task.do === 'synthesize') {
    const all = watch();
    for (let i = await store.size(); i < task.records; i += BATCH) {
      const count = Math.min(BATCH, task.records - i);
      await store.put(Array.from({ length: count }, (_, k) => syntheticRecord(i + k)));
      say({ kept: i + count });
    }
    const read = all();
    await (await Search.open(store)).updateWords();
    say({ read, all: all(), peak: peak() });
  } else if (task.do === 'compare') {
    say(await compared(store, task.queries));
  } else if (task.do === 'embed') {
    const search = await Search.open(store);
    const all = watch();
    await search.update();
    say({ all: all(), peak: peak() });
  } else {
    const opened = watch();
    const search = await Search.open(store);
    const { seconds: open } = opened();
    const numbers = new Numbers(1);
    const asked = Array.from({ length: task.queries }, (_, i) => words(numbers, QUERY[i % QUERY.length]!));
    const plain = await timed(asked, (query) => search.search(query, { method: 'keyword', limit: 20 }));
    const filtered = await timed(asked, (query) =>
      search.search(`${query} category:cs.A after:2010`, { method: 'keyword', limit: 20 }),
    );
    const required = await timed(asked, (query) =>
      search.search(query.split(' ').slice(0, 2).join(' AND '), { method: 'keyword', limit: 20 }),
    );
    const semantic = await timed(asked, (query) => search.search(query, { method: 'semantic', limit: 20 }));
    const mixed = await timed(asked, (query) => search.search(query, { method: 'mixed', limit: 20 }));
    const seeds = (await search.search('', { limit: task.queries })).hits.map(({ paper }) => paper.id);
    const similar = await timed(seeds, (id) => search.similar([id], { limit: 20 }));
    const times = { words: plain, filtered, required, semantic, mixed, similar };
    say({ open, times, ...search.about, peak: peak() });
  }
  await store.close();
}

/** The share of the ten nearest that search by meaning finds, of titles and of papers evenly over the collection. */
async function compared(store: Store, queries: number): Promise<{ recall: number; papers: number }> {
  const search = await Search.open(store);
  const ids: string[] = [];
  const titles: string[] = [];
  const vectors: Float32Array[] = [];
  for await (const { id, title } of store.papers()) {
    const vector = await search.vectorOf(id);
    if (!vector) continue;
    ids.push(id);
    titles.push(title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' '));
    vectors.push(vector);
  }
  const nearest = 10;
  let found = 0;
  for (let i = 0; i < queries; i++) {
    const seed = Math.floor((i * ids.length) / queries);
    const title = titles[seed]!;
    const byTitle = i % 2 === 0;
    const asked = byTitle
      ? (await search.embedder!.embed([parseQuery(title).words.join(' ')], { kind: 'query' }))[0]!
      : vectors[seed]!;
    const { hits } = byTitle
      ? await search.search(title, { method: 'semantic', limit: nearest })
      : await search.similar([ids[seed]!], { method: 'semantic', limit: nearest });
    const products = vectors.map((vector, paper) => {
      let product = 0;
      for (let d = 0; d < vector.length; d++) product += vector[d]! * asked[d]!;
      return !byTitle && paper === seed ? -2 : product;
    });
    // papers of equal text are equally near
    const least = Float64Array.from(products).sort().at(-nearest)! - 1e-6;
    const byId = new Map(ids.map((id, paper) => [id, products[paper]!]));
    found += hits.filter(({ paper }) => byId.get(paper.id)! >= least).length;
  }
  return { recall: found / (nearest * queries), papers: ids.length };
}

/** Milliseconds of each query, after one in ten to warm up. */
async function timed(queries: readonly string[], ask: (query: string) => Promise<unknown>): Promise<number[]> {
  for (const query of queries.slice(0, Math.ceil(queries.length / 10))) await ask(query);
  const times: number[] = [];
  for (const query of queries) {
    const start = performance.now();
    await ask(query);
    times.push(performance.now() - start);
  }
  return times;
}

await run(JSON.parse(process.argv[2]!) as Task);
