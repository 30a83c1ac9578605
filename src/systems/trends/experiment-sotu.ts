/** The quick run: bursts, rising phrases, topics and an issue of the State of the Union addresses. */
import { type Claim, type ExperimentContext, type Findings, type Table, table } from '../../report/index.ts';
import { cheapestByTrying } from './bursts/every-sequence.ts';
import { burstTimeline } from './bursts/figure.ts';
import { type PhraseBurst, phraseBursts } from './bursts/phrase-bursts.ts';
import { batchedBursts, gapBursts } from './bursts/streams.ts';
import { type Timeline, timelineOf } from './calendar.ts';
import { Draws } from './draws.ts';
import { expectedBursts } from './expected.ts';
import { checkIssue } from './issue/check.ts';
import type { Issue } from './issue/issue.ts';
import { writeIssue } from './issue/write.ts';
import type { Paper } from './paper.ts';
import { type PhraseTable, phrasesOf, textOf } from './phrases/phrases.ts';
import { pickPapers } from './pick/pick.ts';
import { shuffledRising } from './rising/rising.ts';
import {
  burstForm,
  burstShuffles,
  decade,
  expectedShare,
  falseDiscoveryRate,
  minPassages,
  risingShuffles,
  rules,
  strongest,
} from './rules.ts';
import { sotuPassages } from './sotu.ts';
import { studyOf } from './study.ts';
import { topicRiver } from './topics/figures.ts';
import { leiden } from './topics/leiden.ts';
import { type Graph, phraseNeighbours, similarityGraph } from './topics/neighbours.ts';
import { nearest, topicCounts, topicsOf } from './topics/topics.ts';

/** Random streams on which every sequence of states is tried. */
const streams = 400;
/** Bursts of the drawing of what is heaviest. */
const heaviestDrawn = 24;
/** Years of a burst that is about something that happened, and not about how people speak. */
const shortBurst = 15;

export async function sotuFindings({ tier, signal, progress }: ExperimentContext): Promise<Findings> {
  const claims: Claim[] = [];
  const step = (label: string, share: number) => {
    signal.throwIfAborted();
    progress.update(label, share);
  };
  step('every sequence of states', 0);
  claims.push(rules.exact.judge({ tier, value: largestDifference(streams) }));

  step('phrases of the addresses', 0.1);
  const papers = await sotuPassages();
  const table = phrasesOf(papers.map(textOf), { minDocuments: minPassages });
  const timeline = timelineOf(papers, 'year');
  const words = table.words.findIndex((count) => count > 1);
  const single: PhraseTable = { ...table, names: table.names.slice(0, words) };
  step('bursts', 0.2);
  const bursts = phraseBursts(single, timeline, burstForm);
  const found = expectedBursts.map((expected) => foundBurst(expected, bursts, timeline));
  claims.push(rules.words.judge({ tier, value: found.filter(({ holds }) => holds).length }));
  const levelled = phraseBursts(single, timeline, { scale: burstForm.scale, gamma: burstForm.gamma });
  const foundLevels = expectedBursts.map((expected) => foundBurst(expected, levelled, timeline));
  claims.push(rules.levels.judge({ tier, value: foundLevels.filter(({ holds }) => holds).length }));
  const foundOwn = expectedBursts.map((expected) => foundBurst(expected, levelled, timeline, expectedShare));
  claims.push(rules.ownTime.judge({ tier, value: foundOwn.filter(({ holds }) => holds).length }));

  step('bursts of shuffled years', 0.3);
  const lightest = Math.min(...found.map(({ heaviest }) => heaviest?.peak.weight ?? 0));
  const chance = heaviestByChance(single, timeline, burstShuffles);
  claims.push(rules.burstControl.judge({ tier, value: lightest > 0 ? (100 * chance) / lightest : null }));

  step('shuffled dates', 0.45);
  const risingOptions = {
    at: decade.at,
    recent: 120,
    before: decade.before,
    rate: falseDiscoveryRate,
  };
  const shuffles = shuffledRising(papers, risingOptions, {
    shuffles: risingShuffles,
    seed: rules.decadeControl.seeds.quick[0]!,
  });
  claims.push(
    rules.decadeControl.judge({ tier, value: (100 * shuffles.filter((count) => count > 0).length) / shuffles.length }),
  );

  step('topics of all passages', 0.6);
  const graph = similarityGraph(phraseNeighbours(table, nearest));
  claims.push(rules.connected.judge({ tier, value: disconnected(graph, leiden(graph)) }));
  const topics = topicsOf(papers, { table });

  step('the issue of the 1960s', 0.85);
  const { issue, claims: issueClaims } = issueOf(papers, tier);
  claims.push(...issueClaims);

  return {
    claims,
    figures: [
      burstTimeline({
        id: 'twelve-words',
        title: 'Twelve words and when history expects them',
        caption:
          'Each bar is a burst of the word: years in which the share of passages that have it is better explained by twice its usual rate; a darker one inside by four times, eight times and so on. The line above a row marks the years that were expected, written down beforehand.',
        bursts: expectedBursts.flatMap(({ word }) => levelled.filter(({ phrase }) => isWord(phrase, word))),
        timeline,
        expected: new Map(
          foundLevels.map(({ expected: { word, from, to }, heaviest }) => [
            heaviest?.phrase ?? word,
            [`${from}-01-01`, `${to + 1}-01-01`],
          ]),
        ),
      }),
      burstTimeline({
        id: 'heaviest-bursts',
        title: 'The heaviest short bursts',
        caption: `The ${heaviestDrawn} words with the heaviest bursts of at most ${shortBurst} years among ${single.names.length} words that are in at least ${minPassages} passages, in the order of time; nobody chose them.`,
        bursts: heaviest(
          levelled.filter(({ peak }) => peak.last - peak.first < shortBurst),
          heaviestDrawn,
        ),
        timeline,
      }),
      topicRiver({
        id: 'topic-river',
        title: 'What the addresses speak of',
        caption:
          'The six largest topics as streams as wide as their share of a decade’s passages. Topics are communities of the graph of nearest passages (Leiden), named by class-based tf-idf.',
        ...overDecades(topics, papers),
      }),
    ],
    tables: [expectedTable(found, foundLevels, foundOwn, timeline), issueTable(issue)],
  };
}

