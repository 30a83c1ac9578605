/** Inputs with their classes, as they are sent: digits and mail from installed packages, tables of the user's. */
import {
  type Column,
  countWords,
  frequentWords,
  mnistDigits,
  readCsv,
  spamMails,
  split,
  type Table,
} from '../../data/index.ts';
import { array, random } from '../../tensor/index.ts';
import type { Labelled } from './classifier.ts';
import { digest, type Recipe } from './manifest.ts';
import { type Encoding, encode, type InputColumn, type InputKind, type Raw, takeInputs, widthOf } from './raw.ts';

/** Labelled inputs. */
export interface Material {
  readonly raw: Raw;
  /** A class a row. */
  readonly labels: Int32Array;
  /** Their names. */
  readonly classes: readonly string[];
  readonly input: InputKind;
  /** Of a part: the seed that the whole was split with. */
  readonly split?: number;
}

/** Ten thousand handwritten digits of MNIST, as bytes. */
export async function digits(): Promise<Material> {
  const { images, labels } = await mnistDigits();
  const values = Uint8Array.from(images.data, (level) => Math.round(255 * level));
  return {
    raw: { count: labels.size, width: 28 * 28, values },
    labels: labels.data,
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    input: { kind: 'image', shape: [28, 28] },
  };
}

/** Words of {@link mail}'s vocabulary. */
const vocabularySize = 1024;

/** The mails of SpamAssassin's corpus as counts of their most frequent words; each count may be off by `tolerance`. */
export async function mail(tolerance: number): Promise<Material> {
  const mails = await spamMails();
  const texts = mails.map(({ subject, body }) => `${subject}\n${body}`);
  const vocabulary = frequentWords(texts, vocabularySize);
  return {
    raw: { count: texts.length, width: vocabulary.length, values: countWords(texts, vocabulary) },
    labels: Int32Array.from(mails, ({ spam }) => Number(spam)),
    classes: ['mail', 'spam'],
    input: { kind: 'rows', columns: vocabulary.map((name) => ({ name, step: 1, tolerance })) },
  };
}

/** Tolerances of columns: one for all that hold numbers, or others by name. */
export interface Tolerances {
  readonly all: number;
  readonly of: ReadonlyMap<string, number>;
}

/**
 * A CSV file and the column of its classes. Numbers are read as they are, with the step that all values of a column are
 * multiples of; a column of categories becomes one of 0 and 1 for each, named COLUMN=CATEGORY, which may not be moved.
 * @throws the reader's errors; RangeError for a target that is no category, and for tolerances of columns that are not there
 */
export async function tableMaterial(path: string, target: string, tolerances: Tolerances): Promise<Material> {
  const table = await readCsv(path);
  const column = table.column(target);
  if (column.kind !== 'categorical') {
    throw new RangeError(`plant: expected a target of categories, got numbers in column ${JSON.stringify(target)}`);
  }
  if (column.categories.length < 2) {
    throw new RangeError(`plant: expected a target of two categories or more, got ${column.categories.length}`);
  }
  const known = Uint32Array.from(column.codes.keys()).filter((row) => column.codes[row]! >= 0);
  const rows = table.select(table.names.filter((name) => name !== target)).take(known);
  const columns = inputColumns(rows, tolerances);
  return {
    raw: readRows(rows, columns),
    labels: Int32Array.from(known, (row) => column.codes[row]!),
    classes: column.categories,
    input: { kind: 'rows', columns },
  };
}

/** The columns that a model of this table reads. */
export function inputColumns(table: Table, { all, of }: Tolerances): InputColumn[] {
  for (const name of of.keys()) table.column(name);
  return table.columns.flatMap((column) => {
    const { name } = column;
    const numbers = numbersOf(column);
    if (numbers === undefined) {
      if (of.get(name))
        throw new RangeError(`plant: expected numbers in a column with a tolerance, got words in ${name}`);
      const { categories } = column as Extract<Column, { kind: 'categorical' }>;
      return categories.map((category) => ({ name: `${name}=${category}`, step: 1, tolerance: 0 }));
    }
    return [{ name, step: stepOf(numbers), tolerance: of.get(name) ?? all }];
  });
}

/**
 * The numbers of these columns in a table that has them, or the categories that they are made of.
 * @throws RangeError for a column that is not there; TypeError for words where numbers are expected
 */
export function readRows(table: Table, columns: readonly InputColumn[]): Raw {
  const values = new Float64Array(table.rows * columns.length);
  for (const [at, { name }] of columns.entries()) {
    const whole = table.names.includes(name) || !name.includes('=');
    const column = table.column(whole ? name : name.slice(0, name.lastIndexOf('=')));
    const numbers = whole ? numbersOf(column) : isCategory(column, name.slice(name.lastIndexOf('=') + 1));
    if (numbers === undefined) {
      throw new TypeError(`${table.name}: expected numbers in column ${JSON.stringify(name)}, got words`);
    }
    for (let row = 0; row < table.rows; row++) values[row * columns.length + at] = numbers[row]!;
  }
  return { count: table.rows, width: columns.length, values };
}

/** NaN where missing; undefined for words. */
function numbersOf(column: Column): Float64Array | undefined {
  if (column.kind === 'continuous') return column.values;
  const numbers = column.categories.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (numbers.some((value) => !Number.isFinite(value))) return undefined;
  return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : numbers[code]!));
}

