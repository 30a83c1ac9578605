/**
 * The system's part of the living issue: sentences that were taken out of passages of the State of the Union addresses, and
 * the passages to be found. Quick and recorded run differ in the number of sentences.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitCorpus, unionAddresses } from '../../data/index.ts';
import { bootstrapInterval, type Experiment, type ExperimentContext, type Findings, mean } from '../../report/index.ts';
import { type Found, hitCurves, keyTable, methodBars, sizeTable } from './issue/figures.ts';
import { type ClozeQuery, inverseCloze } from './issue/passages.ts';
import { rules } from './rules.ts';
import type { Key } from './scoring/keys.ts';
import { untrainedSearcher } from './searcher/controls.ts';
import { createIndex, openIndexWriter } from './searcher/index-folder.ts';
import { Searcher } from './searcher/searcher.ts';
import { shippedSearchModel } from './searcher/shipped.ts';
import type { SearchOptions } from './searcher/types.ts';

const summary = `The small encoder–decoder that ships with the project (BART’s architecture with a vocabulary of its own; its card is in models), trained from the other addresses by the paper’s unsupervised recipe, and with sentences of theirs that ask for what stands around them, searches every twenty-fifth State of the Union address from 1790 to 2021, none of which it ever saw. They are cut into passages of about a hundred words; from some of them a sentence is taken out, which is the query, and the passage is to be found by what is left of it. Half of the model’s probability copies from the query. No n-gram of the query is a key, unless it says so, and nothing was tuned on these passages. Intervals are bootstrapped over queries, differences are of queries in pairs. What the paper measures on 21 million passages with a model of 406 million parameters cannot be tested here, and is listed as such.`;

/** Queries of each tier. */
const queryCount = { quick: 50, recorded: 500 } as const;
/** Documents that a method may find, and those of them that count as found. */
const DEPTH = 100;
const TOP = 10;

type Methods = 'lm' | 'lmFm' | 'intersective' | 'withQuery' | 'free' | 'tenBeams' | 'untrained' | 'words' | 'both';

async function run(context: ExperimentContext): Promise<Findings> {
  const { tier, progress, signal } = context;
  const { held } = splitCorpus(await unionAddresses());
  const { documents, queries } = inverseCloze(held, {
    count: queryCount[tier],
    seed: rules.intersective.seeds[tier][0]!,
  });
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-search-'));
  try {
    progress.update('indexing', 0);
    await createIndex(folder, { model: shippedSearchModel });
    {
      await using writer = await openIndexWriter(folder);
      await writer.add(documents);
    }
    await using searcher = await Searcher.open(folder);
    await using untrained = await untrainedSearcher(searcher, folder);
    const ranks = {} as Record<Methods, number[]>;
    const note = (method: Methods, rank: number) => {
      ranks[method] ??= [];
      ranks[method].push(rank);
    };
    let [written, occurring, freeWritten, freeOccurring] = [0, 0, 0, 0];
    const occurs = ({ tokens }: Key) => searcher.ngrams.count(searcher.ngrams.find(tokens)) > 0;
    for (const [i, query] of queries.entries()) {
      signal.throwIfAborted();
      progress.update('asking for passages', i / queries.length);
      const own = { limit: DEPTH, signal } satisfies SearchOptions;
      const without = { ...own, queryNgrams: false } satisfies SearchOptions;
      const keys = await searcher.keys(query.text, without);
      const place = (found: readonly { readonly document: { readonly id: string } }[]) => rankOf(found, query);
      note('lm', place(searcher.rank(keys, { ...without, scoring: 'lm' })));
      note('lmFm', place(searcher.rank(keys, { ...without, scoring: 'lm-fm' })));
      note('intersective', place(searcher.rank(keys, without)));
      const more = await searcher.keys(query.text, own);
      note('withQuery', place(searcher.rank(more, own)));
      note('both', place(searcher.fused(query.text, keys, own)));
      const free = await searcher.keys(query.text, { ...without, constrained: false });
      note('free', place(searcher.rank(free, without)));
      note('tenBeams', place(await searcher.byKeys(query.text, { ...without, beams: 10 })));
      note('untrained', place(await untrained.byKeys(query.text, without)));
      note('words', place(await searcher.search(query.text, { ...own, rank: 'words' })));
      const bodies = keys.filter(({ source }) => source === 'body');
      written += bodies.length;
      occurring += bodies.filter(occurs).length;
      const freely = free.filter(({ source }) => source === 'body');
      freeWritten += freely.length;
      freeOccurring += freely.filter(occurs).length;
    }
    const example = queries[0]!;
    const shown = await searcher.search(example.text, { limit: 1, rank: 'ngrams', signal });
    const sizes = sizesOf(searcher, documents);
    const points = (method: Methods) => ranks[method].map((rank) => (rank <= TOP ? 100 : 0));
    const gain = (one: Methods, other: Methods) => {
      const [a, b] = [points(one), points(other)];
      return bootstrapInterval(
        a.map((value, i) => value - b[i]!),
        mean,
        { seed: 1 },
      );
    };
    const found = (method: Methods, name: string): Found => ({ name, ranks: ranks[method] });
    const judge = (rule: keyof typeof rules, value: number | null, interval?: readonly [number, number]) =>
      rules[rule].judge({ tier, value, ...(interval && { interval }) });
    const measured = (rule: keyof typeof rules, { value, interval }: ReturnType<typeof gain>) =>
      judge(rule, value, interval);
    const scorings = [found('lm', 'LM'), found('lmFm', 'LM+FM'), found('intersective', 'intersective')];
    const others = [found('words', 'BM25'), found('both', 'BM25 + n-grams')];
    return {
      claims: [
        measured('frequency', gain('lmFm', 'lm')),
        measured('intersective', gain('intersective', 'lmFm')),
        measured('fusion', gain('both', 'words')),
        measured('learned', gain('intersective', 'untrained')),
        judge('occurs', (100 * occurring) / written),
        measured('constraint', gain('intersective', 'free')),
        measured('beams', gain('intersective', 'tenBeams')),
        judge('size', (100 * sizes.index) / sizes.text),
        judge('dense', null),
      ],
      figures: [
        methodBars(
          [
            ...scorings,
            found('withQuery', 'with n-grams of the query'),
            found('free', 'without the constraint'),
            found('tenBeams', 'ten beams'),
            found('untrained', 'untrained'),
            ...others,
          ],
          TOP,
        ),
        hitCurves([...scorings, ...others], DEPTH),
      ],
      tables: [
        keyTable(example.text, shown[0]),
        sizeTable(sizes, { occurring: (100 * freeOccurring) / freeWritten }, documents.length),
      ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };

/** From 1; infinite where it was not found. */
function rankOf(found: readonly { readonly document: { readonly id: string } }[], { id }: ClozeQuery): number {
  const at = found.findIndex(({ document }) => document.id === id);
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
}

function sizesOf(searcher: Searcher, documents: readonly { readonly title?: string; readonly text: string }[]) {
  const { segments } = searcher.collection;
  const bytes = (text: string) => Buffer.byteLength(text);
  return {
    text: documents.reduce((sum, { title = '', text }) => sum + bytes(title) + bytes(text), 0),
    index: segments.reduce((sum, { ngrams }) => sum + ngrams.file.length, 0),
    words: segments.reduce((sum, { words }) => sum + words.file.length, 0),
  };
}
