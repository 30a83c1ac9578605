/**
 * Topics: communities of the papers' similarity graph, with names that stay.
 *
 * A topic has an id that outlives updates. When topics are found anew, on more papers, pairs of a new and a former topic
 * that share at least half of the papers of the smaller are matched, those first whose papers agree most (Jaccard's index),
 * and the new one takes over id and name. So one part of a topic that splits keeps the name, and of two that merge the
 * larger part's stays; what matches none is new. Only papers of both collections are compared, so that growth alone does
 * not part a topic from itself.
 */
import { binStart, type Timeline } from '../calendar.ts';
import type { Paper } from '../paper.ts';
import { type PhraseTable, phrasesOf, textOf } from '../phrases/phrases.ts';
import { topicTerms } from './labels.ts';
import { leiden } from './leiden.ts';
import { type Neighbours, phraseNeighbours, similarityGraph } from './neighbours.ts';

/** Plain data, as JSON has it. */
export interface Topic {
  /** The same through updates: `topic-7`. */
  readonly id: string;
  /** The phrases that tell it from others, the most telling first. */
  readonly terms: readonly string[];
  /** As a user named it. */
  readonly name?: string;
  /** Ids of its papers, in the collection's order. */
  readonly papers: readonly string[];
}

/** The topics of a collection, the largest first. Plain data, to be kept for the next time. */
export interface Topics {
  readonly topics: readonly Topic[];
  /** Topics that have been numbered so far: numbers are not used again. */
  readonly numbered: number;
  /** Papers in none: they are like too few others. */
  readonly unsorted: readonly string[];
}

export interface TopicOptions {
  /** The nearest of each paper, of vectors of any origin; over shared phrases unless given. */
  readonly neighbours?: Neighbours;
  /** γ of Leiden: more for more and smaller topics; 2 unless given, which makes some forty of 16,000 papers. */
  readonly resolution?: number;
  /** Fewest papers of a topic; a two-hundredth of all, at least 4, unless given. */
  readonly minPapers?: number;
  /** The topics found before, whose ids and names are to be kept. */
  readonly former?: Topics;
  /** Phrases of the papers, in their order, if they are known already. */
  readonly table?: PhraseTable;
  readonly seed?: number;
}

/** How many of the nearest papers make the graph. */
export const nearest = 15;
/** Of the papers of the smaller of two, the share that both must have to be the same topic. */
const sameTopic = 0.5;
/** Phrases that a topic is told by. */
const termsShown = 8;

/**
 * The topics of papers.
 * @throws RangeError for neighbours of another number of papers
 * @example
 * const topics = topicsOf(papers);
 * const later = topicsOf(morePapers, { former: nameTopic(topics, 'topic-1', 'Diffusion') });
 */
export function topicsOf(papers: readonly Paper[], options: TopicOptions = {}): Topics {
  const { resolution = 2, seed, former } = options;
  const table = options.table ?? phrasesOf(papers.map(textOf));
  const neighbours = options.neighbours ?? phraseNeighbours(table, nearest);
  if (neighbours.ids.length !== papers.length * neighbours.k || table.documents !== papers.length) {
    throw new RangeError(`topics: expected neighbours and phrases of ${papers.length} papers, got those of others`);
  }
  const communities = leiden(similarityGraph(neighbours), {
    resolution,
    ...(seed !== undefined && { seed }),
  });
  const least = options.minPapers ?? Math.max(4, Math.ceil(papers.length / 200));
  const sizes = new Map<number, number>();
  for (const community of communities) sizes.set(community, (sizes.get(community) ?? 0) + 1);
  // numbered by size: those that are large enough come first
  const count = [...sizes.values()].filter((size) => size >= least).length;
  const of = communities.map((community) => (community < count ? community : -1));
  const members: string[][] = Array.from({ length: count }, () => []);
  const unsorted: string[] = [];
  for (const [i, { id }] of papers.entries()) (of[i]! < 0 ? unsorted : members[of[i]!]!).push(id);
  const terms = topicTerms(table, of, count, termsShown);
  const found = members.map((own, i) => ({ terms: terms[i]!, papers: own }));
  return { ...numbered(found, papers, former), unsorted };
}

