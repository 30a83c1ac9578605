/** Every family against plain PyTorch written from its paper: logits of whole rows, and losses while training. */
import * as nn from 'tenfold/nn';
import { compile, random, slice, type Tensor, valueAndGrad, zerosArray } from 'tenfold/tensor';
import {
  type Batch,
  type Dropout,
  initTransformer,
  padRows,
  type Segment,
  styles,
  type Transformer,
  type TransformerConfig,
  transformer,
} from 'tenfold/text';
import { describe, expect, test } from 'vitest';
import { caseOf, configs, farthest, groups, nth, parameters, rowsOf } from './models.ts';

const names = Object.keys(configs);

test('every case of the fixture is tested', () => {
  const cases = Object.keys(groups).filter((name) => !name.startsWith('train'));
  expect(names.toSorted()).toEqual(cases.toSorted());
});

/** Whole rows through the model, as the given segments of rows. */
async function logitsOf(
  name: string,
  rows: readonly (readonly Segment[])[],
  sources?: readonly (readonly Segment[])[],
) {
  const run = compile((p: Transformer, batch: Batch) => transformer(configs[name]!, p, batch));
  const batch = { ...padRows(rows), ...(sources && { source: padRows(sources) }) };
  const { shape, data } = await run(parameters(name), batch);
  await run.release();
  const [, width, vocabulary] = shape as [number, number, number];
  return (row: number, t: number) =>
    (data as Float32Array).subarray((row * width + t) * vocabulary, (row * width + t + 1) * vocabulary);
}

describe('logits as plain PyTorch has them', () => {
  test.each(names)('%s: rows of a padded batch', async (name) => {
    const { rows, sources, prefixes, logits } = caseOf(name);
    const got = await logitsOf(
      name,
      rows.map((tokens, i) => [{ tokens, inputs: prefixes?.[i] ?? 0 }]),
      sources?.map((tokens) => [{ tokens }]),
    );
    for (const [i, row] of rows.entries())
      for (const t of row.keys()) expect(farthest(got(i, t), logits(i, t)), `row ${i}, token ${t}`).toBeLessThan(1e-4);
  });

  test.each(names)('%s: rows packed into one', async (name) => {
    const { rows, sources, prefixes, logits } = caseOf(name);
    const segments = rows.map((tokens, i) => ({ tokens, inputs: prefixes?.[i] ?? 0 }));
    const got = await logitsOf(
      name,
      [segments.slice(0, 1), segments.slice(1)],
      sources && [[{ tokens: sources[0]! }], sources.slice(1).map((tokens) => ({ tokens }))],
    );
    const starts = [
      [0, 0],
      [1, 0],
      [1, rows[1]!.length],
    ] as const;
    for (const [i, [row, start]] of starts.entries()) {
      for (const t of rows[i]!.keys())
        expect(farthest(got(row, start + t), logits(i, t)), `row ${i}, token ${t}`).toBeLessThan(1e-4);
    }
  });
});

test('a sequence without segments is segment 1', async () => {
  const { rows, sources, logits } = caseOf('bart');
  const run = compile((p: Transformer, batch: Batch) => transformer(configs.bart!, p, batch));
  const { ids } = padRows([[{ tokens: sources![0]! }]]);
  const both = [{ tokens: rows[0]! }, { tokens: rows[1]! }];
  const { data } = await run(parameters('bart'), { ...padRows([both]), source: { ids } });
  await run.release();
  const at = (t: number) => (data as Float32Array).subarray(t * 37, (t + 1) * 37);
  expect(farthest(at(3), logits(0, 3))).toBeLessThan(1e-4);
  // the second segment sees no source, so that its logits are not those that the first source would give it
  expect(farthest(at(rows[0]!.length + 3), logits(1, 3))).toBeGreaterThan(1e-2);
});

test.each([
  ['bart', {}, 'transformer: expected a source for the encoder, got none'],
  ['opt 125M', { source: padRows([[{ tokens: [1] }]]) }, 'transformer: expected no source for a decoder, got one'],
  ['opt 125M', { ids: zerosArray([1, 65], 'int32') }, 'transformer: expected rows of at most 64 tokens, got 65'],
])('%s refuses (%#)', async (name, given, message) => {
  const run = compile((p: Transformer, batch: Batch) => transformer(configs[name]!, p, batch));
  await expect(run(parameters(name), { ids: zerosArray([1, 2], 'int32'), ...given })).rejects.toThrow(message);
});

