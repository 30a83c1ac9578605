/**
 * arXiv: a search by its Atom API, or whole subjects by OAI-PMH, which is what arXiv asks of those who keep up with it.
 *
 * Both wait three seconds between requests, as its terms of use ask (https://info.arxiv.org/help/api/tou.html), and longer where
 * the server says so.
 */
import { arxivOf, doiOf } from '../store/identity.ts';
import type { PaperData, SourceRecord } from '../store/store.ts';
import { FetchError, fetchText, Pace, type Patience } from './http.ts';
import type { Batch, Reader } from './reader.ts';
import { dayOf } from './record.ts';
import { readableTex } from './tex.ts';
import { childrenOf, childText, type XmlNode, xmlRecords } from './xml.ts';

export interface ServerOptions {
  /** Where the server is; the service's own address unless given. */
  readonly base?: string;
  /** Seconds between requests; what the service asks for unless given. */
  readonly pace?: number;
  readonly patience?: Patience;
  /** Longest wait for the next bytes, in seconds. */
  readonly timeout?: number;
}

export interface ArxivQuery extends ServerOptions {
  /** As in arXiv's manual: `cat:cs.CL AND ti:retrieval`. */
  readonly query: string;
  /** Results of one request, at most 2000; 200 unless given. */
  readonly page?: number;
}

interface Offset {
  readonly start: number;
}

/** Answers that come empty though there are more: arXiv does that when it is busy. */
const emptyTries = 3;

/** The papers of a search, the oldest first, so that those that come later stand at the end. */
export function arxivReader({
  query,
  page = 200,
  base = 'https://export.arxiv.org/api/query',
  pace: seconds = 3,
  patience,
  timeout,
}: ArxivQuery): Reader {
  const pace = new Pace(seconds);
  return {
    source: `arxiv:${query}`,
    async *read(cursor, _done, { signal }): AsyncGenerator<Batch> {
      let { start } = (cursor ?? { start: 0 }) as Offset;
      for (let empty = 0; ; ) {
        const url = new URL(base);
        url.search = new URLSearchParams({
          search_query: query,
          start: String(start),
          max_results: String(page),
          sortBy: 'submittedDate',
          sortOrder: 'ascending',
        }).toString();
        await pace.turn(signal);
        const { text } = await fetchText(url.href, options(patience, timeout, signal));
        const { records: entries, others, fault } = xmlRecords(text, ['entry']);
        const total = Number(others.find(({ name }) => name === 'totalResults')?.text);
        if (fault !== undefined && entries.length === 0)
          throw new FetchError(`fetch: ${url.href}: expected an Atom feed: ${fault}`);
        if (entries.length === 0 && start < total && ++empty < emptyTries) continue;
        if (entries.length === 0 && start < total)
          throw new FetchError(`fetch: ${url.href}: expected results ${start} to ${total}, got none`);
        empty = 0;
        const read = entries.map((entry) => atomRecord('arxiv', entry));
        start += entries.length;
        const done = entries.length === 0 || (!(start < total) && fault === undefined);
        yield {
          records: read.filter((record) => typeof record !== 'string'),
          faults: [
            ...read.filter((record) => typeof record === 'string'),
            ...(fault === undefined ? [] : [`${url.href}: ${fault} (what follows is asked for again)`]),
          ],
          cursor: { start } satisfies Offset,
          done,
          ...(total > 0 && { share: Math.min(1, start / total) }),
        };
        if (done) return;
      }
    },
  };
}

/** An entry of arXiv's Atom feed. */
export function atomRecord(source: string, entry: XmlNode): SourceRecord | string {
  const address = childText(entry, 'id');
  const arxiv = arxivOf(address);
  if (!arxiv) return `${source}: expected an arXiv identifier, got '${address || childText(entry, 'title')}'`;
  const date = dayOf(childText(entry, 'published'));
  if (date === undefined) return `${source} ${arxiv.id}: expected a date, got '${childText(entry, 'published')}'`;
  const doi = doiOf(childText(entry, 'doi'));
  const venue = childText(entry, 'journal_ref');
  const primary = entry.children.find(({ name }) => name === 'primary_category')?.attributes.term;
  const terms = childrenOf(entry, 'category').flatMap(({ attributes }) => attributes.term ?? []);
  const categories = [...new Set(primary === undefined ? terms : [primary, ...terms])];
  return {
    source,
    record: arxiv.id,
    paper: {
      title: readableTex(childText(entry, 'title')),
      abstract: readableTex(childText(entry, 'summary')),
      authors: childrenOf(entry, 'author').map((author) => childText(author, 'name')),
      date,
      arxiv,
      url: `https://arxiv.org/abs/${arxiv.id}`,
      ...(categories.length > 0 && { categories }),
      ...(doi !== undefined && { doi }),
      ...(venue !== '' && { venue }),
    },
  };
}

export interface OaiOptions extends ServerOptions {
  /** A subject: `cs`, `stat`, `physics:hep-th`. All unless given. */
  readonly set?: string;
  /** First day of change, `YYYY-MM-DD`: at the first run only what changed since is read. */
  readonly from?: string;
}

interface Harvest {
  /** What changed since this day is read. */
  readonly from?: string;
  /** Where the list goes on. */
  readonly token?: string;
  /** The server's day when the list was begun, from which the next one goes on. */
  readonly began?: string;
}

/**
 * All papers of a subject, and later what changed, from arXiv's OAI-PMH (http://www.openarchives.org/OAI/openarchivesprotocol.html).
 * A list that the server has forgotten is begun anew; what is known already changes nothing.
 */
