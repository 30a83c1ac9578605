import { expect, test } from 'vitest';
import { phrasesOf, textOf } from '../phrases/phrases.ts';
import type { Study } from '../study.ts';
import { type Purpose, Quotes } from './quotes.ts';

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

const quoted = (quotes: Quotes, purpose: Purpose, count: number, about?: string) =>
  quotes.of('p0', purpose, count, about).map(({ text }) => abstract.indexOf(text));

test('why is the first that says what was done, with what it leans on; insights come after it', () => {
  const quotes = new Quotes({ papers, table: phrasesOf(papers.map(textOf), { minDocuments: 1 }) } as unknown as Study);
  expect(quoted(quotes, 'why', 1)).toEqual([1, 2]);
  const insights = quoted(quotes, 'insight', 3);
  expect(insights).toHaveLength(3);
  expect(insights).toContain(6);
  // neither background, nor what every paper says, nor what leans on what is not there, nor a question
  for (const sentence of insights) expect([3, 4, 6]).toContain(sentence);
  // nothing twice
  expect(quoted(quotes, 'insight', 3).filter((sentence) => insights.includes(sentence))).toEqual([]);
  expect(quoted(quotes, 'summary', 1, 'weirs')).toEqual([0]);
});
