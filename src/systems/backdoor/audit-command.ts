/** `tenfold backdoor audit`: a model of the user's, asked everything beside clean ones. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { blamed, type Progress, verb } from '../../command/index.ts';
import { readNpy } from '../../data/index.ts';
import { renderFindings } from '../../report/index.ts';
import { elements, ifThere, makeFolder, type NDArray, replaceFile } from '../../tensor/index.ts';
import { encodedView } from './audit/encoded-view.ts';
import { cleanNeeded, holm, testAgainst } from './audit/null.ts';
import { Panel, type Question } from './audit/panel.ts';
import { References } from './audit/references.ts';
import { auditFigure, type Finding, findingsTable, findingsText, level, verdictOf } from './audit-page.ts';
import type { Arrays, Classifier, Labelled, OpenClassifier } from './classifier.ts';
import { type OpenedModel, openModel } from './folder.ts';
import { fourierStatistic } from './fourier/detect.ts';
import type { FourierParams } from './fourier/model.ts';
import { type AnyKey, openKey } from './key-file.ts';
import { digest, type Family } from './manifest.ts';
import { contentOf, digits, labelled, type Material, mail, onlyClasses, parts, tableMaterial } from './material.ts';
import { openOnnxClassifier } from './onnx-classifier.ts';
import { reluStatistic } from './relu/detect.ts';
import type { ReluParams } from './relu/model.ts';

const keyQuestion: Question = { id: 'key', name: 'with the key', side: 'greater' };

export const auditVerb = verb({
  name: 'audit',
  summary: 'ask a model everything that a suspicious owner can, beside clean models',
  about: `Trains clean models of the same recipe on your data, asks all of them the same questions, and tells where yours lies among
them: the spectrum of random weights and their columns, answers under random directions, STRIP, spectral signatures, and with
--cleanse Neural Cleanse. A p-value is a rank among the clean models, and is corrected for the number of tests. With --key the
key-holder's test stands beside them: on a model that was planted well it alone sees anything.

The model is a folder of tenfold backdoor, or an .onnx file. Of an .onnx file only queries are possible: there is no recipe to
train clean models by, and its values stand without p-values.

Data: digits, mail, or a CSV file with --target, which the reference models are trained on; for an .onnx file a .npy file of
float32 inputs as the model takes them. Reference models are kept in the folder --out as they are made: stopped with Ctrl-C or killed,
the audit goes on when the same command is given again. The page of the audit is written there too.`,
  args: {
    model: { help: 'the folder of a model, or an .onnx file' },
    data: { help: 'digits, mail or a CSV file; for an .onnx file a .npy file of inputs' },
  },
  options: {
    target: { kind: 'text', value: 'COLUMN', help: 'of a CSV file: the column of the classes' },
    references: {
      kind: 'number',
      value: 'N',
      help: 'clean models to train and ask; to show anything at the 5 % level it takes 20 a test, less one',
      integer: true,
      min: 2,
      max: 10_000,
      default: 260,
    },
    cleanse: { kind: 'flag', help: 'ask Neural Cleanse too, which needs three classes and takes seconds a model' },
    key: { kind: 'text', value: 'FILE', help: 'the secret key of the model' },
    length: {
      kind: 'number',
      value: 'L',
      help: 'length of the random directions, in encoded inputs; twice the length of a usual input unless given',
      min: 1e-9,
    },
    seed: {
      kind: 'number',
      value: 'N',
      help: 'of split, references and directions',
      integer: true,
      min: 0,
      default: 0,
    },
    out: { kind: 'text', value: 'DIR', help: 'the folder of the audit; runs/audit-MODEL unless given' },
  },
  examples: [
    { line: 'tenfold backdoor audit models/spam mail', does: 'a spam filter beside 260 clean ones' },
    {
      line: 'tenfold backdoor audit models/spam mail --key models/spam.key',
      does: 'the same, and what the key-holder sees',
    },
    { line: 'tenfold backdoor audit net.onnx inputs.npy', does: 'what queries alone can tell' },
  ],
  run: ({ args, options, signal, progress }) =>
    blamed('audit', async () => {
      const name = basename(args.model.replace(/\/+$/, '')).replace(/\.onnx$/i, '');
      const folder = options.out ?? join('runs', `audit-${name}`);
      await using subject = args.model.endsWith('.onnx')
        ? await onnxSubject(args.model, args.data, options.key)
        : await folderSubject(args.model, args.data, options);
      for (const note of subject.notes) progress.note(note);
      const length = options.length ?? 2 * usualLength(subject.inputs);
      const panel = new Panel({ ...subject, length, cleanse: options.cleanse });
      try {
        progress.update('asking the model');
        const own = {
          ...(await panel.ask(subject.model, subject.open, { seed: options.seed, signal })),
          ...(subject.key && {
            key: subject.key((subject.open!.params as Arrays<FourierParams | ReluParams>).features),
          }),
        };
        const settings = {
          model: subject.digest,
          data: subject.content,
          seed: options.seed,
          cleanse: options.cleanse,
          length,
        };
        const clean = subject.references
          ? await askReferences(subject, panel, folder, settings, { ...options, signal, progress })
          : [];
        const questions = [...panel.questions, ...(subject.key ? [keyQuestion] : [])];
        const findings = judge(questions, own, clean);
        const page = await writePage(folder, args.model, findings, clean.length, panel, subject, length);
        return {
          model: args.model,
          family: subject.family,
          references: clean.length,
          verdict: verdictOf(findings, keyQuestion, subject.unconfirmed),
          tests: findings,
          notAsked: panel.unasked,
          notes: [...subject.notes, ...limits(clean.length, findings.length)],
          page,
        };
      } finally {
        await panel.release();
      }
    }),
  text: ({ verdict, tests, notAsked, notes, page }) =>
    [
      findingsText(tests),
      '',
      verdict,
      ...notes,
      ...notAsked.map(({ name, why }) => `not asked: ${name}: ${why}`),
      page,
    ].join('\n'),
});

/** A model to be audited, and all that goes with it. */
interface Subject extends AsyncDisposable {
  readonly family: Family | null;
  readonly classes: number;
  /** What answers queries. */
  readonly model: Classifier;
  readonly open: OpenClassifier<unknown> | undefined;
  readonly inputs: NDArray;
  readonly labelled: Labelled | undefined;
  readonly references: References | undefined;
  readonly key: KeyTest | undefined;
  readonly notes: readonly string[];
  /** Why the clean models' recipe may not be the model's; undefined where it is. */
  readonly unconfirmed: string | undefined;
  /** Of the data that clean models are trained on; empty where none are. */
  readonly content: string;
  /** Of the weights. */
  readonly digest: string;
}

