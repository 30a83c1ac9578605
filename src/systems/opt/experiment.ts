/**
 * The system's part of the living issue: the model that ships with the project, on documents that it never saw, held
 * against counting; and what the paper says of decoding. Quick and recorded run differ in how much text they look at.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../../data/index.ts';
import {
  bootstrapInterval,
  type Experiment,
  type ExperimentContext,
  type Findings,
  mean,
  type Table,
  table,
} from '../../report/index.ts';
import { compile, NDArray, openSafetensors, type Tensor } from '../../tensor/index.ts';
import {
  generateText,
  type LocalLanguageModel,
  languageModel,
  type TextModel,
  type Tokenizer,
  type Transformer,
  transformer,
} from '../../text/index.ts';
import { architecture } from './architecture.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { OptConfig } from './config.ts';
import { publicDomainCorpus } from './corpus.ts';
import { contextCurve, learningCurve, loopBars, surpriseText, type TrainingCurve } from './figures.ts';
import { endsInLoop } from './loops.ts';
import { openTokenizer, readParameters } from './model.ts';
import { Ngrams } from './ngram.ts';
import { inForm, storedSize, type WeightForm } from './quantized.ts';
import { rules } from './rules.ts';
import { shippedModel } from './shipped.ts';
import { tokenRow } from './token-windows.ts';

const summary = `The 6-million-parameter OPT that ships with the project: the paper’s architecture in small and its recipe, trained on this project’s engine by a script in the repository from the State of the Union addresses of 1790 to 2021 and Moby-Dick (12 MB in the public domain, 4,096 tokens of its own; its card in models/opt-6m tells how long). It is judged on every twenty-fifth address, which it never saw, by bits a byte and a token. The control is counting: interpolated Kneser–Ney 4-grams over the same tokens of the same text, all of which they have counted, while the model has seen what its training curve shows. Quantised weights have a scale for each block of 32, and are computed with by ONNX Runtime’s own kernels, which round the other operand to eight bits, too. Loops are judged on continuations of the beginnings of the held-out documents. What the paper measures on 175 billion parameters cannot be tested here, and is listed as such.`;

/** How much is looked at: tokens of each held-out document, and prompts for loops. */
const sizes = {
  quick: { tokens: 1024, quantizedTokens: 512, prompts: 9 },
  recorded: { tokens: 8192, quantizedTokens: 4096, prompts: 9 },
} as const;

const gramOrder = 4;
const continuation = 80;
const promptTokens = 24;
const temperatures = [0, 0.5, 0.8, 1];

/** The model, what it runs on, and what it is held against. */
interface Material {
  readonly config: OptConfig;
  readonly params: Transformer<NDArray>;
  readonly tokenizer: Tokenizer;
  readonly model: LocalLanguageModel;
  readonly held: readonly (Document & { readonly ids: readonly number[] })[];
  readonly grams: Ngrams;
  readonly curve: TrainingCurve;
}

/** What a document cost, token by token, in bits: the model and counting. */
interface Cost {
  readonly document: Document;
  readonly ids: readonly number[];
  readonly bytes: number;
  readonly model: readonly number[];
  readonly counting: readonly number[];
}

