/** Language models of this process: step by step with a cache as plain PyTorch computes whole rows. */
import { compile, mapTree, type NDArray, openDevice, quantize, random, type Tensor, toHost } from 'tenfold/tensor';
import {
  type Batch,
  initTransformer,
  languageModel,
  padRows,
  styles,
  type Transformer,
  type TransformerConfig,
  transformer,
} from 'tenfold/text';
import { describe, expect, test } from 'vitest';
import { caseOf, configs, farthest, parameters } from './models.ts';

const names = Object.keys(configs);
const tolerance = 1e-4;

/** What a model is given of a row, and where in the row the continuation begins. */
function promptsOf(name: string) {
  const { rows, sources, prefixes, logits } = caseOf(name);
  const begun = sources ? rows.map(() => 1) : (prefixes ?? [17, 5, 31]);
  const prompts = sources ?? rows.map((row, i) => row.slice(0, begun[i]));
  return { rows, prompts, begun, logits };
}

function logSoftmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, v) => sum + Math.exp(v - top), 0)) + top;
  return logits.map((v) => v - total);
}

describe.each(names)('%s', (name) => {
  test('step by step, rows of other lengths in one batch, past the growth of the cache', async () => {
    const { rows, prompts, begun, logits } = promptsOf(name);
    const model = languageModel(configs[name]!, parameters(name));
    const decoding = await model.begin(prompts);
    let live = rows.map((_, i) => i);
    for (let step = 0; live.length > 0; step++) {
      expect(decoding.rows).toBe(live.length);
      for (const [k, i] of live.entries()) {
        const got = decoding.logits.subarray(k * 37, (k + 1) * 37);
        expect(farthest(got, logits(i, begun[i]! + step - 1)), `row ${i}, step ${step}`).toBeLessThan(tolerance);
      }
      // rows that have ended are left out; the others change places
      const parents = [...live.keys()].filter((k) => begun[live[k]!]! + step < rows[live[k]!]!.length).toReversed();
      live = parents.map((k) => live[k]!);
      await decoding.advance(
        parents,
        live.map((i) => rows[i]![begun[i]! + step]!),
      );
    }
    decoding.close();
    await model.release();
  });

  test('likelihoods of continuations', async () => {
    const { rows, prompts, begun, logits } = promptsOf(name);
    const model = languageModel(configs[name]!, parameters(name));
    const pairs = rows.flatMap((row, i) =>
      row.length > begun[i]! ? [{ i, prompt: prompts[i]!, continuation: row.slice(begun[i]) }] : [],
    );
    // continuations that share their prompts, one of a single token, one the same again
    pairs.push(
      ...pairs.flatMap((pair) =>
        [1, 4, 0].map((n) => ({ ...pair, continuation: pair.continuation.slice(0, n || undefined) })),
      ),
    );
    const done: number[] = [];
    const scored = await model.score(pairs, { done: (count) => done.push(count) });
    expect(done.at(-1)).toBe(pairs.length);
    expect(scored.every((one) => !('alternatives' in one))).toBe(true);
    const told = await model.score(pairs, { alternatives: 3 });
    for (const [k, { i, continuation }] of pairs.entries()) {
      for (const [t, token] of continuation.entries()) {
        const wanted = logSoftmax(logits(i, begun[i]! + t - 1));
        expect(Math.abs(scored[k]!.logProbs[t]! - wanted[token]!), `row ${i}, token ${t}`).toBeLessThan(tolerance);
        expect(scored[k]!.greedy[t]).toBe(token === wanted.indexOf(Math.max(...wanted)));
        const { ids, logProbs } = told[k]!.alternatives![t]!;
        const best = Array.from(wanted).sort((a, b) => b - a);
        for (const [r, id] of ids.entries()) {
          expect(Math.abs(logProbs[r]! - best[r]!)).toBeLessThan(tolerance);
          expect(Math.abs(wanted[id]! - best[r]!)).toBeLessThan(tolerance);
        }
        expect(ids).toHaveLength(3);
      }
    }
    await model.release();
  });
});