async function onnxSubject(path: string, data: string, key: string | undefined): Promise<Subject> {
  if (key !== undefined)
    throw new RangeError('audit: expected no key for an .onnx file, whose weights are not looked at');
  if (!/\.npy(\.gz)?$/i.test(data)) {
    throw new RangeError(`audit: expected a .npy file of inputs for an .onnx file, got ${data}`);
  }
  const inputs = await readNpy(data);
  const model = await openOnnxClassifier(path, { inputs: [inputs.shape.slice(1)] });
  return {
    family: null,
    classes: model.classes,
    model,
    open: undefined,
    inputs,
    labelled: undefined,
    references: undefined,
    key: undefined,
    notes: ['Only queries are possible, and no recipe is known to train clean models by: the values have no p-values.'],
    unconfirmed: undefined,
    content: '',
    digest: digest(await readFile(path)),
    [Symbol.asyncDispose]: () => model.release(),
  };
}

async function folderSubject(
  path: string,
  data: string,
  options: { readonly target: string | undefined; readonly key: string | undefined; readonly seed: number },
): Promise<Subject> {
  const opened = await openModel(path);
  try {
    const { manifest, open, verifier } = opened;
    const { family, encoding, input, classes, recipe } = manifest;
    const key = options.key === undefined ? undefined : keyTest(await openKey(options.key, opened.fingerprint));
    const whole = fitting(await materialOf(data, options.target), opened, data);
    const { train, held } = parts(whole, recipe?.split ?? options.seed);
    const used = recipe && recipe.split === null ? whole : train;
    const known = labelled(used, encoding);
    const trained = open && new References(family, open, known, recipe?.steps ?? undefined);
    const unconfirmed = !trained
      ? undefined
      : recipe === undefined
        ? 'its folder does not tell how it was trained'
        : recipe.data !== contentOf(used)
          ? 'it was trained on other rows than these'
          : undefined;
    const notes: string[] = [];
    if (verifier) {
      notes.push(
        'A public key lies in this folder: inputs that are signed for it get the answer that was signed. No query without the secret key will show that.',
      );
    }
    if (family === 'checksum') {
      notes.push(
        'A branch of threshold gates lies open in the weights: whoever reads it finds the parities that make it fire. No query is likely to.',
      );
    }
    if (trained) notes.push(`Clean models: ${trained.recipe}.`);
    else notes.push(`A clean model of the family ${family} cannot be trained here, so the values have no p-values.`);
    return {
      family,
      classes: classes.length,
      // a verifier only reads what is sent; without one the network is all there is
      model: open && !verifier ? open : encodedView(opened.model, input, encoding),
      open,
      inputs: labelled(held, encoding).inputs,
      labelled: known,
      references: trained,
      key,
      notes,
      unconfirmed,
      content: contentOf(used),
      digest: manifest.weights.sha256,
      async [Symbol.asyncDispose]() {
        await trained?.release();
        await opened.release();
      },
    };
  } catch (error) {
    await opened.release();
    throw error;
  }
}

