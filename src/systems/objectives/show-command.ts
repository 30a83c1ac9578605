/** `tenfold objectives show`: what a study has found so far. */
import { join } from 'node:path';
import { verb } from '../../command/index.ts';
import { tableText } from '../../report/index.ts';
import { replaceFile } from '../../tensor/index.ts';
import { show } from './findings.ts';
import { readMaterial } from './material.ts';
import { studyPage } from './page.ts';
import { planOfStudy, Results, readStudy } from './study.ts';

export const showVerb = verb({
  name: 'show',
  summary: 'show what a study has found so far, and write its page',
  about: `Reads the folder of a study, whether it has ended, was stopped, or is running in another terminal, and prints its table. The
page index.html in the folder is written anew, with learning curves and every task.`,
  args: { folder: { help: 'the folder of a study' } },
  options: {},
  examples: [{ line: 'tenfold objectives show runs/objectives-letters', does: 'how far it has come' }],
  async run({ args: { folder } }) {
    const study = await readStudy(folder);
    const material = study && (await readMaterial(folder));
    if (!study || !material) throw new RangeError(`show: expected the folder of a study, got ${folder}`);
    const results = await Results.read(folder, study);
    const shown = show(study, material, results);
    const page = join(folder, 'index.html');
    await replaceFile(page, [studyPage(study, shown, results.count)]);
    return {
      folder,
      page,
      done: results.count,
      runs: planOfStudy(study).length,
      guessing: shown.guessing,
      finetuning: shown.finetuning ?? null,
      scale: shown.scale,
      recommendations: { pretrained: shown.pretrained ?? null, finetuned: shown.finetuned ?? null },
      tables: shown.tables,
    };
  },
  text({ done, runs, tables, recommendations: { pretrained, finetuned }, finetuning, scale, page }) {
    const scores = tables.find(({ id }) => id === 'scores');
    return [
      `${done} of ${runs} runs`,
      ...(scores ? ['', tableText(scores)] : []),
      '',
      ...(pretrained ? [`Pretrained only: ${pretrained.words}`] : []),
      ...(finetuned ? [`Finetuned: ${finetuned.words}`] : []),
      ...(finetuning === null ? [] : [finetuning]),
      scale,
      page,
    ].join('\n');
  },
});
