/** `tenfold opt train`: a model of one's own text, by the paper's recipe. */
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { blamed, verb } from '../../command/index.ts';
import { corpusDigest, type Document, readDocuments, splitCorpus } from '../../data/index.ts';
import { ifThere, isThere, lockFolder, makeFolder, replaceFile } from '../../tensor/index.ts';
import { Tokenizer, trainBpe } from '../../text/index.ts';
import { namedTensors } from './architecture.ts';
import type { OptConfig } from './config.ts';
import { saveModel } from './convert.ts';
import { paperRecipe, type Recipe } from './recipe.ts';
import { specialRoles, specialTokens } from './shipped.ts';
import { inMemory } from './tensor-source.ts';
import { tokenRow } from './token-windows.ts';
import { train } from './train.ts';

export const trainVerb = verb({
  name: 'train',
  summary: 'train a model on texts, by the paper’s recipe',
  about: `Trains a byte-level BPE tokenizer and an OPT model on text files: .txt and .md are one document, .jsonl has one a line under
"text". AdamW (0.9, 0.95) with weight decay 0.1, a linear warm-up and a linear decay to a tenth, gradients clipped at 1,
dropout 0.1, weights from N(0, 0.006). Every twenty-fifth document is held out (of few, the last twentieth of each).

A loss spike is met as the paper's authors met theirs: back to a checkpoint, the batch passed over, and the rate halved when
it comes again. What was done stands in the run's logbook.md. Stopped or killed, the run goes on when the same command is
given again. The result is a folder in the hub's layout.`,
  args: { files: { help: 'texts in UTF-8: .txt, .md or .jsonl', many: true } },
  options: {
    out: { kind: 'text', value: 'DIR', help: 'the run’s folder; by default runs/opt and the first file’s name' },
    vocabulary: { kind: 'number', value: 'N', help: 'tokens', integer: true, min: 260, max: 65536, default: 4096 },
    layers: { kind: 'number', value: 'N', help: 'transformer layers', integer: true, min: 1, max: 128, default: 6 },
    width: {
      kind: 'number',
      value: 'N',
      help: 'd_model, a multiple of 64',
      integer: true,
      min: 64,
      max: 16384,
      default: 256,
    },
    context: { kind: 'number', value: 'N', help: 'tokens in a row', integer: true, min: 16, max: 2048, default: 512 },
    batch: { kind: 'number', value: 'N', help: 'rows in a batch', integer: true, min: 1, max: 1024, default: 4 },
    accumulate: { kind: 'number', value: 'N', help: 'batches a step', integer: true, min: 1, max: 1024, default: 1 },
    steps: { kind: 'number', value: 'N', help: 'steps in all', integer: true, min: 10, max: 1e7, default: 2000 },
    rate: { kind: 'number', value: 'R', help: 'the highest learning rate', min: 1e-7, max: 0.1, default: 1e-3 },
    dropout: {
      kind: 'number',
      value: 'P',
      help: 'of what each sublayer adds',
      min: 0,
      max: 0.9,
      default: paperRecipe.dropout,
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of weights, order and dropout',
      integer: true,
      min: 0,
      max: 1e9,
      default: 0,
    },
  },
  examples: [
    { line: 'tenfold opt train letters.txt', does: 'a small model of one text' },
    { line: 'tenfold opt train corpus.jsonl --layers 12 --width 768 --vocabulary 32768', does: 'of OPT-125M’s shape' },
    { line: 'tenfold opt generate --model runs/opt-letters/model', does: 'run it' },
  ],
  run: ({ args: { files }, options, signal, progress }) =>
    blamed('train', async () => {
      const [first] = files as readonly [string, ...string[]];
      const folder = options.out ?? join('runs', `opt-${basename(first).replace(/\.[^.]*$/, '')}`);
      const documents = await readDocuments(files);
      if (options.width % 64 !== 0)
        throw new RangeError(`train: expected --width to be a multiple of 64, got ${options.width}`);
      await makeFolder(folder);
      const unlock = await lockFolder(folder, 'train');
      try {
        const { vocabulary, layers, width, context, dropout, steps, seed } = options;
        await claim(folder, { vocabulary, layers, width, context, dropout, text: corpusDigest(documents), seed });
        const corpus = splitCorpus(documents);
        const tokenizer = await tokenizerIn(
          join(folder, 'tokenizer'),
          corpus.train,
          vocabulary,
          signal,
          progress.update,
        );
        const tokens = { train: tokensOf(corpus.train, tokenizer), held: tokensOf(corpus.held, tokenizer) };
        const config = configOf(options, tokenizer);
        const recipe: Recipe = {
          ...paperRecipe,
          steps,
          warmUp: Math.max(1, Math.min(2000, Math.floor(steps / 15))),
          rate: options.rate,
          window: options.context,
          batch: options.batch,
          accumulate: options.accumulate,
          dropout: options.dropout,
          seed,
        };
        const trained = await train({ config, recipe, tokens, folder: join(folder, 'training'), progress, signal });
        const model = join(folder, 'model');
        await rm(model, { recursive: true, force: true }); // of an earlier end of the same run
        await saveModel({ config, tensors: inMemory(namedTensors(trained.params)) }, model, {
          layout: 'safetensors',
          type: 'float16',
          signal,
        });
        await tokenizer.save(model);
        const { loss, held } = trained;
        return {
          run: folder,
          model,
          steps: trained.steps,
          tokens: tokens.train.length,
          loss,
          held,
          perplexity: Math.exp(held),
        };
      } finally {
        await unlock();
      }
    }),
  text: ({ model, steps, loss, held, perplexity }) =>
    `${steps} steps, loss ${loss.toFixed(3)}, on held-out text ${held.toFixed(3)} nats a token (perplexity ${perplexity.toFixed(1)})\n${model}: tenfold opt generate --model ${model}`,
});

