/** `tenfold trends ingest`: papers into a collection, from wherever they are told of. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { blamed, verb } from '../../../command/index.ts';
import { arxivReader, oaiReader } from '../ingest/arxiv.ts';
import { feedReader } from '../ingest/feed.ts';
import { bibtexReader, csvReader, jsonLinesReader } from '../ingest/files.ts';
import { folderReader } from '../ingest/folder.ts';
import { type IngestResult, ingest } from '../ingest/ingest.ts';
import type { Reader } from '../ingest/reader.ts';
import {
  gitHub,
  hackerNews,
  openAlex,
  readSignals,
  type SignalResult,
  type SignalSource,
  semanticScholar,
} from '../ingest/signals.ts';
import { addresses, addressRecords, embeddingOptions, searchOf, storeOption, withWritableStore } from './collection.ts';

const signalSources: Readonly<Record<string, () => SignalSource>> = {
  openalex: () => openAlex(),
  'semantic-scholar': () => semanticScholar(keyOf('SEMANTIC_SCHOLAR_KEY', 'apiKey')),
  github: () => gitHub(keyOf('GITHUB_TOKEN', 'token')),
  'hacker-news': () => hackerNews(),
};

function keyOf<K extends string>(variable: string, name: K): { readonly [N in K]?: string } {
  const value = process.env[variable];
  return (value ? { [name]: value } : {}) as { readonly [N in K]?: string };
}

export const ingestVerb = verb({
  name: 'ingest',
  summary: 'take papers into a collection: files, folders, feeds, arXiv',
  about: `A source is a file of JSON lines (.jsonl, also .gz), CSV, BibTeX or a feed (.xml, .rss, .atom); a folder of PDF and text; the
address of a feed; arxiv:QUERY, a search in arXiv's own language; oai:SET, all of an arXiv subject and later what changed; or ${addresses},
the State of the Union addresses.

Papers that several sources tell of are kept once: by DOI, arXiv id, or title and author. What was read is kept batch by batch with the
place that was reached, so that a run that is stopped or killed goes on where it was, and the same line later reads what is new.
What cannot be understood is named and left out. --signals reads what is counted about the papers: citations from openalex or
semantic-scholar, stars from github, discussion from hacker-news, each apart.`,
  args: { sources: { help: 'where the papers are', many: true, optional: true } },
  options: {
    store: storeOption,
    restart: { kind: 'flag', help: 'read the sources from their beginning again' },
    signals: { kind: 'text', value: 'SOURCE', help: Object.keys(signalSources).join(', '), many: true },
    ...embeddingOptions,
  },
  examples: [
    { line: 'tenfold trends ingest papers.jsonl library.bib', does: 'two files into trends.db' },
    {
      line: 'tenfold trends ingest "arxiv:cat:cs.CL AND submittedDate:[202204010000 TO 202205010000]"',
      does: 'a month of a subject',
    },
    { line: 'tenfold trends ingest --signals openalex', does: 'citations of what is there' },
    { line: `tenfold trends ingest ${addresses} --store ${addresses}.db`, does: 'a collection to try things on' },
  ],
  run: ({ args, options: { store: where, restart, signals, ...embedding }, progress, signal }) =>
    blamed('ingest', async () => {
      const sources = args.sources ?? [];
      if (sources.length + signals.length === 0)
        throw new RangeError(
          'ingest: expected sources, or --signals, got neither; tenfold trends ingest --help lists what can be read',
        );
      for (const name of signals)
        if (!(name in signalSources))
          throw new RangeError(`ingest: expected signals of ${Object.keys(signalSources).join(', ')}, got '${name}'`);
      const readers = await Promise.all(sources.map(readerOf));
      return withWritableStore('ingest', where, async (store) => {
        const read: Omit<IngestResult, 'faults'>[] = [];
        for (const reader of readers) {
          const { faults: _, ...result } = await ingest(store, reader, { progress, signal, restart });
          read.push(result);
        }
        const counted: (SignalResult & { readonly source: string })[] = [];
        for (const name of signals)
          counted.push({ source: name, ...(await readSignals(store, signalSources[name]!(), { progress, signal })) });
        const search = await searchOf(store, { progress, signal }, embedding);
        const { papers, vectors } = search.about;
        return { store: store.where, read, counted, papers, vectors };
      });
    }),
  text: ({ store, read, counted, papers, vectors }) =>
    [
      ...read.map(
        ({ source, read, added, updated, merged, faultCount }) =>
          `${source}: ${read} read, ${added} new, ${updated} changed${merged > 0 ? `, ${merged} found to be others` : ''}${faultCount > 0 ? `; ${faultCount} left out` : ''}`,
      ),
      ...counted.map(({ source, asked, known }) => `${source}: known of ${known} of ${asked}`),
      `${store}: ${papers} papers, ${vectors} with vectors`,
    ].join('\n'),
});

async function readerOf(source: string): Promise<Reader> {
  const [, kind, rest] = /^(arxiv|oai):(.+)$/s.exec(source) ?? [];
  if (kind === 'arxiv') return arxivReader({ query: rest! });
  if (kind === 'oai') return oaiReader(rest === 'all' ? {} : { set: rest! });
  if (/^https?:\/\//.test(source)) return feedReader(source);
  if (source === addresses) return addressReader;
  // a path that is not there is told here, before anything is read
  if ((await stat(source)).isDirectory()) return folderReader(source);
  const ending = extname(source.replace(/\.gz$/, '')).toLowerCase();
  const reader = { '.jsonl': jsonLinesReader, '.ndjson': jsonLinesReader, '.csv': csvReader, '.bib': bibtexReader }[
    ending
  ];
  if (reader) return reader(source);
  if (['.xml', '.rss', '.atom'].includes(ending)) return feedReader(source);
  throw new RangeError(
    `ingest: expected a folder, or a file that ends in .jsonl, .csv, .bib, .xml, .rss or .atom, got '${source}'`,
  );
}

const addressReader: Reader = {
  source: addresses,
  async *read(_, done) {
    if (!done) yield { records: await addressRecords(), faults: [], cursor: null, done: true, share: 1 };
  },
};