/** The largest difference in cost between the automaton's answer and trying everything. */
function largestDifference(count: number): number {
  const draws = new Draws(rules.exact.seeds.quick[0]!);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const n = 1 + draws.below(7);
    const options = { scale: 1.2 + 2 * draws.unit(), gamma: 2 * draws.unit(), states: 2 + draws.below(2) };
    const total = Array.from({ length: n }, () => 1 + draws.below(20));
    const relevant = total.map((d) => draws.below(d + 1));
    const batched = batchedBursts(relevant, total, options);
    largest = Math.max(largest, Math.abs(batched.cost - cheapestByTrying.batched(relevant, total, options)));
    let time = 0;
    const times = Array.from({ length: n + 1 }, () => {
      time += 0.05 + 4 * draws.unit();
      return time;
    });
    const gaps = gapBursts(times, options);
    largest = Math.max(largest, Math.abs(gaps.cost - cheapestByTrying.gaps(times, options)));
  }
  return largest;
}

interface FoundBurst {
  readonly expected: (typeof expectedBursts)[number];
  readonly heaviest: PhraseBurst | undefined;
  /** Its place among the bursts of the expected years, from 1, and how many these are. */
  readonly rank: number;
  readonly among: number;
  readonly holds: boolean;
}

/** @param share of its years that a burst has in the expected ones to be ranked; those that touch them, unless given */
function foundBurst(
  expected: (typeof expectedBursts)[number],
  bursts: readonly PhraseBurst[],
  timeline: Timeline,
  share = Number.MIN_VALUE,
): FoundBurst {
  const inside = ({ peak }: PhraseBurst) => {
    const [first, last] = [yearOf(timeline, peak.first), yearOf(timeline, peak.last)];
    return Math.max(0, Math.min(last, expected.to) - Math.max(first, expected.from) + 1) / (last - first + 1);
  };
  const heaviest = bursts.find(({ phrase }) => isWord(phrase, expected.word));
  const ofThatTime = bursts.filter((burst) => inside(burst) >= share);
  const rank = heaviest ? ofThatTime.indexOf(heaviest) + 1 : 0;
  const holds = rank > 0 && inside(heaviest!) >= expectedShare && rank <= strongest * ofThatTime.length;
  return { expected, heaviest, rank, among: ofThatTime.length, holds };
}

/** Whether a phrase of the table is a word given in the singular; the table spells it as it is mostly written. */
function isWord(phrase: string, singular: string): boolean {
  return phrase === singular || phrase === `${singular}s`;
}

function yearOf({ starts }: Timeline, bin: number): number {
  return Number(starts[bin]!.slice(0, 4));
}

/** The heaviest burst of any word, the years of the passages shuffled so many times. */
function heaviestByChance(table: PhraseTable, timeline: Timeline, shuffles: number): number {
  const draws = new Draws(rules.burstControl.seeds.quick[0]!);
  let most = 0;
  for (let shuffle = 0; shuffle < shuffles; shuffle++) {
    const of = Int32Array.from(timeline.of);
    draws.shuffle(of);
    most = Math.max(most, phraseBursts(table, { ...timeline, of }, burstForm)[0]?.peak.weight ?? 0);
  }
  return most;
}

/** The heaviest burst of each of some phrases, in the order of time. */
function heaviest(bursts: readonly PhraseBurst[], count: number): PhraseBurst[] {
  const first = new Map<string, PhraseBurst>();
  for (const burst of bursts) if (first.size < count && !first.has(burst.phrase)) first.set(burst.phrase, burst);
  return [...first.values()].sort((a, b) => a.peak.first - b.peak.first || a.peak.last - b.peak.last);
}

