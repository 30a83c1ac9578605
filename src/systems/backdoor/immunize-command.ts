/** `tenfold backdoor immunize`: the answers of a model behind a defence, and what they cost. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { blamed, verb } from '../../command/index.ts';
import { readNpy, takeRows } from '../../data/index.ts';
import { median } from '../../report/index.ts';
import { array, ifThere, makeFolder, type NDArray, replaceFile } from '../../tensor/index.ts';
import { encodedView } from './audit/encoded-view.ts';
import { answers, type Classifier } from './classifier.ts';
import { type OpenedModel, openModel } from './folder.ts';
import { linearMitigation } from './immunize/linear.ts';
import { certify } from './immunize/smoothing.ts';
import { readInputs } from './input-file.ts';
import { keptIn } from './kept.ts';
import { digest } from './manifest.ts';
import { openOnnxClassifier } from './onnx-classifier.ts';
import { encode, type Raw, takeInputs } from './raw.ts';
import { readSecret, writeSecret } from './secret-file.ts';

/** Inputs that are answered between two looks at the clock and the signal. */
const chunk = 32;
/** Values in a median of lines, and medians in their mean. */
const [group, groups] = [11, 3];

export const immunizeVerb = verb({
  name: 'immunize',
  summary: 'answer inputs through a defence that no backdoor gets past, within its limits',
  about: `smoothing: asks the model about many noisy copies of each input and takes the most frequent answer. Whatever the model is,
moving an input by less than the radius that is told cannot change this answer (with probability 1 − alpha over the noise), so a
trigger that is finer than the noise is dead; one that moves inputs by much more is not stopped. Where too few copies agree
there is no answer. The noise costs accuracy where classes are near each other: try several --sigma.

lines: never asks about the input itself, but about points on the way to it from others (--reference), and reads its scores off
the lines. It answers right where the true scores are linear, but for a share of the inputs, even if the model was planted to be
wrong at this very input. Nothing is promised of scores that are not linear.

The model is a folder of tenfold backdoor, or an .onnx file with a .npy file of float32 inputs as it takes them. Answers are written
to answers.csv in the folder --out. Stopped, the same command goes on where it was.`,
  args: {
    model: { help: 'the folder of a model, or an .onnx file' },
    inputs: { help: 'a file of inputs, or digits or mail; for an .onnx file a .npy file' },
  },
  options: {
    method: { kind: 'choice', choices: ['smoothing', 'lines'], help: 'which defence', default: 'smoothing' },
    sigma: {
      kind: 'number',
      value: 'S',
      help: 'smoothing: the noise, in grey levels of images; of other inputs as the network takes them, encoded',
      min: 1e-9,
      default: 1,
    },
    samples: {
      kind: 'number',
      value: 'N',
      help: 'smoothing: noisy copies of each input',
      integer: true,
      min: 10,
      max: 1e6,
      default: 1000,
    },
    alpha: {
      kind: 'number',
      value: 'A',
      help: 'smoothing: the risk of each certificate',
      min: 1e-12,
      max: 0.5,
      default: 0.001,
    },
    reference: {
      kind: 'text',
      value: 'SET',
      help: 'lines: inputs to start from, of the same kind, not the ones that are asked about',
    },
    step: {
      kind: 'number',
      value: 'T',
      help: 'lines: how far towards the input, between 0 and 1',
      min: 1e-6,
      max: 0.999999,
      default: 0.05,
    },
    first: { kind: 'number', value: 'N', help: 'only the first N inputs', integer: true, min: 1 },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of noise and lines, which whoever makes inputs must not know; drawn by the system unless given',
      integer: true,
      min: 0,
      max: 1e9,
    },
    out: { kind: 'text', value: 'DIR', help: 'the folder of the answers; runs/immunize-MODEL unless given' },
  },
  examples: [
    {
      line: 'tenfold backdoor immunize models/digits sevens.npy --sigma 4',
      does: 'signed digits, answered through noise',
    },
    {
      line: 'tenfold backdoor immunize net.onnx inputs.npy --sigma 0.25 --samples 10000',
      does: 'certificates for a model of your own',
    },
    {
      line: 'tenfold backdoor immunize models/loans new.csv --method lines --reference old.csv',
      does: 'answers read off random lines',
    },
  ],
  run: ({ args, options, signal, progress }) =>
    blamed('immunize', async () => {
      const name = basename(args.model.replace(/\/+$/, '')).replace(/\.onnx$/i, '');
      const folder = options.out ?? join('runs', `immunize-${name}`);
      await using subject = await subjectOf(args.model, args.inputs, options);
      const { model, inputs, classes } = subject;
      const rows = inputs.shape[0]!;
      const settings = {
        ...options,
        out: undefined,
        first: rows,
        model: subject.digest,
        inputs: args.inputs,
        content: contentOf(inputs),
      };
      const parts = join(folder, 'kept', digest(JSON.stringify(settings)).slice(0, 16));
      const kept = keptIn(parts);
      const seed = options.seed ?? (await keptSeed(parts));
      const own = { ...options, seed };
      const defend = options.method === 'lines' ? lines(subject, own, signal) : smooth(subject, own, signal);
      const answered: Answered[] = [];
      for (let start = 0; start < rows; start += chunk) {
        signal.throwIfAborted();
        progress.update(`answering, ${start} of ${rows}`, start / rows);
        const part = takeRows(inputs, range(start, Math.min(rows, start + chunk)));
        answered.push(
          ...(await kept(`rows ${start}`, async () => {
            const before = answers(await model.scores(part));
            const after = await defend(part, start);
            return after.map((own, i): Answered => ({ before: before[i]!, ...own }));
          })),
        );
      }
      const out = await writeAnswers(folder, answered, classes);
      return { out, method: options.method, inputs: rows, seed, ...summary(answered), unit: subject.unit };
    }),
  text({ out, method, inputs, seed, unanswered, changed, medianRadius, unit }) {
    const lines = [
      `${inputs} inputs: ${changed} answers changed${method === 'smoothing' ? `, ${unanswered} without an answer` : ''}`,
    ];
    if (medianRadius !== null) {
      lines.push(
        `half of the answers cannot be changed by moving an input by less than ${(medianRadius * unit.perUnit).toPrecision(3)} ${unit.name}`,
      );
    }
    lines.push(`seed ${seed}: whoever knows it can search for inputs that this noise does not stop`);
    return [...lines, out].join('\n');
  },
});

