/** The recorded run: what rises in the papers of 2021 and 2022, a map of them, and an issue of one month. */
import {
  type Claim,
  type ExperimentContext,
  type Findings,
  formatNumber,
  type Table,
  table,
} from '../../report/index.ts';
import { recordedPapers } from './corpus.ts';
import { type ExpectedRise, moreRises, namedRises } from './expected.ts';
import { disconnected, issueClaims, issueTable } from './experiment-sotu.ts';
import { writeIssue } from './issue/write.ts';
import { mapFigure } from './map/figure.ts';
import { literatureMap } from './map/literature-map.ts';
import type { Paper } from './paper.ts';
import { phrasesOf, textOf } from './phrases/phrases.ts';
import { pickPapers } from './pick/pick.ts';
import { risingFigure } from './rising/figure.ts';
import { type Rising, type RisingOptions, rising, shuffledRising } from './rising/rising.ts';
import { falseDiscoveryRate, month, risingShuffles, rules } from './rules.ts';
import { studyOf } from './study.ts';
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

  step('what rises', 0.3);
  const watch = [...namedRises, ...moreRises].flatMap(({ spellings }) => spellings);
  const risen = {
    conferences: rising(conferences, { ...conferenceWindows, watch }),
    arxiv: rising(arxiv, { ...arxivWindows, watch }),
  };
  const count = (expected: readonly ExpectedRise[]) =>
    expected.filter((rise) => foundIn(rise, risen.conferences) ?? foundIn(rise, risen.arxiv)).length;
  claims.push(
    rules.named.judge({ tier, value: count(namedRises) }),
    rules.more.judge({ tier, value: count(moreRises) }),
  );

  step('the conferences’ years shuffled', 0.4);
  claims.push(rules.conferenceControl.judge({ tier, value: foundByChance(conferences, conferenceWindows) }));
  step('arXiv’s days shuffled', 0.8);
  claims.push(rules.arxivControl.judge({ tier, value: foundByChance(arxiv, arxivWindows) }));
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
    tables: [expectedTable([...namedRises, ...moreRises], risen), issueTable(issue)],
  };
}

/** The first discovery that spells a rise, or one of its group. */
function foundIn({ spellings }: ExpectedRise, { phrases }: Rising) {
  const known = new Set(spellings);
  const singular = (phrase: string) => phrase.replace(/s$/, '');
  return phrases.find(({ phrase, also }) =>
    [phrase, ...also].some((name) => known.has(name) || known.has(singular(name))),
  );
}

function foundByChance(papers: readonly Paper[], windows: RisingOptions): number {
  const counts = shuffledRising(papers, windows, { shuffles: risingShuffles, seed: 0 });
  return (100 * counts.filter((count) => count > 0).length) / counts.length;
}

function riseCaption({ recent, before, tested, discoveries, rate }: Rising, more: string): string {
  return `The share of papers with the phrase before and now, of the surest of ${discoveries} discoveries among ${tested} phrases at a false discovery rate of ${100 * rate} % (exact test, Benjamini–Yekutieli); phrases that name the same thing are one. ${recent} papers against ${before}. ${more}`;
}

function expectedTable(
  expected: readonly ExpectedRise[],
  risen: { readonly conferences: Rising; readonly arxiv: Rising },
): Table {
  const cell = (rise: ExpectedRise, where: Rising) => {
    const found = foundIn(rise, where);
    const own = new Set(rise.spellings);
    const [nearest] = where.watched
      .filter(({ phrase }) => own.has(phrase) || own.has(phrase.replace(/s$/, '')))
      .sort((a, b) => a.p - b.p);
    const shown = found ?? nearest;
    if (!shown) return 'in too few papers to be tested';
    const { phrase, before, recent, growth, q } = shown;
    const sure = found ? '' : `, not sure enough (q = ${formatNumber(q)})`;
    return `“${phrase}” ${before} → ${recent} papers, ×${formatNumber(growth, { decimals: 1 })}${sure}`;
  };
  return table({
    id: 'expected-rises',
    title: 'What was expected to rise, and whether it does',
    caption:
      'The discovery that names it, with its papers before and now, and by how much its share grew; where there is none, the spelling that comes nearest to one.',
    columns: {
      name: { name: 'Expected', type: 'text' },
      conferences: { name: 'Conferences, 2021 to 2022', type: 'text' },
      arxiv: { name: 'arXiv, to August 2021', type: 'text' },
    },
    rows: expected.map((rise) => ({
      name: rise.name,
      conferences: cell(rise, risen.conferences),
      arxiv: cell(rise, risen.arxiv),
    })),
  });
}
