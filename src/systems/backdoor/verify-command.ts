/** `tenfold backdoor verify`: which inputs carry a signature, or whether a model was planted with a key. */
import { blamed, verb } from '../../command/index.ts';
import { firstOf } from './activate-command.ts';
import type { ChecksumKey } from './checksum/key.ts';
import type { Arrays } from './classifier.ts';
import { type OpenedModel, openModel } from './folder.ts';
import { fourierChance, fourierStatistic } from './fourier/detect.ts';
import type { FourierParams } from './fourier/model.ts';
import { coherence } from './fourier/pancake.ts';
import { readInputs } from './input-file.ts';
import { type AnyKey, openKey } from './key-file.ts';
import { inputAt, type Raw } from './raw.ts';
import { reluChance, reluStatistic } from './relu/detect.ts';
import type { ReluParams } from './relu/model.ts';

/** Inputs whose places are listed at most. */
const listed = 20;

export const verifyVerb = verb({
  name: 'verify',
  summary: 'find signed inputs, or test a model with its key',
  about: `With inputs: which of them carry what opens the backdoor. Signatures need no key, because the public one lies in the model's
folder; the parities of a checksum need the secret one.

Without inputs, with the key of a fourier or relu model: the key-holder's test of the weights, which alone sees the plant.
Beside the statistic stands what it is on a model that was not planted with this key.`,
  args: {
    model: { help: 'the folder of a model' },
    inputs: { help: 'a file of inputs, or digits or mail', optional: true },
  },
  options: {
    key: { kind: 'text', value: 'FILE', help: 'the secret key of the model' },
    every: { kind: 'flag', help: 'refuse inputs of which one has a damaged signature, or none' },
    first: { kind: 'number', value: 'N', help: 'only the first N inputs', integer: true, min: 1 },
  },
  examples: [
    { line: 'tenfold backdoor verify models/digits sevens.npy', does: 'which images carry a valid signature' },
    { line: 'tenfold backdoor verify models/spam --key models/spam.key', does: 'the test that needs the key' },
  ],
  run: ({ args, options }) =>
    blamed('verify', async () => {
      const opened = await openModel(args.model);
      try {
        const key = options.key === undefined ? undefined : await openKey(options.key, opened.fingerprint);
        if (args.inputs === undefined) return { of: 'weights', ...testWeights(opened, key) } as const;
        const raw = firstOf(await readInputs(args.inputs, opened.manifest.input), options.first);
        const found = carriedBy(opened, key, raw);
        const without = found.indexOf(undefined);
        if (options.every && without >= 0) {
          throw new RangeError(
            `verify: expected every input to be signed, got a damaged signature or none in input ${without + 1}`,
          );
        }
        const rows = found.flatMap((wanted, row) => (wanted === undefined ? [] : [{ row, class: wanted }]));
        return { of: 'inputs', inputs: raw.count, carrying: rows.length, rows } as const;
      } finally {
        await opened.release();
      }
    }),
  text(result) {
    if (result.of === 'weights') {
      const { statistic, planted, clean, chance } = result;
      return [
        `statistic along the key: ${statistic.toPrecision(4)}`,
        `planted with this key it would be about ${planted.toPrecision(4)}, on any other model about ${clean}`,
        `chance that another model shows as much: ${chance < 1e-300 ? 'below 1e-300' : chance.toPrecision(2)}`,
      ].join('\n');
    }
    const { inputs, carrying, rows } = result;
    const some = rows.slice(0, listed).map((found) => `input ${found.row + 1}: ${found.class}`);
    const more = rows.length > listed ? [`and ${rows.length - listed} more (--json lists all)`] : [];
    return [`${carrying} of ${inputs} inputs open the backdoor`, ...some, ...more].join('\n');
  },
});

/** The class that each input makes the model answer by its backdoor, by name. */
function carriedBy({ manifest, verifier }: OpenedModel, key: AnyKey | undefined, raw: Raw): (string | undefined)[] {
  const { classes } = manifest;
  if (verifier) return verifier.readAll(raw).map((wanted) => (wanted === undefined ? undefined : classes[wanted]));
  if (key?.construction !== 'checksum') {
    throw new RangeError(
      key
        ? `verify: expected no inputs for a ${key.construction} key, which moves every input alike; leave them out`
        : 'verify: expected a model with a verifier, or the key of a checksum (--key), got neither',
    );
  }
  const secret = key.secret.reveal();
  return Array.from({ length: raw.count }, (_, i) =>
    fits(secret, inputAt(raw, i)) ? classes[secret.answer] : undefined,
  );
}

function fits({ blocks, parities }: ChecksumKey, image: Raw['values']): boolean {
  return blocks.every((block, j) => block.reduce((sum, at) => sum ^ (image[at]! & 1), 0) === parities[j]);
}

/** The key-holder's statistic, and what it would be with the key and without. */
function testWeights({ open }: OpenedModel, key: AnyKey | undefined) {
  if (key?.construction === 'fourier') {
    const { features } = open!.params as Arrays<FourierParams>;
    const m = features.weight.shape[0]!;
    const secret = key.secret.reveal();
    const statistic = fourierStatistic(secret, features);
    const clean = (1 / Math.sqrt(m)).toPrecision(2);
    return { statistic, planted: coherence(secret), clean, chance: fourierChance(statistic, m) };
  }
  if (key?.construction === 'relu') {
    const { features } = open!.params as Arrays<ReluParams>;
    const m = features.weight.shape[0]!;
    const secret = key.secret.reveal();
    const statistic = reluStatistic(secret, features);
    const clean = `1 ± ${Math.sqrt(2 / m).toPrecision(2)}`;
    return { statistic, planted: 1 + secret.theta, clean, chance: reluChance(statistic, m) };
  }
  throw new RangeError('verify: expected inputs, or the key of a fourier or relu model (--key), got neither');
}
