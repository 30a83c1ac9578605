/**
 * Phrases that rise: in a recent window they are in a larger share of the papers than before, by more than chance.
 *
 * Only papers before the day asked about are read, so that no answer knows the future. Every phrase that is in enough
 * papers of both windows together is tested exactly (exact.ts), given how many papers each window has, and the discoveries
 * are those of a stated false discovery rate under any dependence (discovery.ts). Which phrases are tested does not depend
 * on which papers are the recent ones: choosing them by their growth would spoil the rate.
 *
 * The control is the same with dates shuffled: papers trade places between the windows, inside their stratum. Nothing can
 * rise then, and whatever is found is false.
 */
import { shuffled } from '../../../data/index.ts';
import { random } from '../../../tensor/index.ts';
import { addMonths, dayNumber } from '../calendar.ts';
import type { Paper } from '../paper.ts';
import { documentsOf, type PhraseTable, phrasesOf, textOf } from '../phrases/phrases.ts';
import { phrasePattern, spaced } from '../phrases/spelling.ts';
import { expectedBelow, qValues } from './discovery.ts';
import { ExactTails, type Stratum } from './exact.ts';
import { type Found, grouped } from './grouped.ts';

export interface RisingOptions {
  /** The day asked about, `YYYY-MM-DD`: papers of that day and later are not read. */
  readonly at: string;
  /** Months of the recent window; 3 unless given. */
  readonly recent?: number;
  /** Months of the window before it; 12 unless given. */
  readonly before?: number;
  /** The stratum of a paper, as its venue: papers are only compared inside one. One stratum unless given. */
  readonly stratum?: (paper: Paper) => string;
  /** Of the discoveries, the share that may be false; 0.05 unless given. */
  readonly rate?: number;
  /** Fewest papers of a phrase, both windows together; 10 unless given. */
  readonly minPapers?: number;
  /**
   * What to tell about whether it rises or not: a family of tests of its own, apart from those of all phrases. Its rate holds
   * where it was chosen without looking at what rose.
   */
  readonly watch?: readonly Watched[];
}

/** A thing, and the phrases that name it; in singular or plural, with hyphens or without. */
export interface Watched {
  readonly name: string;
  readonly spellings: readonly string[];
}

/** How a phrase stands. */
export interface Standing {
  readonly phrase: string;
  /** Papers with the phrase in the recent window and in the one before. */
  readonly recent: number;
  readonly before: number;
  /**
   * How many times its share of the papers before its share is now, by Mantel and Haenszel's estimate over strata with
   * half a paper added to each window.
   */
  readonly growth: number;
  /** Of the exact one-sided test; at least 10⁻³⁰. */
  readonly p: number;
  /** The least false discovery rate at which it is a discovery. */
  readonly q: number;
}

export interface RisingPhrase extends Standing {
  /** Ids of its recent papers. */
  readonly papers: readonly string[];
  /** Other discoveries that name the same thing: parts of it or longer ones, in mostly the same recent papers. */
  readonly also: readonly string[];
}

export interface Rising {
  readonly at: string;
  /** First day of the recent window, and of the one before. */
  readonly recentFrom: string;
  readonly beforeFrom: string;
  /** Papers in each window; those of strata that are in one window only do not count. */
  readonly recent: number;
  readonly before: number;
  /** Phrases that were tested. */
  readonly tested: number;
  readonly rate: number;
  /** Discoveries before those that name the same thing were put together: what the rate is about. */
  readonly discoveries: number;
  /** By p. */
  readonly phrases: readonly RisingPhrase[];
  /** What was to be watched, under its name: papers with any of its spellings, and q among those watched. */
  readonly watched: readonly Standing[];
}

/**
 * What rises on a day.
 * @throws RangeError for options out of range; SyntaxError for a date that is none
 * @example
 * const { phrases } = rising(papers, { at: '2022-05-01', recent: 1, before: 12 });
 */
export function rising(papers: readonly Paper[], options: RisingOptions): Rising {
  const study = prepare(papers, options);
  const { windows, table, rate } = study;
  const p = pValues(study, study.isRecent);
  const q = qValues(p, study.below);
  const found = Array.from(table.names.keys())
    .filter((number) => q[number]! <= rate)
    .map((number): Found => {
      const documents = Array.from(documentsOf(table, number));
      const recent = documents.filter((document) => study.isRecent[document] === 1);
      return {
        phrase: table.names[number]!,
        words: table.words[number]!,
        recent,
        before: documents.length - recent.length,
        growth: growthOf(study, documents),
        p: p[number]!,
        q: q[number]!,
      };
    });
  return {
    ...windows,
    tested: table.names.length,
    rate,
    discoveries: found.length,
    phrases: grouped(found).map(({ phrase, recent, before, growth, p, q, also }) => {
      return {
        phrase,
        recent: recent.length,
        before,
        growth,
        p,
        q,
        papers: recent.map((i) => study.read[i]!.id),
        also,
      };
    }),
    watched: watched(study, options.watch ?? []),
  };
}

/** How each of some things stands, tested among themselves. */
function watched(study: Study, things: readonly Watched[]): Standing[] {
  if (things.length === 0) return [];
  const texts = study.read.map((paper) => spaced(textOf(paper)));
  const tests = things.map(({ name, spellings }) => {
    const patterns = spellings.map(phrasePattern);
    const documents = [...texts.keys()].filter((i) => patterns.some((pattern) => pattern.test(texts[i]!)));
    const recent = documents.filter((document) => study.isRecent[document] === 1).length;
    const tail = tailOf(study, documents);
    return { name, documents, recent, tail, p: tail[recent]! };
  });
  const q = qValues(
    tests.map(({ p }) => p),
    expectedBelow(tests.map(({ tail }) => tail)),
  );
  return tests.map(({ name, documents, recent, p }, i) => ({
    phrase: name,
    recent,
    before: documents.length - recent,
    growth: growthOf(study, documents),
    p,
    q: q[i]!,
  }));
}

