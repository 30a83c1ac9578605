/** `tenfold trends search` and `similar`: papers by words and meaning, and papers like others. */
import { blamed, printable, verb } from '../../../command/index.ts';
import { methods, type SearchHit } from '../search/search.ts';
import { embeddingOptions, searchOf, storeOption, withStore } from './collection.ts';
import { paperLine, signalLine } from './lines.ts';
import { filterIn, filterOptions } from './options.ts';

const limitOption = {
  kind: 'number',
  value: 'N',
  help: 'papers to show',
  integer: true,
  min: 1,
  max: 10_000,
  default: 10,
} as const;
const methodOption = {
  kind: 'choice',
  choices: methods,
  help: 'by words, by meaning, or both; both unless given',
} as const;

/** A hit as JSON has it: the paper without its whole text. */
function told({ paper: { text: _, ...paper }, ...hit }: SearchHit) {
  return { ...hit, paper };
}

function hitLines({ paper, signals, score, parts, words, sentence }: ReturnType<typeof told>, i: number): string {
  const by = [
    ...(parts.keyword === undefined ? [] : [`BM25 ${parts.keyword.toFixed(2)}`]),
    ...(parts.semantic === undefined ? [] : [`cosine ${parts.semantic.toFixed(2)}`]),
    ...words
      .filter(({ occurrences }) => occurrences > 0)
      .slice(0, 4)
      .map(({ word, score }) => `${word} ${score.toFixed(1)}`),
  ];
  const why = [paper.id, ...(score > 0 ? [`score ${score.toFixed(2)}`] : []), ...by, signalLine(signals)].filter(
    Boolean,
  );
  return [
    `${i + 1}. ${paperLine(paper)}`,
    ...(sentence ? [`   “${printable(sentence.text)}”`] : []),
    `   ${printable(why.join('; '))}`,
  ].join('\n');
}

export const searchVerb = verb({
  name: 'search',
  summary: 'find papers by words, by meaning, or by both',
  about: `Words side by side rank; everything else is a condition: "score matching" for a phrase, a AND b, a OR b, -word, brackets,
title: author: venue: category: tag: collection: source:, year:2020..2022, after:2021-06, before:2022, has:code, has:note, is:unread,
cites:ID, citedby:ID. Signals – date, citations, authority, popularity, code – put papers in order only where --sort asks for one,
and alone; every hit shows what it was found by. Words that begin with a hyphen come after --.`,
  args: { query: { help: 'what to look for; all papers where nothing is given', many: true, optional: true } },
  options: {
    store: storeOption,
    method: methodOption,
    unit: {
      kind: 'choice',
      choices: ['document', 'sentence'],
      help: 'whole papers, or their sentences',
      default: 'document',
    },
    sort: {
      kind: 'choice',
      choices: ['relevance', 'date', 'citations', 'authority', 'popularity', 'code'],
      help: 'what puts them in order',
      default: 'relevance',
    },
    ascending: { kind: 'flag', help: 'the least, or oldest, first' },
    limit: limitOption,
    skip: {
      kind: 'number',
      value: 'N',
      help: 'of the first to leave out',
      integer: true,
      min: 0,
      max: 10_000,
      default: 0,
    },
    ...filterOptions,
    ...embeddingOptions,
  },
  examples: [
    { line: 'tenfold trends search diffusion models --limit 5', does: 'five papers' },
    {
      line: `tenfold trends search '"score matching" author:song year:2021..2022' --sort citations`,
      does: 'conditions, and an order',
    },
    { line: 'tenfold trends search contrastive learning --without survey --has-code', does: 'filters' },
  ],
  run: ({ args, options, progress, signal }) =>
    blamed('search', () =>
      withStore(options.store, { progress, signal }, async (store) => {
        const { method, unit, sort, ascending, limit, skip } = options;
        const search = await searchOf(store, { progress, signal }, { ...options, words: method === 'keyword' });
        const { hits, ...found } = await search.search((args.query ?? []).join(' '), {
          ...(method && { method }),
          unit,
          sort,
          ascending,
          limit,
          offset: skip,
          filter: filterIn(options),
        });
        return { ...found, skipped: skip, hits: hits.map(told) };
      }),
    ),
  text: ({ hits, total, method, skipped }) =>
    [`${total} found (${method})`, ...hits.map((hit, i) => hitLines(hit, skipped + i))].join('\n'),
});

export const similarVerb = verb({
  name: 'similar',
  summary: 'find papers like one or several others',
  args: { ids: { help: 'ids of papers, as search shows them', many: true } },
  options: { store: storeOption, method: methodOption, limit: limitOption, ...filterOptions, ...embeddingOptions },
  examples: [{ line: 'tenfold trends similar arxiv:2006.15055 arxiv:2011.13456', does: 'papers like both' }],
  run: ({ args: { ids }, options, progress, signal }) =>
    blamed('similar', () =>
      withStore(options.store, { progress, signal }, async (store) => {
        const { method, limit } = options;
        const search = await searchOf(store, { progress, signal }, { ...options, words: method === 'keyword' });
        const { hits, ...found } = await search.similar(ids, {
          ...(method && { method }),
          limit,
          filter: filterIn(options),
        });
        return { ...found, hits: hits.map(told) };
      }),
    ),
  text: ({ hits }) => hits.map(hitLines).join('\n'),
});
