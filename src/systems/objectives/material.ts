/**
 * What a study's models learn from and are judged on, in tokens: the corpus, the mixture of training tasks, and the suite of
 * held-out tasks. It is made once, kept in the study's folder, and read by every process that trains.
 *
 * One vocabulary serves all. It is learned from what models learn from, the corpus and the training tasks; documents and
 * tasks that are held out stay out of it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Corpus, Document } from '../../data/index.ts';
import { array, ifThere, openSafetensors, replaceFile, saveSafetensors } from '../../tensor/index.ts';
import { Tokenizer, trainBpe } from '../../text/index.ts';
import { end, firstSentinel, start } from './cells.ts';
import { corruptionOfRow } from './corruption.ts';
import { Draws } from './draws.ts';
import type { Example } from './layout.ts';
import { put, randomBaseline, type Task } from './tasks/task.ts';

/** A question as it is put to a model: a prompt and the choices that may follow it, in tokens. */
export interface Asked {
  readonly prompt: readonly number[];
  readonly choices: readonly (readonly number[])[];
}

/** A held-out task in tokens. */
export interface SuiteTask {
  readonly name: string;
  /** What guessing gets right. */
  readonly random: number;
  /** What the choice of the most frequent tokens gets right: a control. */
  readonly counting: number;
  /** Every question in every prompt. */
  readonly items: readonly { readonly answer: number; readonly prompts: readonly Asked[] }[];
}

/** All that models learn from and are judged on. */
export interface Material {
  readonly vocabulary: number;
  readonly train: Int32Array;
  readonly held: Int32Array;
  /** Of the multitask mixture: each question of the training tasks in one of its prompts. */
  readonly mixture: readonly Example[];
  readonly suite: readonly SuiteTask[];
  /** Questions of the training tasks that the mixture leaves out, in the first prompt of each: whether finetuning taught. */
  readonly practised: readonly SuiteTask[];
}

/** Of so many questions of a training task the last is left out of the mixture. */
const leftOut = 16;

/** What is decided of the material. */
export interface MaterialOptions {
  readonly vocabulary: number;
  /** Tokens of a decoder's row. */
  readonly row: number;
  readonly signal?: AbortSignal;
  /** Called with what is being done. */
  readonly update?: (label: string, share?: number) => void;
  /** Called with what a person should know of the tasks. */
  readonly note?: (text: string) => void;
}

/** The special tokens, by their ids: start, end, and as many sentinels as a row can have. */
export function specialTokens(row: number): string[] {
  const sentinels = Array.from({ length: corruptionOfRow(row).spans }, (_, i) => `<|span ${i}|>`);
  const names = ['<|start|>', '<|end|>', ...sentinels];
  if (names[start] !== '<|start|>' || names[end] !== '<|end|>' || names[firstSentinel] !== sentinels[0])
    throw new RangeError('objectives: expected the special tokens in the order of their ids');
  return names;
}

/** Learns a vocabulary, and turns corpus and tasks into tokens. */
export async function prepareMaterial(
  corpus: Corpus,
  tasks: readonly Task[],
  { vocabulary, row, signal, update, note }: MaterialOptions,
): Promise<{ material: Material; tokenizer: Tokenizer }> {
  const training = tasks.filter(({ use }) => use === 'training');
  const draws = Draws.of(0, 4);
  const examples = training.flatMap(({ name, prompts, questions, joint = ' ' }) =>
    kept(questions).map((question) => {
      const { text, choices, answer } = put(question, draws.pick(prompts));
      return { task: name, text, answer: joint + choices[answer]! };
    }),
  );
  const learned = [...corpus.train.map(({ text }) => text), ...examples.map(({ text, answer }) => text + answer)];
  const tokenizer = await trainBpe(learned, {
    vocabulary,
    specialTokens: specialTokens(row),
    special: { bos: '<|start|>', eos: '<|end|>' },
    ...(signal && { signal }),
    ...(update && { done: (tokens) => update('learning the vocabulary', tokens / vocabulary) }),
  });
  update?.('encoding corpus and tasks');
  const encode = (text: string) => tokenizer.encode(text, { special: false });
  const train = joined(corpus.train, encode);
  const counts = new Float64Array(tokenizer.size).fill(1);
  for (const token of train) counts[token]!++;
  const [room, longest] = [Math.floor(0.75 * row), Math.floor(row / 12)];
  const encoded = examples.map(({ task, text, answer }) => ({
    task,
    inputs: encode(text),
    targets: [...encode(answer), end],
  }));
  const fits = ({ inputs, targets }: Example) => inputs.length + targets.length <= room && targets.length <= longest;
  const mixture = encoded.filter(fits).map(({ inputs, targets }) => ({ inputs, targets }));
  const suite = tasks
    .filter(({ use, questions }) => use === 'held out' && questions.length > 0)
    .map((task) => suiteTask(task, encode, counts));
  const practised = training
    .map(({ prompts, questions, ...task }) => ({
      ...task,
      prompts: prompts.slice(0, 1),
      questions: questions.filter((_, i) => isLeftOut(i)),
    }))
    .filter(({ questions }) => questions.length > 0)
    .map((task) => suiteTask(task, encode, counts));
  for (const { name } of training) {
    const own = encoded.filter(({ task }) => task === name);
    const long = own.filter((example) => !fits(example)).length;
    if (long > 0.1 * own.length)
      note?.(
        `${name} (training): ${long} of ${own.length} questions are left out: with more than ${room} tokens, or ${longest - 1} in the answer, they are too long for rows of ${row}; a larger --row takes them`,
      );
  }
  for (const { name, items } of suite) {
    const long = items.filter(({ prompts }) => prompts.some((asked) => longestOf(asked) > row)).length;
    if (long > 0.1 * items.length)
      note?.(
        `${name} (held out): ${long} of ${items.length} questions are longer than the rows of ${row} tokens that models read while they learn; a larger --row makes theirs as long`,
      );
  }
  signal?.throwIfAborted();
  return {
    material: {
      // a multiple of 64, for the products with the output layer
      vocabulary: 64 * Math.ceil(tokenizer.size / 64),
      train,
      held: joined(corpus.held, encode),
      mixture,
      suite,
      practised,
    },
    tokenizer,
  };
}

