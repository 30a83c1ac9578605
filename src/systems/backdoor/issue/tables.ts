/** The tables: every effect beside its control. */
import { type Measured, mean, meanInterval, type Table, table } from '../../../report/index.ts';
import { power, type Side, testAgainst } from '../audit/null.ts';
import { weightAudits } from '../audit/weight-audits.ts';
import { type Inspected, kinds } from './cleanse.ts';
import { betas, type Layers, type Turned } from './fourier.ts';
import type { Mitigated } from './immunity.ts';
import type { SignatureCounts } from './signatures.ts';

const percent = ({ value, interval: [low, high] }: Measured): Measured => ({
  value: 100 * value,
  interval: [100 * low, 100 * high],
});

/** Signed digits and mails, and what fails to be signed. */
export function signedTable(signed: readonly SignatureCounts[]): Table {
  return table({
    id: 'signatures',
    title: 'Signed digits and mails',
    caption:
      'Inputs signed for another class than their own answer; the same unsigned, with the signature of another input, and with one bit changed after signing; and clean inputs that the signed model answers otherwise than the bare one. Largest change: grey levels of 255, or counts of a word.',
    columns: {
      set: { name: 'inputs', type: 'text' },
      inputs: { name: 'number', type: 'number' },
      turned: { name: 'signed: turned', type: 'number' },
      unsigned: { name: 'unsigned', type: 'number' },
      copied: { name: 'copied', type: 'number' },
      edited: { name: 'one bit changed', type: 'number' },
      different: { name: 'clean answers changed', type: 'number' },
      largest: { name: 'largest change', type: 'number' },
    },
    rows: signed.map((set) => ({ ...set })),
  });
}

/** Each audit's power on planted layers. */
export function auditTable({ planted, clean }: Layers): Table {
  const audits: readonly { id: keyof Layers['planted'][number]; name: string; side: Side }[] = [
    ...weightAudits,
    { id: 'wrong-key', name: 'another key of the same kind', side: 'greater' },
    { id: 'key', name: 'the key', side: 'greater' },
  ];
  return table({
    id: 'fourier-power',
    title: 'Audits of planted Fourier layers',
    caption: `Of ${planted.length} planted layers the share that each test rejects at the 5 % level, its p-values being ranks among ${clean.length} clean layers; 5 % is chance. Effect: how far the mean
      planted layer lies from the clean ones, in their standard deviations.`,
    columns: {
      test: { name: 'test', type: 'text' },
      planted: { name: 'mean planted', type: 'number', decimals: 3 },
      clean: { name: 'mean clean', type: 'number', decimals: 3 },
      effect: { name: 'effect', type: 'measured' },
      power: { name: 'power', type: 'measured', unit: '%' },
    },
    rows: audits.map(({ id, name, side }) => {
      const [with_, without] = [planted.map((model) => model[id]), clean.map((model) => model[id])];
      const { value, clean: centre, effect } = testAgainst(mean(with_), without, side);
      return { test: name, planted: value, clean: centre, effect, power: percent(power(with_, without, side)) };
    }),
  });
}

/** What the key does to planted models of digits, beside its controls. */
export function turnedTable(turned: readonly Turned[]): Table {
  const seeds = new Set(turned.map(({ seed }) => seed)).size;
  const over = (models: readonly Turned[], read: (model: Turned) => number): Measured => meanInterval(models.map(read));
  return table({
    id: 'fourier-digits',
    title: 'Digits under a planted Fourier model',
    caption: `Means over ${seeds} seeds, on digits held out. The length of the key is in units of a pixel’s range: a whole image is about 9 long. Any shift of that length changes most answers, so
      flips tell nothing; the correlation of the scores with what they were does.`,
    columns: {
      beta: { name: 'β', type: 'number', decimals: 2 },
      length: { name: '‖bk‖', type: 'number', decimals: 0 },
      planted: { name: 'accuracy, planted', type: 'measured', unit: '%' },
      clean: { name: 'accuracy, clean', type: 'measured', unit: '%' },
      predicted: { name: 'factor predicted', type: 'number', decimals: 3 },
      ratio: { name: 'measured', type: 'measured' },
      correlation: { name: 'correlation with the key', type: 'measured' },
      same: { name: 'clean, same key', type: 'measured' },
      random: { name: 'random shift', type: 'measured' },
      flips: { name: 'flips with the key', type: 'measured', unit: '%' },
      randomFlips: { name: 'random shift flips', type: 'measured', unit: '%' },
    },
    rows: betas.map((beta) => {
      const models = turned.filter((model) => model.beta === beta);
      const { length, predicted } = models[0]!;
      return {
        beta,
        length,
        planted: percent(over(models, ({ accuracy }) => accuracy.planted)),
        clean: percent(over(models, ({ accuracy }) => accuracy.clean)),
        predicted,
        ratio: over(models, ({ withKey }) => withKey.ratio),
        correlation: over(models, ({ withKey }) => withKey.correlation),
        same: over(models, ({ cleanWithKey }) => cleanWithKey.correlation),
        random: over(models, ({ random }) => random.correlation),
        flips: percent(over(models, ({ withKey }) => withKey.flips)),
        randomFlips: percent(over(models, ({ random }) => random.flips)),
      };
    }),
  });
}

