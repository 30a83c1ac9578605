/** `tenfold trends map`: the map of a collection as a drawing, a page, or VOSviewer's file. */
import { extname } from 'node:path';
import { blamed, verb } from '../../../command/index.ts';
import { renderFindings } from '../../../report/index.ts';
import { replaceFile } from '../../../tensor/index.ts';
import { collectionName, vosViewer } from '../desk/exports.ts';
import { keptTopics, withNames } from '../desk/topics.ts';
import { mapFigure } from '../map/figure.ts';
import { storeOption, withAnalyst, withStore } from './collection.ts';
import { refuseExisting } from './files.ts';

export const mapVerb = verb({
  name: 'map',
  summary: 'lay papers out on a plane, like ones near each other',
  about: `Writes a drawing (.svg), a page with it (.html), or the JSON of VOSviewer and VOSviewer Online (.json), with links, topics and a
size for every signal that is known. The map that moves is a page of tenfold trends serve.`,
  args: { file: { help: 'the file to write: its ending says what' } },
  options: { store: storeOption, overwrite: { kind: 'flag', help: 'in the place of a file that is there' } },
  examples: [
    { line: 'tenfold trends map map.svg', does: 'a drawing' },
    { line: 'tenfold trends map map.json', does: 'for VOSviewer' },
  ],
  run: ({ args: { file }, options: { store: where, overwrite }, progress, signal }) =>
    blamed('map', async () => {
      const ending = extname(file).toLowerCase();
      if (!['.svg', '.html', '.json'].includes(ending))
        throw new RangeError(`map: expected a file that ends in .svg, .html or .json, got '${file}'`);
      await refuseExisting('map', file, overwrite);
      return withStore(where, { progress, signal }, async (store) => {
        const answer = await withAnalyst(store, { progress, signal }, (analyst) => analyst.ask('map', {}));
        const name = collectionName(store);
        const topics = withNames(answer.topics, await keptTopics(store));
        const figure = mapFigure(answer.map, topics, {
          id: 'map',
          title: `Map of ${name}`,
          caption: `${answer.ids.length} papers, near each other where they share phrases; colours are topics.`,
        });
        const text =
          ending === '.svg'
            ? figure.svg
            : ending === '.json'
              ? JSON.stringify(await vosViewer(store, answer))
              : renderFindings({
                  title: figure.title,
                  deck: figure.caption,
                  facts: { Papers: String(answer.ids.length), Topics: String(topics.topics.length) },
                  notes: [],
                  tables: [],
                  figures: [figure],
                });
        await replaceFile(file, [text]);
        return { file, papers: answer.ids.length, topics: topics.topics.length };
      });
    }),
  text: ({ file, papers, topics }) => `${file}: ${papers} papers, ${topics} topics`,
});
