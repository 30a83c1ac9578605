import { describe, expect, it } from 'vitest';
import { compile, leavesByPath, type NDArray, random, type Tensor } from '../../tensor/index.ts';
import { styles, type TransformerConfig } from './config.ts';
import { initTransformer, type Start } from './parameters.ts';

const sizes = { vocabulary: 50, width: 64, layers: 2, heads: 4, hidden: 256 };
const opt: TransformerConfig = { ...styles.opt, ...sizes, positions: { kind: 'learned', count: 30, offset: 2 } };
const t5: TransformerConfig = {
  ...styles.t5v11,
  ...sizes,
  headWidth: 8,
  positions: { kind: 'relative', buckets: 32, maxDistance: 128 },
  start: [0],
};

async function start(config: TransformerConfig, rule: Start): Promise<Map<string, NDArray>> {
  const init = compile((key: Tensor) => initTransformer(key, config, rule));
  const params = leavesByPath<NDArray>(await init(random.key(1)));
  await init.release();
  return params;
}

function deviation({ data }: NDArray): number {
  const values = data as Float32Array;
  return Math.sqrt(values.reduce((total, v) => total + v * v, 0) / values.length);
}

describe('initial parameters', () => {
  it('have the names of the hub’s OPT files, behind `model.` and with the embedding in its place', async () => {
    const names = [...(await start(opt, { std: 0.006 })).keys()];
    const linear = (name: string) => [`${name}.weight`, `${name}.bias`];
    const layer = (i: number) =>
      [
        ...['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.out_proj'],
        ...['self_attn_layer_norm', 'fc1', 'fc2', 'final_layer_norm'],
      ].flatMap((name) => linear(`decoder.layers.${i}.${name}`));
    expect(names).toEqual([
      'embed_tokens.weight',
      'decoder.embed_positions.weight',
      ...layer(0),
      ...layer(1),
      ...linear('decoder.final_layer_norm'),
    ]);
  });

  it('follow OPT’s rule: 0.006, layers that end in a residual sum by √(2 · layers) less, biases 0', async () => {
    const params = await start(opt, { std: 0.006, scaledOutputs: true });
    for (const [name, value] of params) {
      if (/norm\.weight$/.test(name))
        expect(
          value.data.every((v) => v === 1),
          name,
        ).toBe(true);
      else if (/bias$/.test(name))
        expect(
          value.data.every((v) => v === 0),
          name,
        ).toBe(true);
      else expect(deviation(value) / (/out_proj|fc2/.test(name) ? 0.003 : 0.006), name).toBeCloseTo(1, 1);
    }
  });

  it('follow T5’s rule: 1/√inputs, queries by √headWidth less, embeddings 1', async () => {
    const params = await start(t5, 'fanIn');
    for (const [name, value] of params) {
      if (/norm\.weight$/.test(name)) continue;
      const inputs = value.shape[1]!;
      const wanted = /embed_tokens/.test(name)
        ? 1
        : /relative/.test(name)
          ? 1 / 8
          : inputs ** -0.5 / (/q_proj/.test(name) ? Math.sqrt(8) : 1);
      expect(deviation(value) / wanted, name).toBeCloseTo(1, /relative/.test(name) ? 0 : 1);
    }
  });

  it.each([
    [{ ...opt, heads: 5 }, 'expected heads that divide the width 64, got 5'],
    [{ ...opt, layers: 0 }, 'expected layers to be a whole number of at least 1, got 0'],
    [{ ...t5, start: [] }, 'expected start tokens for the decoder, got none'],
    [
      { ...opt, positions: { kind: 'sinusoidal' }, embeddingWidth: 8 } as TransformerConfig,
      'expected learned or relative positions with an embeddingWidth, got sinusoidal',
    ],
  ])('refuse sizes that make no model (%#)', async (config, message) => {
    await expect(start(config, { std: 1 })).rejects.toThrow(`transformer: ${message}`);
  });
});