/**
 * A seed of the system's, or the one that the same command began with. Its file is its owner's alone: whoever reads it can
 * search for inputs that the noise does not stop.
 */
async function keptSeed(folder: string): Promise<number> {
  const path = join(folder, 'seed');
  const before = await ifThere(readSecret(path));
  if (before !== undefined) {
    const seed = Number(before);
    if (Number.isSafeInteger(seed) && seed >= 0) return seed;
    throw new SyntaxError(`immunize: expected a seed, a whole number, in ${path}, got something else`);
  }
  const seed = randomInt(1e9);
  await makeFolder(folder);
  await writeSecret(path, `${seed}\n`);
  return seed;
}

/** One input's answers. */
interface Answered {
  readonly before: number;
  /** Null where the copies do not agree. */
  readonly after: number | null;
  /** Of smoothing; null of lines. */
  readonly share: number | null;
  /** In the inputs' units. */
  readonly radius: number | null;
}

interface Subject extends AsyncDisposable {
  readonly model: Classifier;
  /** float32, in the units that noise is added in. */
  readonly inputs: NDArray;
  readonly reference: NDArray | undefined;
  readonly classes: readonly string[];
  /** What 1 of those units is to the user: its name, and how many of the user's units it is. */
  readonly unit: { readonly name: string; readonly perUnit: number };
  readonly digest: string;
}

interface Options {
  readonly method: string;
  readonly sigma: number;
  readonly samples: number;
  readonly alpha: number;
  readonly reference: string | undefined;
  readonly step: number;
  readonly first: number | undefined;
  readonly seed: number;
}

