/**
 * The papers that a reader should not miss: the best by open rules, spread over topics.
 *
 * The score of a paper is the weighted mean of its parts (evidence.ts), each of them shown. A part that is unknown of all
 * papers of the window, or the same of all, is left out, and the notes say so: without citations there are none in the score. A
 * paper that one part is unknown of stands in the middle of its cohort there; so does a paper of the last two weeks, at least, in
 * what others have had time to count: the floor for the new.
 *
 * Diversity is a rule on top: papers are taken by score, at most two of a topic, and one of a topic that is there already
 * only while enough places are left to reach the least number of topics. A paper of no topic counts as a topic of its own for
 * the limit, and not as one towards the least number.
 */
import { dayNumber } from '../calendar.ts';
import type { Study } from '../study.ts';
import { type Topic, topicOfPapers } from '../topics/topics.ts';
import { aheadOf, cohortsOf, type PartName, partNames, type Readings, rawParts } from './evidence.ts';

export interface PickOptions {
  readonly readings?: Readings;
  /** The last day whose readings count; the study's end unless given. An issue is written some days after its month. */
  readonly countedBy?: string;
  /** How much each part counts, at least 0; those not given as in `defaultWeights`. */
  readonly weights?: Partial<Readonly<Record<PartName, number>>>;
  /** Ids of papers to take whatever their score; of the study's papers, in the window or not. */
  readonly pins?: readonly string[];
  /** Ids of papers not to take. */
  readonly bans?: readonly string[];
  /** How many to pick; 10 unless given. */
  readonly count?: number;
  /** On how many topics at least; 6 unless given, or one a paper where fewer are picked. */
  readonly topics?: number;
}

/** What counts how much where nobody says otherwise. Authority is known to be unfair to newcomers, and counts nothing. */
export const defaultWeights: Readonly<Record<PartName, number>> = {
  citations: 1,
  popularity: 1,
  code: 0.5,
  authority: 0,
  rising: 1,
  central: 0.5,
  novel: 0.5,
};

export interface Part {
  readonly name: PartName;
  /** As measured; null where it is unknown of this paper. */
  readonly raw: number | null;
  /** The share of the papers of its age that it is ahead of. */
  readonly value: number;
  readonly weight: number;
  /** Why `value` is not what was measured. */
  readonly floor?: 'unknown' | 'new';
}

export interface Pick {
  readonly paper: string;
  readonly topic: Topic | null;
  /** Σ weight·value / Σ weight. */
  readonly score: number;
  readonly parts: readonly Part[];
  readonly pinned: boolean;
}

export interface Picks {
  readonly picks: readonly Pick[];
  /** The best of those not picked: as many, and spread over topics by the same rule. */
  readonly next: readonly Pick[];
  /** Papers of the window that were compared. */
  readonly compared: number;
  /** What a reader should know of the choice, a sentence each. */
  readonly notes: readonly string[];
}

/** Where a paper stands that nothing tells from others. */
const middle = 0.5;
/** Days in which a paper is new. */
const newDays = 14;
/** Most papers of a topic. */
const mostOfATopic = 2;

/**
 * Picks papers of the study's window.
 * @throws RangeError for weights below 0 or all 0, a pin that the study does not have, or a paper both pinned and banned
 */
export function pickPapers(study: Study, options: PickOptions = {}): Picks {
  const { pins = [], bans = [], count = 10 } = options;
  const readings: Readings = options.readings ?? new Map();
  const wanted = options.topics ?? Math.min(6, count);
  const weights = { ...defaultWeights, ...options.weights };
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new RangeError(`pick: expected a weight of at least 0 for ${name}, got ${weight}`);
    }
  }
  if (partNames.every((name) => weights[name] === 0)) {
    throw new RangeError('pick: expected a weight above 0 for some part, got none');
  }
  if (!(Number.isInteger(count) && count >= 1))
    throw new RangeError(`pick: expected a count of at least 1, got ${count}`);
  if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= count)) {
    throw new RangeError(`pick: expected from 1 to ${count} topics, got ${wanted}`);
  }
  const by = options.countedBy ?? study.at;
  const { scored, missing } = score(study, rawParts(study, readings, by), weights);
  const byPaper = new Map(scored.map((pick) => [pick.paper, pick]));
  const banned = new Set(bans);
  const topicOf = topicOfPapers(study.topics);
  const known = new Set(study.papers.map(({ id }) => id));
  const pinned = [...new Set(pins)].map((id): Pick => {
    if (!known.has(id))
      throw new RangeError(`pick: expected pinned papers that are in the collection by then, got '${id}'`);
    if (banned.has(id)) throw new RangeError(`pick: expected a paper to be pinned or banned, got both for '${id}'`);
    const pick = byPaper.get(id) ?? { paper: id, topic: topicOf.get(id) ?? null, score: 0, parts: [], pinned: true };
    return { ...pick, pinned: true };
  });
  if (pinned.length > count) throw new RangeError(`pick: expected at most ${count} pins, got ${pinned.length}`);
  const taken = new Set(pinned.map(({ paper }) => paper));
  const rest = scored.filter(({ paper }) => !taken.has(paper) && !banned.has(paper));
  const { picks, short } = spread(pinned, rest, count, wanted);
  const chosen = new Set(picks.map(({ paper }) => paper));
  const notes = [
    ...(missing.length === 0
      ? []
      : [`Not in the score, for it tells no paper of the window from another: ${missing.join(', ')}.`]),
    ...([...readings.values()].some((own) => own.some(({ at }) => at > by))
      ? [`What was counted after ${by} is left out: it was not known then.`]
      : []),
    ...(short === undefined ? [] : [short]),
  ];
  return {
    picks,
    next: spread(
      [],
      rest.filter(({ paper }) => !chosen.has(paper)),
      count,
      wanted,
    ).picks,
    compared: study.window.length,
    notes,
  };
}

