/** `tenfold trends pick`: the papers of a window that a reader should not miss, with every part of the choice. */
import { blamed, verb } from '../../../command/index.ts';
import { pickQuestion } from '../desk/drafts.ts';
import { topicLabel } from '../topics/topics.ts';
import { storeOption, withAnalyst, withStore } from './collection.ts';
import { paperLine } from './lines.ts';
import { pickOptions, pickRequestIn } from './options.ts';

export const pickVerb = verb({
  name: 'pick',
  summary: 'the papers of a window not to miss, spread over topics, with every part of the score',
  about: `A paper is compared with papers of its age: gains rather than totals, in logarithms, with a floor for the new. What nothing is
known about is not in the score, and the notes say so. At most two papers are of one topic. Counts read in the month after the window
are taken too. With --back-test they are not, and the picks are held against the citations that were counted by a later day, beside
the papers that had most citations then.`,
  args: {},
  options: {
    store: storeOption,
    ...pickOptions,
    backTest: { kind: 'text', value: 'DAY', help: 'the later day by whose citations the picks are judged' },
  },
  examples: [
    { line: 'tenfold trends pick --at 2022-05-01 --recent 1', does: 'ten papers of April 2022' },
    {
      line: 'tenfold trends pick --weight rising=2 --weight citations=0 --ban arxiv:2204.02311',
      does: 'by other weights, without one',
    },
    { line: 'tenfold trends pick --at 2022-05-01 --recent 1 --back-test 2023-05-01', does: 'and what became of them' },
  ],
  run: ({ options: { store: where, backTest, ...given }, progress, signal }) =>
    blamed('pick', () =>
      withStore(where, { progress, signal }, async (store) => {
        const request = await pickRequestIn(store, given);
        const { from, at } = request;
        const { countedBy, ...counted } = await pickQuestion(store, request);
        // the picks that are tested know nothing that was counted after their window, and are those that are shown
        const question = backTest === undefined && countedBy !== undefined ? { ...counted, countedBy } : counted;
        return withAnalyst(store, { progress, signal }, async (analyst) => {
          const { picks, compared, notes } = await analyst.ask('picks', question);
          const papers = await store.get(picks.map(({ paper }) => paper));
          const tested =
            backTest === undefined ? undefined : await analyst.ask('backTest', { ...question, later: backTest });
          return {
            from,
            at,
            compared,
            notes,
            picks: picks.map(({ paper, topic, ...pick }, i) => ({
              ...pick,
              id: paper,
              title: papers[i]?.title ?? paper,
              authors: papers[i]?.authors ?? [],
              date: papers[i]?.date ?? '',
              topic: topic && topicLabel(topic),
            })),
            ...(tested && { backTest: tested }),
          };
        });
      }),
    ),
  text: ({ picks, from, at, compared, notes, backTest }) =>
    [
      `${compared} papers from ${from} to before ${at} compared`,
      ...picks.map((pick, i) =>
        [
          `${i + 1}. ${paperLine(pick)}`,
          `   ${pick.id}; ${pick.topic ?? 'no topic'}; ${pick.pinned ? 'pinned; ' : ''}score ${pick.score.toFixed(2)}: ${pick.parts
            .map(
              ({ name, value, weight, floor }) =>
                `${name} ${value.toFixed(2)}${floor ? ` (${floor})` : ''} × ${weight}`,
            )
            .join(', ')}`,
        ].join('\n'),
      ),
      ...notes,
      ...(backTest
        ? [
            `Back-test: ahead of ${(100 * backTest.ahead).toFixed(0)} % of the papers of their age in later citations, 95 % interval ${(100 * backTest.interval[0]).toFixed(0)} to ${(100 * backTest.interval[1]).toFixed(0)} % (lots: 50 %; most citations at the time: ${backTest.byTotals === null ? 'unknown' : `${(100 * backTest.byTotals).toFixed(0)} %`}); ${backTest.known} papers have later counts`,
          ]
        : []),
    ].join('\n'),
});