function isLeftOut(i: number): boolean {
  return i % leftOut === leftOut - 1;
}

function kept<T>(questions: readonly T[]): T[] {
  return questions.filter((_, i) => !isLeftOut(i));
}

function longestOf({ prompt, choices }: Asked): number {
  return prompt.length + Math.max(...choices.map(({ length }) => length));
}

/** Documents in one row, an end token behind each. */
function joined(documents: readonly Document[], encode: (text: string) => readonly number[]): Int32Array {
  const parts = documents.map(({ text }) => {
    const tokens = encode(text);
    const part = new Int32Array(tokens.length + 1).fill(end);
    part.set(tokens);
    return part;
  });
  const row = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    row.set(part, at);
    at += part.length;
  }
  return row;
}

function suiteTask(task: Task, encode: (text: string) => readonly number[], counts: Float64Array): SuiteTask {
  const { joint = ' ' } = task;
  const items = task.questions.map((question) => {
    const prompts = task.prompts.map((prompt) => {
      const { text, choices } = put(question, prompt);
      return { prompt: encode(text), choices: choices.map((choice) => encode(joint + choice)) };
    });
    return { answer: question.answer, prompts };
  });
  const frequency = (tokens: readonly number[]) => tokens.reduce((sum, token) => sum + Math.log(counts[token]!), 0);
  const byCounting = items.filter(({ answer, prompts }) => {
    const { choices } = prompts[0]!;
    const mean = choices.map((tokens) => frequency(tokens) / tokens.length);
    return mean.indexOf(Math.max(...mean)) === answer;
  }).length;
  return { name: task.name, random: randomBaseline(task), counting: byCounting / items.length, items };
}

const format = 'tenfold objectives material 2';

/** Keeps material in a folder that is there. */
export async function saveMaterial(folder: string, material: Material, tokenizer: Tokenizer): Promise<void> {
  const { train, held, ...rest } = material;
  await tokenizer.save(join(folder, 'tokenizer'));
  await saveSafetensors(join(folder, 'tokens.safetensors'), {
    train: array(train, { dtype: 'int32' }),
    held: array(held, { dtype: 'int32' }),
  });
  // the last to come: with it the material is there
  await replaceFile(join(folder, 'tasks.json'), [`${JSON.stringify({ format, ...rest })}\n`]);
}

/** Reads the material of a folder; undefined where there is none yet. @throws SyntaxError for what is none */
export async function readMaterial(folder: string): Promise<Material | undefined> {
  const path = join(folder, 'tasks.json');
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  let rest: Omit<Material, 'train' | 'held'> & { readonly format?: unknown };
  try {
    rest = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`run: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  if (rest?.format !== format)
    throw new SyntaxError(`run: expected a ${format} in ${path}, got ${String(rest?.format)} (give another --out)`);
  const { vocabulary, mixture, suite, practised } = rest;
  await using file = await openSafetensors(join(folder, 'tokens.safetensors'));
  const row = async (name: string) => (await file.read(name)).data as Int32Array;
  return { vocabulary, mixture, suite, practised, train: await row('train'), held: await row('held') };
}

/** The tokenizer of a study. */
export function readTokenizer(folder: string): Promise<Tokenizer> {
  return Tokenizer.open(join(folder, 'tokenizer'));
}
