/**
 * OPT as a configuration of the transformer, and its tensors by the hub's names.
 *
 * All that tells OPT from other decoders is here: layer norms before each sublayer (after it in 350M), learned positions
 * in a table with two rows more, ReLU, biases, and the token embedding as output layer.
 *
 * Source: OPT paper, section 2.1; `modeling_opt.py` of transformers for the names.
 */
import { compile, flattenTree, type NDArray, random } from '../../tensor/index.ts';
import { initTransformer, styles, type Transformer, type TransformerConfig } from '../../text/index.ts';
import type { OptConfig } from './config.ts';

/** Rows at the beginning of the table of positions: a token's place is its row less two. */
const offset = 2;

/** The paper's standard deviation of initial weights; those of layers that end in a residual sum are smaller. */
const initialStd = 0.006;

/** The transformer of an OPT model. */
export function architecture(config: OptConfig): TransformerConfig {
  return {
    ...styles.opt,
    normFirst: config.preNorm,
    finalNorm: config.finalNorm,
    vocabulary: config.vocabSize,
    width: config.hiddenSize,
    layers: config.layers,
    heads: config.heads,
    hidden: config.ffnDim,
    positions: { kind: 'learned', count: config.maxPositions, offset },
    ...(config.embedDim !== config.hiddenSize && { embeddingWidth: config.embedDim }),
  };
}

/** Parameters to train from: N(0, 0.006), with 0.006 / √(2L) where a layer ends in a residual sum; biases 0. */
export async function initialParameters(config: OptConfig, seed: number): Promise<Transformer<NDArray>> {
  const start = { std: initialStd, scaledOutputs: true };
  const init = compile((key: ReturnType<typeof random.key>) =>
    initTransformer(key as never, architecture(config), start),
  );
  const params = await init(random.key(seed));
  await init.release();
  return params as Transformer<NDArray>;
}

/** The hub's name of a parameter, by its path in the tree. */
export function hubName(path: string): string {
  return path.startsWith('embed_tokens.') ? `model.decoder.${path}` : `model.${path}`;
}

/** Parameters by the hub's names. */
export function namedTensors(params: Transformer<NDArray>): Record<string, NDArray> {
  const { leaves, paths } = flattenTree(params);
  return Object.fromEntries(paths.map((path, i) => [hubName(path), leaves[i] as NDArray]));
}

/** The shape of every tensor that a model of this configuration has, by the hub's names. */
export function expectedShapes(config: OptConfig): Map<string, readonly number[]> {
  const { hiddenSize: d, ffnDim, embedDim, vocabSize, maxPositions, layers, finalNorm } = config;
  const shapes = new Map<string, readonly number[]>();
  const put = (name: string, weight: readonly number[], bias?: number) => {
    shapes.set(`model.decoder.${name}.weight`, weight);
    if (bias !== undefined) shapes.set(`model.decoder.${name}.bias`, [bias]);
  };
  put('embed_tokens', [vocabSize, embedDim]);
  put('embed_positions', [maxPositions + offset, d]);
  if (embedDim !== d) {
    put('project_in', [d, embedDim]);
    put('project_out', [embedDim, d]);
  }
  for (let i = 0; i < layers; i++) {
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) put(`layers.${i}.self_attn.${name}`, [d, d], d);
    put(`layers.${i}.self_attn_layer_norm`, [d], d);
    put(`layers.${i}.fc1`, [ffnDim, d], ffnDim);
    put(`layers.${i}.fc2`, [d, ffnDim], d);
    put(`layers.${i}.final_layer_norm`, [d], d);
  }
  if (finalNorm) put('final_layer_norm', [d], d);
  return shapes;
}

/** The tree of parameters, each made of its hub name. */
export function parameterTree<T>(config: OptConfig, make: (name: string) => T): Transformer<T> {
  const linear = (name: string) => ({ weight: make(`${name}.weight`), bias: make(`${name}.bias`) });
  const table = (name: string) => ({ weight: make(`model.decoder.${name}.weight`) });
  const projected = config.embedDim !== config.hiddenSize;
  return {
    embed_tokens: table('embed_tokens'),
    decoder: {
      embed_positions: table('embed_positions'),
      ...(projected && { project_in: table('project_in'), project_out: table('project_out') }),
      layers: Array.from({ length: config.layers }, (_, i) => {
        const at = (name: string) => linear(`model.decoder.layers.${i}.${name}`);
        return {
          self_attn: {
            q_proj: at('self_attn.q_proj'),
            k_proj: at('self_attn.k_proj'),
            v_proj: at('self_attn.v_proj'),
            out_proj: at('self_attn.out_proj'),
          },
          self_attn_layer_norm: at('self_attn_layer_norm'),
          fc1: at('fc1'),
          fc2: at('fc2'),
          final_layer_norm: at('final_layer_norm'),
        };
      }),
      ...(config.finalNorm && { final_layer_norm: linear('model.decoder.final_layer_norm') }),
    },
  };
}