/** The topics with a user's name for one of them; an empty name takes the name away. @throws RangeError for an id of none */
export function nameTopic(topics: Topics, id: string, name: string): Topics {
  if (!topics.topics.some((topic) => topic.id === id)) {
    throw new RangeError(
      `topics: expected the id of a topic, got '${id}'; there are ${topics.topics.map(({ id }) => id).join(', ')}`,
    );
  }
  const named = ({ name: _, ...rest }: Topic): Topic => (name.trim() === '' ? rest : { ...rest, name: name.trim() });
  return { ...topics, topics: topics.topics.map((topic) => (topic.id === id ? named(topic) : topic)) };
}

/** What to call a topic: the user's name, or its first phrases. */
export function topicLabel({ name, terms, id }: Topic): string {
  return name ?? (terms.slice(0, 3).join(', ') || id);
}

/** The topic of each paper by its id; papers of no topic are missing. */
export function topicOfPapers({ topics }: Topics): Map<string, Topic> {
  return new Map(topics.flatMap((topic) => topic.papers.map((paper) => [paper, topic] as const)));
}

/** Papers of each topic in each bin: `counts[topic][bin]`. */
export function topicCounts({ topics }: Topics, papers: readonly Paper[], { bin, starts }: Timeline): Int32Array[] {
  const place = new Map(starts.map((start, i) => [start, i]));
  const dateOf = new Map(papers.map(({ id, date }) => [id, date]));
  return topics.map((topic) => {
    const counts = new Int32Array(starts.length);
    for (const paper of topic.papers) {
      const date = dateOf.get(paper);
      const at = date === undefined ? undefined : place.get(binStart(date, bin));
      if (at !== undefined) counts[at]!++;
    }
    return counts;
  });
}

/** Ids and names: those of the former topics that are the same, new ones for the others. */
function numbered(
  found: readonly Pick<Topic, 'terms' | 'papers'>[],
  papers: readonly Paper[],
  former: Topics | undefined,
): Pick<Topics, 'topics' | 'numbered'> {
  const heir = former ? matched(found, papers, former) : new Map<number, Topic>();
  let next = former?.numbered ?? 0;
  const topics = found.map((topic, i) => {
    const before = heir.get(i);
    const name = before?.name;
    return { id: before?.id ?? `topic-${++next}`, ...topic, ...(name !== undefined && { name }) };
  });
  return { topics, numbered: next };
}

/** Pairs of new and former topics, the closest first; each is in one pair at most. */
function matched(
  found: readonly Pick<Topic, 'papers'>[],
  papers: readonly Paper[],
  former: Topics,
): Map<number, Topic> {
  const formerly = topicOfPapers(former);
  const known = new Set([...former.unsorted, ...formerly.keys()]);
  const present = new Set(papers.map(({ id }) => id));
  const sizeNow = found.map((topic) => topic.papers.filter((id) => known.has(id)).length);
  const sizeThen = new Map(former.topics.map((topic) => [topic, topic.papers.filter((id) => present.has(id)).length]));
  const pairs: { i: number; topic: Topic; share: number }[] = [];
  for (const [i, own] of found.entries()) {
    const both = new Map<Topic, number>();
    for (const id of own.papers) {
      const topic = formerly.get(id);
      if (topic) both.set(topic, (both.get(topic) ?? 0) + 1);
    }
    for (const [topic, count] of both) {
      const then = sizeThen.get(topic)!;
      const share = count / (sizeNow[i]! + then - count);
      if (count >= sameTopic * Math.min(sizeNow[i]!, then)) pairs.push({ i, topic, share });
    }
  }
  const heir = new Map<number, Topic>();
  const taken = new Set<Topic>();
  for (const { i, topic } of pairs.sort((a, b) => b.share - a.share || a.i - b.i)) {
    if (heir.has(i) || taken.has(topic)) continue;
    heir.set(i, topic);
    taken.add(topic);
  }
  return heir;
}