export function oaiReader({
  set,
  from,
  base = 'https://oaipmh.arxiv.org/oai',
  pace: seconds = 3,
  patience,
  timeout,
}: OaiOptions = {}): Reader {
  const pace = new Pace(seconds);
  const source = `oai:${set ?? 'all'}`;
  return {
    source,
    async *read(cursor, done, { signal }): AsyncGenerator<Batch> {
      const before = (cursor ?? {}) as Harvest;
      let state: Harvest = done ? { ...(before.began !== undefined && { from: before.began }) } : before;
      if (cursor === undefined && from !== undefined) state = { from };
      for (let forgotten = 0; ; ) {
        const url = new URL(base);
        url.search = new URLSearchParams(
          state.token !== undefined
            ? { verb: 'ListRecords', resumptionToken: state.token }
            : {
                verb: 'ListRecords',
                metadataPrefix: 'arXivRaw',
                ...(set !== undefined && { set }),
                ...(state.from !== undefined && { from: state.from }),
              },
        ).toString();
        await pace.turn(signal);
        const { text } = await fetchText(url.href, options(patience, timeout, signal));
        const { records, others, fault } = xmlRecords(text, ['record']);
        const refusal = others.find(({ name }) => name === 'error');
        if (refusal?.attributes.code === 'badResumptionToken' && state.token !== undefined && forgotten++ === 0) {
          const { token: _, ...anew } = state;
          state = anew;
          continue;
        }
        const began = state.began ?? dayOf(others.find(({ name }) => name === 'responseDate')?.text);
        const nothing = refusal?.attributes.code === 'noRecordsMatch';
        if (refusal && !nothing)
          throw new FetchError(`fetch: ${url.href}: ${refusal.attributes.code ?? ''} ${refusal.text}`);
        // a damaged page does not tell where the list goes on
        if (fault !== undefined) throw new FetchError(`fetch: ${url.href}: expected OAI-PMH: ${fault}`);
        const resumption = others.find(({ name }) => name === 'resumptionToken');
        const token = resumption?.text.trim();
        const read = records.flatMap((record) => oaiRecord(record) ?? []);
        const end = token === undefined || token === '';
        state = {
          ...(state.from !== undefined && { from: state.from }),
          ...(began !== undefined && { began }),
          ...(!end && { token }),
        };
        const total = Number(resumption?.attributes.completeListSize);
        const behind = Number(resumption?.attributes.cursor);
        yield {
          records: read.filter((record) => typeof record !== 'string'),
          faults: read.filter((record) => typeof record === 'string'),
          cursor: state,
          done: end,
          ...(total > 0 && behind >= 0 && { share: Math.min(1, (behind + records.length) / total) }),
        };
        if (end) return;
      }
    },
  };
}

/** A record in arXiv's own form; undefined for one that was withdrawn. */
function oaiRecord(record: XmlNode): SourceRecord | string | undefined {
  const [header] = childrenOf(record, 'header');
  if (header?.attributes.status === 'deleted') return undefined;
  const about = find(record, 'arXivRaw') ?? find(record, 'arXiv');
  const name = (header && childText(header, 'identifier')) || 'record';
  const arxiv = about && arxivOf(childText(about, 'id'));
  if (!about || !arxiv) return `oai ${name}: expected an arXiv record, got something else`;
  const versions = childrenOf(about, 'version');
  const date = dayOf(versions[0] ? childText(versions[0], 'date') : childText(about, 'created'));
  if (date === undefined) return `oai ${arxiv.id}: expected a date, got none`;
  const doi = doiOf(childText(about, 'doi'));
  const venue = childText(about, 'journal-ref');
  const categories = childText(about, 'categories')
    .split(/\s+/)
    .filter((category) => category !== '');
  const listed = childrenOf(about, 'authors')[0];
  const named = listed ? childrenOf(listed, 'author') : [];
  const paper: PaperData = {
    title: readableTex(childText(about, 'title')),
    abstract: readableTex(childText(about, 'abstract')),
    authors:
      named.length > 0
        ? named.map((author) => `${childText(author, 'forenames')} ${childText(author, 'keyname')}`)
        : rawAuthors(listed?.text ?? ''),
    date,
    arxiv: { id: arxiv.id, version: Math.max(1, versions.length) },
    url: `https://arxiv.org/abs/${arxiv.id}`,
    ...(categories.length > 0 && { categories }),
    ...(doi !== undefined && { doi }),
    ...(venue !== '' && { venue }),
  };
  return { source: 'arxiv', record: arxiv.id, paper };
}

/** `Ada Lovelace (London), Grace Hopper and Alan Turing`: names without what stands in brackets. */
function rawAuthors(text: string): string[] {
  let plain = text;
  // from the innermost brackets out
  for (let depth = 0; depth < 5; depth++) plain = plain.replace(/\([^()]*\)/g, ' ');
  return plain
    .split(/,|\s+and\s+/)
    .map((name) => name.replace(/\s+/g, ' ').trim())
    .filter((name) => name !== '');
}

function find(node: XmlNode, name: string): XmlNode | undefined {
  for (const child of node.children) {
    const found = child.name === name ? child : find(child, name);
    if (found) return found;
  }
  return undefined;
}

function options(patience: Patience | undefined, timeout: number | undefined, signal: AbortSignal | undefined) {
  return {
    ...(patience && { patience }),
    ...(timeout !== undefined && { timeout }),
    ...(signal && { signal }),
  };
}
