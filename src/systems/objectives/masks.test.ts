/** That the pictures are of what models see: a token is changed, and the predictions that change are those that see it. */
import { expect, it } from 'vitest';
import { compile, NDArray, type Tensor } from '../../tensor/index.ts';
import { type Batch, type Transformer, transformer } from '../../text/index.ts';
import { architectureOf, cells, sizeOf } from './cells.ts';
import { Draws } from './draws.ts';
import { layOut, lengthsOf } from './layout.ts';
import { pictureOf } from './masks.ts';
import { initialWeights } from './perform.ts';
import { examplesOf } from './streams.ts';

/** A batch of one row, many times over; in copy k + 1 the k-th token of `part` is another. */
function changedOneByOne(row: Batch<NDArray>, part: 'ids' | 'source'): Batch<NDArray> {
  const ids = part === 'ids' ? row.ids : row.source!.ids;
  const copies = ids.size + 1;
  const many = (array: NDArray) => {
    const Numbers = array.data.constructor as new (values: number[]) => NDArray['data'];
    const values = Array.from({ length: copies }, () => Array.from(array.data as Int32Array, Number)).flat();
    return new NDArray(array.dtype, [copies, array.size], new Numbers(values));
  };
  const repeated = (sequence: { ids: NDArray; segment?: NDArray; input?: NDArray }) => ({
    ids: many(sequence.ids),
    ...(sequence.segment && { segment: many(sequence.segment) }),
    ...(sequence.input && { input: many(sequence.input) }),
  });
  const batch = { ...repeated(row), ...(row.source && { source: repeated(row.source) }) };
  const changed = (part === 'ids' ? batch.ids : batch.source!.ids).data as Int32Array;
  for (let k = 0; k < ids.size; k++) changed[(k + 1) * ids.size + k] = 63;
  return batch;
}

it.each(cells.map((cell) => [`${cell.architecture}:${cell.objective}`, cell] as const))(
  'of %s show what a model of one block sees, of two examples in a row',
  async (_, cell) => {
    const windows = [10, 12].map((length, w) => Int32Array.from({ length }, (_, i) => 20 + 20 * w + i));
    const examples = windows.flatMap((window, w) => examplesOf(cell, [window], Draws.of(4, w)));
    const sizes = examples.map((example) => lengthsOf(cell.architecture, example));
    const lengths = {
      source: sizes.reduce((sum, { source }) => sum + source, 0),
      row: sizes.reduce((sum, { row }) => sum + row, 0),
    };
    const prompted = cell.objective !== 'FLM';
    const picture = pictureOf(cell.architecture, examples, prompted, String);
    const { next, weight, ...row } = layOut(cell.architecture, [examples], lengths, { segmented: true, prompted });
    expect(picture.decoder.map(({ counts }) => Number(counts))).toEqual(Array.from(weight!.data as Float32Array));
    expect(picture.decoder.map(({ tells }) => Number(tells))).toEqual(Array.from(next.data as Int32Array));

    const config = architectureOf(cell.architecture, sizeOf(64, 1, 64));
    const params = await initialWeights(cell.architecture, sizeOf(64, 1, 64), 2);
    for (const part of row.source ? (['ids', 'source'] as const) : (['ids'] as const)) {
      const program = compile((p: Transformer, batch: Batch<Tensor>) => transformer(config, p, batch));
      const logits = (await program(params as never, changedOneByOne(row, part) as never)) as unknown as NDArray;
      await program.release();
      const [, places, classes] = logits.shape as [number, number, number];
      const at = (copy: number, q: number) => {
        const from = (copy * places + q) * classes;
        return (logits.data as Float32Array).subarray(from, from + classes);
      };
      const seen = picture.decoder.map((_, q) =>
        Array.from({ length: logits.shape[0]! - 1 }, (_, k) => {
          const [before, after] = [at(0, q), at(k + 1, q)];
          return before.some((x, i) => Math.abs(x - after[i]!) > 1e-6) ? 'x' : '.';
        }).join(''),
      );
      expect(seen).toEqual(picture.decoder.map(({ sees, looks }) => (part === 'ids' ? sees : looks)));
    }
  },
);
