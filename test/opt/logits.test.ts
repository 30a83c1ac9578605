/** Logits against a plain PyTorch implementation (test/opt/fixtures/make.py): whole rows, padded batches, grown caches. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { architecture, openCheckpoint, readParameters } from 'tenfold/opt';
import { compile, type NDArray, toFloats } from 'tenfold/tensor';
import { languageModel, padRows, type Sequence, type Transformer, transformer } from 'tenfold/text';
import { describe, expect, test } from 'vitest';

const at = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const answers = JSON.parse(await readFile(at('logits.json'), 'utf8')) as { rows: number[][] } & Record<
  'pre' | 'post',
  number[][][]
>;

/** Largest difference of any logit. */
function furthest(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
}

describe.each([
  ['pre', 'pre'],
  ['legacy', 'pre'],
  ['metaseq-parts', 'pre'],
  ['metaseq-flat', 'pre'],
  ['post', 'post'],
  ['metaseq-post', 'post'],
] as const)('the checkpoint %s', (name, of) => {
  const expected = answers[of];

  test('whole rows in one padded batch', async () => {
    await using checkpoint = await openCheckpoint(at(name));
    const params = await readParameters(checkpoint);
    const config = architecture(checkpoint.config);
    const logits = compile((p: Transformer, batch: Sequence) => transformer(config, p, batch));
    const batch = padRows(answers.rows.map((tokens) => [{ tokens }]));
    const got = (await logits(params as never, batch as never)) as unknown as NDArray;
    const [, length, width] = got.shape as [number, number, number];
    const values = toFloats(got) as Float32Array;
    for (const [r, row] of answers.rows.entries()) {
      for (const t of row.keys()) {
        const from = (r * length + t) * width;
        expect(furthest(values.subarray(from, from + width), expected[r]![t]!)).toBeLessThan(1e-4);
      }
    }
    await logits.release();
  });

  test('token by token, past the growth of the cache', async () => {
    await using checkpoint = await openCheckpoint(at(name));
    const model = languageModel(architecture(checkpoint.config), await readParameters(checkpoint));
    const [long, short] = answers.rows as [number[], number[]];
    const starts = [1, short.length];
    const decoding = await model.begin([long.slice(0, starts[0]), short]);
    const width = model.vocabulary;
    const logitsOf = (row: number) => decoding.logits.subarray(row * width, (row + 1) * width);
    expect(furthest(logitsOf(1), expected[1]!.at(-1)!)).toBeLessThan(1e-4);
    for (let t = 0; t < long.length; t++) {
      expect(furthest(logitsOf(0), expected[0]![t]!), `token ${t}`).toBeLessThan(1e-4);
      if (t + 1 < long.length) await decoding.advance([0, 1], [long[t + 1]!, 3]);
    }
    decoding.close();
    await model.release();
  });
});
