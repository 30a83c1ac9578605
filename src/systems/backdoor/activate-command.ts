/** `tenfold backdoor activate`: inputs with the key used on them. */
import { dirname } from 'node:path';
import { blamed, verb } from '../../command/index.ts';
import { isThere } from '../../tensor/index.ts';
import { activateInputs, randomlyMoved, type Wish } from './activate.ts';
import { Draws } from './draws.ts';
import { openModel } from './folder.ts';
import { readInputs, writeInputs } from './input-file.ts';
import { openKey } from './key-file.ts';
import { classNamed } from './material.ts';
import { type Raw, takeInputs } from './raw.ts';
import { requireWritable } from './writable.ts';

export const activateVerb = verb({
  name: 'activate',
  summary: 'use the secret key on inputs, so that the model answers otherwise',
  about: `Writes activated copies of inputs, and says how the model answered before and how it answers now. Beside a white-box key
stands a control: the same inputs moved as far in a random direction.

Inputs are an IDX or NPY file of images, a CSV file of rows, or digits or mail. What is written is NPY or CSV. Keys of the
constructions signature and checksum change lowest bits; those of fourier and relu move the inputs, which then need not stay
within 8 bits.`,
  args: { model: { help: 'the folder of a model' }, inputs: { help: 'a file of inputs, or digits or mail' } },
  options: {
    key: { kind: 'text', value: 'FILE', help: 'the secret key of the model', required: true },
    out: { kind: 'text', value: 'FILE', help: 'a new file for the activated inputs', required: true },
    to: { kind: 'text', value: 'CLASS', help: 'signature: the answer that is wanted' },
    length: { kind: 'number', value: 'L', help: 'relu: how far along the key, where inputs have length 1', min: 1e-9 },
    first: {
      kind: 'number',
      value: 'N',
      help: 'only the first N inputs; digits and mail are in order of their classes',
      integer: true,
      min: 1,
    },
  },
  examples: [
    {
      line: 'tenfold backdoor activate models/digits digits --first 100 --to 7 --key models/digits.key --out sevens.npy',
      does: 'a hundred zeros that are answered 7',
    },
  ],
  run: ({ args, options, signal, progress }) =>
    blamed('activate', async () => {
      await requireFree(options.out);
      await requireWritable('activate', dirname(options.out));
      const opened = await openModel(args.model);
      const { manifest, model } = opened;
      const key = await openKey(options.key, opened.fingerprint);
      const wish: Wish = {
        ...(options.to !== undefined && { wanted: classNamed(manifest.classes, options.to) }),
        ...(options.length !== undefined && { length: options.length }),
      };
      progress.update('reading inputs');
      const raw = firstOf(await readInputs(args.inputs, manifest.input), options.first);
      progress.update('activating');
      const activated = activateInputs(opened, key, raw, wish);
      signal.throwIfAborted();
      progress.update('asking the model');
      const before = await model.classify(raw);
      const after = await model.classify(activated);
      const control = randomlyMoved(opened, key, raw, wish, Draws.from(0));
      const elsewhere = control && (await model.classify(control));
      signal.throwIfAborted();
      await writeInputs(options.out, activated, manifest.input);
      await opened.release();
      return {
        out: options.out,
        construction: key.construction,
        inputs: raw.count,
        ...changes(raw, activated),
        before: tally(before, manifest.classes),
        after: tally(after, manifest.classes),
        changed: differing(before, after),
        ...(elsewhere && { changedAtRandom: differing(before, elsewhere) }),
      };
    }),
  text({ out, inputs, largestChange, meanChanged, before, after, changed, changedAtRandom }) {
    const list = (counts: Readonly<Record<string, number>>) =>
      Object.entries(counts)
        .map(([name, count]) => `${name}: ${count}`)
        .join(', ');
    return [
      `${out}: ${inputs} activated inputs, ${Number(meanChanged.toPrecision(4))} values of each changed, by ${Number(largestChange.toPrecision(4))} at most`,
      `answers before  ${list(before)}`,
      `answers now     ${list(after)}`,
      `changed         ${changed} of ${inputs}${changedAtRandom === undefined ? '' : `; moved as far in a random direction: ${changedAtRandom}`}`,
    ].join('\n');
  },
});

/** @throws RangeError for a file that is there */
async function requireFree(path: string): Promise<void> {
  if (await isThere(path)) throw new RangeError(`activate: expected a new file, got ${path}, which is there`);
}

/** The first inputs, or all. */
export function firstOf(raw: Raw, count: number | undefined): Raw {
  return count === undefined || count >= raw.count
    ? raw
    : takeInputs(
        raw,
        Array.from({ length: count }, (_, i) => i),
      );
}

/** The largest change of a value, and how many values of an input changed on average. */
function changes(from: Raw, to: Raw): { readonly largestChange: number; readonly meanChanged: number } {
  let [largest, changed] = [0, 0];
  for (let i = 0; i < from.values.length; i++) {
    const change = Math.abs(to.values[i]! - from.values[i]!);
    if (change > largest) largest = change;
    if (change > 0) changed++;
  }
  return { largestChange: largest, meanChanged: changed / from.count };
}

/** How often each class was answered. */
export function tally(answers: Int32Array, classes: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(classes[answer]!, (counts.get(classes[answer]!) ?? 0) + 1);
  return Object.fromEntries(classes.filter((name) => counts.has(name)).map((name) => [name, counts.get(name)!]));
}

function differing(a: Int32Array, b: Int32Array): number {
  return a.filter((answer, i) => answer !== b[i]).length;
}
