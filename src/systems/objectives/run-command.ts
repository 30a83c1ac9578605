/** `tenfold objectives run`: which architecture and objective to pretrain on one's own texts. */
import { rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { blamed, type Progress, verb } from '../../command/index.ts';
import { corpusDigest, type Document, readDocuments, splitCorpus, unionAddresses } from '../../data/index.ts';
import { tableText } from '../../report/index.ts';
import { lockFolder, replaceFile } from '../../tensor/index.ts';
import { recipeFor, secondsOf } from './budget.ts';
import { show } from './findings.ts';
import { type Material, prepareMaterial, readMaterial, saveMaterial } from './material.ts';
import { studyPage } from './page.ts';
import { claimStudy, Results, type Study, saveStudy } from './study.ts';
import { bundledTasks, fewestQuestions, studyCounts } from './tasks/bundled.ts';
import { languageOf } from './tasks/language.ts';
import { readTasks } from './tasks/read-tasks.ts';
import type { Task } from './tasks/task.ts';
import { performPlan } from './workers.ts';

/** The share of a pretraining's steps that finetuning takes: the paper's thirteenth part is too little of a short one. */
const finetuning = 0.2;

export const runVerb = verb({
  name: 'run',
  summary: 'find which architecture and objective to pretrain on a corpus',
  about: `Pretrains the paper's six cells on the texts, at equal compute: causal, non-causal (prefix) and encoder–decoder models with
full language modelling, prefix language modelling and span corruption. Each is finetuned on a mixture of prompted tasks and
judged zero-shot on tasks that it never saw, by the likelihood of each choice. The two adaptations of the paper are made,
too. What comes out is a table with intervals over seeds, learning curves, and a recommendation with its doubt.

Texts are .txt and .md files (one document each) and .jsonl files (one a line under "text"); without any, the State of the
Union addresses. Of 25 documents and more every twenty-fifth is held out, of fewer the end of each. Four held-out tasks are made of
the held-out texts. English texts get more tasks, about words and mails; others, in any language, none that is not made of them, and
signs for prompts. --tasks adds tasks of your own.

The model and the number of steps are chosen so that all of it takes about the budget on this machine. Stopped with Ctrl-C
or killed, the study goes on when the same command is given again.`,
  args: { files: { help: 'texts in UTF-8: .txt, .md or .jsonl', optional: true, many: true } },
  options: {
    budget: { kind: 'text', value: 'TIME', help: 'how long it may take: 30m, 2h', default: '30m' },
    seeds: {
      kind: 'number',
      value: 'N',
      help: 'how often everything is trained, for the intervals',
      integer: true,
      min: 1,
      max: 50,
      default: 3,
    },
    processes: {
      kind: 'number',
      value: 'N',
      help: 'trainings at once, which share the cores; by default as many as there are cores',
      integer: true,
      min: 1,
      max: 256,
    },
    width: {
      kind: 'number',
      value: 'N',
      help: 'd_model, a multiple of 64; with --layers, in the place of the size that fits the budget',
      integer: true,
      min: 64,
      max: 4096,
    },
    layers: {
      kind: 'number',
      value: 'N',
      help: 'blocks of a decoder, at least 2: with one, a causal and a non-causal decoder answer the same',
      integer: true,
      min: 2,
      max: 64,
    },
    row: {
      kind: 'number',
      value: 'N',
      help: 'tokens of a row: the longest context',
      integer: true,
      min: 64,
      max: 4096,
      default: 128,
    },
    batch: {
      kind: 'number',
      value: 'N',
      help: 'rows of a step, an even number',
      integer: true,
      min: 2,
      max: 4096,
      default: 16,
    },
    vocabulary: { kind: 'number', value: 'N', help: 'tokens', integer: true, min: 512, max: 65536, default: 2048 },
    tasks: { kind: 'text', value: 'FILE', help: 'a JSON file of tasks, held out or to train on', many: true },
    out: {
      kind: 'text',
      value: 'DIR',
      help: 'the folder of the study; by default runs/objectives and the first file’s name',
    },
  },
  examples: [
    {
      line: 'tenfold objectives run letters.txt --budget 30m',
      does: 'an answer for a text of your own in half an hour',
    },
    { line: 'tenfold objectives run corpus.jsonl --budget 8h --seeds 5', does: 'a surer one over night' },
    { line: 'tenfold objectives run notes/*.md --tasks questions.json', does: 'judged on questions of your own, too' },
  ],
  run: ({ args: { files }, options, signal, progress }) =>
    blamed('run', async () => {
      const { seeds: seedCount, row, batch, vocabulary, width, layers } = options;
      const seconds = secondsOf(options.budget);
      if ((width === undefined) !== (layers === undefined))
        throw new RangeError('run: expected --width and --layers together, got one of them');
      if (width !== undefined && width % 64 !== 0)
        throw new RangeError(`run: expected --width to be a multiple of 64, got ${width}`);
      if (batch % 2 !== 0) throw new RangeError(`run: expected --batch to be even, got ${batch}`);
      const documents = files.length === 0 ? await unionAddresses() : await readDocuments(files);
      const own = (await Promise.all(options.tasks.map(readTasks))).flat();
      const [first] = files;
      const name = first === undefined ? 'addresses' : basename(first).replace(/\.[^.]*$/, '');
      const folder = options.out ?? join('runs', `objectives-${name}`);
      const asked = {
        texts: first === undefined ? 'State of the Union addresses' : namesOf(files),
        digest: corpusDigest([
          ...documents,
          ...own.map((task) => ({ name: task.name, text: JSON.stringify(task) })),
        ]).slice(0, 16),
        budget: seconds,
        seeds: seedCount,
        row,
        batch,
        vocabulary,
        ...(width !== undefined && { width, layers: layers! }),
      };
      const found = await claimStudy(folder, asked);
      const unlock = await lockFolder(folder, 'run');
      try {
        // without a study what lies there is of one that was never begun
        const kept = found && (await readMaterial(folder));
        const material = kept ?? (await makeMaterial(folder, documents, own, { vocabulary, row }, progress, signal));
        const processes = options.processes ?? availableParallelism();
        const seeds = Array.from({ length: seedCount }, (_, i) => i + 1);
        const means = {
          seconds,
          processes,
          seeds,
          step: { row, rows: batch },
          finetuning,
          ...(width !== undefined && { shape: [width, layers!] as const }),
        };
        const study: Study = found ?? {
          recipe: await recipeFor(material, means, (label) => progress.update(label), signal),
          seeds,
          asked,
        };
        if (!found) await saveStudy(folder, study);
        const { size, steps } = study.recipe;
        progress.note(
          `${size.layers} blocks of width ${size.width}, ${steps} steps of ${row * batch} tokens a pretraining, ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, ${processes === 1 ? 'one process' : `${processes} processes`}; kept in ${folder}`,
        );
        try {
          await performPlan(folder, study, { processes, progress, signal });
        } finally {
          await writePage(folder, study, material);
        }
        return outcome(folder, study, material);
      } finally {
        await unlock();
        // one that was refused leaves no folder behind: this takes away an empty one alone
        await rmdir(folder).catch(() => {});
      }
    }),
  text: ({ table, pretrained, finetuned, finetuning, scale, page }) =>
    [
      table,
      '',
      `Pretrained only: ${pretrained}`,
      `Finetuned: ${finetuned}`,
      ...(finetuning === null ? [] : [finetuning]),
      scale,
      '',
      page,
    ].join('\n'),
});

/** The first of some files by name, and how many more there are. */
function namesOf(files: readonly string[]): string {
  const shown = files.slice(0, 3).map((file) => basename(file));
  return files.length > 3 ? `${shown.join(', ')} and ${files.length - 3} more` : shown.join(', ');
}

/** Makes a study's material of texts and tasks, and keeps it in its folder. */
async function makeMaterial(
  folder: string,
  documents: readonly Document[],
  own: readonly Task[],
  sizes: { readonly vocabulary: number; readonly row: number },
  progress: Progress,
  signal: AbortSignal,
): Promise<Material> {
  progress.update('reading texts and tasks');
  const corpus = splitCorpus(documents);
  const bundled = await bundledTasks(corpus, studyCounts);
  const names = [...bundled, ...own].map((task) => task.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`run: expected tasks of different names, got ${twice} twice`);
  const few = ({ questions }: Task) => questions.length < fewestQuestions;
  const tasks = [...bundled.filter((task) => !few(task)), ...own];
  const { material, tokenizer } = await prepareMaterial(corpus, tasks, {
    ...sizes,
    signal,
    update: (label, share) => progress.update(label, share),
    note: (text) => progress.note(text),
  });
  if (material.train.length < 200 * sizes.row || material.held.length < 4 * sizes.row)
    throw new RangeError(
      `run: expected texts of at least ${200 * sizes.row} tokens to learn from and ${4 * sizes.row} held out, got ${material.train.length} and ${material.held.length}`,
    );
  for (const use of ['held out', 'training'] as const) {
    if (!tasks.some((task) => task.use === use))
      throw new RangeError(
        `run: expected texts that give ${fewestQuestions} questions of a ${use} task, got none (give longer documents, or tasks of your own by --tasks)`,
      );
  }
  if (!languageOf(corpus.train).english)
    progress.note(
      'these texts are not English: all tasks are made of them, with signs for prompts, and none about words and mails; --tasks adds tasks in their language',
    );
  for (const { name, use, questions } of bundled.filter(few))
    progress.note(`${name} (${use}) is left out: the texts give ${questions.length || 'no'} questions`);
  for (const { name, questions } of own.filter(few))
    progress.note(`${name} has ${questions.length} questions: what comes out for it says little`);
  await saveMaterial(folder, material, tokenizer);
  return material;
}

/** Writes the page of what there is. */
async function writePage(folder: string, study: Study, material: Material): Promise<string> {
  const results = await Results.read(folder, study);
  const path = join(folder, 'index.html');
  await replaceFile(path, [studyPage(study, show(study, material, results), results.count)]);
  return path;
}

async function outcome(folder: string, study: Study, material: Material) {
  const results = await Results.read(folder, study);
  const shown = show(study, material, results);
  return {
    folder,
    page: join(folder, 'index.html'),
    recipe: study.recipe,
    seeds: study.seeds,
    guessing: shown.guessing,
    finetuning: shown.finetuning ?? null,
    scale: shown.scale,
    pretrained: shown.pretrained!.words,
    finetuned: shown.finetuned!.words,
    recommendations: { pretrained: shown.pretrained!, finetuned: shown.finetuned! },
    tables: shown.tables,
    table: tableText(shown.tables[0]!),
  };
}