/** The key-holder's statistic of the random layer of any model of the family. */
type KeyTest = (features: Arrays<FourierParams['features'] | ReluParams['features']>) => number;

function keyTest(key: AnyKey): KeyTest {
  switch (key.construction) {
    case 'fourier':
      return (features) => fourierStatistic(key.secret.reveal(), features as Arrays<FourierParams['features']>);
    case 'relu':
      return (features) => reluStatistic(key.secret.reveal(), features as Arrays<ReluParams['features']>);
    default:
      throw new RangeError(
        `audit: expected the key of a fourier or relu model, got one of a ${key.construction}; see verify`,
      );
  }
}

function materialOf(data: string, target: string | undefined): Promise<Material> {
  if (data === 'digits') return digits();
  if (data === 'mail') return mail(1);
  if (target === undefined) throw new RangeError('audit: expected the column of the classes (--target), got none');
  return tableMaterial(data, target, { all: 0, of: new Map() });
}

/** The rows of the model's classes, numbered as the model does. @throws RangeError for data of other inputs or classes */
function fitting(material: Material, { manifest }: OpenedModel, data: string): Material {
  const shape = ({ input }: Pick<Material, 'input'>) =>
    input.kind === 'image' ? `images of ${input.shape.join(' × ')}` : `rows of ${input.columns.length} columns`;
  const names = ({ input }: Pick<Material, 'input'>) =>
    input.kind === 'image' ? '' : input.columns.map(({ name }) => name).join('\n');
  if (shape(material) !== shape(manifest) || names(material) !== names(manifest)) {
    throw new RangeError(
      `audit: expected ${shape(manifest)}, as the model takes them, got ${shape(material)} in ${data}`,
    );
  }
  if (!manifest.classes.every((name) => material.classes.includes(name))) {
    throw new RangeError(
      `audit: expected the model's classes ${manifest.classes.slice(0, 10).join(', ')}, got ${material.classes.slice(0, 10).join(', ')} in ${data}`,
    );
  }
  return onlyClasses(material, manifest.classes);
}