async function run(context: ExperimentContext): Promise<Findings> {
  const { tier, progress, signal } = context;
  const { tokens, quantizedTokens, prompts } = sizes[tier];
  progress.update('reading model and text', 0);
  const material = await prepare();
  const { model } = material;
  try {
    const logits = await furthestLogit(material);
    progress.update('predicting held-out documents', 0.15);
    const costs = await costsOf(material, model, tokens, signal);
    progress.update('weights of eight and four bits', 0.5);
    const exact = await costsOf(material, model, quantizedTokens, signal);
    const [int8, int4] = [
      await quantizedCosts(material, 'int8', quantizedTokens, signal),
      await quantizedCosts(material, 'int4', quantizedTokens, signal),
    ];
    progress.update('continuing texts', 0.75);
    const looped = await loopShares(material, prompts, signal);
    const shown = await inContext(material, model, signal);
    const [short, long] = [contexts.indexOf(shortContext), contexts.indexOf(longContext)];
    const rise = (after: readonly Cost[]) => measured(after.map((cost, i) => percentRise(exact[i]!.model, cost.model)));
    const judge = (rule: keyof typeof rules, value: number | null, interval?: readonly [number, number]) =>
      rules[rule].judge({ tier, value, ...(interval && { interval }) });
    const of = (rule: keyof typeof rules, { value, interval }: ReturnType<typeof measured>) =>
      judge(rule, value, interval);
    const bitsPerByte = (cost: Cost, which: 'model' | 'counting') => sum(cost[which]) / cost.bytes;
    return {
      claims: [
        judge('logits', logits),
        of('counting', measured(costs.map((cost) => bitsPerByte(cost, 'model') - bitsPerByte(cost, 'counting')))),
        of('context', measured(shown.map(({ bits }) => bits[short]! - bits[long]!))),
        of('foreign', measured(shown.map(({ bits, foreign }) => bits[short]! - foreign))),
        of('int8', rise(int8)),
        of('int4', rise(int4)),
        judge('loops', looped.find(({ temperature }) => temperature === 0)!.share),
        judge('sampled', looped.find(({ temperature }) => temperature === 1)!.share),
        judge('zeroShot', null),
        judge('dialogue', null),
      ],
      figures: [
        surpriseText(surprises(material, costs[0]!), costs[0]!.document.name),
        learningCurve(material.curve, mean(costs.map(({ counting }) => mean(counting)))),
        contextCurve(
          contexts.map((tokens, k) => ({ tokens, bits: mean(shown.map(({ bits }) => bits[k]!)) })),
          mean(shown.map(({ counting }) => counting)),
        ),
        loopBars(looped.map(({ temperature, share }) => ({ temperature, share }))),
      ],
      tables: [sizeTable(material, { exact, int8, int4 }), textTable(looped)],
    };
  } finally {
    await model.release();
  }
}

export const experiment: Experiment = { summary, rules: Object.values(rules), run };

async function prepare(): Promise<Material> {
  await using checkpoint = await openCheckpoint(shippedModel);
  const { config } = checkpoint;
  const params = await readParameters(checkpoint);
  const tokenizer = await openTokenizer(shippedModel, config);
  const { train, held } = await publicDomainCorpus();
  const encode = (text: string) => tokenizer.encode(text);
  const row = tokenRow(
    train.map(({ text }) => text),
    encode,
  );
  return {
    config,
    params,
    tokenizer,
    model: languageModel(architecture(config), params),
    held: held.map((document) => ({ ...document, ids: encode(document.text) })),
    grams: new Ngrams(row, config.vocabSize, gramOrder),
    curve: JSON.parse(await readFile(join(shippedModel, 'training.json'), 'utf8')) as TrainingCurve,
  };
}

/** The largest difference to the logits that scripts/reference-logits.py keeps of plain PyTorch. */
async function furthestLogit({ config, params }: Material): Promise<number> {
  await using file = await openSafetensors(join(shippedModel, 'reference.safetensors'));
  const places = JSON.parse(file.metadata.places!) as number[];
  const { data: ids } = await file.read('ids');
  const expected = (await file.read('logits')).data as Float32Array;
  const net = architecture(config);
  const whole = compile((p: Transformer, row: Tensor) => transformer(net, p, { ids: row }));
  const got = await whole(params as never, new NDArray('int32', [1, ids.length], ids as Int32Array<ArrayBuffer>));
  await whole.release();
  const data = (got as unknown as NDArray).data as Float32Array;
  const width = config.vocabSize;
  let most = 0;
  for (const [i, place] of places.entries()) {
    for (let k = 0; k < width; k++) {
      most = Math.max(most, Math.abs(data[place * width + k]! - expected[i * width + k]!));
    }
  }
  return most;
}

