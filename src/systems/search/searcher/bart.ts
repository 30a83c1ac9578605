/**
 * BART as a configuration of the transformer, and its tensors by the hub's names: what models are kept as, our own small
 * ones too, so that other programs can open them.
 *
 * M. Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation" (2019);
 * `modeling_bart.py` of transformers for the names.
 */
import { flattenTree, formatShape, NDArray, type SafetensorsFile, toFloats } from '../../../tensor/index.ts';
import { styles, type Transformer, type TransformerConfig } from '../../../text/index.ts';

/** Rows at the beginning of the tables of positions: a token's place is its row less two. */
const OFFSET = 2;

/** Sizes of a BART model. */
export interface BartSizes {
  readonly vocabulary: number;
  readonly width: number;
  readonly encoderLayers: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  /** Most tokens that it reads, and that it writes. */
  readonly context: number;
  /** What every row of the decoder begins with. */
  readonly start: number;
  /** Embeddings times √width, as in BART-base of some checkpoints. Default false. */
  readonly embeddingScale?: boolean;
}

/** The transformer of those sizes. */
export function bartConfig({ context, start, embeddingScale = false, ...sizes }: BartSizes): TransformerConfig {
  return {
    ...styles.bart,
    ...sizes,
    embeddingScale,
    start: [start],
    positions: { kind: 'learned', count: context, offset: OFFSET },
  };
}

/** The object of the hub's `config.json`. @param pad id of the token that fills up rows */
export function bartJson(config: TransformerConfig, pad: number): Record<string, unknown> {
  const { vocabulary, width, layers, encoderLayers = layers, heads, hidden, positions, start } = config;
  const [first = 0] = start ?? [];
  return {
    activation_function: 'gelu',
    architectures: ['BartForConditionalGeneration'],
    bos_token_id: 0,
    d_model: width,
    decoder_attention_heads: heads,
    decoder_ffn_dim: hidden,
    decoder_layers: layers,
    decoder_start_token_id: first,
    encoder_attention_heads: heads,
    encoder_ffn_dim: hidden,
    encoder_layers: encoderLayers,
    eos_token_id: first,
    forced_eos_token_id: first,
    is_encoder_decoder: true,
    max_position_embeddings: positions.kind === 'learned' ? positions.count : 0,
    model_type: 'bart',
    pad_token_id: pad,
    scale_embedding: config.embeddingScale,
    vocab_size: vocabulary,
  };
}

/** The transformer that a `config.json` tells of. @throws RangeError naming the first field that is not as it should be */
export function readBartJson(path: string, fields: Record<string, unknown>): TransformerConfig {
  const fail = (name: string, expected: string): RangeError =>
    new RangeError(`${path}: expected ${name} to be ${expected}, got ${JSON.stringify(fields[name]) ?? 'nothing'}`);
  const whole = (name: string, most: number): number => {
    const value = fields[name];
    if (!(typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most)) {
      throw fail(name, `a whole number from 1 to ${most}`);
    }
    return value;
  };
  if (fields.model_type !== 'bart') throw fail('model_type', "'bart'");
  const { activation_function: activation = 'gelu', scale_embedding: embeddingScale = false } = fields;
  if (activation !== 'gelu') throw fail('activation_function', "'gelu'");
  if (typeof embeddingScale !== 'boolean') throw fail('scale_embedding', 'true or false');
  const heads = whole('decoder_attention_heads', 2 ** 10);
  const hidden = whole('decoder_ffn_dim', 2 ** 19);
  if (whole('encoder_attention_heads', 2 ** 10) !== heads)
    throw fail('encoder_attention_heads', `the decoder's ${heads}`);
  if (whole('encoder_ffn_dim', 2 ** 19) !== hidden) throw fail('encoder_ffn_dim', `the decoder's ${hidden}`);
  const start = fields.decoder_start_token_id ?? fields.eos_token_id ?? 2;
  if (!(typeof start === 'number' && Number.isInteger(start) && start >= 0)) {
    throw fail('decoder_start_token_id', 'a token');
  }
  return bartConfig({
    vocabulary: whole('vocab_size', 2 ** 24),
    width: whole('d_model', 2 ** 17),
    encoderLayers: whole('encoder_layers', 2 ** 10),
    layers: whole('decoder_layers', 2 ** 10),
    heads,
    hidden,
    context: whole('max_position_embeddings', 2 ** 24),
    start,
    embeddingScale,
  });
}

