/** RSS (0.9 to 2.0) and Atom feeds, from a server or a file. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { parseHTML } from 'linkedom';
import { arxivOf, doiOf } from '../store/identity.ts';
import type { SourceRecord } from '../store/store.ts';
import type { ServerOptions } from './arxiv.ts';
import { fetchBytes } from './http.ts';
import type { Batch, Reader } from './reader.ts';
import { dayOf } from './record.ts';
import { childrenOf, childText, type XmlNode, xmlRecords } from './xml.ts';

/** Feeds are small; what is larger is none. */
const mostBytes = 2 ** 26;

/** @param where an address, or the path of a file */
export function feedReader(where: string, { patience, timeout }: Omit<ServerOptions, 'base' | 'pace'> = {}): Reader {
  return {
    source: where,
    async *read(cursor, _done, { signal }): AsyncGenerator<Batch> {
      const bytes = /^https?:\/\//i.test(where)
        ? (
            await fetchBytes(where, {
              maxBytes: mostBytes,
              ...(patience && { patience }),
              ...(timeout !== undefined && { timeout }),
              ...(signal && { signal }),
            })
          ).bytes
        : await readSmall(where);
      const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
      // a feed is read whole; one that has not changed says nothing new
      if (cursor === digest) return;
      const { records, others, fault } = xmlRecords(decoded(bytes), ['item', 'entry']);
      if (records.length === 0 && !others.some(({ name }) => name === 'channel' || name === 'feed'))
        throw new SyntaxError(`ingest: ${where}: expected an RSS or Atom feed: ${fault ?? 'got another document'}`);
      const read = records.map((record) => itemRecord(where, record));
      yield {
        records: read.filter((record) => typeof record !== 'string'),
        faults: [
          ...read.filter((record) => typeof record === 'string'),
          ...(fault === undefined ? [] : [`${where}: ${fault} (the items before were read)`]),
        ],
        cursor: digest,
        done: true,
      };
    },
  };
}

async function readSmall(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > mostBytes)
    throw new RangeError(`ingest: ${path}: expected a feed of at most ${mostBytes} bytes, got ${size}`);
  return readFile(path);
}

/** The text of a document in the encoding that it names. */
function decoded(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const [, named = 'utf-8'] = /^[^<]*<\?xml[^>]*encoding=["']([\w.-]{1,30})["']/i.exec(head) ?? [];
  try {
    return new TextDecoder(named).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function itemRecord(source: string, item: XmlNode): SourceRecord | string {
  const title = plain(childText(item, 'title'));
  const link =
    childrenOf(item, 'link').find(({ attributes }) => (attributes.rel ?? 'alternate') === 'alternate')?.attributes
      .href ?? childText(item, 'link');
  const own = childText(item, 'guid') || childText(item, 'id') || link || title;
  if (title === '') return `${source}: expected a title, got none${own === '' ? '' : ` (${own.slice(0, 80)})`}`;
  const date = ['pubDate', 'published', 'date', 'updated'].flatMap((name) => dayOf(childText(item, name)) ?? [])[0];
  if (date === undefined) return `${source}: expected a date, got none ('${title.slice(0, 80)}')`;
  const creators = childrenOf(item, 'creator').flatMap(({ text }) => text.split(/[,;]\s*/));
  const authors = [
    ...creators,
    ...childrenOf(item, 'author').map((author) => childText(author, 'name') || author.text),
  ];
  const text = [
    childText(item, 'encoded'),
    childText(item, 'content'),
    childText(item, 'description'),
    childText(item, 'summary'),
  ];
  const categories = childrenOf(item, 'category').map(({ attributes, text }) => attributes.term ?? text);
  const doi = doiOf(childText(item, 'doi') || childText(item, 'identifier') || link);
  const arxiv = arxivOf(own) ?? arxivOf(link);
  return {
    source,
    record: own,
    paper: {
      title,
      abstract: plain(text.find((part) => part !== '') ?? ''),
      authors: authors.map(plain).filter((name) => name !== ''),
      date,
      ...(link !== '' && { url: link }),
      ...(categories.length > 0 && { categories }),
      ...(doi !== undefined && { doi }),
      ...(arxiv && { arxiv }),
    },
  };
}

/** What HTML shows as text; a text without tags stays. */
function plain(text: string): string {
  if (!/<[a-z!/]|&[a-z#]/i.test(text)) return text.trim();
  const { document } = parseHTML(`<!doctype html><html><body>${text}</body></html>`);
  for (const element of document.querySelectorAll('script, style, template')) element.remove();
  return (document.body.textContent ?? '').trim();
}
