/**
 * The files that a tokenizer is kept in: `tokenizer.json` with `tokenizer_config.json`, as the hub has them, or GPT-2's
 * `vocab.json` with `merges.txt`, which say nothing of special tokens: those come from `tokenizer_config.json` and
 * `special_tokens_map.json` beside them, or from the caller.
 */

import { ifThere } from '../tensor/index.ts';
import { alphabet } from './byte-level.ts';

/** What `tokenizer.json` holds, as far as it is read here. */
export interface TokenizerJson {
  readonly version?: string;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: { readonly type: string; readonly [option: string]: unknown } | null;
  readonly post_processor: unknown;
  readonly decoder: { readonly type: string; readonly [option: string]: unknown } | null;
  readonly model: { readonly type: string; readonly [option: string]: unknown };
}

/** A token that text is searched for before anything else. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it marks a place rather than writes something. */
  readonly special: boolean;
  /** Whether it swallows the space before it, and after it. */
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** What `tokenizer_config.json` holds. */
export type TokenizerConfig = Readonly<Record<string, unknown>>;

/** Names of special tokens. */
export interface SpecialTokens {
  /** Begins a row. */
  readonly bos?: string;
  /** Ends a row. */
  readonly eos?: string;
  /** Fills up a batch. */
  readonly pad?: string;
  /** Stands for what has no token. */
  readonly unk?: string;
  /** What every row begins with: OPT's is `['</s>']`. */
  readonly prefix?: readonly string[];
  /** What every row ends with. */
  readonly suffix?: readonly string[];
}

const roles = ['bos', 'eos', 'pad', 'unk'] as const;

/**
 * Reads a folder's tokenizer.
 * @throws SyntaxError naming the file that is not what it should be; Error when the folder has no tokenizer
 */
export async function readTokenizer(
  folder: string,
  special: SpecialTokens | undefined,
): Promise<{ json: TokenizerJson; config: TokenizerConfig }> {
  const { join } = await import('node:path');
  const at = (name: string) => join(folder, name);
  const config = {
    ...(await readJson(at('special_tokens_map.json'))),
    ...(await readJson(at('tokenizer_config.json'))),
  };
  const json = await readJson(at('tokenizer.json'));
  if (json !== undefined) {
    if (special !== undefined)
      throw new TypeError(`tokenizer: expected no special tokens beside ${at('tokenizer.json')}, which names its own`);
    return { json: checkJson(json, at('tokenizer.json')), config };
  }
  const vocab = await readJson(at('vocab.json'));
  const merges = await readText(at('merges.txt'));
  if (vocab === undefined || merges === undefined)
    throw new Error(`tokenizer: expected tokenizer.json, or vocab.json and merges.txt, in ${folder}, got neither`);
  const model = {
    vocab: checkVocabulary(vocab, at('vocab.json')),
    merges: readMerges(merges, new Set(Object.keys(vocab)), at('merges.txt')),
  };
  const names = special ?? specialOf(config);
  const prefixSpace = config.add_prefix_space === true;
  const missing = named(names).find((token) => !Object.hasOwn(model.vocab, token));
  if (missing !== undefined)
    throw new RangeError(`tokenizer: expected special tokens of ${at('vocab.json')}, got ${JSON.stringify(missing)}`);
  return { json: byteLevelJson(model, names, { prefixSpace }), config: { ...config, ...configOf(names) } };
}

/**
 * A `tokenizer.json` of a byte-level BPE.
 * @param found special tokens that text is searched for
 * @param prefixSpace whether a text begins with a space that it need not have
 */
