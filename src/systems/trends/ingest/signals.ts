/**
 * What others count about papers, behind one small interface, each of them optional: citations (OpenAlex, Semantic Scholar), the
 * authors' h-indices, stars of code (GitHub), points of discussion (Hacker News).
 */
import { type Progress, silent } from '../../../command/index.ts';
import type { Paper, SignalReading } from '../paper.ts';
import type { Store } from '../store/store.ts';
import type { ServerOptions } from './arxiv.ts';
import { FetchError, fetchJson, Pace } from './http.ts';

export interface SignalSource {
  /** The same always: readings are kept under this name. */
  readonly name: string;
  /** Papers of one call of `read`. */
  readonly page: number;
  /**
   * What is counted about some papers, by id; papers that the source does not know are left out.
   * @throws FetchError when the source does not answer
   */
  read(papers: readonly Paper[], signal?: AbortSignal): Promise<ReadonlyMap<string, Omit<SignalReading, 'at'>>>;
}

export interface SignalResult {
  readonly asked: number;
  readonly known: number;
}

/**
 * Reads the signals of all papers from a source, and keeps them with the day. A run that was stopped goes on behind the last
 * papers that were kept; one that ended begins anew.
 */
export async function readSignals(
  store: Store,
  source: SignalSource,
  { progress = silent, signal }: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<SignalResult> {
  const run = `signals:${source.name}`;
  const state = await store.run(run);
  const numbers = await store.select({});
  let last = state && !state.done ? (state.cursor as { number: number }).number : 0;
  const rest = numbers.filter((number) => number > last);
  let asked = 0;
  let known = 0;
  for (let start = 0; start < rest.length; start += source.page) {
    signal?.throwIfAborted();
    const entries = await store.at([...rest.subarray(start, start + source.page)]);
    const papers = entries.flatMap(({ paper }) => paper ?? []);
    const at = new Date().toISOString().slice(0, 10);
    const found = await source.read(papers, signal);
    await store.putSignals(
      [...found].map(([id, reading]) => ({ id, reading: { ...reading, source: source.name, at } })),
    );
    last = rest[Math.min(start + source.page, rest.length) - 1]!;
    await store.put([], { source: run, cursor: { number: last }, done: false });
    asked += papers.length;
    known += found.size;
    progress.update(`${source.name}: ${known} of ${asked} papers known`, (start + source.page) / rest.length);
  }
  await store.put([], { source: run, cursor: { number: last }, done: true });
  return { asked, known };
}

// ---------------------------------------------------------------- OpenAlex

interface OpenAlexWork {
  readonly doi?: string | null;
  readonly cited_by_count?: number;
  readonly referenced_works?: readonly string[];
  readonly authorships?: readonly { readonly author?: { readonly id?: string } }[];
}

/** Citations and the sum of the authors' h-indices, by DOI (an arXiv paper has one). https://docs.openalex.org */
export function openAlex({
  base = 'https://api.openalex.org',
  pace: seconds = 0.2,
  mail,
  ...rest
}: ServerOptions & { readonly mail?: string } = {}): SignalSource {
  const pace = new Pace(seconds);
  const ask = async <T>(path: string, params: Record<string, string>, signal?: AbortSignal): Promise<readonly T[]> => {
    const url = new URL(`${base}/${path}`);
    url.search = new URLSearchParams({
      ...params,
      'per-page': '50',
      ...(mail !== undefined && { mailto: mail }),
    }).toString();
    await pace.turn(signal);
    const answer = (await fetchJson(url.href, connection(rest, signal))) as { results?: readonly T[] };
    if (!Array.isArray(answer?.results)) throw new FetchError(`fetch: ${base}: expected OpenAlex's results, got none`);
    return answer.results;
  };
  return {
    name: 'openalex',
    page: 50,
    async read(papers, signal) {
      const byDoi = new Map(papers.flatMap((paper) => (doiFor(paper) ? [[doiFor(paper)!, paper.id]] : [])));
      if (byDoi.size === 0) return new Map();
      const works = await ask<OpenAlexWork>(
        'works',
        { filter: `doi:${[...byDoi.keys()].join('|')}`, select: 'doi,cited_by_count,referenced_works,authorships' },
        signal,
      );
      const authors = [...new Set(works.flatMap(authorsOf))];
      const h = new Map<string, number>();
      for (let start = 0; start < authors.length; start += 50) {
        const part = authors.slice(start, start + 50);
        const found = await ask<{ id?: string; summary_stats?: { h_index?: number } }>(
          'authors',
          { filter: `openalex:${part.join('|')}`, select: 'id,summary_stats' },
          signal,
        );
        for (const { id, summary_stats } of found) {
          const index = countOf(summary_stats?.h_index);
          if (id !== undefined && index !== undefined) h.set(lastPart(id), index);
        }
      }
      return new Map(
        works.flatMap((work) => {
          const id = byDoi.get((work.doi ?? '').replace(/^https:\/\/doi\.org\//, '').toLowerCase());
          if (id === undefined) return [];
          const citations = countOf(work.cited_by_count);
          const indices = authorsOf(work).flatMap((author) => h.get(author) ?? []);
          return [
            [
              id,
              {
                ...(citations !== undefined && { citations }),
                ...(indices.length > 0 && { authority: indices.reduce((a, b) => a + b, 0) }),
              },
            ] as const,
          ];
        }),
      );
    },
  };
}

function authorsOf({ authorships = [] }: OpenAlexWork): string[] {
  return authorships.flatMap(({ author }) => (author?.id === undefined ? [] : [lastPart(author.id)]));
}

function lastPart(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1);
}

// ---------------------------------------------------------------- Semantic Scholar

interface ScholarPaper {
  readonly citationCount?: number;
  readonly authors?: readonly { readonly hIndex?: number | null }[] | null;
  readonly references?: readonly { readonly externalIds?: Readonly<Record<string, string | number>> | null }[] | null;
}

/** Citations, references, and the sum of the authors' h-indices. https://api.semanticscholar.org/api-docs/graph */
export function semanticScholar({
  base = 'https://api.semanticscholar.org/graph/v1',
  pace: seconds = 1,
  apiKey,
  ...rest
}: ServerOptions & { readonly apiKey?: string } = {}): SignalSource {
  const pace = new Pace(seconds);
  return {
    name: 'semantic-scholar',
    page: 100,
    async read(papers, signal) {
      const asked = papers.flatMap((paper) => {
        const name = paper.arxiv ? `ARXIV:${paper.arxiv.id}` : paper.doi && `DOI:${paper.doi}`;
        return name ? [{ id: paper.id, name }] : [];
      });
      if (asked.length === 0) return new Map();
      await pace.turn(signal);
      const url = `${base}/paper/batch?fields=citationCount,authors.hIndex,references.externalIds`;
      const found = (await fetchJson(url, {
        ...connection(rest, signal),
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(apiKey !== undefined && { 'x-api-key': apiKey }) },
        ...(apiKey !== undefined && { secrets: [apiKey] }),
        body: JSON.stringify({ ids: asked.map(({ name }) => name) }),
      })) as readonly (ScholarPaper | null)[];
      if (!Array.isArray(found) || found.length !== asked.length)
        throw new FetchError(`fetch: ${base}: expected ${asked.length} papers, got something else`);
      return new Map(
        asked.flatMap(({ id }, i) => {
          const paper = found[i] as ScholarPaper | null;
          if (!paper) return [];
          const citations = countOf(paper.citationCount);
          const indices = (paper.authors ?? []).flatMap(({ hIndex }) => countOf(hIndex) ?? []);
          const references = (paper.references ?? []).flatMap(({ externalIds }) => nameOf(externalIds ?? {}) ?? []);
          return [
            [
              id,
              {
                ...(citations !== undefined && { citations }),
                ...(indices.length > 0 && { authority: indices.reduce((a, b) => a + b, 0) }),
                ...(references.length > 0 && { references }),
              },
            ] as const,
          ];
        }),
      );
    },
  };
}

function nameOf({ ArXiv, DOI }: Readonly<Record<string, string | number>>): string | undefined {
  if (typeof ArXiv === 'string') return `arxiv:${ArXiv.toLowerCase()}`;
  return typeof DOI === 'string' ? `doi:${DOI.toLowerCase()}` : undefined;
}

// ---------------------------------------------------------------- GitHub

/** Stars of the repositories on GitHub that a paper names. https://docs.github.com/rest/repos */
export function gitHub({
  base = 'https://api.github.com',
  pace: seconds = 1,
  token,
  ...rest
}: ServerOptions & { readonly token?: string } = {}): SignalSource {
  const pace = new Pace(seconds);
  return {
    name: 'github',
    page: 20,
    async read(papers, signal) {
      const readings = new Map<string, Omit<SignalReading, 'at'>>();
      for (const paper of papers) {
        let stars: number | undefined;
        for (const repository of repositoriesOf(paper)) {
          await pace.turn(signal);
          try {
            const found = (await fetchJson(`${base}/repos/${repository}`, {
              ...connection(rest, signal),
              headers: {
                accept: 'application/vnd.github+json',
                ...(token !== undefined && { authorization: `Bearer ${token}` }),
              },
              ...(token !== undefined && { secrets: [token] }),
            })) as { stargazers_count?: number };
            const count = countOf(found?.stargazers_count);
            if (count !== undefined) stars = (stars ?? 0) + count;
          } catch (error) {
            // a repository that is gone, or was never made public
            if (!(error instanceof FetchError && (error.status === 404 || error.status === 451))) throw error;
          }
        }
        if (stars !== undefined) readings.set(paper.id, { code: stars });
      }
      return readings;
    },
  };
}

/** `owner/name` of the repositories that a paper's abstract, or the beginning of its text, names. */
export function repositoriesOf({ abstract, text = '', url = '' }: Pick<Paper, 'abstract' | 'text' | 'url'>): string[] {
  const said = `${url}\n${abstract}\n${text.slice(0, 20_000)}`;
  const found = said.matchAll(/github\.com\/([\w-]{1,39}\/[\w.-]{1,100}?)(?=\.git\b|[.,;:]?(?:[\s)\]}"'/#?]|$))/gi);
  return [...new Set(Array.from(found, ([, repository]) => repository!.toLowerCase()))].slice(0, 5);
}

// ---------------------------------------------------------------- Hacker News

/** Points of the stories on Hacker News that link to a paper, by Algolia's search. https://hn.algolia.com/api */
export function hackerNews({
  base = 'https://hn.algolia.com/api/v1',
  pace: seconds = 0.5,
  ...rest
}: ServerOptions = {}): SignalSource {
  const pace = new Pace(seconds);
  return {
    name: 'hacker-news',
    page: 20,
    async read(papers, signal) {
      const readings = new Map<string, Omit<SignalReading, 'at'>>();
      for (const paper of papers) {
        const name = paper.arxiv?.id ?? paper.doi;
        if (name === undefined) continue;
        const params = new URLSearchParams({ query: `"${name}"`, tags: 'story', restrictSearchableAttributes: 'url' });
        await pace.turn(signal);
        const { hits } = (await fetchJson(`${base}/search?${params}`, connection(rest, signal))) as {
          hits?: readonly { url?: string; points?: number; num_comments?: number }[];
        };
        if (!Array.isArray(hits)) throw new FetchError(`fetch: ${base}: expected hits, got none`);
        const own = hits.filter(({ url }) => url?.toLowerCase().includes(name));
        readings.set(paper.id, { popularity: own.reduce((sum, { points }) => sum + (countOf(points) ?? 0), 0) });
      }
      return readings;
    },
  };
}

// ----------------------------------------------------------------

function connection({ patience, timeout }: ServerOptions, signal: AbortSignal | undefined) {
  return { ...(patience && { patience }), ...(timeout !== undefined && { timeout }), ...(signal && { signal }) };
}

/** A count that can be one. */
function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
}

function doiFor({ doi, arxiv }: Paper): string | undefined {
  return doi ?? (arxiv && `10.48550/arxiv.${arxiv.id}`);
}