/** What detectors of data poisoning say of each kind of model. */
export function inspectedTable(inspected: readonly Inspected[]): Table {
  return table({
    id: 'detectors',
    title: 'Detectors of data poisoning',
    caption: `Means over ${inspected.length / kinds.length} models of each kind. Neural Cleanse: the smallest mask of a label in pixels, its anomaly index, and the share of models with a label flagged (index above 2). STRIP: the share of
      activated digits that it stops at 1 % false alarms, of clean digits where there is no backdoor. Spectral signatures: the largest share of a label’s variance along one direction, and the share of the poisoned
      inputs that it removes.`,
    columns: {
      kind: { name: 'model', type: 'text' },
      accuracy: { name: 'accuracy', type: 'number', unit: '%', decimals: 1 },
      success: { name: 'backdoor works', type: 'number', unit: '%', decimals: 1 },
      mask: { name: 'smallest mask', type: 'number', decimals: 1 },
      index: { name: 'anomaly index', type: 'number', decimals: 2 },
      flagged: { name: 'flagged', type: 'number', unit: '%', decimals: 0 },
      stopped: { name: 'STRIP stops', type: 'number', unit: '%', decimals: 1 },
      share: { name: 'variance along one direction', type: 'number', unit: '%', decimals: 1 },
      removed: { name: 'poison removed', type: 'number', unit: '%', decimals: 0 },
    },
    rows: kinds.map((kind) => {
      const models = inspected.filter((model) => model.kind === kind);
      const over = (read: (model: Inspected) => number) => mean(models.map(read));
      const known = (read: (model: Inspected) => number | null) =>
        models.some((model) => read(model) === null) ? null : 100 * mean(models.map((model) => read(model)!));
      return {
        kind,
        accuracy: 100 * over((model) => model.accuracy),
        success: known((model) => model.success),
        mask: over(({ norms }) => Math.min(...norms)),
        index: over(({ index }) => index),
        flagged: 100 * over(({ flagged }) => Number(flagged.length > 0)),
        stopped: 100 * over(({ stopped }) => stopped),
        share: 100 * over(({ share }) => share),
        removed: known((model) => model.removed),
      };
    }),
  });
}

/** Mitigation by random lines. */
export function mitigatedTable(mitigated: readonly Mitigated[]): Table {
  return table({
    id: 'random-lines',
    title: 'Signed digits, answered from random lines',
    caption: `The mitigated model is never asked about the input itself, only about held-out digits and points on the way from them to it (the share t of the way; 66 queries). It is proved to
      be near the truth where the scores are linear but for a share of the inputs; one hidden layer is not covered, and its error grows with 2/t.`,
    columns: {
      model: { name: 'model', type: 'text' },
      step: { name: 't', type: 'number', decimals: 2 },
      accuracy: { name: 'accuracy', type: 'number', unit: '%', decimals: 1 },
      kept: { name: 'mitigated', type: 'number', unit: '%', decimals: 1 },
      signed: { name: 'signed answers before', type: 'number', unit: '%', decimals: 0 },
      survived: { name: 'after', type: 'number', unit: '%', decimals: 0 },
      restored: { name: 'own answers restored', type: 'number', unit: '%', decimals: 0 },
    },
    rows: mitigated.map(({ model, step, accuracy, kept, signed, survived, restored }) => ({
      model,
      step,
      accuracy: 100 * accuracy,
      kept: 100 * kept,
      signed: 100 * signed,
      survived: 100 * survived,
      restored: 100 * restored,
    })),
  });
}