/** How many communities are not joined inside. */
export function disconnected({ starts, ends }: Graph, of: Int32Array): number {
  const seen = new Uint8Array(of.length);
  const begun = new Set<number>();
  const apart = new Set<number>();
  for (let i = 0; i < of.length; i++) {
    if (seen[i]) continue;
    if (begun.has(of[i]!)) apart.add(of[i]!);
    begun.add(of[i]!);
    const stack = [i];
    seen[i] = 1;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const end = ends[at]!;
        if (seen[end] || of[end] !== of[i]) continue;
        seen[end] = 1;
        stack.push(end);
      }
    }
  }
  return apart.size;
}

function issueOf(papers: readonly Paper[], tier: ExperimentContext['tier']) {
  const { from, at, before } = decade;
  const study = studyOf(papers, { from, at, before, rate: falseDiscoveryRate });
  const issue = writeIssue(study, pickPapers(study), { title: 'The State of the Union in the 1960s' });
  return { issue, claims: issueClaims(issue, study.papers, tier) };
}

/** The two claims about an issue. */
export function issueClaims(issue: Issue, papers: readonly Paper[], tier: ExperimentContext['tier']): Claim[] {
  const problems = checkIssue(issue, papers).length + (issue.picks.length === 10 ? 0 : 1);
  const topics = new Set(issue.picks.flatMap(({ topicId }) => (topicId === null ? [] : [topicId]))).size;
  return [rules.issue.judge({ tier, value: problems }), rules.topics.judge({ tier, value: topics })];
}

/** Bins of ten years: a year has too few passages for a share. */
function overDecades(topics: ReturnType<typeof topicsOf>, papers: readonly Paper[]) {
  const rounded = papers.map((paper) => ({ ...paper, date: `${paper.date.slice(0, 3)}0-01-01` }));
  const years = timelineOf(rounded, 'year');
  const decades = years.starts.flatMap((start, bin) => (years.sizes[bin]! > 0 ? [{ start, bin }] : []));
  const counts = topicCounts(topics, rounded, years);
  return {
    timeline: {
      ...years,
      starts: decades.map(({ start }) => start),
      sizes: Int32Array.from(decades, ({ bin }) => years.sizes[bin]!),
    },
    topics: topics.topics,
    counts: counts.map((own) => Int32Array.from(decades, ({ bin }) => own[bin]!)),
  };
}

function expectedTable(
  found: readonly FoundBurst[],
  levels: readonly FoundBurst[],
  own: readonly FoundBurst[],
  timeline: Timeline,
): Table {
  const years = ({ heaviest }: FoundBurst) =>
    heaviest ? `${yearOf(timeline, heaviest.peak.first)}–${yearOf(timeline, heaviest.peak.last)}` : 'none';
  const place = ({ rank, among, holds }: FoundBurst) =>
    `${rank > 0 ? `${rank} of ${among}` : 'elsewhere'}, ${holds ? 'yes' : 'no'}`;
  return table({
    id: 'expected-bursts',
    title: 'Twelve words: what was expected, and what was found',
    caption: `The heaviest burst of each word, by the two-state automaton and by the whole one, and its rank by weight among the bursts of all words that touch the expected years; in the last rank among those that lie in them for at least half of their own. It holds (yes) where at least ${100 * expectedShare} % of the burst's years are expected ones and the rank is in the first ${100 * strongest} %.`,
    columns: {
      word: { name: 'Word', type: 'text' },
      expected: { name: 'Expected', type: 'text' },
      two: { name: 'Two states', type: 'text' },
      twoRank: { name: 'Rank, holds', type: 'text' },
      all: { name: 'All states', type: 'text' },
      allRank: { name: 'Rank, holds', type: 'text' },
      ownRank: { name: 'Among its own time’s', type: 'text' },
      weight: { name: 'Weight', type: 'number', unit: 'nat', decimals: 0 },
      why: { name: 'Why expected', type: 'text' },
    },
    rows: found.map((two, i) => ({
      word: two.expected.word,
      expected: `${two.expected.from}–${two.expected.to}`,
      two: years(two),
      twoRank: place(two),
      all: years(levels[i]!),
      allRank: place(levels[i]!),
      ownRank: place(own[i]!),
      weight: levels[i]!.heaviest?.peak.weight ?? null,
      why: two.expected.why,
    })),
  });
}

/** The issue in short: what was picked, on which topic, and how it opens. */
export function issueTable(issue: Issue): Table {
  return table({
    id: 'issue',
    title: `An issue: ${issue.title}`,
    caption: `The ten that were picked from ${issue.papers} of the window, by rising phrases, likeness and novelty (no citations are at hand). What rises most: ${
      issue.rising
        .slice(0, 8)
        .map(({ phrase }) => phrase)
        .join(', ') || 'nothing'
    }.`,
    columns: {
      paper: { name: 'Paper', type: 'text' },
      topic: { name: 'Topic', type: 'text' },
      score: { name: 'Score', type: 'number', decimals: 2 },
      why: { name: 'Why, in its own words', type: 'text' },
    },
    rows: issue.picks.map(({ paper, topic, score, why, insights }) => ({
      paper: `${paper.title} (${[paper.authors[0], paper.date.slice(0, 4)].filter(Boolean).join(', ')})`,
      topic,
      score,
      why: (why.length > 0 ? why : insights).map(({ text }) => text).join(' ') || null,
    })),
  });
}