/** Every paper of the window with its score, the best first, and the parts that nothing is known about. */
function score(
  study: Study,
  raw: Readonly<Record<PartName, Float64Array>>,
  weights: Readonly<Record<PartName, number>>,
) {
  const { papers, window, at } = study;
  const cohorts = cohortsOf(study);
  const used = partNames.filter((name) => weights[name] > 0 && tellsApart(raw[name]));
  const missing = partNames.filter((name) => weights[name] > 0 && !used.includes(name));
  const ahead = new Map(used.map((name) => [name, aheadOf(raw[name], cohorts)]));
  const topicOf = topicOfPapers(study.topics);
  const total = used.reduce((sum, name) => sum + weights[name], 0);
  const scored = window.map((i, w): Pick => {
    const isNew = dayNumber(at) - dayNumber(papers[i]!.date) <= newDays;
    const parts = used.map((name): Part => {
      const measured = raw[name][w]!;
      const value = ahead.get(name)![w]!;
      const base = { name, raw: Number.isNaN(measured) ? null : measured, weight: weights[name] };
      if (base.raw === null) return { ...base, value: middle, floor: 'unknown' };
      if (isNew && takesTime.has(name) && value < middle) return { ...base, value: middle, floor: 'new' };
      return { ...base, value };
    });
    const sum = parts.reduce((sum, { weight, value }) => sum + weight * value, 0);
    return {
      paper: papers[i]!.id,
      topic: topicOf.get(papers[i]!.id) ?? null,
      score: total > 0 ? sum / total : middle,
      parts,
      pinned: false,
    };
  });
  return { scored: scored.sort((a, b) => b.score - a.score || (a.paper < b.paper ? -1 : 1)), missing };
}

/** Whether a part is known of some papers, and not the same of all. */
function tellsApart(raw: Float64Array): boolean {
  const known = raw.filter((value) => !Number.isNaN(value));
  return known.some((value) => value !== known[0]) || (known.length > 0 && known.length < raw.length);
}

/** What others need time to count. */
const takesTime: ReadonlySet<PartName> = new Set(['citations', 'popularity', 'code']);

/** Takes by score under the rule of diversity; when too few topics are left, says so and takes by the limit alone. */
function spread(pinned: readonly Pick[], rest: readonly Pick[], count: number, wanted: number) {
  const picks = [...pinned];
  const perTopic = new Map<string, number>();
  const topics = () => new Set(picks.flatMap(({ topic }) => topic?.id ?? [])).size;
  const keyOf = ({ topic, paper }: Pick) => topic?.id ?? `paper ${paper}`;
  for (const pick of pinned) perTopic.set(keyOf(pick), (perTopic.get(keyOf(pick)) ?? 0) + 1);
  const left = new Set(rest);
  const take = (allowed: (pick: Pick) => boolean) => {
    for (const pick of left) {
      if (!allowed(pick)) continue;
      left.delete(pick);
      picks.push(pick);
      perTopic.set(keyOf(pick), (perTopic.get(keyOf(pick)) ?? 0) + 1);
      return true;
    }
    return false;
  };
  const withinLimit = (pick: Pick) => (perTopic.get(keyOf(pick)) ?? 0) < mostOfATopic;
  const isNewTopic = (pick: Pick) => pick.topic !== null && !perTopic.has(pick.topic.id);
  while (picks.length < count) {
    const mustBeNew = wanted - topics() >= count - picks.length;
    if (take((pick) => withinLimit(pick) && (!mustBeNew || isNewTopic(pick)))) continue;
    if (!take(withinLimit) && !take(() => true)) break;
  }
  const reached = topics();
  const short =
    picks.length < count
      ? `The window has ${picks.length} papers to pick from, not ${count}.`
      : reached < wanted
        ? `The papers picked are on ${reached} ${reached === 1 ? 'topic' : 'topics'}, not ${wanted}: the window has no more.`
        : undefined;
  return { picks, short };
}