export function byteLevelJson(
  { vocab, merges }: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] },
  special: SpecialTokens,
  { found = named(special), prefixSpace = false }: { found?: readonly string[]; prefixSpace?: boolean } = {},
): TokenizerJson {
  const added = [...new Set(found)]
    .map((content) => ({ id: vocab[content]!, content, special: true }))
    .sort((a, b) => a.id - b.id);
  const { prefix = [], suffix = [] } = special;
  const mark = (type_id: number) => (id: string) => ({ SpecialToken: { id, type_id } });
  const single = [...prefix.map(mark(0)), { Sequence: { id: 'A', type_id: 0 } }, ...suffix.map(mark(0))];
  const pair = [...single, ...prefix.map(mark(1)), { Sequence: { id: 'B', type_id: 1 } }, ...suffix.map(mark(1))];
  const around = [...new Set([...prefix, ...suffix])].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]);
  const byteLevel = { type: 'ByteLevel', add_prefix_space: prefixSpace, trim_offsets: true, use_regex: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    version: '1.0',
    added_tokens: added.map((token) => ({ ...token, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor:
      around.length === 0
        ? byteLevel
        : { type: 'TemplateProcessing', single, pair, special_tokens: Object.fromEntries(around) },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/** The part of `tokenizer_config.json` that names special tokens. */
export function configOf(special: SpecialTokens): TokenizerConfig {
  const names = roles.filter((role) => special[role] !== undefined).map((role) => [`${role}_token`, special[role]]);
  return { ...Object.fromEntries(names), clean_up_tokenization_spaces: false };
}

/** The special tokens that a `tokenizer_config.json` names; each is a string, or an object with its content. */
export function specialOf(config: TokenizerConfig): SpecialTokens {
  const content = (key: string): string | undefined => {
    const token = config[key] as string | { content?: unknown } | null | undefined;
    const text = typeof token === 'object' ? token?.content : token;
    return typeof text === 'string' ? text : undefined;
  };
  const names: Record<string, string> = {};
  for (const role of roles) {
    const name = content(`${role}_token`);
    if (name !== undefined) names[role] = name;
  }
  return {
    ...names,
    ...(config.add_bos_token === true && names.bos !== undefined && { prefix: [names.bos] }),
    ...(config.add_eos_token === true && names.eos !== undefined && { suffix: [names.eos] }),
  };
}

function named({ prefix = [], suffix = [], ...rest }: SpecialTokens): string[] {
  return [...prefix, ...suffix, ...roles.flatMap((role) => rest[role] ?? [])];
}

async function readText(path: string): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises');
  return ifThere(readFile(path, 'utf8'));
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${path}: expected JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError(`${path}: expected a JSON object, got ${Array.isArray(value) ? 'an array' : typeof value}`);
  return value as Record<string, unknown>;
}

/** No vocabulary of the field is near it; a file that claims more would only cost memory. */
const maxId = 2 ** 24;

function checkJson(json: Record<string, unknown>, path: string): TokenizerJson {
  const added = json.added_tokens ?? [];
  const model = json.model as Record<string, unknown> | undefined;
  if (typeof model !== 'object' || model === null || !Array.isArray(added))
    throw new SyntaxError(
      `${path}: expected a tokenizer with model and added_tokens, got ${Object.keys(json).slice(0, 8)}`,
    );
  if (added.some((token) => typeof token?.content !== 'string' || !isId(token.id)))
    throw new SyntaxError(`${path}: expected every added token to have content and id`);
  const { vocab } = model;
  if (typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab))
    checkVocabulary(vocab as Record<string, unknown>, path);
  const nothing = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  // The oldest files do not say their model's type.
  const type = model.type ?? (Array.isArray(model.merges) ? 'BPE' : 'unknown');
  return { ...nothing, ...json, added_tokens: added, model: { ...model, type: String(type) } } as TokenizerJson;
}

function checkVocabulary(vocab: Record<string, unknown>, path: string): Record<string, number> {
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id))
      throw new SyntaxError(`${path}: expected ids in [0, 2^24), got ${String(id)} for ${JSON.stringify(token)}`);
  }
  return vocab as Record<string, number>;
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < maxId;
}

/** The merges of a `merges.txt`, with everything that they need in the vocabulary: else text would vanish unseen. */
function readMerges(text: string, vocabulary: ReadonlySet<string>, path: string): string[] {
  const byte = alphabet.find((character) => !vocabulary.has(character));
  if (byte !== undefined)
    throw new RangeError(`${path}: expected a vocabulary with a token for every byte, got none for ${byte}`);
  const merges: string[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return;
    const [left, right, more] = line.split(' ');
    if (!left || !right || more !== undefined)
      throw new SyntaxError(`${path}: line ${i + 1}: expected two tokens, got ${JSON.stringify(line)}`);
    const unknown = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (unknown !== undefined)
      throw new RangeError(`${path}: line ${i + 1}: expected tokens of the vocabulary, got ${JSON.stringify(unknown)}`);
    merges.push(line);
  });
  return merges;
}