describe('long rows', () => {
  const name = 'decoder, causal';
  const row = Array.from({ length: 1100 }, (_, t) => (t * t + 3 * t) % 37);

  /** The logits of a whole row, without a cache. */
  async function whole(tokens: readonly number[]): Promise<Float32Array> {
    const run = compile((p: Transformer, batch: Batch) => transformer(configs[name]!, p, batch));
    const { data } = await run(parameters(name), padRows([[{ tokens }]]));
    await run.release();
    return data as Float32Array;
  }

  test('are read in pieces, and scored in pieces', async () => {
    const logits = await whole(row);
    const model = languageModel(configs[name]!, parameters(name));
    const decoding = await model.begin([row.slice(0, 3), row]);
    expect(decoding.room).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(farthest(decoding.logits.subarray(0, 37), logits.subarray(2 * 37, 3 * 37))).toBeLessThan(tolerance);
    expect(farthest(decoding.logits.subarray(37), logits.subarray(1099 * 37))).toBeLessThan(tolerance);
    const short = { prompt: row.slice(0, 2), continuation: row.slice(2, 9) };
    const late = { prompt: row.slice(0, 700), continuation: row.slice(700) };
    const [all, some, tail] = await model.score([{ prompt: row.slice(0, 1), continuation: row.slice(1) }, short, late]);
    const wanted = row.map((_, t) => logSoftmax(logits.subarray(t * 37, (t + 1) * 37)));
    for (let t = 1; t < row.length; t++) {
      const expected = wanted[t - 1]![row[t]!]!;
      expect(Math.abs(all!.logProbs[t - 1]! - expected), `token ${t}`).toBeLessThan(tolerance);
      if (t >= 2 && t < 9) expect(Math.abs(some!.logProbs[t - 2]! - expected)).toBeLessThan(tolerance);
      if (t >= 700) expect(Math.abs(tail!.logProbs[t - 700]! - expected)).toBeLessThan(tolerance);
    }
    // stopped by a timer in the middle of it
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 1);
    await expect(model.begin([row, row, row, row], { signal: stop.signal })).rejects.toThrow('enough');
    await model.release();
  });
});

describe('rows as a beam search moves them', () => {
  test.each(['opt 350M', 'bart', 'decoder, prefix'])('%s: doubled, reordered and dropped', async (name) => {
    const { prompts } = promptsOf(name);
    const model = languageModel(configs[name]!, parameters(name));
    const decoding = await model.begin(prompts.slice(0, 2));
    /** The continuations of the rows, and whose prompt each has. */
    let rows = [0, 1].map((prompt) => ({ prompt, tokens: [] as number[] }));
    for (const parents of [[0, 0, 1, 1, 1], [4, 1, 1, 0, 2], [3, 3], [1, 0, 1, 1], [2]]) {
      const tokens = parents.map((parent, i) => (7 * parent + 5 * i + 3) % 37);
      rows = parents.map((parent, i) => ({ ...rows[parent]!, tokens: [...rows[parent]!.tokens, tokens[i]!] }));
      await decoding.advance(parents, tokens);
      const fresh = await model.begin(rows.map(({ prompt }) => prompts[prompt]!));
      for (let t = 0; t < rows[0]!.tokens.length; t++) {
        await fresh.advance(
          rows.map((_, i) => i),
          rows.map((row) => row.tokens[t]!),
        );
      }
      expect(farthest(decoding.logits, fresh.logits)).toBeLessThan(1e-5);
      fresh.close();
    }
    await model.release();
  });
});

test('a device in a worker, which holds the weights', async () => {
  const device = await openDevice('cpu', { worker: true });
  const params = await compile((p: Transformer) => p, { device })(parameters('opt 125M'));
  const model = languageModel(configs['opt 125M']!, params, { device });
  const { rows, logits } = caseOf('opt 125M');
  const decoding = await model.begin([rows[0]!.slice(0, 5)]);
  await decoding.advance([0], [rows[0]![5]!]);
  expect(farthest(decoding.logits, logits(0, 5))).toBeLessThan(tolerance);
  const [scored] = await model.score([{ prompt: rows[0]!.slice(0, 5), continuation: rows[0]!.slice(5, 7) }]);
  expect(Math.abs(scored!.logProbs[1]! - logSoftmax(logits(0, 5))[rows[0]![6]!]!)).toBeLessThan(tolerance);
  await device.close();
});

