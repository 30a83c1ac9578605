/**
 * Analysers: what counts as a word. An index remembers its own, so that queries are taken apart as its texts were.
 *
 * - `ascii`: lower-cased runs of a–z and 0–9; no stemming, no stop words. The published BM25 values are of this one.
 * - `english`: the same, each cut to its stem (M. Porter, "An algorithm for suffix stripping", 1980).
 * - `unicode`: lower-cased runs of letters, marks and digits of every script, in compatibility form (NFKC); where a script
 *   puts no spaces between words, every two neighbouring characters, as Lucene's CJKAnalyzer takes them.
 */
import { stemmer } from 'stemmer';

/** In the order of their numbers in files. */
export const analysers = ['ascii', 'english', 'unicode'] as const;

export type Analyser = (typeof analysers)[number];

/** Of ASCII texts its words are those of `ascii`, and of others nothing is lost. */
export const defaultAnalyser: Analyser = 'unicode';

/** A word and where it stands in its text, in UTF-16 units. */
export interface Word {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

const beyondAscii = /[^\0-\x7f]/;

/** The words of a text, in order. */
export function wordsOf(text: string, analyser = defaultAnalyser): string[] {
  // texts, and runs in other texts, that are ASCII need no rules
  if (analyser === 'unicode' && beyondAscii.test(text)) {
    return (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).flatMap((run) =>
      beyondAscii.test(run) ? Array.from(wordsOfRun(run, 0), ({ word }) => word) : run.toLowerCase(),
    );
  }
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return analyser === 'english' ? words.map(stemOf) : words;
}

/** Stems of words that came lately: a few words are most of a text. */
const stems = new Map<string, string>();
const mostStems = 2 ** 16;
/** V8 keeps the whole text for a longer piece of it. */
const longest = 12;

function stemOf(word: string): string {
  if (word.length > longest) return stemmer(word);
  let stem = stems.get(word);
  if (stem === undefined) {
    if (stems.size === mostStems) stems.clear();
    stem = stemmer(word);
    stems.set(word, stem);
  }
  return stem;
}

/** The words of a text with their places, in order. */
export function* wordsIn(text: string, analyser = defaultAnalyser): Generator<Word> {
  if (analyser === 'unicode') {
    for (const { 0: run, index } of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) yield* wordsOfRun(run, index);
    return;
  }
  for (const { 0: run, index } of text.matchAll(/[a-z0-9]+/gi)) {
    const word = run.toLowerCase();
    yield { word: analyser === 'english' ? stemOf(word) : word, from: index, to: index + run.length };
  }
}

/** Scripts that are written without spaces between words. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー';
const unspaced = new RegExp(`[${UNSPACED}]`, 'u');
const parts = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, 'gu');

/** A run of letters is one word, but for what is of scripts without spaces: there every two neighbours are one. */
function* wordsOfRun(run: string, start: number): Generator<Word> {
  const wordAt = (from: number, to: number): Word => ({
    word: run.slice(from, to).normalize('NFKC').toLowerCase(),
    from: start + from,
    to: start + to,
  });
  for (const { 0: part, index } of run.matchAll(parts)) {
    const characters = unspaced.test(part) ? Array.from(part) : [part];
    if (characters.length === 1) yield wordAt(index, index + part.length);
    for (let i = 0, at = index; i + 1 < characters.length; at += characters[i++]!.length) {
      yield wordAt(at, at + characters[i]!.length + characters[i + 1]!.length);
    }
  }
}