/** The first tokens of each held-out document, in windows of the context, each token with what it cost. */
async function costsOf(
  { config, held, grams, tokenizer }: Material,
  model: LocalLanguageModel,
  tokens: number,
  signal: AbortSignal,
): Promise<Cost[]> {
  const some = held.map((document) => ({ document, ids: document.ids.slice(0, 1 + tokens) }));
  const windows = some.flatMap(({ ids }, document) => {
    const starts = Array.from(
      { length: Math.ceil((ids.length - 1) / config.maxPositions) },
      (_, i) => 1 + i * config.maxPositions,
    );
    return starts.map((at) => ({
      document,
      pair: { prompt: [ids[at - 1]!], continuation: ids.slice(at, at + config.maxPositions) },
    }));
  });
  const scored = await model.score(
    windows.map(({ pair }) => pair),
    { signal },
  );
  return some.map(({ document, ids }, i) => {
    const own = scored.filter((_, window) => windows[window]!.document === i);
    const lead = new Array<number>(gramOrder - 2).fill(config.bos);
    return {
      document,
      ids: ids.slice(1),
      bytes: Buffer.byteLength(tokenizer.decode(ids.slice(1))),
      model: own.flatMap(({ logProbs }) => Array.from(logProbs, (logProb) => -logProb / Math.LN2)),
      counting: Array.from(grams.losses([...lead, ...ids]), (nats) => nats / Math.LN2),
    };
  });
}

async function quantizedCosts(
  material: Material,
  form: WeightForm,
  tokens: number,
  signal: AbortSignal,
): Promise<Cost[]> {
  const { config, params } = material;
  const model = languageModel(architecture(config), inForm(params, config, form));
  try {
    return await costsOf(material, model, tokens, signal);
  } finally {
    await model.release();
  }
}

/** What some tokens of a document cost, by how much of the text before them is shown. */
interface InContext {
  /** Mean bits a token, in the order of {@link contexts}. */
  readonly bits: readonly number[];
  /** With the same nearest tokens as the short context, behind those of another document. */
  readonly foreign: number;
  readonly counting: number;
}

const contexts = [2, 4, 8, 16, 32, 64, 128, 256] as const;
const shortContext = 8;
const longContext = 256;
/** Tokens that are predicted at a place, and places in a document. */
const predicted = 16;
const placesOf = 6;

async function inContext(
  { held, grams }: Material,
  model: LocalLanguageModel,
  signal: AbortSignal,
): Promise<InContext[]> {
  const places = held.flatMap(({ ids }, document) =>
    Array.from({ length: placesOf }, (_, k) => {
      const at = longContext + Math.floor((k * (ids.length - longContext - predicted)) / placesOf);
      const other = held[(document + 1) % held.length]!.ids;
      return { document, ids, at, far: other.slice(1, 1 + longContext - shortContext) };
    }),
  );
  const pairs = places.flatMap(({ ids, at, far }) => {
    const continuation = ids.slice(at, at + predicted);
    const near = ids.slice(at - shortContext, at);
    return [...contexts.map((size) => ids.slice(at - size, at)), [...far, ...near]].map((prompt) => ({
      prompt,
      continuation,
    }));
  });
  const scored = await model.score(pairs, { signal });
  const bits = scored.map(({ logProbs }) => -mean(Array.from(logProbs)) / Math.LN2);
  const each = contexts.length + 1;
  return held.map((_, document) => {
    const own = [...places.keys()].filter((i) => places[i]!.document === document);
    const over = (k: number) => mean(own.map((i) => bits[i * each + k]!));
    return {
      bits: contexts.map((_, k) => over(k)),
      foreign: over(contexts.length),
      counting: mean(
        own.map((i) => {
          const { ids, at } = places[i]!;
          return mean(Array.from(grams.losses(ids.slice(at - gramOrder + 1, at + predicted)))) / Math.LN2;
        }),
      ),
    };
  });
}

