/** Options that several verbs have. */
import { analysers, defaultAnalyser } from '../../../retrieval/index.ts';
import { formats } from '../readers/formats.ts';
import type { FieldNames } from '../readers/item.ts';
import type { Ranking, Scoring } from '../searcher/types.ts';

export const formatOption = {
  kind: 'choice',
  choices: formats,
  help: 'what the files are; told by their names where these end in .txt, .md, .jsonl, .json or .tsv, or are folders of texts or BEIR’s',
} as const;

export const fieldOptions = {
  idField: { kind: 'text', value: 'NAME', help: 'field of JSON that holds the id, if not id or _id' },
  titleField: { kind: 'text', value: 'NAME', help: 'field that holds the title, if not title' },
  textField: { kind: 'text', value: 'NAME', help: 'field that holds the text, if not text or contents' },
} as const;

/** The names that were given. */
export function fieldsOf(options: {
  readonly idField: string | undefined;
  readonly titleField: string | undefined;
  readonly textField: string | undefined;
}): FieldNames {
  const { idField: id, titleField: title, textField: text } = options;
  return { ...(id && { id }), ...(title && { title }), ...(text && { text }) };
}

export const analyserOption = {
  kind: 'choice',
  choices: analysers,
  help: 'what counts as a word: runs of letters of any script; of a–z and 0–9 only, as published values take them; these cut to English stems',
  default: defaultAnalyser,
} as const;

export const rankOptions = {
  rank: {
    kind: 'choice',
    choices: ['both', 'ngrams', 'words'] satisfies readonly Ranking[],
    help: 'what ranks: n-grams that the model writes, BM25 over words, or both; both where the index has a model, else words',
  },
  scoring: {
    kind: 'choice',
    choices: ['intersective', 'lm-fm', 'lm'] satisfies readonly Scoring[],
    help: 'how n-grams become a score: all that fit together, the best weighed by its frequency, or the most probable',
    default: 'intersective',
  },
  beams: {
    kind: 'number',
    value: 'N',
    help: 'rows of the beam that writes n-grams',
    integer: true,
    min: 1,
    max: 256,
    default: 15,
  },
} as const;

export const toleranceOptions = {
  prefix: { kind: 'flag', help: 'the last word is still being typed: words that it begins are found too' },
  fuzzy: {
    kind: 'number',
    value: 'N',
    help: 'slips that a word may have, 0 to 2: one from four letters on, two from eight on; none in numbers',
    integer: true,
    min: 0,
    max: 2,
    default: 0,
  },
} as const;

export const limitOption = {
  kind: 'number',
  value: 'N',
  help: 'most documents to find',
  integer: true,
  min: 1,
  max: 10_000,
  default: 10,
} as const;

export const filterOption = {
  kind: 'text',
  value: 'CONDITION',
  help: 'only documents whose field fits: year>=2021, venue=ACL, authors~hinton (= != < <= > >= and ~ for “holds”)',
  many: true,
} as const;
