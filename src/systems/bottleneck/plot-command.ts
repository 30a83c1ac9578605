/** `tenfold bottleneck plot`: the figures of a run, and a page of them. */
import { join } from 'node:path';
import { verb } from '../../command/index.ts';
import type { Figure } from '../../report/index.ts';
import { makeFolder, replaceFile } from '../../tensor/index.ts';
import { readOverlaps, readReadings, readSettings } from './run-folder.ts';
import { runPage } from './run-page.ts';
import { columnBits, tablePlane, valuesApart } from './table-figures.ts';
import { bestReading, channelBits } from './trajectory.ts';
import { byWorth, levelsOf, shownFeatures, telling, worthTable } from './worth.ts';

/** Columns whose values are drawn, those worth most. */
const drawnColumns = 6;
/** A column that carries less has no values worth telling apart. */
const leastBits = 0.05;

export const plotVerb = verb({
  name: 'plot',
  summary: 'draw what a run of fit has found',
  about: `Writes into the run's folder an SVG file a figure, figures/NAME.svg, and a page of all, index.html: the information
plane (prediction against the bits that it takes), the bits of every column on the way, and for the columns that are
worth most which of their values are told apart. May be asked while the run goes on.`,
  args: { run: { help: 'the folder of a run' } },
  options: {},
  examples: [{ line: 'tenfold bottleneck plot runs/wine', does: 'figures and page of a run' }],
  async run({ args: { run: folder } }) {
    const settings = await readSettings(folder);
    const { columns, recipe } = settings;
    const readings = await readReadings(folder);
    if (readings.length === 0) throw new RangeError(`plot: expected readings in ${folder}, got none yet`);
    const features = shownFeatures(columns, recipe);
    const levels = levelsOf(readings);
    const figures: Figure[] = [
      tablePlane({
        id: 'plane',
        target: columns.target.name,
        runs: [readings],
        ...(recipe.joint && { reader: features[0]!.name }),
      }),
    ];
    if (!recipe.joint) figures.push(columnBits({ id: 'columns', features, readings }));
    const level = telling(levels);
    if (level && !recipe.joint) {
      const overlaps = await readOverlaps(folder, level.reading.step);
      const bitsOf = (i: number) => channelBits(level.reading, i);
      const worth = byWorth(levels, features.length).filter((i) => bitsOf(i) >= leastBits);
      for (const [rank, i] of worth.slice(0, drawnColumns).entries()) {
        const id = `values-${rank + 1}`;
        figures.push(valuesApart({ id, feature: features[i]!, overlap: overlaps[i]!, bits: bitsOf(i) }));
      }
    }
    await makeFolder(join(folder, 'figures'));
    const files: string[] = [];
    for (const { id, svg } of figures) {
      const path = join(folder, 'figures', `${id}.svg`);
      await replaceFile(path, [svg]);
      files.push(path);
    }
    const page = join(folder, 'index.html');
    const best = bestReading(readings).score;
    await replaceFile(page, [runPage(settings, best, figures, worthTable(features, levels))]);
    return { page, figures: files };
  },
  text: ({ page, figures }) => [...figures, page].join('\n'),
});