function isCategory(column: Column, category: string): Float64Array | undefined {
  if (column.kind === 'continuous') return undefined;
  const wanted = column.categories.indexOf(category);
  return Float64Array.from(column.codes, (code) => Number(code >= 0 && code === wanted));
}

/** The largest of 1, 0.1, … 10⁻⁹ that all values are multiples of; the smallest where none is. */
function stepOf(values: Float64Array): number {
  let digits = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    while (digits < 9 && Number(value.toFixed(digits)) !== value) digits++;
  }
  return Number(`1e-${digits}`);
}

/**
 * The rows of some classes only, numbered anew in this order.
 * @throws RangeError for a class that there is none of, and for fewer than two
 */
export function onlyClasses(material: Material, names: readonly string[]): Material {
  const places = names.map((name) => classNamed(material.classes, name));
  if (new Set(places).size < 2) throw new RangeError(`plant: expected two classes or more, got ${names.join(', ')}`);
  const kept = Uint32Array.from(material.labels.keys()).filter((row) => places.includes(material.labels[row]!));
  return {
    input: material.input,
    raw: takeInputs(material.raw, kept),
    labels: Int32Array.from(kept, (row) => places.indexOf(material.labels[row]!)),
    classes: names,
  };
}

/** The number of a class. @throws RangeError when there is none of that name */
export function classNamed(classes: readonly string[], name: string): number {
  const found = classes.indexOf(name);
  if (found < 0) {
    const some = classes.slice(0, 12).join(', ');
    throw new RangeError(
      `class: expected one of ${some}${classes.length > 12 ? ', …' : ''}, got ${JSON.stringify(name)}`,
    );
  }
  return found;
}

/** Four fifths to train on, and a fifth held out; each class keeps its share. */
export function parts(material: Material, seed: number): { readonly train: Material; readonly held: Material } {
  const { raw, labels } = material;
  const rows = split(raw.count, {
    key: random.key(seed),
    parts: { train: 0.8, held: 0.2 },
    strata: byAppearance(labels),
  });
  const take = (chosen: Uint32Array): Material => ({
    ...material,
    split: seed,
    raw: takeInputs(raw, chosen),
    labels: Int32Array.from(chosen, (row) => labels[row]!),
  });
  return { train: take(rows.train), held: take(rows.held) };
}

/** The classes numbered by where they are first met, so that a split does not depend on their order. */
function byAppearance(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    const known = numbers.get(label) ?? numbers.size;
    numbers.set(label, known);
    return known;
  });
}

/** SHA-256 of rows and their classes. */
export function contentOf({ raw, labels, classes }: Material): string {
  const bytes = ({ buffer, byteOffset, byteLength }: Raw['values'] | Int32Array) =>
    digest(new Uint8Array(buffer, byteOffset, byteLength));
  return digest([bytes(raw.values), bytes(labels), JSON.stringify(classes)].join());
}

/** What is told of how a model was trained on these rows. */
export function recipeOf(train: Material, steps: number | null): Recipe {
  return { steps, split: train.split ?? null, data: contentOf(train) };
}

/** As a model takes it. */
export function labelled({ raw, labels, classes, input }: Material, encoding: Encoding): Labelled {
  return {
    inputs: encode(raw, encoding, input),
    labels: array(labels, { dtype: 'int32' }),
    classes: classes.length,
  };
}

/** Bytes as grey levels in [0, 1], and rows as they are. */
export function plainEncoding({ input }: Pick<Material, 'input'>): Encoding {
  const kinds = input.kind === 'image' ? (input.shape[2] ?? 1) : input.columns.length;
  return {
    divisor: input.kind === 'image' ? 255 : 1,
    mean: new Array<number>(kinds).fill(0),
    std: new Array<number>(kinds).fill(1),
    channelsFirst: false,
    shape: input.kind === 'image' ? input.shape : [kinds],
  };
}

/**
 * The encoding that gives each channel or column mean 0 and the same spread: standard deviation 1, or such that inputs have
 * this length (the root of the mean of ‖x‖²).
 * @param centred whether the mean is taken off
 */
export function fitEncoding({ raw, input }: Material, length?: number, centred = true): Encoding {
  const plain = plainEncoding({ input });
  const { divisor } = plain;
  const channels = plain.mean.length;
  const mean = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  const counts = new Array<number>(channels).fill(0);
  const each = (visit: (value: number, channel: number) => void) => {
    for (let i = 0; i < raw.values.length; i++) {
      const value = raw.values[i]! / divisor;
      if (!Number.isNaN(value)) visit(value, i % channels);
    }
  };
  each((value, c) => {
    counts[c]! += 1;
    mean[c]! += value;
  });
  for (let c = 0; c < channels; c++) mean[c] = centred && counts[c]! > 0 ? mean[c]! / counts[c]! : 0;
  each((value, c) => {
    squares[c]! += (value - mean[c]!) ** 2;
  });
  const width = widthOf(input);
  const scale = length === undefined ? 1 : Math.sqrt(width) / length;
  const std = squares.map((sum, c) => scale * (Math.sqrt(sum / Math.max(1, counts[c]!)) || 1));
  return { ...plain, mean, std };
}