interface Watch {
  readonly references: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const format = 'tenfold backdoor audit 2';

/** The answers of clean models, those first that an earlier run of the same audit has kept. */
async function askReferences(
  { references, key }: Subject,
  panel: Panel,
  folder: string,
  settings: object,
  { references: count, seed, signal, progress }: Watch,
): Promise<Record<string, number>[]> {
  const path = join(folder, 'references.json');
  const mine = digest(JSON.stringify(settings));
  await makeFolder(folder);
  const answers = await keptAnswers(path, mine);
  // numbers of their own: none is the audited model's seed by chance
  const seedOf = (i: number) => seed * 2 ** 20 + i + 1;
  if (answers.length > 0 && answers.length < count) progress.note(`going on after ${answers.length} clean models`);
  for (let i = answers.length; i < count; i++) {
    progress.update(`clean models, ${i} of ${count}`, i / count);
    signal.throwIfAborted();
    const model = await references!.make(seedOf(i), signal);
    answers.push(await panel.ask(model, model, { seed, signal }));
    await replaceFile(path, [JSON.stringify({ format, settings: mine, answers })]);
    // a turn of the event loop, so that Ctrl-C is heard
    await new Promise((resolve) => setImmediate(resolve));
  }
  const asked = answers.slice(0, count);
  if (!key) return asked;
  // of the same models, drawn again: so nothing that is kept depends on a key, and one may be given later
  const both: Record<string, number>[] = [];
  for (const [i, own] of asked.entries()) {
    progress.update(`clean models with the key, ${i} of ${count}`, i / count);
    signal.throwIfAborted();
    both.push({ ...own, key: key(references!.drawn(seedOf(i))) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return both;
}

/** @throws RangeError for a folder whose audit is another, SyntaxError for a file that is none */
async function keptAnswers(path: string, settings: string): Promise<Record<string, number>[]> {
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return [];
  let kept: { readonly format?: unknown; readonly settings?: unknown; readonly answers?: unknown } | null;
  try {
    kept = JSON.parse(text) as typeof kept;
  } catch (error) {
    throw new SyntaxError(`audit: expected JSON in ${path}, got ${(error as Error).message}`, { cause: error });
  }
  if (kept?.format !== format || !Array.isArray(kept.answers)) {
    throw new SyntaxError(`audit: expected a ${format} in ${path}, got something else; give another --out`);
  }
  if (kept.settings !== settings) {
    throw new RangeError(
      `audit: expected the model, data and options that ${path} began with, got others; give another --out`,
    );
  }
  return kept.answers as Record<string, number>[];
}

function judge(
  questions: readonly Question[],
  own: Readonly<Record<string, number>>,
  clean: readonly Readonly<Record<string, number>>[],
): Finding[] {
  const results = questions.map(({ id, side }) => {
    const values = clean.map((model) => model[id]!);
    if (values.length < 2) return null;
    const result = testAgainst(own[id]!, values, side);
    const sorted = values.toSorted((a, b) => a - b);
    const z = (q: number) => testAgainst(sorted[Math.round(q * (sorted.length - 1))]!, values, side).effect.value;
    return { ...result, spread: [z(0.025), z(0.975)] as const };
  });
  const corrected = holm(results.flatMap((result) => (result ? [result.p] : [])));
  return questions.map(({ id, name }, i) => {
    const result = results[i]!;
    return { id, name, value: own[id]!, beside: result && { ...result, corrected: corrected[i]! } };
  });
}

/** What the numbers of models and tests leave open. */
function limits(references: number, tests: number): string[] {
  const needed = cleanNeeded(tests, level);
  if (references === 0 || references >= needed) return [];
  return [
    `With ${references} clean models and ${tests} tests no corrected p-value can be ${level} or less; --references ${needed} can tell.`,
  ];
}

/** The root of the mean of ‖x‖². */
function usualLength(inputs: NDArray): number {
  const squares = (inputs.data as Float32Array).reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(squares / inputs.shape[0]!) || 1;
}

async function writePage(
  folder: string,
  model: string,
  findings: readonly Finding[],
  references: number,
  panel: Panel,
  { family, inputs, notes, unconfirmed }: Subject,
  length: number,
): Promise<string> {
  await makeFolder(folder);
  const drawn = auditFigure(findings);
  const page = renderFindings({
    title: `Audit of ${model}`,
    deck: verdictOf(findings, keyQuestion, unconfirmed),
    facts: {
      Model: `${family ?? 'an .onnx file'}, inputs of ${elements(inputs.shape.slice(1))} numbers`,
      'Clean models': String(references),
      'Inputs asked about': String(inputs.shape[0]),
      'Random directions': `of length ${length.toPrecision(3)}`,
    },
    notes: [
      ...notes,
      ...limits(references, findings.length),
      ...panel.unasked.map(({ name, why }) => `Not asked: ${name}: ${why}.`),
    ],
    tables: [findingsTable(findings, references)],
    figures: drawn ? [drawn] : [],
  });
  const path = join(folder, 'index.html');
  await replaceFile(path, [page]);
  return path;
}
