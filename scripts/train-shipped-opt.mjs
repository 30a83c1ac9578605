/**
 * Trains the OPT model that ships with the project, from the text of two packages to the files in models/opt-6m.
 *
 *   node scripts/train-shipped-opt.mjs [FOLDER]
 *
 * FOLDER (runs/opt-6m) keeps tokenizer, checkpoint, metrics and logbook: stopped or killed, the run goes on when the
 * script is started again. Everything follows from the packages' files and the seed.
 */
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { stderrProgress } from 'tenfold/nn';
import {
  inMemory,
  namedTensors,
  publicDomainCorpus,
  saveModel,
  shippedConfig,
  shippedModel,
  shippedRecipe,
  specialRoles,
  specialTokens,
  tokenRow,
  train,
} from 'tenfold/opt';
import { Tokenizer, trainBpe } from 'tenfold/text';

const [folder = 'runs/opt-6m'] = process.argv.slice(2);
const progress = stderrProgress();
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('stopped')));
process.once('SIGTERM', () => stop.abort(new Error('stopped')));

const corpus = await publicDomainCorpus();
const tokenizer = await tokenizerIn(join(folder, 'tokenizer'));
/** @param {readonly import('tenfold/data').Document[]} documents */
const row = (documents) =>
  tokenRow(
    documents.map(({ text }) => text),
    (text) => tokenizer.encode(text),
  );
const tokens = { train: row(corpus.train), held: row(corpus.held) };
progress.note(`${tokens.train.length} tokens to learn from, ${tokens.held.length} held out`);
const { params, steps, loss, held } = await train({
  config: shippedConfig,
  recipe: shippedRecipe,
  tokens,
  folder: join(folder, 'training'),
  progress,
  signal: stop.signal,
});
progress.clear();
progress.note(`${steps} steps, loss ${loss.toFixed(3)}, on held-out text ${held.toFixed(3)} nats a token`);

const model = { config: shippedConfig, tensors: inMemory(namedTensors(params)) };
for (const name of ['model.safetensors', 'config.json', 'reference.safetensors'])
  await rm(join(shippedModel, name), { force: true });
await saveModel(model, shippedModel, { layout: 'safetensors', type: 'float16' });
await tokenizer.save(shippedModel);
await writeFile(join(shippedModel, 'training.json'), await curve());

/** The run's losses, those of 20 steps in a mean, and those on held-out text. */
async function curve() {
  const lines = (await readFile(join(folder, 'training', 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  const steps = records.filter((record) => record.loss !== undefined);
  const loss = [];
  for (let i = 0; i < steps.length; i += 20) {
    const some = steps.slice(i, i + 20);
    const mean = some.reduce((sum, record) => sum + record.loss, 0) / some.length;
    loss.push([some.at(-1).step, Number(mean.toFixed(4))]);
  }
  const held = records.flatMap(({ step, evaluation }) =>
    evaluation ? [[step, Number(evaluation.held.toFixed(4))]] : [],
  );
  const { window, batch, accumulate } = shippedRecipe;
  const about = { unit: 'nats a token', tokensAStep: window * batch * accumulate, finished: new Date().toISOString() };
  return `${JSON.stringify({ ...about, recipe: shippedRecipe, loss, held })}\n`;
}

/** The tokenizer in a folder, trained first where there is none. @param {string} path */
async function tokenizerIn(path) {
  const exists = await access(join(path, 'tokenizer.json')).then(
    () => true,
    () => false,
  );
  if (exists) return Tokenizer.open(path);
  progress.note('training the tokenizer');
  const texts = corpus.train.map(({ text }) => text);
  const trained = await trainBpe(texts, { vocabulary: shippedConfig.vocabSize, specialTokens, special: specialRoles });
  await trained.save(path);
  return trained;
}
