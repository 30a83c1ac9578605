import { expect, test } from 'vitest';
import { phrasesOf, textOf } from '../phrases/phrases.ts';
import type { Study } from '../study.ts';
import type { Statement } from './issue.ts';
import { Quotes } from './quotes.ts';

const abstract = [
  'Weirs have become important for the management of rivers in recent years.', // 0
  'We observe that most gates of a weir are idle for most of the time in dry seasons.', // 1
  'Based on this observation, we propose a schedule that closes idle gates of a weir early.', // 2
  'Specifically, a small model predicts the flow at every gate of the weir.', // 3
  'To train the model, we design a loss of flows that is robust against broken sensors at gates.', // 4
  'For the second issue, we design a buffer of water behind the gates.', // 5
  'Closing gates early saves 31% of the water and costs less than 0.5% of the power.', // 6
  'Extensive experiments on several rivers demonstrate the effectiveness of our proposed schedule.', // 7
  'However, it does not help in floods for the following two reasons.', // 8
  'Is there a limit to what can be saved by closing gates of a weir early?', // 9
  'Code is available at https://example.org/weirs for everybody who has a weir.', // 10
];
const others = Array.from({ length: 4 }, (_, i) => ({
  title: `Other ${i}`,
  abstract: 'Rivers flow, and gates are closed.',
}));
const papers = [{ title: 'Weirs that sleep', abstract: abstract.join(' ') }, ...others].map((paper, i) => ({
  ...paper,
  id: `p${i}`,
  authors: [],
  date: '2022-05-01',
}));

const study = { papers, table: phrasesOf(papers.map(textOf), { minDocuments: 1 }) } as unknown as Study;
const numbers = (statements: readonly (Statement | undefined)[]) =>
  statements.map((statement) => abstract.indexOf(statement!.text));

test('why is what the turn answers; insights are the turn, and what was found after it', () => {
  const quotes = new Quotes(study);
  expect(numbers(quotes.why('p0'))).toEqual([1]);
  const insights = numbers(quotes.insights('p0', 3));
  expect(insights).toHaveLength(3);
  expect(insights[0]).toBe(2);
  expect(insights).toContain(6);
  // neither background, nor what every paper says, nor what leans on what is not there, nor a question
  for (const sentence of insights) expect([2, 3, 4, 6]).toContain(sentence);
  // nothing twice
  expect(numbers(quotes.insights('p0', 3)).filter((sentence) => insights.includes(sentence))).toEqual([]);
  expect(numbers([quotes.about(['p0', 'p1'], 'weirs')])).toEqual([0]);
  expect(quotes.about(['p0', 'p1'], 'dams')).toBeUndefined();
});

test('in short it is the turn, with the sentence that it leans on', () => {
  expect(numbers(new Quotes(study).brief('p0'))).toEqual([1, 2]);
});

test('in short it is the next that says what was done, where the first cannot stand', () => {
  const sentences = [
    'However, weirs are opened and closed by hand all over the world.',
    'Therefore, we present gates of weirs that open and close by themselves.',
    'We build them into weirs of three rivers that flow through the hills.',
  ];
  const paper = { ...papers[0]!, abstract: sentences.join(' ') };
  const own = new Quotes({ ...study, papers: [paper, ...papers.slice(1)] });
  expect(own.brief('p0').map(({ text }) => sentences.indexOf(text))).toEqual([2]);
});

const why = (...sentences: readonly string[]) => {
  const paper = { ...papers[0]!, abstract: sentences.join(' ') };
  const own = { ...study, papers: [paper, ...papers.slice(1)] };
  return new Quotes(own).why('p0').map(({ text }) => sentences.indexOf(text));
};

test('why is what is missing, with what it leans on; the turn where nothing else is said', () => {
  const known = 'Gates of weirs are opened and closed by hand all over the world.';
  const missing = 'However, hands are slow and costly where rivers are wild.';
  const turn = 'In this paper, we propose gates that open and close by themselves.';
  const found = 'They save 31 % of the water without a loss of fish in three rivers.';
  const question = 'Can the gates of a weir be opened and closed without any hands?';
  expect(why(known, missing, turn, found)).toEqual([0, 1]);
  expect(why(known, question, turn, found)).toEqual([1]);
  expect(why(turn, known, missing, found)).toEqual([1, 2]);
  expect(why(turn, found)).toEqual([0]);
  // others’ troubles before one’s own results
  expect(why(turn, 'Our gates still fail in few of the rivers that we have seen.', found)).toEqual([0]);
});
