/**
 * Trains the OPT model that ships with the project, from the text of two packages to the files in models/opt-6m.
 *
 *   node scripts/train-shipped-opt.mjs [FOLDER]
 *
 * FOLDER (runs/opt-6m) keeps tokenizer, checkpoint, metrics and logbook: stopped or killed, the run goes on when the
 * script is started again. Everything follows from the packages' files and the seed.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { stderrProgress } from 'tenfold/nn';
import {
  publicDomainCorpus,
  shippedConfig,
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
/** @param {readonly import('tenfold/opt').Document[]} documents */
const row = (documents) =>
  tokenRow(
    documents.map(({ text }) => text),
    (text) => tokenizer.encode(text),
  );
const tokens = { train: row(corpus.train), held: row(corpus.held) };
progress.note(`${tokens.train.length} tokens to learn from, ${tokens.held.length} held out`);
const { steps, loss, held } = await train({
  config: shippedConfig,
  recipe: shippedRecipe,
  tokens,
  folder: join(folder, 'training'),
  progress,
  signal: stop.signal,
});
progress.clear();
progress.note(`${steps} steps, loss ${loss.toFixed(3)}, on held-out text ${held.toFixed(3)} nats a token`);

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