/** By how many per cent the perplexity rises. */
function percentRise(before: readonly number[], after: readonly number[]): number {
  return 100 * (2 ** (mean(after) - mean(before)) - 1);
}

interface Looped {
  readonly temperature: number;
  /** Of continuations that end in a loop, in per cent. */
  readonly share: number;
  readonly example: string;
  readonly prompt: string;
}

async function loopShares({ held, tokenizer, model }: Material, count: number, signal: AbortSignal): Promise<Looped[]> {
  const by: TextModel = { model, tokenizer };
  const prompts = held.slice(0, count).map(({ ids }) => tokenizer.decode(ids.slice(1, 1 + promptTokens)));
  const shares: Looped[] = [];
  for (const temperature of temperatures) {
    const found = await generateText(by, prompts, {
      maxTokens: continuation,
      minTokens: continuation,
      temperature,
      ...(temperature > 0 && { topP: 0.9 }),
      seed: 1,
      signal,
    });
    const looped = found.filter(([one]) => endsInLoop(one!.tokens)).length;
    shares.push({
      temperature,
      share: (100 * looped) / found.length,
      example: found[0]![0]!.text,
      prompt: prompts[0]!,
    });
  }
  return shares;
}

function surprises({ tokenizer }: Material, { ids, model }: Cost) {
  const stream = tokenizer.stream();
  return ids.slice(0, 150).map((id, i) => ({ text: stream.push(id), bits: model[i]! }));
}

function sizeTable(
  { params }: Material,
  { exact, int8, int4 }: { exact: readonly Cost[]; int8: readonly Cost[]; int4: readonly Cost[] },
): Table {
  const perplexity = (costs: readonly Cost[], of: 'model' | 'counting') => 2 ** mean(costs.flatMap((cost) => cost[of]));
  const bitsPerByte = (costs: readonly Cost[], of: 'model' | 'counting') =>
    sum(costs.flatMap((cost) => cost[of])) / sum(costs.map(({ bytes }) => bytes));
  const row = (model: string, costs: readonly Cost[], of: 'model' | 'counting', form: WeightForm | null) => ({
    model,
    perplexity: perplexity(costs, of),
    bits: bitsPerByte(costs, of),
    size: form === null ? null : storedSize(params, form) / 1e6,
  });
  return table({
    id: 'perplexities',
    title: 'Held-out text by what predicts it',
    caption: 'Perplexity a token and bits a byte on the same tokens; the size of the weights.',
    columns: {
      model: { name: 'model', type: 'text' },
      perplexity: { name: 'perplexity', type: 'number', decimals: 2 },
      bits: { name: 'bits a byte', type: 'number', decimals: 4 },
      size: { name: 'weights', type: 'number', unit: 'MB', decimals: 1 },
    },
    rows: [
      row('OPT, 6M, float32', exact, 'model', 'float32'),
      row('OPT, 6M, weights of 8 bits', int8, 'model', 'int8'),
      row('OPT, 6M, weights of 4 bits', int4, 'model', 'int4'),
      row('Kneser–Ney 4-grams', exact, 'counting', null),
    ],
  });
}

function textTable(looped: readonly Looped[]): Table {
  return table({
    id: 'continuations',
    title: 'One beginning, four temperatures',
    caption: `What the model makes of the first ${promptTokens} tokens of a held-out document: “${looped[0]!.prompt.trim()}”`,
    columns: {
      temperature: { name: 'temperature', type: 'number', decimals: 1 },
      text: { name: 'continuation', type: 'text' },
    },
    rows: looped.map(({ temperature, example }) => ({ temperature, text: example.trim() })),
  });
}

/** The mean over documents with its bootstrap interval: they differ in length and kind. */
function measured(values: readonly number[]) {
  return bootstrapInterval(values, mean, { seed: 1 });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
