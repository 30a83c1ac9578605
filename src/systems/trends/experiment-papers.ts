/** The recorded run: what rises in the papers of 2021 and 2022, a map of them, and an issue of one month. */
import {
  type Claim,
  type ExperimentContext,
  type Findings,
  formatNumber,
  type Table,
  table,
} from '../../report/index.ts';
import { addMonths } from './calendar.ts';
import { acceptances, recordedPapers } from './corpus.ts';
import { type ExpectedRise, moreRises, namedRises } from './expected.ts';
import { disconnected, issueClaims, issueTable } from './experiment-sotu.ts';
import { writeIssue } from './issue/write.ts';
import { mapFigure } from './map/figure.ts';
import { literatureMap } from './map/literature-map.ts';
import type { Paper } from './paper.ts';
import { phrasesOf, textOf } from './phrases/phrases.ts';
import { spaced } from './phrases/spelling.ts';
import { type OutcomeTest, outcomeTest } from './pick/outcome-test.ts';
import { pickPapers } from './pick/pick.ts';
import { risingFigure } from './rising/figure.ts';
import { type Rising, type RisingOptions, rising, shuffledRising } from './rising/rising.ts';
import { backTested, falseDiscoveryRate, month, risingShuffles, rules } from './rules.ts';
import { titleKey } from './store/identity.ts';
import { type Study, studyOf } from './study.ts';
import { leiden } from './topics/leiden.ts';
import { phraseNeighbours, similarityGraph } from './topics/neighbours.ts';
import { nearest, topicsOf } from './topics/topics.ts';

/** The conferences of 2022 against those of 2021, venue by venue. */
const conferenceWindows: RisingOptions = {
  at: '2023-01-01',
  recent: 12,
  before: 12,
  rate: falseDiscoveryRate,
  stratum: ({ venue }) => venue ?? '',
};
/** March to August 2021 against the nine months before. */
const arxivWindows: RisingOptions = { at: '2021-09-01', recent: 6, before: 9, rate: falseDiscoveryRate };

export async function paperFindings({ tier, signal, progress }: ExperimentContext): Promise<Findings> {
  const claims: Claim[] = [];
  const step = (label: string, share: number) => {
    signal.throwIfAborted();
    progress.update(label, share);
  };
  step('reading the papers', 0);
  const { conferences, arxiv } = await recordedPapers();

  step('a map of the conferences', 0.05);
  // others on the machine do not count
  const began = process.cpuUsage();
  const table = phrasesOf(conferences.map(textOf));
  const neighbours = phraseNeighbours(table, nearest);
  const graph = similarityGraph(neighbours);
  const topics = topicsOf(conferences, { table, neighbours });
  const map = literatureMap(conferences, graph, topics);
  const { user, system } = process.cpuUsage(began);
  const mapSeconds = (user + system) / 1e6;
  claims.push(rules.connected.judge({ tier, value: disconnected(graph, leiden(graph)) }));

  step('an issue of a month', 0.2);
  const study = studyOf(arxiv, { ...month, rate: falseDiscoveryRate });
  const issue = writeIssue(study, pickPapers(study), { title: 'Papers of June 2021' });
  claims.push(...issueClaims(issue, study.papers, tier));

  step('a back-test', 0.25);
  const tested = backTestOf(conferences, arxiv);

  step('what rises', 0.3);
  const watch = [...namedRises, ...moreRises];
  const risen = {
    conferences: rising(conferences, { ...conferenceWindows, watch }),
    arxiv: rising(arxiv, { ...arxivWindows, watch }),
  };
  const count = (expected: readonly ExpectedRise[]) =>
    expected.filter((rise) => foundIn(rise, risen.conferences) ?? foundIn(rise, risen.arxiv)).length;
  claims.push(
    rules.named.judge({ tier, value: count(namedRises) }),
    rules.more.judge({ tier, value: count(moreRises) }),
    rules.family.judge({ tier, value: namedRises.filter((rise) => risesAlone(rise, risen)).length }),
  );

  step('the conferences’ years shuffled', 0.4);
  claims.push(rules.conferenceControl.judge({ tier, value: foundByChance(conferences, conferenceWindows) }));
  step('arXiv’s days shuffled', 0.8);
  claims.push(rules.arxivControl.judge({ tier, value: foundByChance(arxiv, arxivWindows) }));
  const percent = (share: number) => 100 * share;
  claims.push(
    rules.backTest.judge({
      tier,
      value: percent(tested.ahead),
      interval: [percent(tested.interval[0]), percent(tested.interval[1])],
    }),
  );
  claims.push(rules.map.judge({ tier, value: mapSeconds }));

  return {
    claims,
    figures: [
      risingFigure(risen.conferences, {
        id: 'rising-conferences',
        title: 'What rose from the conferences of 2021 to those of 2022',
        caption: riseCaption(risen.conferences, 'Only venues of both years count, each compared with itself.'),
      }),
      risingFigure(risen.arxiv, {
        id: 'rising-arxiv',
        title: 'What rose on arXiv in March to August 2021',
        caption: riseCaption(risen.arxiv, 'Against June 2020 to February 2021.'),
      }),
      mapFigure(map, topics, {
        id: 'map',
        title: `A map of ${conferences.length} conference papers`,
        caption: `A dot a paper, near those whose texts are like it; ${topics.topics.length} topics, of which the largest are named.`,
      }),
    ],
    tables: [expectedTable(watch, risen), backTestTable(tested), issueTable(issue)],
  };
}

