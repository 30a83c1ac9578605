/**
 * Writes the issue of a window: what is hot, news in brief, ten papers with why and what they found, earlier work, data
 * sets, and what changed.
 *
 * Every sentence is a sentence of a paper, and says which. What was counted (shares, growth, scores) stands as numbers, not
 * as prose. Nothing is left out in silence: where a paper has no abstract to quote, the notes say so.
 */
import { addMonths, timelineOf } from '../calendar.ts';
import type { Paper } from '../paper.ts';
import type { Pick, Picks } from '../pick/pick.ts';
import type { Study } from '../study.ts';
import { topicCounts, topicLabel } from '../topics/topics.ts';
import type { Issue, IssuePick, PaperEntry, Statement, TopicChange } from './issue.ts';
import { Quotes } from './quotes.ts';
import { changeWords, timesWords, titleWords } from './words.ts';

export interface WriteOptions {
  /** `Trends in AI, May 2022`; the window's dates unless given. */
  readonly title?: string;
  /** The issue before this one, to tell what changed. */
  readonly previous?: Issue;
}

const summaryLength = 5;
const newsLength = 5;
/** Growth from which a rising phrase opens the summary: what was frequent before and is somewhat more so is no news. */
const strongRise = 3;
const insightsOfAPaper = 3;
const relatedOfAPaper = 2;
/** Of all papers, the share whose nearest is so far away that it is called no work like it. */
const tooFar = 0.1;
const resourcesShown = 8;
const phrasesShown = 15;
const changesShown = 6;

/**
 * The issue of a study and its picks. The same give the same issue.
 * @example
 * const issue = writeIssue(study, pickPapers(study), { title: 'Trends, April 2022' });
 */
export function writeIssue(study: Study, { picks, next, notes }: Picks, options: WriteOptions = {}): Issue {
  const { from, at, rising, window } = study;
  const papers = new Map(study.papers.map((paper) => [paper.id, paper]));
  const entry = (id: string) => entryOf(papers.get(id)!);
  const quotes = new Quotes(study);
  const picked = new Set(picks.map(({ paper }) => paper));
  const { references, related } = earlierWork(study, [...picked]);
  const items = picks.map((pick): IssuePick => {
    const { paper, topic, score, parts, pinned } = pick;
    return {
      paper: entry(paper),
      topic: topic && topicLabel(topic),
      topicId: topic?.id ?? null,
      score,
      parts,
      pinned,
      rising: rising.phrases.filter(({ papers: own }) => own.includes(paper)).map(({ phrase }) => phrase),
      why: quotes.why(paper),
      insights: quotes.insights(paper, insightsOfAPaper),
      related: related.get(paper)!,
    };
  });
  const news = newsOf(next.filter(({ paper }) => !references.some(({ id }) => id === paper)))
    .flatMap(({ paper }) => {
      const statements = quotes.brief(paper);
      return statements.length === 0 ? [] : [{ paper: entry(paper), statements }];
    })
    .slice(0, newsLength);
  const summary = summaryOf(study, quotes);
  const listed = new Set([...items, ...news].map(({ paper }) => paper.id));
  const silent = items
    .filter(({ why, insights }) => why.length + insights.length === 0)
    .map(({ paper }) => paper.title);
  return {
    format: 1,
    title: options.title ?? titleWords(study),
    from,
    at,
    papers: window.length,
    read: study.papers.length,
    summary,
    rising: rising.phrases.slice(0, phrasesShown).map(({ papers: _, p: __, ...row }) => row),
    rate: rising.rate,
    compared: {
      recent: rising.recent,
      recentFrom: rising.recentFrom,
      before: rising.before,
      since: rising.beforeFrom,
    },
    news,
    picks: items,
    references: references.map(entryOf),
    quoted: summary.flatMap(({ sources }) =>
      sources.filter(({ paper }) => !listed.has(paper)).map(({ paper }) => entry(paper)),
    ),
    resources: resourcesOf(study, quotes, picked),
    changed: changesOf(study, options.previous),
    notes: [
      ...notes,
      ...(rising.phrases.length === 0
        ? [`No phrase rises at a false discovery rate of ${100 * rising.rate} %: ${rising.tested} were tested.`]
        : []),
      ...(silent.length === 0 ? [] : [`Nothing could be quoted from: ${silent.join('; ')}.`]),
    ],
  };
}

function entryOf({ id, title, authors, date, venue, url }: Paper): PaperEntry {
  return { id, title, authors, date, ...(venue !== undefined && { venue }), ...(url !== undefined && { url }) };
}

/** In the order of the news: the best of each topic first, and only then others of a topic that is there. */
function newsOf(next: readonly Pick[]): readonly Pick[] {
  const first = next.filter(
    ({ topic }, i) => topic === null || next.findIndex((other) => other.topic?.id === topic.id) === i,
  );
  return [...first, ...next.filter((pick) => !first.includes(pick))];
}

/**
 * A sentence for each of what rises strongly, and of the topics whose share of the papers grew most, with by how much. No
 * paper twice, nor what mostly the same papers are about.
 */
