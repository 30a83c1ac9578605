import { describe, expect, it } from 'vitest';
import type { BatchStream } from '../../nn/index.ts';
import { flattenTree, type NDArray } from '../../tensor/index.ts';
import { cells } from './cells.ts';
import { Draws } from './draws.ts';
import { layOut, type TrainingBatch, wasteOf } from './layout.ts';
import { pictureOf } from './masks.ts';
import { examplesOf, finetuningBatches, pretrainingBatches, rowsOf } from './streams.ts';

/** T5's own test of `pack_prefix_lm_encoder_decoder`: windows 0 to 7 and 8 to 15, split at 3 and at 5. */
const t5 = {
  encoder: [0, 1, 2, 8, 9, 10, 11, 12],
  decoderTargets: [3, 4, 5, 6, 7, 13, 14, 15],
  decoderInputs: [0, 3, 4, 5, 6, 0, 13, 14],
  encoderSegments: [1, 1, 1, 2, 2, 2, 2, 2],
  decoderSegments: [1, 1, 1, 1, 1, 2, 2, 2],
};

describe('rows', () => {
  it('of an encoder–decoder’s prefix language modelling are T5’s', () => {
    const windows = [0, 8].map((from) => Int32Array.from({ length: 8 }, (_, i) => from + i));
    const seed = Array.from({ length: 100 }, (_, i) => i).find((s) => 1 + Draws.of(s).below(7) === 3)!;
    const cell = { architecture: 'ED', objective: 'PLM' } as const;
    const examples = examplesOf(cell, windows, Draws.of(seed));
    const lengths = { source: 8, row: 8 };
    const batch = layOut('ED', [examples], lengths, { segmented: true, prompted: true });
    expect([...(batch.source!.ids.data as Int32Array)]).toEqual(t5.encoder);
    expect([...(batch.source!.segment!.data as Int32Array)]).toEqual(t5.encoderSegments);
    expect([...(batch.ids.data as Int32Array)]).toEqual(t5.decoderInputs);
    expect([...(batch.segment!.data as Int32Array)]).toEqual(t5.decoderSegments);
    expect([...(batch.next.data as Int32Array)]).toEqual(t5.decoderTargets);
    expect([...(batch.weight!.data as Float32Array)]).toEqual(new Array(8).fill(1));
    expect(wasteOf('ED', [examples], lengths)).toBe(0);
  });

  it('of a decoder are seqio’s: shifted by one, a loss on targets, inputs and start seen from both sides', () => {
    // seqio's PrefixLMFeatureConverter, of inputs 9 4 6 1 and targets 3 9 1, in a row of 9
    const examples = [{ inputs: [9, 4, 6, 1], targets: [3, 9, 1] }];
    const batch = layOut('ND', [examples], { source: 0, row: 9 }, { segmented: true, prompted: true });
    expect([...(batch.ids.data as Int32Array)]).toEqual([0, 9, 4, 6, 1, 3, 9, 0, 0]);
    expect([...(batch.next.data as Int32Array)]).toEqual([9, 4, 6, 1, 3, 9, 1, 0, 0]);
    expect([...(batch.weight!.data as Float32Array)]).toEqual([0, 0, 0, 0, 1, 1, 1, 0, 0]);
    expect([...(batch.input!.data as Uint8Array)]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(wasteOf('ND', [examples], { source: 0, row: 9 })).toBeCloseTo(2 / 9);
  });

  it.each(cells.map((cell) => [`${cell.architecture}:${cell.objective}`, cell] as const))(
    'of %s see and count what the paper says, position by position',
    (_, cell) => {
      const draws = Draws.of(3);
      const tokens = Int32Array.from({ length: 24 }, (_, i) => 100 + i);
      const [example] = examplesOf(cell, [tokens], draws);
      const { inputs, targets } = example!;
      const picture = pictureOf(cell.architecture, [example!], cell.objective !== 'FLM', String);
      const places = picture.decoder;
      if (cell.architecture === 'ED') {
        expect(picture.encoder!.map(({ reads }) => reads)).toEqual(inputs.map(String));
        for (const { sees } of picture.encoder!) expect(sees).toBe('x'.repeat(inputs.length));
        expect(places.length).toBe(targets.length);
        for (const [q, { reads, tells, counts, sees, looks }] of places.entries()) {
          expect(reads).toBe(q === 0 ? '0' : String(targets[q - 1]));
          expect([tells, counts]).toEqual([String(targets[q]), true]);
          expect(sees).toBe('x'.repeat(q + 1) + '.'.repeat(targets.length - q - 1));
          expect(looks).toBe('x'.repeat(inputs.length));
        }
        return;
      }
      const all = [...inputs, ...targets];
      expect(places.length).toBe(all.length);
      for (const [q, { reads, tells, counts, sees }] of places.entries()) {
        expect(reads).toBe(q === 0 ? '0' : String(all[q - 1]));
        expect([tells, counts]).toEqual([String(all[q]), q >= inputs.length]);
        for (const [k, mark] of [...sees].entries()) {
          const bothSides = cell.architecture === 'ND' && k <= inputs.length;
          expect(mark).toBe(k <= q || bothSides ? 'x' : '.');
        }
      }
      if (cell.objective === 'FLM') expect(inputs).toEqual([]);
      if (cell.objective === 'PLM') expect(all).toEqual([...tokens]);
    },
  );
});

function drawn(stream: BatchStream<TrainingBatch<NDArray>, number>): TrainingBatch<NDArray> {
  return (stream.next() as IteratorYieldResult<TrainingBatch<NDArray>>).value;
}

function numbersIn(batch: TrainingBatch<NDArray>): number[][] {
  return (flattenTree(batch).leaves as NDArray[]).map(({ data }) => Array.from(data as Int32Array, Number));
}

describe('streams', () => {
  const tokens = Int32Array.from({ length: 4000 }, (_, i) => 50 + ((i * i) % 397));
  const size = { row: 128, rows: 4 };

  it.each(cells.map((cell) => [`${cell.architecture}:${cell.objective}`, cell] as const))(
    'of %s read as many tokens as the others, without an empty place, and go on anywhere',
    (_, cell) => {
      const stream = pretrainingBatches(tokens, cell, { size, seed: 5 });
      const [first, second] = [drawn(stream), drawn(stream)];
      expect(numbersIn(drawn(pretrainingBatches(tokens, cell, { size, seed: 5 }, 1)))).toEqual(numbersIn(second));
      expect(numbersIn(first)).not.toEqual(numbersIn(second));
      const places = first.ids.size + (first.source?.ids.size ?? 0);
      expect(places).toBe(size.row * size.rows);
      const { lengths, rows } = rowsOf(cell, size);
      expect(rows * (lengths.source + lengths.row)).toBe(places);
      for (const sequence of [first, ...(first.source ? [first.source] : [])]) {
        if (sequence.segment) expect([...(sequence.segment.data as Int32Array)].every((s) => s > 0)).toBe(true);
      }
    },
  );

  it('of finetuning hold every example once an epoch, whichever the architecture', () => {
    const draws = Draws.of(1);
    const examples = Array.from({ length: 60 }, (_, i) => ({
      inputs: Array.from({ length: 10 + draws.below(40) }, () => 30),
      targets: [100 + i, 1],
    }));
    for (const architecture of ['CD', 'ND', 'ED'] as const) {
      const stream = finetuningBatches(architecture, examples, { size: { row: 128, rows: 1 }, seed: 2 });
      const told = new Map<number, number>();
      for (let rows = 0; told.size < examples.length && rows < 40; rows++) {
        const { next } = drawn(stream);
        for (const token of next.data as Int32Array) if (token >= 100) told.set(token, (told.get(token) ?? 0) + 1);
      }
      expect(told.size).toBe(examples.length);
      expect([...told.values()].every((count) => count === 1)).toBe(true);
    }
  });
});