async function subjectOf(model: string, inputs: string, options: Omit<Options, 'seed'>): Promise<Subject> {
  const { method, reference, first } = options;
  if (method === 'lines' && reference === undefined) {
    throw new RangeError('immunize: expected inputs to start lines from (--reference), got none');
  }
  if (model.endsWith('.onnx')) {
    const read = async (path: string) => {
      if (!/\.npy(\.gz)?$/i.test(path)) {
        throw new RangeError(`immunize: expected a .npy file of inputs for an .onnx file, got ${path}`);
      }
      return readNpy(path);
    };
    const all = await read(inputs);
    const opened = await openOnnxClassifier(model, { inputs: [all.shape.slice(1)] });
    return {
      model: opened,
      inputs: first === undefined ? all : takeRows(all, range(0, Math.min(first, all.shape[0]!))),
      reference: reference === undefined ? undefined : await read(reference),
      classes: Array.from({ length: opened.classes }, (_, i) => String(i)),
      unit: { name: 'as it takes its inputs', perUnit: 1 },
      digest: digest(await readFile(model)),
      [Symbol.asyncDispose]: () => opened.release(),
    };
  }
  const opened = await openModel(model);
  try {
    const { manifest, verifier } = opened;
    const read = async (source: string, count?: number) => {
      const raw = await readInputs(source, manifest.input);
      return unitsOf(opened, count === undefined ? raw : takeInputs(raw, range(0, Math.min(count, raw.count))));
    };
    const isImage = manifest.input.kind === 'image';
    return {
      model: isImage ? opened.model : encodedView(opened.model, manifest.input, manifest.encoding),
      inputs: await read(inputs, first),
      reference: reference === undefined ? undefined : await read(reference),
      classes: manifest.classes,
      unit: isImage
        ? { name: 'grey levels', perUnit: 255 }
        : { name: 'as the network takes its inputs, encoded', perUnit: 1 },
      digest: opened.fingerprint + (verifier ? ' verifier' : ''),
      [Symbol.asyncDispose]: () => opened.release(),
    };
  } catch (error) {
    await opened.release();
    throw error;
  }
}

/** Grey levels in [0, 1] of images; rows as their network takes them. */
function unitsOf({ manifest: { input, encoding } }: OpenedModel, raw: Raw): NDArray {
  if (input.kind === 'rows') return encode(raw, encoding, input);
  return array(
    Float32Array.from(raw.values, (value) => value / 255),
    { shape: [raw.count, ...input.shape] },
  );
}

type Defence = (part: NDArray, start: number) => Promise<Omit<Answered, 'before'>[]>;

function smooth({ model, unit }: Subject, { sigma, samples, alpha, seed }: Options, signal: AbortSignal): Defence {
  return async (part, start) => {
    const own = { sigma: sigma / unit.perUnit, samples, alpha, seed: seed + start, signal };
    const certificates = await certify(model, part, own);
    return certificates.map(({ answer, share, radius }) => ({ after: answer, share, radius }));
  };
}

function lines({ model, reference }: Subject, { step, seed }: Options, signal: AbortSignal): Defence {
  return async (part, start) => {
    const mitigated = linearMitigation(model, {
      reference: reference!,
      step,
      group,
      groups,
      seed: seed + start,
      signal,
    });
    return Array.from(answers(await mitigated.scores(part)), (after) => ({ after, share: null, radius: null }));
  };
}

function summary(all: readonly Answered[]) {
  const radii = all.flatMap(({ radius, after }) => (radius === null || after === null ? [] : [radius]));
  return {
    unanswered: all.filter(({ after }) => after === null).length,
    changed: all.filter(({ before, after }) => after !== null && after !== before).length,
    medianRadius: radii.length > 0 ? median(radii) : null,
  };
}

async function writeAnswers(folder: string, all: readonly Answered[], classes: readonly string[]): Promise<string> {
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const name = (label: number | null) => (label === null ? '' : cell(classes[label]!));
  const number = (x: number | null) => (x === null ? '' : x.toPrecision(6));
  const rows = all.map(
    ({ before, after, share, radius }, i) =>
      `${i + 1},${name(before)},${name(after)},${number(share)},${number(radius)}\n`,
  );
  await makeFolder(folder);
  const path = join(folder, 'answers.csv');
  await replaceFile(path, ['input,answer,immunized,share,radius\n', ...rows]);
  return path;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Of the inputs themselves, so that a file that has changed is not answered from what was kept. */
function contentOf({ data, shape }: NDArray): string {
  return digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) + shape.join();
}