function summaryOf(study: Study, quotes: Quotes): Statement[] {
  const statements: Statement[] = [];
  const inWindow = new Set(study.window.map((i) => study.papers[i]!.id));
  const named: string[] = [];
  const told = new Set<string>();
  const quoted = new Set<string>();
  const add = (lead: string, phrase: string, papers: readonly string[]) => {
    const own = papers.filter((id) => inWindow.has(id));
    if (statements.length >= summaryLength || 2 * own.filter((id) => told.has(id)).length >= own.length) return;
    const statement = quotes.about(
      own.filter((id) => !quoted.has(id)),
      phrase,
    );
    if (!statement) return;
    for (const id of own) told.add(id);
    quoted.add(statement.sources[0]!.paper);
    named.push(phrase);
    statements.push({ lead, ...statement });
  };
  for (const row of study.rising.phrases)
    if (row.growth >= strongRise) add(`${row.phrase}, ${timesWords(row)}`, row.phrase, row.papers);
  const { topics: changes } = topicChanges(study);
  const grown = study.topics.topics
    .map((topic, i) => ({ topic, change: changes[i]! }))
    .filter(({ change: { now, earlier } }) => now > earlier)
    .sort((a, b) => b.change.now - b.change.earlier - (a.change.now - a.change.earlier));
  for (const { topic, change } of grown) {
    const [term] = topic.terms;
    const isNamed = named.some((phrase) => topic.terms.slice(0, 3).includes(phrase));
    if (term !== undefined && !isNamed)
      add(`${topic.name ?? term}, ${changeWords(change)} of the papers`, term, topic.papers);
  }
  return statements;
}

/** How like each paper of the window is to its nearest. */
function centrality({ papers, window, neighbours: { k, ids, similarity } }: Study): Map<string, number> {
  return new Map(
    window.map((i) => {
      let sum = 0;
      for (let at = i * k; at < (i + 1) * k && ids[at]! >= 0; at++) sum += similarity[at]!;
      return [papers[i]!.id, sum];
    }),
  );
}

/** The nearest papers from before each pick, where they are near, numbered through. Picks are no earlier work. */
function earlierWork({ papers, neighbours: { k, ids, similarity } }: Study, picks: readonly string[]) {
  const nearest = Float32Array.from(papers, (_, i) => (ids[i * k]! < 0 ? 0 : similarity[i * k]!)).sort();
  const least = nearest[Math.floor(tooFar * nearest.length)]!;
  const place = new Map(papers.map(({ id }, i) => [id, i]));
  const references: Paper[] = [];
  const related = new Map<string, number[]>();
  for (const pick of picks) {
    const i = place.get(pick)!;
    const numbers: number[] = [];
    for (let at = i * k; at < (i + 1) * k && ids[at]! >= 0 && numbers.length < relatedOfAPaper; at++) {
      const other = papers[ids[at]!]!;
      if (other.date >= papers[i]!.date || picks.includes(other.id) || similarity[at]! < least) continue;
      let number = references.indexOf(other) + 1;
      if (number === 0) number = references.push(other);
      numbers.push(number);
    }
    related.set(
      pick,
      numbers.sort((a, b) => a - b),
    );
  }
  return { references, related };
}

/** Sentences that announce a data set or benchmark; those of picks first, then those most like the window's other papers. */
function resourcesOf(study: Study, quotes: Quotes, picked: ReadonlySet<string>): Issue['resources'] {
  const central = centrality(study);
  const order = study.window
    .map((i) => study.papers[i]!)
    .sort((a, b) => Number(picked.has(b.id)) - Number(picked.has(a.id)) || central.get(b.id)! - central.get(a.id)!);
  const found: { paper: PaperEntry; statement: Statement }[] = [];
  for (const paper of order) {
    if (found.length === resourcesShown) break;
    const statement = quotes.resource(paper.id);
    if (statement) found.push({ paper: entryOf(paper), statement });
  }
  return found;
}

/** Topics whose share of the papers changed most since the window before, and phrases since the issue before. */
function changesOf(study: Study, previous: Issue | undefined): Issue['changed'] {
  const { since, known, topics } = topicChanges(study);
  const names = study.rising.phrases.map(({ phrase }) => phrase);
  const before = previous?.rising.map(({ phrase }) => phrase);
  return {
    since,
    topics: known
      ? topics.sort((a, b) => Math.abs(b.now - b.earlier) - Math.abs(a.now - a.earlier)).slice(0, changesShown)
      : [],
    phrases: before
      ? {
          newly: names.filter((name) => !before.includes(name)),
          noLonger: before.filter((name) => !names.includes(name)),
        }
      : null,
  };
}

/** The share of each topic in the window and in the one before, in the topics' order; whether there was one before. */
function topicChanges({ from, at, topics, papers }: Study) {
  const months = timelineOf([{ date: from }, { date: addMonths(at, -1) }], 'month').starts.length;
  const since = addMonths(from, -months);
  const read = papers.filter(({ date }) => date >= since);
  const timeline = timelineOf(read, 'month');
  const counts = topicCounts(topics, read, timeline);
  const share = (values: ArrayLike<number>, now: boolean) => {
    let sum = 0;
    for (const [bin, start] of timeline.starts.entries()) if (start >= from === now) sum += values[bin]!;
    return sum;
  };
  const [allNow, allThen] = [share(timeline.sizes, true), share(timeline.sizes, false)];
  const changes = topics.topics.map((topic, i): TopicChange => {
    const ratio = (now: boolean, all: number) => (all === 0 ? 0 : share(counts[i]!, now) / all);
    return { id: topic.id, label: topicLabel(topic), now: ratio(true, allNow), earlier: ratio(false, allThen) };
  });
  return { since, known: allThen > 0, topics: changes };
}
