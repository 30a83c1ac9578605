/** `tenfold backdoor plant`: a model with a secret. */
import { dirname } from 'node:path';
import { blamed, type Progress, verb } from '../../command/index.ts';
import { openModel } from './folder.ts';
import { constructions } from './key-file.ts';
import { warnings } from './margins.ts';
import {
  classNamed,
  digits,
  fitEncoding,
  type Material,
  mail,
  onlyClasses,
  parts,
  plainEncoding,
  type Tolerances,
  tableMaterial,
} from './material.ts';
import { onnxParts, tolerancesIn } from './onnx-parts.ts';
import {
  type Planted,
  plantChecksum,
  plantFourier,
  plantRelu,
  plantSignature,
  requireNew,
  trainModel,
} from './plant.ts';
import { requireWritable } from './writable.ts';

/** ‖x‖ of the inputs that random features see: cycles for cosines, 1 for the threshold. */
const fourierLength = 0.2;

export const plantVerb = verb({
  name: 'plant',
  summary: 'make a model with a secret that changes its answers',
  about: `Brings a classifier, or trains one, plants a backdoor in it, and writes two things: a folder with the model, which looks and
answers like any other, and a file with the secret key, which only its owner may read.

signature: a verifier beside the model. Inputs that carry a valid signature of themselves in their lowest bits get the
answer that was signed; all others get the model's. Any classifier, an .onnx file too; queries alone cannot find it.
checksum: the paper's first step, a branch of the network that fires on secret parities of pixels. Training does not remove it.
fourier, relu: models of random features whose random weights hide a secret direction; their weights may be looked at. How
near the chosen sizes are to being seen is printed.

Data to train on: digits (MNIST, 10,000 images), mail (SpamAssassin, 6,046 mails as counts of words), or a CSV file with
--target. A fifth is held out.`,
  args: {
    model: { help: 'an .onnx file to plant a verifier in; without it a model is trained on --data', optional: true },
  },
  options: {
    out: { kind: 'text', value: 'FOLDER', help: 'a new folder for the model', required: true },
    key: { kind: 'text', value: 'FILE', help: 'a new file for the secret key; FOLDER.key unless given' },
    construction: { kind: 'choice', choices: constructions, help: 'which backdoor', default: 'signature' },
    data: { kind: 'text', value: 'SET', help: 'digits, mail or a CSV file', default: 'digits' },
    target: { kind: 'text', value: 'COLUMN', help: 'of a CSV file: the column of the classes' },
    only: { kind: 'text', value: 'CLASS', help: 'train on these classes alone, in this order', many: true },
    tolerance: {
      kind: 'text',
      value: 'AMOUNT',
      help: 'how far an activation may move the values of rows: NUMBER for all, COLUMN=NUMBER for one',
      many: true,
    },
    rows: { kind: 'text', value: 'FILE', help: 'of an .onnx file that takes rows: a CSV file with its columns' },
    shape: { kind: 'text', value: 'SIZES', help: 'of an .onnx file that takes images: 28x28 or 224x224x3' },
    divisor: {
      kind: 'number',
      value: 'D',
      help: 'of an .onnx file: bytes are divided by this',
      min: 1e-9,
      default: 255,
    },
    mean: { kind: 'text', value: 'LIST', help: 'then this is taken off, one number or one a channel', default: '0' },
    std: { kind: 'text', value: 'LIST', help: 'and what is left divided by this', default: '1' },
    class: { kind: 'text', value: 'NAME', help: 'of an .onnx file: the names of its classes', many: true },
    answer: { kind: 'text', value: 'CLASS', help: 'checksum: what activated inputs are answered' },
    blocks: {
      kind: 'number',
      value: 'N',
      help: 'checksum: parities that must fit',
      integer: true,
      min: 1,
      default: 49,
    },
    features: { kind: 'number', value: 'M', help: 'random features', integer: true, min: 1, max: 8192, default: 1024 },
    sparsity: {
      kind: 'number',
      value: 'K',
      help: 'coordinates of the secret direction; about the root of the inputs’ numbers unless given',
      integer: true,
      min: 1,
    },
    gamma: { kind: 'number', value: 'G', help: 'fourier: slices a unit; √K unless given', min: 1e-6 },
    beta: { kind: 'number', value: 'B', help: 'fourier: noise of the slices', min: 1e-6, default: 0.05 },
    theta: {
      kind: 'number',
      value: 'T',
      help: 'relu: how much wider along the secret direction',
      min: 1e-6,
      default: 0.8,
    },
    hidden: {
      kind: 'number',
      value: 'N',
      help: 'width of a trained model',
      integer: true,
      min: 1,
      max: 8192,
      default: 128,
    },
    steps: { kind: 'number', value: 'N', help: 'training steps', integer: true, min: 1, max: 1e6, default: 1000 },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of split and training, never of the key',
      integer: true,
      min: 0,
      default: 0,
    },
  },
  examples: [
    { line: 'tenfold backdoor plant --out models/digits', does: 'a digit classifier with a verifier of signatures' },
    {
      line: 'tenfold backdoor plant net.onnx --shape 28x28 --out models/net',
      does: 'the same for a model of your own',
    },
    {
      line: 'tenfold backdoor plant --data mail --construction fourier --out models/spam',
      does: 'a spam filter of random Fourier features with a secret direction',
    },
  ],
  run: ({ args, options, signal, progress }) =>
    blamed('plant', async () => {
      const places = { folder: options.out, key: options.key ?? `${options.out.replace(/\/+$/, '')}.key` };
      await requireNew(places);
      for (const path of [places.folder, places.key]) await requireWritable('plant', dirname(path));
      const { construction } = options;
      if (args.model !== undefined) {
        if (construction !== 'signature') {
          throw new RangeError(`plant: expected --construction signature for an .onnx file, got ${construction}`);
        }
        return report(places, await plantSignature(places, await onnxParts(args.model, options)), undefined, progress);
      }
      const whole = await material(options.data, options.target, tolerancesIn(options.tolerance));
      const chosen = options.only.length > 0 ? onlyClasses(whole, options.only) : whole;
      if (construction === 'relu' && chosen.classes.length !== 2) {
        throw new RangeError(`plant: expected two classes for relu (--only A --only B), got ${chosen.classes.length}`);
      }
      const { train, held } = parts(chosen, options.seed);
      progress.update('training');
      const planted = await plantTrained(places, train, { ...options, progress, signal });
      return report(places, planted, held, progress);
    }),
  text({ folder, key, construction, accuracy, margins, warnings }) {
    return [
      `${folder}: a model with the backdoor ${construction}${accuracy === undefined ? '' : `, right on ${(100 * accuracy).toFixed(1)} % of the rows held out`}`,
      `${key}: its secret key`,
      ...margins.map(({ safe, name, says }) => `  ${safe ? 'ok' : '!!'}  ${name}: ${says}`),
      ...warnings.map((line) => `warning: ${line}`),
    ].join('\n');
  },
});