/** The run's tokenizer: the one in its folder, or one trained on what is not held out. */
async function tokenizerIn(
  folder: string,
  documents: readonly Document[],
  vocabulary: number,
  signal: AbortSignal,
  update: (label: string, share?: number) => void,
): Promise<Tokenizer> {
  if (await isThere(join(folder, 'tokenizer.json'))) return Tokenizer.open(folder);
  const trained = await trainBpe(
    documents.map(({ text }) => text),
    {
      vocabulary,
      specialTokens,
      special: specialRoles,
      signal,
      done: (tokens) => update('training the tokenizer', tokens / vocabulary),
    },
  );
  await trained.save(folder);
  return trained;
}

function tokensOf(documents: readonly Document[], tokenizer: Tokenizer): Int32Array {
  return tokenRow(
    documents.map(({ text }) => text),
    (text) => tokenizer.encode(text),
  );
}

function configOf(
  options: { layers: number; width: number; context: number; dropout: number },
  tokenizer: Tokenizer,
): OptConfig {
  const { layers, width, context, dropout } = options;
  return {
    // a multiple of 8, as metaseq pads its vocabulary
    vocabSize: 8 * Math.ceil(tokenizer.size / 8),
    hiddenSize: width,
    layers,
    heads: width / 64,
    ffnDim: 4 * width,
    maxPositions: context,
    embedDim: width,
    preNorm: true,
    finalNorm: true,
    dropout,
    bos: 2,
    eos: 2,
    pad: 1,
  };
}

/**
 * Begins a run in a folder, or takes up the one that is there. One that never came to train is begun anew.
 * @throws RangeError when that is another run
 */
async function claim(folder: string, settings: Readonly<Record<string, number | string>>): Promise<void> {
  const path = join(folder, 'run.json');
  const text = `${JSON.stringify(settings, null, 1)}\n`;
  const before = await ifThere(readFile(path, 'utf8'));
  if (before === text) return;
  if (await isThere(join(folder, 'training'))) {
    throw new RangeError(
      `train: expected the text, vocabulary, shape and seed that the run in ${folder} began with; give another --out`,
    );
  }
  await rm(join(folder, 'tokenizer'), { recursive: true, force: true });
  await replaceFile(path, [text]);
}