/** Parameters by the hub's names. */
export function bartTensors(params: Transformer<NDArray>): Record<string, NDArray> {
  const { leaves, paths } = flattenTree(params);
  return Object.fromEntries(paths.map((path, i) => [hubName(path), leaves[i] as NDArray]));
}

function hubName(path: string): string {
  return path === 'embed_tokens.weight' ? 'model.shared.weight' : `model.${path}`;
}

/**
 * Reads the weights of a checkpoint as float32, whether its names begin with `model.` or not.
 * @throws RangeError for a tensor that is missing or of another shape, and for logits with a bias, which has no place here
 */
export async function readBart(
  file: SafetensorsFile,
  config: TransformerConfig,
  path: string,
): Promise<Transformer<NDArray>> {
  const { vocabulary, width, layers, encoderLayers = layers, hidden, positions } = config;
  const names = new Set(file.names);
  const read = async (own: string, shape: readonly number[]): Promise<NDArray> => {
    const name = [hubName(own), hubName(own).slice('model.'.length)].find((one) => names.has(one));
    const got = name === undefined ? undefined : file.info(name).shape;
    if (name === undefined || String(got) !== String(shape)) {
      const found = got ? formatShape(got) : 'nothing';
      throw new RangeError(`${path}: expected ${hubName(own)} of shape ${formatShape(shape)}, got ${found}`);
    }
    return new NDArray('float32', shape, Float32Array.from(toFloats(await file.read(name))));
  };
  if (names.has('final_logits_bias')) {
    const bias = toFloats(await file.read('final_logits_bias'));
    if (Array.from(bias).some((x) => x !== 0)) {
      throw new RangeError(`${path}: expected final_logits_bias to be zero, got numbers`);
    }
  }
  const linear = async (at: string, outputs: number, inputs: number) => ({
    weight: await read(`${at}.weight`, [outputs, inputs]),
    bias: await read(`${at}.bias`, [outputs]),
  });
  const norm = async (at: string) => ({
    weight: await read(`${at}.weight`, [width]),
    bias: await read(`${at}.bias`, [width]),
  });
  const attention = async (at: string) => ({
    q_proj: await linear(`${at}.q_proj`, width, width),
    k_proj: await linear(`${at}.k_proj`, width, width),
    v_proj: await linear(`${at}.v_proj`, width, width),
    out_proj: await linear(`${at}.out_proj`, width, width),
  });
  const block = async (at: string, cross: boolean) => ({
    self_attn: await attention(`${at}.self_attn`),
    self_attn_layer_norm: await norm(`${at}.self_attn_layer_norm`),
    ...(cross && {
      encoder_attn: await attention(`${at}.encoder_attn`),
      encoder_attn_layer_norm: await norm(`${at}.encoder_attn_layer_norm`),
    }),
    fc1: await linear(`${at}.fc1`, hidden, width),
    fc2: await linear(`${at}.fc2`, width, hidden),
    final_layer_norm: await norm(`${at}.final_layer_norm`),
  });
  const stack = async (side: 'encoder' | 'decoder', count: number) => {
    const rows = (positions.kind === 'learned' ? positions.count : 0) + OFFSET;
    const blocks: Awaited<ReturnType<typeof block>>[] = [];
    for (let i = 0; i < count; i++) blocks.push(await block(`${side}.layers.${i}`, side === 'decoder'));
    return {
      embed_positions: { weight: await read(`${side}.embed_positions.weight`, [rows, width]) },
      layernorm_embedding: await norm(`${side}.layernorm_embedding`),
      layers: blocks,
    };
  };
  return {
    embed_tokens: { weight: await read('embed_tokens.weight', [vocabulary, width]) },
    encoder: await stack('encoder', encoderLayers),
    decoder: await stack('decoder', layers),
  };
}