/**
 * The control: for each of some shuffles of the dates, how many phrases were found to rise.
 * @param seed the same gives the same shuffles
 */
export function shuffledRising(
  papers: readonly Paper[],
  options: RisingOptions,
  { shuffles, seed }: { readonly shuffles: number; readonly seed: number },
): number[] {
  const study = prepare(papers, options);
  const { stratumOf, strata } = study;
  const members: number[][] = strata.map(() => []);
  for (const [document, stratum] of stratumOf.entries()) members[stratum]!.push(document);
  const key = random.key(seed);
  return Array.from({ length: shuffles }, (_, shuffle) => {
    const isRecent = new Uint8Array(stratumOf.length);
    for (const [stratum, documents] of members.entries()) {
      const order = shuffled(key, documents.length, shuffle * strata.length + stratum);
      for (let i = 0; i < strata[stratum]!.recent; i++) isRecent[documents[order[i]!]!] = 1;
    }
    return qValues(pValues(study, isRecent), study.below).filter((q) => q <= study.rate).length;
  });
}

/** What stays the same when dates are shuffled. */
interface Study {
  readonly windows: Pick<Rising, 'at' | 'recentFrom' | 'beforeFrom' | 'recent' | 'before'>;
  readonly rate: number;
  readonly read: readonly Paper[];
  readonly table: PhraseTable;
  readonly isRecent: Uint8Array;
  readonly stratumOf: Int32Array;
  readonly strata: readonly Stratum[];
  readonly exact: ExactTails;
  /** Of each phrase: the probability of so many recent papers or more. */
  readonly tails: readonly Float64Array[];
  /** How many phrases are expected to have a p-value of at most t when nothing rises. */
  readonly below: (t: number) => number;
}

function prepare(papers: readonly Paper[], options: RisingOptions): Study {
  const { at, recent = 3, before = 12, rate = 0.05, minPapers = 10, stratum = () => '' } = options;
  for (const [name, value] of Object.entries({ recent, before, minPapers })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`rising: expected ${name} to be a whole number of at least 1, got ${value}`);
    }
  }
  if (!(rate > 0 && rate < 1)) throw new RangeError(`rising: expected a rate between 0 and 1, got ${rate}`);
  dayNumber(at);
  const recentFrom = addMonths(at, -recent);
  const beforeFrom = addMonths(at, -recent - before);
  const inWindows = papers.filter(({ date }) => date >= beforeFrom && date < at);
  const sizes = new Map<string, { before: number; recent: number }>();
  for (const paper of inWindows) {
    const name = stratum(paper);
    const size = sizes.get(name) ?? { before: 0, recent: 0 };
    size[paper.date >= recentFrom ? 'recent' : 'before']++;
    sizes.set(name, size);
  }
  const names = [...sizes].filter(([, size]) => size.before > 0 && size.recent > 0).map(([name]) => name);
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const read = inWindows.filter((paper) => numberOf.has(stratum(paper)));
  const strata = names.map((name) => sizes.get(name)!);
  const isRecent = Uint8Array.from(read, ({ date }) => (date >= recentFrom ? 1 : 0));
  const total = (window: 'recent' | 'before') => strata.reduce((sum, size) => sum + size[window], 0);
  const stratumOf = Int32Array.from(read, (paper) => numberOf.get(stratum(paper))!);
  const table = phrasesOf(read.map(textOf), { minDocuments: minPapers });
  const exact = new ExactTails(strata);
  const tails = table.names.map((_, phrase) => tailOf({ exact, stratumOf, strata }, documentsOf(table, phrase)));
  return {
    windows: { at, recentFrom, beforeFrom, recent: total('recent'), before: total('before') },
    rate,
    read,
    table,
    isRecent,
    stratumOf,
    strata,
    exact,
    tails,
    below: expectedBelow(tails),
  };
}

/** For papers with something in them: the probability of so many recent ones or more. */
function tailOf(
  { exact, stratumOf, strata }: Pick<Study, 'exact' | 'stratumOf' | 'strata'>,
  documents: Iterable<number>,
) {
  const counts = new Int32Array(strata.length);
  for (const document of documents) counts[stratumOf[document]!]!++;
  return exact.of(counts);
}

function pValues({ table, tails }: Study, isRecent: Uint8Array): Float64Array {
  return Float64Array.from(tails, (tail, phrase) => {
    let recent = 0;
    for (const document of documentsOf(table, phrase)) recent += isRecent[document]!;
    return tail[recent]!;
  });
}

/** Mantel and Haenszel's ratio of shares: Σ x₁·n₀/N over Σ x₀·n₁/N. */
function growthOf({ strata, stratumOf, isRecent }: Study, documents: readonly number[]): number {
  const counts = strata.map(() => ({ recent: 0, before: 0 }));
  for (const document of documents) counts[stratumOf[document]!]![isRecent[document] === 1 ? 'recent' : 'before']++;
  const all = strata.reduce((sum, { before, recent }) => sum + before + recent, 0);
  let [above, below] = [0, 0];
  for (const [s, { before, recent }] of strata.entries()) {
    const share = (before + recent) / all;
    above += ((counts[s]!.recent + 0.5 * share) * before) / (before + recent);
    below += ((counts[s]!.before + 0.5 * share) * recent) / (before + recent);
  }
  return above / below;
}