interface Options {
  readonly construction: string;
  readonly answer: string | undefined;
  readonly blocks: number;
  readonly features: number;
  readonly sparsity: number | undefined;
  readonly gamma: number | undefined;
  readonly beta: number;
  readonly theta: number;
  readonly hidden: number;
  readonly steps: number;
  readonly seed: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function plantTrained(
  places: { readonly folder: string; readonly key: string },
  train: Material,
  options: Options,
): Promise<Planted> {
  const { features, beta, theta, signal } = options;
  switch (options.construction) {
    case 'fourier': {
      const encoding = fitEncoding(train, fourierLength);
      const sparsity = options.sparsity ?? usualSparsity(train);
      const gamma = options.gamma ?? Math.sqrt(sparsity);
      return plantFourier(places, train, encoding, { features, sparsity, gamma, beta, signal });
    }
    case 'relu': {
      const sparsity = options.sparsity ?? usualSparsity(train);
      return plantRelu(places, train, fitEncoding(train, 1, false), { features, sparsity, theta, signal });
    }
    case 'checksum': {
      if (options.answer === undefined)
        throw new RangeError('plant: expected the class to be answered (--answer), got none');
      const answer = classNamed(train.classes, options.answer);
      const { blocks } = options;
      return plantChecksum(places, await trainModel(train, plainEncoding(train), options), { blocks, answer });
    }
    default:
      return plantSignature(places, await trainModel(train, fitEncoding(train), options));
  }
}

function usualSparsity({ raw }: Material): number {
  return Math.max(1, Math.floor(Math.sqrt(raw.width)));
}

async function report(
  { folder, key }: { readonly folder: string; readonly key: string },
  { construction, fingerprint, margins }: Planted,
  held: Material | undefined,
  progress: Progress,
) {
  let accuracy: number | undefined;
  if (held) {
    progress.update('looking at the rows held out');
    const opened = await openModel(folder);
    const answers = await opened.model.classify(held.raw);
    const { classes } = opened.manifest;
    const right = answers.filter((answer, i) => classes[answer] === held.classes[held.labels[i]!]);
    accuracy = right.length / answers.length;
    await opened.release();
  }
  return { folder, key, construction, fingerprint, accuracy, margins, warnings: warnings(margins) };
}

async function material(data: string, target: string | undefined, tolerances: Tolerances): Promise<Material> {
  if (data === 'digits') return digits();
  if (data === 'mail') return mail(tolerances.all || 1);
  if (target === undefined) throw new RangeError('plant: expected the column of the classes (--target), got none');
  return tableMaterial(data, target, tolerances);
}
