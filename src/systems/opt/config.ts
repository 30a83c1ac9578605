/**
 * What shape an OPT model has: the hub's config.json, read field by field, and the sizes of the paper.
 *
 * Only fields that decide a number are read; of those, one with another value than this code computes with is refused,
 * because a model that runs with the wrong activation writes text and is wrong.
 *
 * Source: OPT paper, Table 1; `configuration_opt.py` of transformers for names and defaults; metaseq's
 * `opt_job_constants.py` for heads and feed-forward widths.
 */
import { readFile, stat } from 'node:fs/promises';
import { quote } from '../../tensor/index.ts';

/** The shape of a model. */
export interface OptConfig {
  /** Rows of the token embedding, padding included. */
  readonly vocabSize: number;
  /** d_model */
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward layers. */
  readonly ffnDim: number;
  /** Longest row: the table of positions has two rows more. */
  readonly maxPositions: number;
  /** Width of the token embedding; where it is not d_model, two projections lie between. */
  readonly embedDim: number;
  /** Layer norms before attention and feed-forward and after the last layer (all models but 350M), or after each. */
  readonly preNorm: boolean;
  /** With pre-norm: whether a layer norm follows the last layer. Some early files lack it. */
  readonly finalNorm: boolean;
  readonly dropout: number;
  /** The token that begins every text, and ends it. */
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
}

/** No config.json of a model comes near this. */
const maxBytes = 2 ** 20;

/** The paper's models: [layers, heads, d_model]; ffn is 4 d_model, the vocabulary 50272, the context 2048. */
const table: Readonly<Record<string, readonly [number, number, number]>> = {
  '125m': [12, 12, 768],
  '350m': [24, 16, 1024],
  '1.3b': [24, 32, 2048],
  '2.7b': [32, 32, 2560],
  '6.7b': [32, 32, 4096],
  '13b': [40, 40, 5120],
  '30b': [48, 56, 7168],
  '66b': [64, 72, 9216],
  '175b': [96, 96, 12288],
};

/** Names of the paper's models: `125m` to `175b`. */
export const optSizes: readonly string[] = Object.keys(table);

/**
 * The configuration of one of the paper's models.
 * @throws RangeError for another name
 */
export function optConfig(size: string): OptConfig {
  const found = table[size.toLowerCase()];
  if (found === undefined) throw new RangeError(`opt: expected one of ${optSizes.join(', ')}, got '${size}'`);
  const [layers, heads, hiddenSize] = found;
  const is350m = size.toLowerCase() === '350m';
  return {
    vocabSize: 50272,
    hiddenSize,
    layers,
    heads,
    ffnDim: 4 * hiddenSize,
    maxPositions: 2048,
    embedDim: is350m ? 512 : hiddenSize,
    preNorm: !is350m,
    finalNorm: !is350m,
    dropout: 0.1,
    bos: 2,
    eos: 2,
    pad: 1,
  };
}

/** How many heads the paper's model of this depth and width has; undefined for another's. */
export function headsOf(layers: number, hiddenSize: number): number | undefined {
  return Object.values(table).find(([l, , d]) => l === layers && d === hiddenSize)?.[1];
}

/**
 * Reads config.json.
 * @throws SyntaxError for a file that is not JSON; TypeError or RangeError, naming file and field, for a value that is
 * missing, of another type, or not one that this code computes with
 */
export async function readConfig(path: string): Promise<OptConfig> {
  const { size } = await stat(path);
  if (size > maxBytes) throw new RangeError(`config: ${path}: expected at most ${maxBytes} bytes, got ${size}`);
  const text = await readFile(path, 'utf8');
  try {
    return parseConfig(JSON.parse(text), path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`config: ${path}: expected JSON: ${error.message.replace(/\p{Cc}+/gu, ' ')}`);
  }
}

/** The configuration in a config.json's object. Errors as {@link readConfig}; `file` is what they call it. */
export function parseConfig(json: unknown, file: string): OptConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new TypeError(`config: ${file}: expected an object, got ${quote(json)}`);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const fail = (name: string, expected: string) =>
    new RangeError(`config: ${file}: expected ${name} to be ${expected}, got ${quote(fields[name])}`);
  const whole = (name: string, least: number, most: number, fallback?: number): number => {
    const value = fields[name] ?? fallback;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw fail(name, `a whole number from ${least} to ${most}`);
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const value = fields[name] ?? fallback;
    if (typeof value === 'boolean') return value;
    throw fail(name, 'true or false');
  };
  const only = (name: string, value: unknown) => {
    if ((fields[name] ?? value) !== value) throw fail(name, `${quote(value)}, which is what OPT has`);
  };
  only('model_type', 'opt');
  if (fields.model_type === undefined) throw fail('model_type', '"opt"');
  only('activation_function', 'relu');
  only('enable_bias', true);
  only('layer_norm_elementwise_affine', true);
  const hiddenSize = whole('hidden_size', 1, 2 ** 17);
  const heads = whole('num_attention_heads', 1, 2 ** 12);
  if (hiddenSize % heads !== 0) throw fail('hidden_size', `a multiple of the ${heads} heads`);
  const vocabSize = whole('vocab_size', 1, 2 ** 24);
  const preNorm = flag('do_layer_norm_before', true);
  const dropout = fields.dropout ?? 0.1;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1)) throw fail('dropout', 'a number in [0, 1)');
  return {
    vocabSize,
    hiddenSize,
    layers: whole('num_hidden_layers', 1, 2 ** 10),
    heads,
    ffnDim: whole('ffn_dim', 1, 2 ** 19),
    maxPositions: whole('max_position_embeddings', 1, 2 ** 24),
    embedDim: whole('word_embed_proj_dim', 1, 2 ** 17, hiddenSize),
    preNorm,
    finalNorm: preNorm && !flag('_remove_final_layer_norm', false),
    dropout,
    bos: whole('bos_token_id', 0, vocabSize - 1, 2),
    eos: whole('eos_token_id', 0, vocabSize - 1, 2),
    pad: whole('pad_token_id', 0, vocabSize - 1, 1),
  };
}

/** The object of a config.json, with every field that the hub's tools and transformers.js read. */
export function configJson(config: OptConfig, type: 'float32' | 'float16' | 'bfloat16'): Record<string, unknown> {
  return {
    _remove_final_layer_norm: config.preNorm && !config.finalNorm,
    activation_dropout: 0,
    activation_function: 'relu',
    architectures: ['OPTForCausalLM'],
    attention_dropout: 0,
    bos_token_id: config.bos,
    do_layer_norm_before: config.preNorm,
    dropout: config.dropout,
    enable_bias: true,
    eos_token_id: config.eos,
    ffn_dim: config.ffnDim,
    hidden_size: config.hiddenSize,
    init_std: 0.02,
    layer_norm_elementwise_affine: true,
    layerdrop: 0,
    max_position_embeddings: config.maxPositions,
    model_type: 'opt',
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    pad_token_id: config.pad,
    prefix: '</s>',
    torch_dtype: type,
    use_cache: true,
    vocab_size: config.vocabSize,
    word_embed_proj_dim: config.embedDim,
  };
}
