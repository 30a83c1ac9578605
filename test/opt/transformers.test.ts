/**
 * Against the transformers library itself (test/opt/fixtures/make-transformers.py): logits of a batch that it padded on the
 * left, and what its `generate` writes greedily, of the 125M-shaped and the 350M-shaped checkpoint.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { architecture, openCheckpoint, readParameters } from 'tenfold/opt';
import { languageModel, sample } from 'tenfold/text';
import { describe, expect, test } from 'vitest';

const at = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
interface Answers {
  /** [row][place][token] */
  readonly logits: number[][][];
  readonly greedy: { readonly start: number[]; readonly written: number[] }[];
}
const answers = JSON.parse(await readFile(at('transformers.json'), 'utf8')) as {
  readonly made_with: string;
  readonly rows: number[][];
  readonly pre: Answers;
  readonly post: Answers;
};

describe.each(['pre', 'post'] as const)(`the checkpoint %s, as ${answers.made_with} runs it`, (name) => {
  const { logits, greedy } = answers[name];

  test('has these logits, rows of all lengths together, token by token', async () => {
    await using checkpoint = await openCheckpoint(at(name));
    const model = languageModel(architecture(checkpoint.config), await readParameters(checkpoint));
    const longest = Math.max(...answers.rows.map(({ length }) => length));
    let live = answers.rows.map((_, row) => row);
    const decoding = await model.begin(answers.rows.map((row) => row.slice(0, 1)));
    let most = 0;
    for (let t = 0; t < longest; t++) {
      for (const [r, row] of live.entries()) {
        const own = decoding.logits.subarray(r * model.vocabulary, (r + 1) * model.vocabulary);
        expect(logits[row]![t]!).toHaveLength(own.length);
        for (const [k, value] of logits[row]![t]!.entries()) most = Math.max(most, Math.abs(own[k]! - value));
      }
      const before = live;
      live = live.filter((row) => answers.rows[row]!.length > t + 1);
      const parents = live.map((row) => before.indexOf(row));
      await decoding.advance(
        parents,
        live.map((row) => answers.rows[row]![t + 1]!),
      );
    }
    expect(most).toBeLessThan(1e-4);
    decoding.close();
    await model.release();
  });

  test('and writes the same tokens greedily', async () => {
    await using checkpoint = await openCheckpoint(at(name));
    const model = languageModel(architecture(checkpoint.config), await readParameters(checkpoint));
    const { bos, eos } = checkpoint.config;
    const starts = greedy.map(({ start }) => start);
    expect(new Set(starts.map(({ length }) => length)).size).toBeGreaterThan(1);
    expect(starts.every(([first]) => first === bos)).toBe(true);
    const found = await sample(model, starts, { maxTokens: 20, minTokens: 20, end: eos });
    expect(found.map(([one]) => one!.tokens)).toEqual(greedy.map(({ written }) => written));
    await model.release();
  });
});
