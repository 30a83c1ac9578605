/**
 * What can be asked about a collection as a whole, and how it is answered: plain data in, plain data out, so that the work
 * may be done in another thread (analyst.ts). What several questions need – phrases, nearest papers, studies – is found once
 * for the same papers.
 */

import { countsOf, type PhraseBurst, phraseBursts } from '../bursts/phrase-bursts.ts';
import { type Bin, binStart, type Timeline, timelineOf, usualSpan } from '../calendar.ts';
import type { Issue } from '../issue/issue.ts';
import { writeIssue } from '../issue/write.ts';
import { type LiteratureMap, literatureMap } from '../map/literature-map.ts';
import type { Paper, SignalReading } from '../paper.ts';
import { type PhraseTable, phrasesOf, textOf } from '../phrases/phrases.ts';
import { spaced, stem } from '../phrases/spelling.ts';
import { type BackTest, backTest } from '../pick/back-test.ts';
import type { PartName } from '../pick/evidence.ts';
import { type Picks, pickPapers } from '../pick/pick.ts';
import { type Rising, rising, type Watched } from '../rising/rising.ts';
import { type Study, studyOf } from '../study.ts';
import { phraseNeighbours, similarityGraph } from '../topics/neighbours.ts';
import { nearest, type Topics, topicCounts, topicsOf } from '../topics/topics.ts';

/** A window of whole months, and the time before it. */
export interface AskedWindow {
  /** The day after its last. */
  readonly at: string;
  readonly recent: number;
  readonly before: number;
}

/** What is asked, by name. */
export interface Questions {
  map: object;
  rising: AskedWindow & { readonly rate: number; readonly byVenue: boolean; readonly watch?: readonly Watched[] };
  bursts: { readonly bin: Bin; readonly count: number; readonly at?: string; readonly minPapers?: number };
  lines: { readonly bin: Bin; readonly phrases: readonly string[] };
  river: { readonly bin: Bin };
  picks: PickQuestion;
  backTest: PickQuestion & { readonly later: string };
  issue: PickQuestion & { readonly title?: string; readonly previous?: Issue };
}

/** How papers are picked. */
export interface PickRequest {
  /** First day of the window, the day after its last, and months before it. */
  readonly from: string;
  readonly at: string;
  readonly before: number;
  readonly count: number;
  /** On how many topics at least; as `pickPapers` has it unless given. */
  readonly topics?: number;
  readonly weights: Partial<Readonly<Record<PartName, number>>>;
  readonly pins: readonly string[];
  readonly bans: readonly string[];
}

export interface PickQuestion extends PickRequest {
  /** Whether phrases rise in venues, each compared with itself. */
  readonly byVenue?: boolean;
  /** What was counted about the papers of the window, and the last day that counts; the window's end unless given. */
  readonly readings: readonly (readonly [id: string, readings: readonly SignalReading[]])[];
  readonly countedBy?: string;
}

/** And what the answers are. */
export interface Answers {
  /** Papers are told by their ids, in the order of the places. */
  map: { readonly topics: Topics; readonly map: LiteratureMap; readonly ids: readonly string[] };
  rising: Rising;
  bursts: { readonly timeline: Timeline; readonly bursts: readonly PhraseBurst[] };
  lines: { readonly timeline: Timeline; readonly lines: readonly Line[] };
  river: { readonly timeline: Timeline; readonly topics: Topics; readonly counts: readonly Int32Array[] };
  picks: Picks;
  backTest: BackTest;
  issue: Issue;
}

export type QuestionName = keyof Questions;

export interface Line {
  /** As it was asked for, and as it is mostly written; undefined where too few papers have it. */
  readonly asked: string;
  readonly phrase: string | undefined;
  /** Papers with it in each bin. */
  readonly counts: Int32Array;
}

/** Fewest papers of a phrase that bursts. */
const burstPapers = 10;

/** Answers questions about some papers. */
export class Answerer {
  readonly #papers: readonly Paper[];
  readonly #former: Topics | undefined;
  #table: PhraseTable | undefined;
  #map: Answers['map'] | undefined;
  #study: { readonly key: string; readonly study: Study } | undefined;

  /** @param former the topics found before, whose ids and names are kept */
  constructor(papers: readonly Paper[], former: Topics | undefined) {
    this.#papers = papers;
    this.#former = former;
  }