test.each([4, 8] as const)('weights of %i bits: as the floats that they stand for', async (bits) => {
  const sizes = { vocabulary: 40, width: 32, layers: 2, heads: 4, hidden: 64 };
  const config: TransformerConfig = { ...styles.opt, ...sizes, positions: { kind: 'learned', count: 64, offset: 2 } };
  const init = compile((key: Tensor) => initTransformer(key, config, { std: 0.1 }));
  const params = await init(random.key(5));
  const table = /(_proj|fc1|fc2|embed_tokens)\.weight$/;
  const small = mapTree(params, (leaf: NDArray, path) => (table.test(path) ? quantize(leaf, { bits }) : leaf));
  const row = Array.from({ length: 12 }, (_, t) => (t * 7 + 1) % 40);
  const logitsOf = async (weights: Transformer<NDArray>) => {
    const model = languageModel(config, weights);
    const decoding = await model.begin([row.slice(0, 11)]);
    await decoding.advance([0], [row[11]!]);
    await model.release();
    return decoding.logits;
  };
  const got = await logitsOf(small);
  const wanted = await logitsOf(await toHost(small));
  const largest = Math.max(...wanted.map(Math.abs));
  // the kernels round the other operand to eight bits
  expect(farthest(got, wanted) / largest).toBeLessThan(0.03);
  expect(farthest(got, await logitsOf(params)) / largest).toBeGreaterThan(0.001);
});

describe('bad input', () => {
  const model = languageModel(configs['opt 125M']!, parameters('opt 125M'));
  const long = Array.from({ length: 65 }, () => 1);

  test.each([
    [[[]], 'begin: expected a prompt of at least one token, got none'],
    [[[1], [37]], 'begin: expected tokens of 0 to 36, got 37'],
    [[[1.5]], 'begin: expected tokens of 0 to 36, got 1.5'],
    [[long], 'begin: expected rows of at most 64 tokens, got 65'],
  ])('begin (%#)', async (prompts, message) => {
    await expect(model.begin(prompts)).rejects.toThrow(message);
  });

  test('score', async () => {
    const score = (prompt: number[], continuation: number[]) => model.score([{ prompt, continuation }]);
    await expect(score([1], [])).rejects.toThrow('score: expected a continuation of at least one token, got none');
    await expect(score([1, 2], long.slice(1))).rejects.toThrow('score: expected rows of at most 64 tokens, got 65');
    await expect(model.score([{ prompt: [1], continuation: [2] }], { signal: AbortSignal.abort() })).rejects.toThrow(
      'aborted',
    );
    // the last token is only predicted
    expect((await score([1], long.slice(1)))[0]!.logProbs.length).toBe(64);
    expect(await model.score([])).toEqual([]);
  });

  test('advance', async () => {
    const decoding = await model.begin([long.slice(2), [1, 2]]);
    expect(decoding.room).toEqual([1, 62]);
    await expect(decoding.advance([0], [])).rejects.toThrow('advance: expected a token for each of 1 rows, got 0');
    await expect(decoding.advance([2], [1])).rejects.toThrow('advance: expected rows of 0 to 1 as parents, got 2');
    await expect(decoding.advance([0], [-1])).rejects.toThrow('advance: expected tokens of 0 to 36, got -1');
    await decoding.advance([0, 1], [5, 5]);
    expect(decoding.room).toEqual([0, 61]);
    await expect(decoding.advance([0], [1])).rejects.toThrow('advance: expected rows of at most 64 tokens, got a full');
    await decoding.advance([1], [6]);
    expect(decoding.room).toEqual([60]);
    await decoding.advance([], []);
    expect([decoding.rows, decoding.logits.length]).toEqual([0, 0]);
    const other = await model.begin([[1]]);
    const first = other.advance([0], [2]);
    await expect(other.advance([0], [3])).rejects.toThrow('advance: expected one advance at a time, got another');
    await first;
    const last = other.advance([0], [4]);
    other.close();
    await last;
    expect(other.rows).toBe(0);
    decoding.close();
    await expect(decoding.advance([], [])).rejects.toThrow('advance: expected rows, got a decoding that was closed');
    expect((await model.begin([])).rows).toBe(0);
  });
});