interface Risen {
  readonly conferences: Rising;
  readonly arxiv: Rising;
}

/** The first discovery that spells a rise, or one of its group. */
function foundIn({ spellings }: ExpectedRise, { phrases }: Rising) {
  const singular = (phrase: string) => spaced(phrase).replace(/s$/, '');
  const known = new Set(spellings.map(singular));
  return phrases.find(({ phrase, also }) => [phrase, ...also].some((name) => known.has(singular(name))));
}

/** Whether a thing rises in either collection, tested among the expected ones alone: half of the rate for each of the two. */
function risesAlone({ name }: ExpectedRise, { conferences, arxiv }: Risen): boolean {
  return [conferences, arxiv].some(({ watched }) =>
    watched.some(({ phrase, q }) => phrase === name && q <= falseDiscoveryRate / 2),
  );
}

/** Month by month: the scores by what could be known at its end, against acceptances at conferences that began later. */
function backTestOf(conferences: readonly Paper[], arxiv: readonly Paper[]): OutcomeTest {
  const accepted = acceptances(conferences);
  const studies: Study[] = [];
  for (let from: string = backTested.from; from < backTested.at; from = addMonths(from, 1)) {
    const { before } = backTested;
    studies.push(studyOf(arxiv, { from, at: addMonths(from, 1), before, rate: falseDiscoveryRate }));
  }
  return outcomeTest(studies, ({ title }, { at }) => (accepted.get(titleKey(title)) ?? '') >= at);
}

function backTestTable({ papers, became, ahead, parts, picked }: OutcomeTest): Table {
  const percent = (share: number) => 100 * share;
  return table({
    id: 'back-test',
    title: 'The score against acceptance',
    caption: `${papers} papers of arXiv, January to August 2021, of which ${became} were accepted afterwards at one of the sixteen conferences: the share of the other papers of their month that these are ahead of, by the whole score and by each of its parts (50 % says nothing). Of the ${picked.papers} papers that were picked, ten a month, ${picked.became} were accepted; by drawing lots ${formatNumber(picked.byLot, { decimals: 1 })} would have been. The conferences are those of which the data are at hand; NeurIPS, ICML, ICLR and CVPR are not among them, so that a paper without the outcome may have been accepted there.`,
    columns: {
      part: { name: 'Score', type: 'text' },
      ahead: { name: 'Ahead of', type: 'number', unit: '%', decimals: 1 },
    },
    rows: [
      { part: 'whole', ahead: percent(ahead) },
      ...Object.entries(parts).map(([part, value]) => ({ part, ahead: percent(value) })),
    ],
  });
}

function foundByChance(papers: readonly Paper[], windows: RisingOptions): number {
  const counts = shuffledRising(papers, windows, { shuffles: risingShuffles, seed: 0 });
  return (100 * counts.filter((count) => count > 0).length) / counts.length;
}

function riseCaption({ recent, before, tested, discoveries, rate }: Rising, more: string): string {
  return `The share of papers with the phrase before and now, of the surest of ${discoveries} discoveries among ${tested} phrases at a false discovery rate of ${100 * rate} % (exact test, Benjamini–Yekutieli in Döhler’s form); phrases that name the same thing are one. ${recent} papers against ${before}. ${more}`;
}

function expectedTable(expected: readonly ExpectedRise[], risen: Risen): Table {
  const among = (rise: ExpectedRise, where: Rising) => {
    const found = foundIn(rise, where);
    return found ? `“${found.phrase}” ×${formatNumber(found.growth, { decimals: 1 })}` : 'no';
  };
  const alone = ({ name }: ExpectedRise, { watched }: Rising) => {
    const { before, recent, growth, q } = watched.find(({ phrase }) => phrase === name)!;
    return `${before} → ${recent} papers, ×${formatNumber(growth, { decimals: 1 })}, q = ${formatNumber(q)}`;
  };
  return table({
    id: 'expected-rises',
    title: 'What was expected to rise, and whether it does',
    caption: `Among all phrases: the discovery that names it at a false discovery rate of ${100 * falseDiscoveryRate} %. Alone: papers before and now with any of its spellings, by how much their share grew, and q among the six; ${100 * (falseDiscoveryRate / 2)} % is required.`,
    columns: {
      name: { name: 'Expected', type: 'text' },
      conferences: { name: 'Conferences 2021 to 2022, among all', type: 'text' },
      conferencesAlone: { name: 'alone', type: 'text' },
      arxiv: { name: 'arXiv to August 2021, among all', type: 'text' },
      arxivAlone: { name: 'alone', type: 'text' },
    },
    rows: expected.map((rise) => ({
      name: rise.name,
      conferences: among(rise, risen.conferences),
      conferencesAlone: alone(rise, risen.conferences),
      arxiv: among(rise, risen.arxiv),
      arxivAlone: alone(rise, risen.arxiv),
    })),
  });
}
