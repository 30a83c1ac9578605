/** `tenfold bottleneck fit`: a table of the user's, annealed. */
import { basename, join } from 'node:path';
import { verb } from '../../command/index.ts';
import { type Kind, readCsv, type Table } from '../../data/index.ts';
import { tableText } from '../../report/index.ts';
import { type Columns, columnsOf } from './columns.ts';
import { claimFolder, digestOf, runInFolder } from './run-folder.ts';
import { aboveZero, describeScore } from './score.ts';
import { heldParts, splitTable, type TableRecipe } from './table-run.ts';
import { bestReading } from './trajectory.ts';
import { byWorth, howToResolve, levelsOf, shownFeatures, worthTable } from './worth.ts';

/** Readings of a whole run. */
const readingsOfARun = 60;

export const fitVerb = verb({
  name: 'fit',
  summary: 'find which columns of a CSV file hold the information about a target',
  about: `Trains a network that sees every column through a noisy channel of its own, and raises the price of information step by
step: the columns that tell most about the target are given up last. The result is the information in bits that each
column is worth at every quality of prediction, and which of its values matter.

A column of numbers with more than ten different values is continuous, any other is categorical; --type says otherwise.
Missing values stay in and are marked. A tenth of the rows, held out, chooses which of the models on the way are looked at;
another tenth, which chooses nothing, tells how well they predict.

The run is kept in a folder. Stopped with Ctrl-C or killed, it goes on when the same command is given again.`,
  args: { file: { help: 'a CSV file with a header row, plain or gzipped' } },
  options: {
    target: { kind: 'text', value: 'COLUMN', help: 'the column to be predicted', required: true },
    type: {
      kind: 'text',
      value: 'COLUMN=KIND',
      help: 'continuous or categorical, where it is not to be inferred',
      many: true,
    },
    skip: { kind: 'text', value: 'COLUMN', help: 'a column to leave out', many: true },
    loss: {
      kind: 'choice',
      choices: ['squared', 'contrastive'],
      help: 'for a continuous target: squared error, or InfoNCE, whose score is a lower bound of the information in bits and cannot exceed log2 of the up to 1024 test rows that it compares',
      default: 'squared',
    },
    joint: { kind: 'flag', help: 'one encoder for all columns together: the ordinary information bottleneck' },
    betaFrom: {
      kind: 'number',
      value: 'BETA',
      help: 'price of a nat at the beginning',
      min: 1e-8,
      max: 1e3,
      default: 1e-4,
    },
    betaTo: { kind: 'number', value: 'BETA', help: 'price of a nat at the end', min: 1e-8, max: 1e3, default: 3 },
    steps: {
      kind: 'number',
      value: 'N',
      help: 'training steps in all',
      integer: true,
      min: 60,
      max: 1e7,
      default: 6000,
    },
    sample: {
      kind: 'number',
      value: 'N',
      help: 'rows that the channels are looked at on: they tell up to log2 N bit apart; by default 1024, fewer for many columns',
      integer: true,
      min: 16,
      max: 4096,
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of split, weights and noise',
      integer: true,
      min: 0,
      max: 1e9,
      default: 0,
    },
    out: { kind: 'text', value: 'DIR', help: 'the folder of the run; by default runs/ and the file’s name' },
  },
  examples: [
    { line: 'tenfold bottleneck fit wine.csv --target quality', does: 'which columns tell the quality' },
    {
      line: 'tenfold bottleneck fit bikes.csv --target rentals --type hour=categorical --skip date --loss contrastive',
      does: 'hours as categories, no dates, and the score in bits',
    },
  ],
  async run({ args: { file }, options, signal, progress }) {
    if (!(options.betaTo > options.betaFrom)) {
      throw new RangeError(`fit: expected --beta-to above --beta-from, got ${options.betaTo} and ${options.betaFrom}`);
    }
    const { columns, table } = await blamed(async () => {
      const whole = await readCsv(file, { types: kindsOf(options.type) });
      const skipped = options.skip.map((name) => whole.column(name).name);
      return columnsOf(whole.select(whole.names.filter((name) => !skipped.includes(name))), options.target);
    });
    for (const line of columns.notes) progress.note(line);
    const folder = options.out ?? join('runs', basename(file).replace(/\.csv(\.gz)?$/, ''));
    const recipe = recipeOf(options, columns);
    const { seed } = options;
    const prepared = prepare(table, columns, recipe, seed);
    await claimFolder(folder, { source: file, digest: await digestOf(file), rows: table.rows, columns, recipe, seed });
    const readings = await runInFolder(prepared, recipe, { seed, folder, progress, signal });

    const levels = levelsOf(readings);
    const features = shownFeatures(columns, recipe);
    const best = bestReading(readings).score;
    const { train, validation, test } = prepared;
    return {
      run: folder,
      target: options.target,
      rows: { train: train.rows, validation: validation.rows, test: test.rows },
      notes: columns.notes,
      best: { ...best, aboveZero: aboveZero(best) },
      columns: byWorth(levels, features.length).map((i) => ({
        name: features[i]!.name,
        kind: features[i]!.kind,
        bits: Object.fromEntries(levels.map(({ share, channels }) => [share, channels[i]!])),
      })),
      totalBits: Object.fromEntries(levels.map(({ share, total }) => [share, total])),
      table: worthTable(features, levels),
      saturation: howToResolve(levels.map(({ reading }) => reading)),
    };
  },
  text({ run, target, best, table, saturation, columns }) {
    const lines = [`${target}: ${describeScore(best)}`];
    if (!best.aboveZero) lines.push('not above zero: no column is shown to tell anything about it');
    else if (columns.some(({ bits }) => Object.keys(bits).length > 0)) {
      lines.push(
        '',
        'bits that each column’s channel carries (lower–upper bound), where the model keeps this share of its best prediction',
        tableText(table),
        ...(saturation === '' ? [] : [saturation]),
      );
    }
    return [...lines, '', `${run}: tenfold bottleneck plot ${run}`].join('\n');
  },
});

