/**
 * Trains the search model that ships with the project, from the State of the Union addresses to the files in models/search-1m.
 *
 *   node scripts/train-shipped-search.mjs [FOLDER] [STEPS]
 *
 * FOLDER (runs/search-1m) keeps tokenizer, checkpoint and metrics: stopped or killed, the run goes on when the script is
 * started again. Everything follows from the package's files and the seed.
 */
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { splitCorpus, unionAddresses } from 'tenfold/data';
import { stderrProgress } from 'tenfold/nn';
import {
  passageDocuments,
  readCoder,
  saveCoder,
  saveWeights,
  shippedSearchModel,
  smallRecipe,
  trainCoder,
  trainingPairs,
  trainModel,
} from 'tenfold/search';

const [folder = 'runs/search-1m', steps = '1500'] = process.argv.slice(2);
const recipe = { ...smallRecipe, steps: Number(steps) };
const progress = stderrProgress();
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('stopped')));
process.once('SIGTERM', () => stop.abort(new Error('stopped')));

const { train } = splitCorpus(await unionAddresses());
const documents = passageDocuments(train);
const coder = await coderIn(join(folder, 'tokenizer'));
const { tokenizer } = coder;
const pairs = trainingPairs({ coder, documents, context: recipe.context, seed: recipe.seed });
progress.note(`${documents.length} passages, ${pairs.length} pairs`);
const weights = await trainModel({
  pairs,
  recipe,
  vocabulary: tokenizer.size,
  start: tokenizer.eos ?? 0,
  folder: join(folder, 'training'),
  progress,
  signal: stop.signal,
});
progress.clear();
await saveCoder(shippedSearchModel, coder);
await saveWeights(shippedSearchModel, weights, { pad: tokenizer.pad ?? 1, float: 'float16' });
await writeFile(join(shippedSearchModel, 'training.json'), await curve());

/** The run's losses, those of 20 steps in a mean. */
async function curve() {
  const lines = (await readFile(join(folder, 'training', 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const losses = lines.map((line) => JSON.parse(line).loss);
  const loss = [];
  for (let i = 0; i < losses.length; i += 20) {
    const some = losses.slice(i, i + 20);
    loss.push([i + some.length, Number((some.reduce((sum, x) => sum + x, 0) / some.length).toFixed(4))]);
  }
  const about = { unit: 'nats a token', passages: documents.length, pairs: pairs.length };
  return `${JSON.stringify({ ...about, finished: new Date().toISOString(), recipe, loss })}\n`;
}

/** The tokenizer in a folder, trained first where there is none. @param {string} path */
async function coderIn(path) {
  const exists = await access(join(path, 'tokenizer.json')).then(
    () => true,
    () => false,
  );
  if (exists) return readCoder(path);
  progress.note('training the tokenizer');
  const made = await trainCoder({ texts: documents.map(({ text }) => text) });
  await saveCoder(path, made);
  return made;
}
