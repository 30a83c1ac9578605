/** `tenfold trends recommend`: unread papers, learned from what a reader keeps. */
import { blamed, printable, verb } from '../../../command/index.ts';
import { Recommender } from '../desk/recommender.ts';
import { storeOption, withOwnStore } from './collection.ts';
import { paperLine } from './lines.ts';

export const recommendVerb = verb({
  name: 'recommend',
  summary: 'papers that you have not read, learned from what you tagged, collected and read, with the reasons',
  about: `One linear model a tag or collection, and one of what was read, over words and pairs of words; a paper's score is that of the
model that wants it most, and the words that it goes by are told.`,
  args: {},
  options: {
    store: storeOption,
    tag: { kind: 'text', value: 'TAG', help: 'learn from this tag', many: true },
    collection: { kind: 'text', value: 'NAME', help: 'learn from this collection', many: true },
    from: { kind: 'text', value: 'DAY', help: 'only papers of that day and later' },
    limit: { kind: 'number', value: 'N', help: 'papers', integer: true, min: 1, max: 1000, default: 10 },
  },
  examples: [{ line: 'tenfold trends recommend --tag retrieval --from 2022-04-01', does: 'what is new for a tag' }],
  run: ({ options: { store: where, tag, collection, from, limit }, progress, signal }) =>
    blamed('recommend', () =>
      withOwnStore('recommend', where, async (store) => {
        const recommender = new Recommender(store, { progress });
        const stop = () => void recommender.close();
        signal.addEventListener('abort', stop, { once: true });
        try {
          const { papers, interests } = await recommender.ask({
            limit,
            ...(tag.length > 0 && { tags: tag }),
            ...(collection.length > 0 && { collections: collection }),
            ...(from !== undefined && { from }),
          });
          return { interests, papers: papers.map(({ paper: { text: _, ...paper }, ...rest }) => ({ ...rest, paper })) };
        } finally {
          signal.removeEventListener('abort', stop);
          await recommender.close();
        }
      }),
    ),
  text: ({ papers }) =>
    papers
      .map(
        ({ paper, score, interest, reasons }, i) =>
          `${i + 1}. ${paperLine(paper)}\n   ${printable(`${paper.id}; ${interest}, score ${score.toFixed(2)}: ${reasons.map(({ term, weight }) => `${term} ${weight.toFixed(2)}`).join(', ')}`)}`,
      )
      .join('\n'),
});