/** Whatever is wrong with the table is said before there is a folder. */
function prepare(table: Table, columns: Columns, recipe: TableRecipe, seed: number) {
  const needed = 40;
  if (table.rows < needed)
    throw new RangeError(`fit: expected at least ${needed} rows with a target, got ${table.rows}`);
  const prepared = splitTable(table, columns, seed);
  heldParts(prepared, recipe);
  return prepared;
}

function recipeOf(
  options: {
    loss: string;
    joint: boolean;
    betaFrom: number;
    betaTo: number;
    steps: number;
    sample: number | undefined;
  },
  { target }: Columns,
): TableRecipe {
  const { joint, betaFrom, betaTo, steps, sample } = options;
  const loss = options.loss as TableRecipe['loss'];
  if (loss === 'contrastive' && target.kind === 'categorical') {
    throw new RangeError(
      `fit: expected a continuous target for --loss contrastive, got categories in "${target.name}"`,
    );
  }
  const pretraining = Math.floor(steps / 6);
  return {
    encoder: [64, 64],
    latent: 4,
    integrator: [128, 128],
    loss,
    joint,
    annealing: { from: betaFrom, to: betaTo, pretraining, steps: steps - pretraining },
    rate: 1e-3,
    batch: 128,
    every: Math.max(1, Math.floor(steps / readingsOfARun)),
    ...(sample !== undefined && { sample }),
  };
}

/** `hour=categorical` as what the reader takes. */
function kindsOf(types: readonly string[]): Record<string, Kind> {
  return Object.fromEntries(
    types.map((text) => {
      const at = text.lastIndexOf('=');
      const kind = text.slice(at + 1);
      if (at < 1 || (kind !== 'continuous' && kind !== 'categorical')) {
        throw new RangeError(`fit: expected --type COLUMN=continuous or COLUMN=categorical, got ${text}`);
      }
      return [text.slice(0, at), kind];
    }),
  );
}

/** What the readers throw names the file first; a request's mistakes name the verb. */
async function blamed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (const Kind of [RangeError, SyntaxError, TypeError]) {
      if (error instanceof Kind && !error.message.startsWith('fit: ')) {
        throw new Kind(`fit: ${error.message}`, { cause: error });
      }
    }
    throw error;
  }
}
