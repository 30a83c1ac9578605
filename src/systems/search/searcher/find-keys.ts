/**
 * The keys of a query: what the model would write for it that documents say.
 *
 * A beam search a view, all in one batch, of which every prefix that it looked at is a key; the tokens that it would
 * begin with; and, as an option, pieces of the query itself, scored by the model like the others. (SEAL keeps all
 * candidates of its beams: arXiv 2204.10628, §3.2; pieces of the query are in its code only.)
 */
import { type BeamResult, beamSearch, type LanguageModel } from '../../../text/index.ts';
import { type Lane, ngramConstraint } from '../ngrams/constraint.ts';
import type { LiveNgrams, NgramState } from '../ngrams/live-ngrams.ts';
import { type Key, ngramWeight } from '../scoring/keys.ts';
import type { Coder } from './coder.ts';
import type { KeySource, View } from './types.ts';

export interface KeySearch {
  readonly views: readonly View[];
  readonly beams: number;
  readonly maxTokens: number;
  readonly queryNgrams: boolean;
  readonly unigrams: boolean;
  readonly constrained: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What keys are found with. */
export interface KeyFinder {
  readonly model: LanguageModel;
  readonly coder: Coder;
  readonly ngrams: LiveNgrams;
}

/** Share of the vocabulary that is taken for what the model would begin with: SEAL takes 5,000 of 50,000 tokens. */
const UNIGRAM_SHARE = 0.1;
/** Words of a query of which pieces are taken, at most. */
const MOST_WORDS = 85;
/** Words of the longest piece. */
const PIECE_WORDS = 3;

/** All keys of a query, in no order; without the constraint also some that occur nowhere. */
export async function findKeys(by: KeyFinder, query: string, options: KeySearch): Promise<Key[]> {
  const { coder, model, ngrams } = by;
  const tokens = coder.encode(query);
  const most = Math.min(model.context, 1 << 16);
  const prompts = options.views.map((view) => coder.prompt(tokens, view, 'supervised', most));
  const found = new Map<string, Key>();
  const add = (ngram: readonly number[], source: KeySource, logProb: number, state: NgramState): void => {
    const count = ngrams.count(state);
    const weight = ngramWeight(logProb, count, ngrams.tokens);
    const name = `${isWhole(source) ? source : ''}${ngram.join()}`;
    // whoever comes first says where it is from: by another way it is as likely, but for rounding
    if (!found.has(name)) found.set(name, { tokens: ngram, source, logProb, state, count, weight });
  };

  const { results, first } = await written(by, prompts, options);
  for (const [i, view] of options.views.entries()) writtenKeys(by, view, results[i]!, add);
  if (options.queryNgrams) {
    const prompt = coder.prompt(tokens, 'body', 'supervised', most);
    const runs = runsOf(query, coder)
      .map(({ tokens, ends }) => ({ prompt, ends, ...occurring(ngrams, tokens.slice(0, most - 1)) }))
      .filter(({ continuation }) => continuation.length > 0);
    const scored = await model.score(runs, options.signal && { signal: options.signal });
    for (const [i, { continuation, ends, states }] of runs.entries()) {
      let logProb = 0;
      for (const [t, own] of scored[i]!.logProbs.entries()) {
        logProb += own;
        if (ends.has(t + 1)) add(continuation.slice(0, t + 1), 'query', logProb, states[t]!);
      }
    }
  }
  if (options.unigrams && first !== undefined) {
    for (const [token, logProb] of first) {
      if (!coder.marks.has(token)) add([token], 'unigram', logProb, ngrams.extend(ngrams.all, token));
    }
  }
  return [...found.values()];
}

/** Whether a key is a field from end to end. */
function isWhole(source: KeySource): boolean {
  return source === 'title' || source === 'queries';
}

/** The beam search of every view, and the distribution of the first token of the first one. */
async function written(
  { model, coder, ngrams }: KeyFinder,
  prompts: readonly (readonly number[])[],
  { views, beams, maxTokens, constrained, unigrams, signal }: KeySearch,
): Promise<{ results: BeamResult[]; first: [number, number][] | undefined }> {
  if (prompts.length === 0) return { results: [], first: undefined };
  const lanes = views.map((view) => laneOf(view, coder, ngrams));
  let first: [number, number][] | undefined;
  const watched: LanguageModel = {
    ...model,
    score: model.score.bind(model),
    begin: async (rows, watch) => {
      const decoding = await model.begin(rows, watch);
      const body = views.indexOf('body');
      if (unigrams && body >= 0) first = likeliest(decoding.logits, body, model.vocabulary);
      return decoding;
    },
  };
  const whole = views.some(isWhole);
  const results = await beamSearch(watched, prompts, {
    beams,
    maxTokens: whole ? Math.ceil(1.5 * maxTokens) : maxTokens,
    lengthPenalty: 0,
    end: [...coder.marks],
    history: true,
    ...(constrained && { constraint: ngramConstraint(ngrams, lanes) }),
    ...(signal && { signal }),
  });
  return { results, first };
}

function laneOf(view: View, { marks, titleEnd, queryMark }: Coder, ngrams: LiveNgrams): Lane {
  if (view === 'body') return { from: ngrams.all, without: marks };
  if (view === 'title') return { from: ngrams.beginnings, without: new Set([queryMark]), end: titleEnd };
  return { from: ngrams.extend(ngrams.all, queryMark), without: new Set([titleEnd]), end: queryMark };
}

/** The keys of a beam search: of a body all prefixes of two tokens and more, of another view what came to its end. */
function writtenKeys(
  { coder, ngrams }: KeyFinder,
  view: View,
  { history }: BeamResult,
  add: (ngram: readonly number[], source: KeySource, logProb: number, state: NgramState) => void,
): void {
  const { from, end } = laneOf(view, coder, ngrams);
  const states = new Map<readonly number[], NgramState>();
  const stateOf = (prefix: readonly number[]): NgramState => {
    const known = states.get(prefix) ?? prefix.reduce((state, token) => ngrams.extend(state, token), from);
    states.set(prefix, known);
    return known;
  };
  for (const candidates of history) {
    for (const { prefix, token, score } of candidates) {
      if (prefix.length === 0) continue;
      if (end === undefined ? coder.marks.has(token) : token !== end) continue;
      add([...prefix, token], view, score, ngrams.extend(stateOf(prefix), token));
    }
  }
}

/** The likeliest tokens of a row of logits, with ln P. */
function likeliest(logits: Float32Array, row: number, vocabulary: number): [number, number][] {
  const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
  let most = Number.NEGATIVE_INFINITY;
  for (const x of own) most = Math.max(most, x);
  let total = 0;
  for (const x of own) total += Math.exp(x - most);
  const norm = most + Math.log(total);
  return Array.from(own, (x, token): [number, number] => [token, x - norm])
    .sort((a, b) => b[1] - a[1])
    .slice(0, Math.ceil(UNIGRAM_SHARE * vocabulary));
}

/** The runs of three words of the query, fewer at its end, and after how many tokens a word ends. */
function runsOf(query: string, coder: Coder): { readonly tokens: number[]; readonly ends: ReadonlySet<number> }[] {
  const words = query.match(/[\p{L}\p{N}]+(?:[-'’.][\p{L}\p{N}]+)*/gu)?.slice(0, MOST_WORDS) ?? [];
  const runs = new Map<string, string[]>();
  for (const from of words.keys()) {
    const run = words.slice(from, from + PIECE_WORDS);
    for (const first of coder.lowercase ? [run[0]!] : firstLetters(run[0]!)) {
      const own = [first, ...run.slice(1)];
      runs.set(own.join(' '), own);
    }
  }
  return Array.from(runs, ([text, own]) => ({
    tokens: coder.encode(text),
    ends: new Set(own.map((_, i) => coder.encode(own.slice(0, i + 1).join(' ')).length)),
  }));
}

/** The longest beginning of some tokens that documents have, and the state of each of its beginnings. */
function occurring(ngrams: LiveNgrams, tokens: readonly number[]): { continuation: number[]; states: NgramState[] } {
  const states: NgramState[] = [];
  for (let state = ngrams.all; states.length < tokens.length; states.push(state)) {
    state = ngrams.extend(state, tokens[states.length]!);
    if (ngrams.count(state) === 0) break;
  }
  return { continuation: tokens.slice(0, states.length), states };
}

/** With a small and with a capital first letter. */
function firstLetters(text: string): string[] {
  const [first = '', ...rest] = text;
  return [...new Set([first.toLowerCase(), first.toUpperCase()])].map((letter) => letter + rest.join(''));
}