describe('training', () => {
  /** The mean of −ln p over all next tokens that are not padding. */
  const lossOf = (config: TransformerConfig, dropout?: Dropout) => (p: Transformer, batch: Batch) => {
    const { source, ...target } = batch;
    const length = target.ids.shape[1]!;
    const cut = (x: Tensor, from: number, to: number) => slice(x, [undefined, [from, to]]);
    const before = Object.fromEntries(Object.entries(target).map(([key, x]) => [key, cut(x, 0, length - 1)]));
    const given = { ...(before as unknown as Batch), ...(source && { source }) };
    const logits = transformer(config, p, given, dropout);
    return nn.crossEntropyLoss(logits, cut(target.ids, 1, length), cut(target.segment!, 1, length));
  };
  const alone = (rows: readonly (readonly number[])[]) => padRows(rows.map((tokens) => [{ tokens }]));

  test.each([
    ['train opt', configs['opt 125M']!],
    ['train t5', { ...configs.t5!, activation: 'gatedGelu' as const }],
  ])('%s: losses of five AdamW steps as PyTorch has them', async (group, config) => {
    const { ids, lengths, source, losses } = groups[group]!;
    const optimizer = nn.adamW({ rate: 1e-3, betas: [0.9, 0.95], weightDecay: 0.1 });
    const step = compile((p: Transformer, state: nn.OptimizerState<Transformer>, batch: Batch) => {
      const [loss, gradients] = valueAndGrad((p: Transformer) => lossOf(config)(p, batch))(p);
      return [loss, ...optimizer.update(gradients as Transformer, state, p)] as const;
    });
    let params = parameters(group);
    let state = await compile((p: Transformer) => optimizer.init(p))(params);
    const sizes = Array.from(lengths!.data as Int32Array);
    const wanted = Array.from(losses!.data as Float32Array);
    expect(wanted.length).toBe(5);
    for (const [i, loss] of wanted.entries()) {
      const batch = {
        ...alone(rowsOf(nth(ids!, i), sizes)),
        ...(source && {
          source: alone(
            rowsOf(
              nth(source, i),
              sizes.map((n) => n - 2),
            ),
          ),
        }),
      };
      const [value, nextParams, nextState] = await step(params, state, batch);
      [params, state] = [nextParams, nextState];
      expect(Math.abs(value.item() - loss), `loss ${i + 1}`).toBeLessThan(1e-5);
    }
    await step.release();
  });

  test('a small causal decoder learns rows by heart, with dropout, from the paper’s initial weights', async () => {
    const config: TransformerConfig = {
      ...styles.opt,
      ...{ vocabulary: 11, width: 32, layers: 2, heads: 4, hidden: 64 },
      positions: { kind: 'learned', count: 16, offset: 2 },
    };
    const rows = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 8, 7, 6, 5, 4],
      [1, 9, 9, 2, 9, 9, 3],
    ];
    const params = await compile((key: Tensor) => initTransformer(key, config, { std: 0.02, scaledOutputs: true }))(
      random.key(3),
    );
    const rates = { embedding: 0.1, residual: 0.1, attention: 0.1, activation: 0.1 };
    const losses: number[] = [];
    await nn.fit<Transformer, Batch>({
      loss: (p: Transformer, batch: Batch, { key }) => lossOf(config, { ...rates, key })(p, batch),
      params,
      optimizer: nn.adamW({ rate: 3e-3 }),
      batches: () => ({ next: () => ({ done: false, value: alone(rows) }), position: 0 }),
      steps: 120,
      onRecord: (record) => 'loss' in record && losses.push(record.loss as number),
    });
    // every token but the second of each row follows from those before it: ln 3 / 18 · 3 nats remain
    const least = (3 * Math.log(3)) / 18;
    expect(Math.abs(losses[0]! - Math.log(11))).toBeLessThan(0.1);
    expect(losses.at(-1)!).toBeGreaterThan(least * 0.5);
    expect(losses.at(-1)!).toBeLessThan(least + 0.25);
  });
});