  /** @param told hears what is being done */
  answer<K extends QuestionName>(name: K, question: Questions[K], told: (label: string) => void): Answers[K] {
    const answers: { readonly [N in QuestionName]: (question: Questions[N]) => Answers[N] } = {
      map: () => this.#mapped(told),
      rising: ({ byVenue, ...options }) => {
        told('testing phrases');
        return rising(this.#papers, { ...options, ...(byVenue && { stratum: venueOf }) });
      },
      bursts: (asked) => this.#bursts(asked, told),
      lines: (asked) => this.#lines(asked, told),
      river: ({ bin }) => {
        const { topics } = this.#mapped(told);
        const timeline = usualTimeline(this.#papers, bin);
        return { timeline, topics, counts: topicCounts(topics, this.#papers, timeline) };
      },
      picks: (asked) => this.#picks(asked, told).picks,
      backTest: ({ later, ...asked }) => backTest(this.#studyOf(asked, told), later, pickOptions(asked)),
      issue: (asked) => {
        const { study, picks } = this.#picks(asked, told);
        told('writing the issue');
        const { title, previous } = asked;
        return writeIssue(study, picks, { ...(title !== undefined && { title }), ...(previous && { previous }) });
      },
    };
    return answers[name](question);
  }

  #phrases(told: (label: string) => void): PhraseTable {
    if (!this.#table) {
      told('reading phrases');
      this.#table = phrasesOf(this.#papers.map(textOf));
    }
    return this.#table;
  }

  #mapped(told: (label: string) => void): Answers['map'] {
    if (this.#map) return this.#map;
    const papers = this.#papers;
    const table = this.#phrases(told);
    told('comparing papers');
    const neighbours = phraseNeighbours(table, nearest);
    told('finding topics');
    const topics = topicsOf(papers, { table, neighbours, ...(this.#former && { former: this.#former }) });
    told('drawing the map');
    this.#map = {
      topics,
      map: literatureMap(papers, similarityGraph(neighbours), topics),
      ids: papers.map(({ id }) => id),
    };
    return this.#map;
  }

  #bursts({ bin, count, at, minPapers = burstPapers }: Questions['bursts'], told: (label: string) => void) {
    const papers = at === undefined ? this.#papers : this.#papers.filter(({ date }) => date < at);
    const table = at === undefined ? this.#phrases(told) : phrasesOf(papers.map(textOf));
    told('finding bursts');
    const timeline = usualTimeline(papers, bin);
    const bursts: PhraseBurst[] = [];
    for (const burst of phraseBursts(table, timeline)) {
      if (table.starts[burst.number + 1]! - table.starts[burst.number]! < minPapers) continue;
      // parts of a phrase burst with it: the heaviest speaks for them
      if (bursts.some((other) => other.phrase !== burst.phrase && sameThing(other, burst))) continue;
      if (bursts.push(burst) === count) break;
    }
    return { timeline, bursts };
  }

  #lines({ bin, phrases }: Questions['lines'], told: (label: string) => void): Answers['lines'] {
    const table = this.#phrases(told);
    const timeline = usualTimeline(this.#papers, bin);
    const keyOf = (phrase: string) => spaced(phrase).split(' ').map(stem).join('');
    const wanted = new Map(phrases.map((phrase) => [keyOf(phrase), -1]));
    for (const [number, name] of table.names.entries()) {
      const key = keyOf(name);
      if (wanted.get(key) === -1) wanted.set(key, number);
    }
    const lines = phrases.map((asked): Line => {
      const number = wanted.get(keyOf(asked))!;
      if (number < 0) return { asked, phrase: undefined, counts: new Int32Array(timeline.starts.length) };
      return { asked, phrase: table.names[number]!, counts: countsOf(table, number, timeline) };
    });
    return { timeline, lines };
  }

  #picks(asked: PickQuestion, told: (label: string) => void): { readonly study: Study; readonly picks: Picks } {
    const study = this.#studyOf(asked, told);
    const { countedBy } = asked;
    return {
      study,
      picks: pickPapers(study, { ...pickOptions(asked), ...(countedBy !== undefined && { countedBy }) }),
    };
  }

  #studyOf({ from, at, before, byVenue }: PickQuestion, told: (label: string) => void): Study {
    const key = JSON.stringify({ from, at, before, byVenue });
    if (this.#study?.key !== key) {
      told('studying the window');
      const former = this.#former;
      const options = { from, at, before, ...(former && { former }), ...(byVenue && { stratum: venueOf }) };
      this.#study = { key, study: studyOf(this.#papers, options) };
    }
    return this.#study.study;
  }
}

/** The bins of the usual span of papers; the few odd ones beyond are in none: a slip of a source makes no thousand years. */
function usualTimeline(papers: readonly Paper[], bin: Bin): Timeline {
  if (papers.length === 0) return timelineOf(papers, bin);
  const days = papers.map(({ date }) => date).sort();
  const [first, last] = usualSpan(days, days.toReversed(), days.length).map((day) => binStart(day, bin));
  const own = papers.map(({ date }) => binStart(date, bin));
  const timeline = timelineOf(
    own.flatMap((date) => (date >= first! && date <= last! ? { date } : [])),
    bin,
  );
  const place = new Map(timeline.starts.map((start, i) => [start, i]));
  return { ...timeline, of: Int32Array.from(own, (start) => place.get(start) ?? -1) };
}

function venueOf({ venue }: Paper): string {
  return venue ?? '';
}

function pickOptions({ count, topics, weights, pins, bans, readings }: PickQuestion) {
  return {
    readings: new Map(readings),
    weights,
    pins,
    bans,
    count,
    ...(topics !== undefined && { topics }),
  };
}

/** Whether one phrase is a part of the other, and both burst at about the same time. */
function sameThing(a: PhraseBurst, b: PhraseBurst): boolean {
  const [x, y] = [` ${spaced(a.phrase)} `, ` ${spaced(b.phrase)} `];
  return (x.includes(y) || y.includes(x)) && a.burst.first <= b.burst.last && b.burst.first <= a.burst.last;
}
