/**
 * An index behind HTTP: a page to search with, and the JSON that it asks for.
 *
 * Every answer is a document of the index's owner, so whoever is on another machine, and every page of another site that a
 * browser here has open, is refused: by what the service listens on, and by the name that it is asked under.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type Asked, Content, jsonService, Refusal } from '../../../command/index.ts';
import { answerQuery } from '../answer/answer.ts';
import { readConditions } from '../collection/condition.ts';
import type { Ranking, SearchOptions } from '../searcher/types.ts';
import type { LiveSearcher } from './live.ts';
import { pageHtml, pagePolicy } from './page.ts';
import { pageCss } from './style.ts';

/** Bytes of a request: a query of 10,000 words and more. */
const MOST_BYTES = 2 ** 20;
const MOST_WAITING = 64;
const MOST_HITS = 100;
const MOST_FILTERS = 32;

export interface SearchServiceOptions {
  /** Whether it may be asked under any name, not only this machine's own: when others are meant to reach it. */
  readonly anyHost?: boolean;
  /** Hears of what went wrong inside. */
  readonly failed?: (error: unknown) => void;
}

/** What `POST /search` takes. */
interface SearchRequest {
  readonly query: string;
  readonly filters: readonly string[];
  readonly options: Pick<SearchOptions, 'limit' | 'rank' | 'prefix' | 'fuzzy'>;
}

/** The service, not yet listening. */
export function searchService(index: LiveSearcher, { anyHost = false, failed }: SearchServiceOptions = {}): Server {
  const answered = (asked: Asked): Promise<unknown> => {
    if (!anyHost) requireLocal(asked.headers.host);
    return answer(index, asked);
  };
  return jsonService(async (asked) => answered(asked), {
    mostBytes: MOST_BYTES,
    mostWaiting: MOST_WAITING,
    refused: ({ message }) => ({ error: message }),
    ...(failed && { failed }),
  });
}

/** A page of another site can name its own host after this machine, and would then be answered as if it were the owner's. */
function requireLocal(host = ''): void {
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host)) return;
  throw new Refusal(403, 'expected to be asked as localhost or 127.0.0.1, got another host');
}

async function answer(index: LiveSearcher, asked: Asked): Promise<unknown> {
  const { method, path } = asked;
  if (method === 'POST') {
    if (path === '/search') return search(index, asked);
    if (path === '/exact') return exact(index, asked);
    throw new Refusal(404, 'expected POST /search or POST /exact');
  }
  if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'expected GET or POST');
  if (path === '/') return new Content('text/html; charset=utf-8', pageHtml, { 'content-security-policy': pagePolicy });
  if (path === '/page.css') return new Content('text/css; charset=utf-8', await pageCss());
  const script = scripts.get(path);
  if (script !== undefined) return new Content('text/javascript; charset=utf-8', await readFile(script, 'utf8'));
  if (path === '/status') return status(index);
  if (path.startsWith('/document/')) return document(index, path.slice('/document/'.length));
  throw new Refusal(404, 'expected GET /, /status or /document/ID, or POST /search or /exact');
}

/** The page's modules, as they were built: each under the path that the others import it by. */
const scripts = new Map(
  ['server/client/page.js', 'server/client/results.js', 'server/client/elements.js', 'answer/pieces.js'].map((path) => [
    `/${path}`,
    new URL(`../${path}`, import.meta.url),
  ]),
);

async function status(index: LiveSearcher) {
  const searcher = await index.current();
  const { size, generation, settings } = searcher.collection;
  return { documents: size, generation, analyser: settings.analyser, model: searcher.hasModel };
}

async function document(index: LiveSearcher, name: string): Promise<unknown> {
  const found = (await index.current()).collection.get(decoded(name));
  if (found === undefined) throw new Refusal(404, 'expected the id of a document, got another');
  return found;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Refusal(400, 'expected an id in URL encoding');
  }
}

async function search(index: LiveSearcher, asked: Asked): Promise<unknown> {
  const { query, filters, options } = requestIn(await bodyObject(asked));
  const { rank } = options;
  const filter = refusing(() => readConditions(filters));
  return asked.inTurn(async () => {
    asked.signal.throwIfAborted();
    const searcher = await index.current();
    if (rank !== undefined && rank !== 'words' && !searcher.hasModel) {
      throw new Refusal(400, `expected rank words, got ${rank}: the index has no model`);
    }
    const started = performance.now();
    const { signal } = asked;
    const hits = await answerQuery(searcher, query, { ...options, ...(filter && { filter }), signal });
    return { query, hits, documents: searcher.collection.size, milliseconds: performance.now() - started };
  });
}

async function exact(index: LiveSearcher, asked: Asked): Promise<unknown> {
  const text = (await bodyObject(asked)).text;
  if (typeof text !== 'string') throw new Refusal(400, 'expected {"text": "…"}');
  return asked.inTurn(async () => {
    const { count, documents } = (await index.current()).exact(text);
    return { text, count, documents: documents.map(({ document: { id, title }, spans }) => ({ id, title, spans })) };
  });
}

async function bodyObject(asked: Asked): Promise<Readonly<Record<string, unknown>>> {
  const body = await asked.body();
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, 'expected a JSON object');
  return body as Record<string, unknown>;
}

const rankings: readonly unknown[] = ['both', 'ngrams', 'words'] satisfies readonly Ranking[];

function requestIn(body: Readonly<Record<string, unknown>>): SearchRequest {
  const { query, limit = 10, rank, filters = [], prefix = false, fuzzy = 0, ...others } = body;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new Refusal(400, `expected query, limit, rank, filters, prefix and fuzzy, got ${unknown}`);
  }
  if (typeof query !== 'string') throw new Refusal(400, 'expected {"query": "…"}');
  if (!(Number.isInteger(limit) && (limit as number) >= 1 && (limit as number) <= MOST_HITS)) {
    throw new Refusal(400, `expected a whole limit from 1 to ${MOST_HITS}`);
  }
  if (rank !== undefined && !rankings.includes(rank)) throw new Refusal(400, `expected rank ${rankings.join(', ')}`);
  if (typeof prefix !== 'boolean') throw new Refusal(400, 'expected prefix as true or false');
  if (![0, 1, 2].includes(fuzzy as number)) throw new Refusal(400, 'expected fuzzy 0, 1 or 2');
  const texts =
    Array.isArray(filters) && filters.length <= MOST_FILTERS && filters.every((one) => typeof one === 'string');
  if (!texts) throw new Refusal(400, `expected filters as a list of at most ${MOST_FILTERS} texts`);
  const options = {
    limit: limit as number,
    prefix,
    fuzzy: fuzzy as 0 | 1 | 2,
    ...(rank ? { rank: rank as Ranking } : {}),
  };
  return { query, filters: filters as string[], options };
}

/** A mistake of whoever asks, as a refusal. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? new Refusal(400, error.message) : error;
  }
}
