/** What the living issue claims of the platform, and how each claim is judged: fixed before anything runs. */
import { atLeast, atMost, type ClaimRule, claimRule, equals } from '../../report/index.ts';

const system = 'trends';
const once = [0];
const none: readonly number[] = [];

/** Kleinberg's automaton as the claims have it: two states, the form in which the paper ranks bursts. */
export const burstForm = { scale: 2, gamma: 1, states: 2 } as const;
/** Fewest passages of a word whose bursts are ranked. */
export const minPassages = 10;
/** “Among the strongest of its time”: this share of the bursts, by weight, that fall into the expected years. */
export const strongest = 0.05;
/** The share of a burst's years that has to be expected. */
export const expectedShare = 0.5;
/** Shuffles of the years of all passages. */
export const burstShuffles = 10;
/** Of the discoveries, the share that may be false. */
export const falseDiscoveryRate = 0.05;
/** Shuffles of the dates, for phrases that rise. */
export const risingShuffles = 100;
/** The issue of the quick run: the addresses of the 1960s, against the forty years before. */
export const decade = { from: '1961-01-01', at: '1971-01-01', before: 480 } as const;
/** The issue of the recorded run: a month of the arXiv papers. */
export const month = { from: '2021-06-01', at: '2021-07-01', before: 12 } as const;
/** The back-test's first months, and the day after its last. */
export const backTested = { from: '2021-01-01', at: '2021-09-01', before: 12 } as const;

/** By name, in the order of the page. */
export const rules = {
  exact: claimRule({
    id: 'burst-minimum',
    system,
    statement:
      'The cheapest sequence of states is the cheapest of all: largest difference in cost from trying every sequence, over 400 random streams of 1 to 7 batches and 2 or 3 states, and as many of gaps.',
    paper: null,
    unit: 'nat',
    predicate: atMost(1e-9),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  words: claimRule({
    id: 'twelve-words',
    system,
    statement:
      'Twelve words of the State of the Union addresses burst when history expects them to: the heaviest burst of each lies for at least half of its years in the expected ones, and is among the heaviest 5 % of the bursts that fall into them.',
    paper: null,
    unit: 'words of 12',
    predicate: equals(12),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  levels: claimRule({
    id: 'twelve-words-levels',
    system,
    statement:
      'The same words, years and rule, with the whole automaton instead of its two-state form, and a word’s heaviest burst of any level. This form was fixed after the two-state form had been seen to give some words bursts of several decades, and before it was run itself.',
    paper: null,
    unit: 'words of 12',
    predicate: equals(12),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  ownTime: claimRule({
    id: 'twelve-words-own-time',
    system,
    statement:
      'After the fact: the same words, years and automaton, and another reading of the bursts of a time: each word’s burst is ranked among those that lie for at least half of their years in the expected ones, as it has to itself, and not among all that touch them. This reading was fixed after the two claims before it had been seen, and before it was run.',
    paper: null,
    unit: 'words of 12',
    predicate: equals(12),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  burstControl: claimRule({
    id: 'shuffled-years',
    system,
    statement:
      'Control: with the years of the passages shuffled, ten times, no burst of any word (two states) is as heavy as the lightest of those twelve: the heaviest, as a share of it.',
    paper: null,
    unit: '%',
    predicate: atMost(100),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  decadeControl: claimRule({
    id: 'shuffled-decade',
    system,
    statement:
      'Control: phrases that rise in the addresses of the 1960s are told at a false discovery rate of 5 %; with the dates of the passages shuffled, 100 times, anything is found to rise in at most so many of the shuffles.',
    paper: null,
    unit: '% of shuffles',
    predicate: atMost(5),
    seeds: { quick: once, recorded: none },
    detects: null,
  }),
  connected: claimRule({
    id: 'connected-topics',
    system,
    statement:
      'Topics are communities that hold together: of those that Leiden finds in the similarity graph of all passages, so many fall into pieces that no edge inside joins.',
    paper: 0,
    unit: 'topics',
    predicate: equals(0),
    seeds: { quick: once, recorded: once },
    detects: null,
  }),
  issue: claimRule({
    id: 'issue-sources',
    system,
    statement:
      'An issue, made by one call: every sentence is word for word the sentence of the paper that it points to, no paper is in it twice, and ten papers are picked. Violations:',
    paper: null,
    unit: 'violations',
    predicate: equals(0),
    seeds: { quick: once, recorded: once },
    detects: null,
  }),
  topics: claimRule({
    id: 'issue-topics',
    system,
    statement: 'The ten papers of that issue are on at least six topics.',
    paper: null,
    unit: 'topics',
    predicate: atLeast(6),
    seeds: { quick: once, recorded: once },
    detects: null,
  }),
  named: claimRule({
    id: 'named-rises',
    system,
    statement:
      'Diffusion models, prompting and vision–language pre-training are among the phrases that rise, at a false discovery rate of 5 %, in the papers of 2021–22: in the conferences of 2022 against those of 2021, or on arXiv in March to August 2021 against the nine months before.',
    paper: null,
    unit: 'of 3',
    predicate: equals(3),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
  more: claimRule({
    id: 'more-rises',
    system,
    statement: 'So are vision transformers, masked autoencoders and neural radiance fields: at least two of the three.',
    paper: null,
    unit: 'of 3',
    predicate: atLeast(2),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
  family: claimRule({
    id: 'named-rises-alone',
    system,
    statement:
      'The same three, tested as what they are, six things written down beforehand (these and the next claim’s), each with all its spellings, and not as some of all phrases: how many rise in the conferences or on arXiv, at a false discovery rate of 2.5 % in each of the two. This form was fixed after the claim before it had been seen, and before it was run.',
    paper: null,
    unit: 'of 3',
    predicate: equals(3),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
  conferenceControl: claimRule({
    id: 'shuffled-conferences',
    system,
    statement:
      'Control: with the years of the conference papers shuffled inside each venue, 100 times, anything is found to rise in at most 5 % of the shuffles.',
    paper: null,
    unit: '% of shuffles',
    predicate: atMost(5),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
  arxivControl: claimRule({
    id: 'shuffled-arxiv',
    system,
    statement: 'Control: the same with the days of the arXiv papers.',
    paper: null,
    unit: '% of shuffles',
    predicate: atMost(5),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
  backTest: claimRule({
    id: 'back-test',
    system,
    statement:
      'Back-test, for every month of arXiv from January to August 2021: papers that were accepted afterwards at one of the sixteen conferences (the same title, at a conference that began after the month) had a higher score at the end of their month than its other papers, by texts alone: the share of those that they are ahead of. Drawing lots gives 50 %; five points more are asked for. (The rule first asked for 50 %, which chance reaches in half of all runs; it was made harder after the first run, which gave 51 %.)',
    paper: null,
    unit: '%',
    predicate: atLeast(55),
    seeds: { quick: none, recorded: once },
    detects: 5,
  }),
  map: claimRule({
    id: 'map-time',
    system,
    statement:
      'A map of all conference papers, from texts to places: phrases, nearest papers, topics and layout, in processor time of this machine; nearly all of it is one thread.',
    paper: null,
    unit: 's',
    predicate: atMost(60),
    seeds: { quick: none, recorded: once },
    detects: null,
  }),
} as const satisfies Record<string, ClaimRule>;
