/**
 * Pseudo-queries: what a document might be asked for, written by the model itself, as a third view of documents beside
 * their titles and their text.
 *
 * From judged queries the model has learned to write a query for a span. For a document it is given spans of it, and draws
 * a query for each among the ten likeliest tokens at a time, as docT5query does. They are stored with the document and
 * indexed between marks, so that a search can write them as it writes titles.
 *
 * Y. Li et al., "Multiview identifiers enhanced generative retrieval" (ACL 2023): MINDER; R. Nogueira, J. Lin, "From
 * doc2query to docTTTTTquery" (2019).
 */
import { type Progress, silent } from '../../../command/index.ts';
import { type LanguageModel, sample } from '../../../text/index.ts';
import { Collection } from '../collection/collection.ts';
import type { StoredDocument } from '../collection/segment.ts';
import type { Coder } from '../searcher/coder.ts';
import { checkedModel, openIndexWriter } from '../searcher/index-folder.ts';
import { openSearchModel } from '../searcher/model-folder.ts';
import { Draws } from './draws.ts';
import { anySpan, tellingSpan, wordsIn } from './spans.ts';

/** Documents that are written for at once, and that are stored at once. */
const TOGETHER = 32;
const STORED = 1024;
/** Tokens of a query, and how many of the likeliest one is drawn from. */
const LONGEST = 24;
const LIKELIEST = 10;

export interface PseudoQueryOptions {
  /** Of the index, whose model has learned from judged queries. */
  readonly folder: string;
  /** For each document that has none. */
  readonly count: number;
  readonly seed?: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export interface PseudoQueried {
  /** Documents that have got some. */
  readonly documents: number;
  readonly queries: number;
}

/**
 * Writes pseudo-queries for the documents of an index that have none, and stores them with these. What was stored stays
 * when it is stopped; asked again, it goes on.
 * @throws RangeError for an index without a model; the signal's reason
 */
export async function writePseudoQueries(options: PseudoQueryOptions): Promise<PseudoQueried> {
  const { folder, count, seed = 0, progress = silent, signal } = options;
  const { coder, model } = await openSearchModel(await checkedModel(folder));
  if (model === undefined) {
    throw new RangeError(`train: expected a model in ${folder} that has learned from queries, got none`);
  }
  try {
    await using writer = await openIndexWriter(folder, { ...(signal && { signal }) });
    const bare = [...(await Collection.open(folder)).documents()].filter(({ queries = [] }) => queries.length === 0);
    const written = { documents: 0, queries: 0 };
    let ready: StoredDocument[] = [];
    for (let from = 0; from < bare.length; from += TOGETHER) {
      signal?.throwIfAborted();
      progress.update(`questions for ${bare.length} documents`, from / bare.length);
      const some = bare.slice(from, from + TOGETHER);
      const asked = await queriesFor({ model, coder }, some, { count, seed: seed + from, ...(signal && { signal }) });
      for (const [i, document] of some.entries()) {
        const queries = asked[i]!;
        if (queries.length === 0) continue;
        ready.push({ ...document, queries });
        written.documents++;
        written.queries += queries.length;
      }
      if (ready.length >= STORED || from + TOGETHER >= bare.length) {
        await writer.add(ready);
        ready = [];
      }
    }
    await writer.merged();
    return written;
  } finally {
    await model.release();
  }
}

/** Different queries for each of some documents; none for one without text. */
async function queriesFor(
  { model, coder }: { readonly model: LanguageModel; readonly coder: Coder },
  documents: readonly StoredDocument[],
  { count, seed, signal }: { readonly count: number; readonly seed: number; readonly signal?: AbortSignal },
): Promise<string[][]> {
  const draws = new Draws(seed, 5);
  const found = documents.map(() => new Set<string>());
  const spans = documents.flatMap(({ text }, document) => {
    const words = wordsIn(text);
    const pick = (i: number) => (i === 0 ? tellingSpan(words, draws) : anySpan(words, draws));
    return Array.from({ length: count }, (_, i) => ({ document, span: pick(i) })).filter(
      ({ span }) => span !== undefined,
    );
  });
  const most = Math.min(model.context, 1 << 16);
  const rows = await sample(
    model,
    spans.map(({ span }) => coder.prompt(coder.encode(span!), 'queries', 'unsupervised', most)),
    { maxTokens: LONGEST, end: coder.queryMark, temperature: 1, topK: LIKELIEST, seed, ...(signal && { signal }) },
  );
  for (const [i, [row]] of rows.entries()) {
    // what is no text ends a query, whatever the model goes on to say
    const end = row!.tokens.findIndex((token) => !coder.isText(token));
    const query = coder.decode(end < 0 ? row!.tokens : row!.tokens.slice(0, end));
    // a letter that was cut in two is none
    if (/[\p{L}\p{N}]/u.test(query) && !query.includes('\ufffd')) found[spans[i]!.document]!.add(query);
  }
  return found.map((queries) => [...queries]);
}
