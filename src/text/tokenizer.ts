/**
 * Tokenizers: text as the ids that a model was trained on, and back.
 *
 * @huggingface/tokenizers does the work for every kind of `tokenizer.json`. Beside it stand three things that it lacks:
 * bytes and offsets of byte-level tokens, text from tokens as they come, and a memory of words, which makes byte-level
 * text some ten times faster (most words of a text have been met before).
 *
 * The library cuts words by JavaScript's idea of white space, which holds U+FEFF but not U+0085, where Python's original
 * has it the other way round: text with these two characters may get other ids than in Python, and reads back the same.
 */
import * as library from '@huggingface/tokenizers';
import { makeFolder, replaceFile } from '../tensor/index.ts';
import { eachWord, spell, unspell } from './byte-level.ts';
import { byteStream, type TokenStream, textStream } from './token-stream.ts';
import {
  readTokenizer,
  type SpecialTokens,
  specialOf,
  type TokenizerConfig,
  type TokenizerJson,
} from './tokenizer-files.ts';

/** Whether special tokens take part. */
export interface SpecialOption {
  /** `encode`: put the tokenizer's own around the text; `decode`: write them out. Default true. */
  readonly special?: boolean;
}

/** A text's tokens and the bytes that each stands for. */
export interface Encoding {
  readonly ids: readonly number[];
  /** As the vocabulary spells them. */
  readonly tokens: readonly string[];
  /** First byte and the byte after the last, in the text's UTF-8; empty for special tokens that were put around it. */
  readonly offsets: readonly (readonly [start: number, end: number])[];
}

/** What is used of the library, whose own types Node's resolution does not find. */
interface Library {
  encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: readonly number[]): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): Map<string, number>;
  readonly model: { encode(words: readonly string[]): string[] };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Words that are remembered, and their longest. */
const memory = { words: 2 ** 17, length: 64 };

/** Text as ids, and back. */
export class Tokenizer {
  /** One more than the largest id. A model's vocabulary may be larger: filler, which decodes to U+FFFD. */
  readonly size: number;
  /** Ids of special tokens, where the tokenizer has them. */
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  readonly unk: number | undefined;
  /** Special tokens that `encode` puts before a text: `[2]` for OPT. */
  readonly prefix: readonly number[];
  /** Special tokens that `encode` puts after a text. */
  readonly suffix: readonly number[];
  /** Whether tokens are bytes: then any text reads back exactly, and tokens have `bytes` and offsets. */
  readonly byteLevel: boolean;

  readonly #json: TokenizerJson;
  readonly #config: TokenizerConfig;
  readonly #library: Library;
  readonly #special: ReadonlySet<number>;
  readonly #added: ReadonlyMap<number, string>;
  /** Finds added tokens, between which text is encoded word by word. Undefined where the library has to do it. */
  readonly #cuts: RegExp | undefined;
  /** Whether an added token may take the spaces beside it: the library's affair. */
  readonly #strips: boolean;
  readonly #words = new Map<string, readonly number[]>();
  readonly #bytes: (Uint8Array | undefined)[] = [];

  /**
   * @param json the content of a `tokenizer.json`
   * @param config the content of its `tokenizer_config.json`
   * @throws SyntaxError when the library cannot read it
   */
  constructor(json: TokenizerJson, config: TokenizerConfig = {}) {
    this.#json = json;
    this.#config = config;
    const { bos, eos, pad, unk, prefix, suffix } = specialOf(config);
    try {
      // its end token by name, where a file may have an object
      const settings = { clean_up_tokenization_spaces: false, ...config, eos_token: eos };
      this.#library = new library.Tokenizer(json, settings);
    } catch (cause) {
      throw new SyntaxError(`tokenizer: expected a tokenizer.json, got ${(cause as Error).message}`, { cause });
    }
    this.size = [...this.#library.get_vocab().values()].reduce((most, id) => Math.max(most, id + 1), 0);
    const id = (token: string | undefined) => (token === undefined ? undefined : this.#library.token_to_id(token));
    this.bos = id(bos);
    this.eos = id(eos);
    this.pad = id(pad);
    this.unk = id(unk);

    this.#added = new Map(json.added_tokens.map(({ id, content }) => [id, content]));
    this.#special = new Set(json.added_tokens.filter(({ special }) => special).map(({ id }) => id));
    const { model, pre_tokenizer, decoder, normalizer } = json;
    this.byteLevel = model.type === 'BPE' && decoder?.type === 'ByteLevel';
    const byWord =
      this.byteLevel &&
      normalizer === null &&
      pre_tokenizer?.type === 'ByteLevel' &&
      !pre_tokenizer.add_prefix_space &&
      pre_tokenizer.use_regex !== false &&
      json.added_tokens.every(({ content }) => content !== '');
    this.#strips = json.added_tokens.some(({ lstrip, rstrip }) => lstrip || rstrip);
    if (byWord) {
      const longestFirst = [...this.#added.values()].sort((a, b) => b.length - a.length);
      this.#cuts = new RegExp(`(${longestFirst.map(escapeRegExp).join('|') || '(?!)'})`, 'u');
    }

    // What the file's own rule puts around a text, unless the configuration says otherwise.
    const around = this.#library.encode('a').ids;
    const bare = this.#library.encode('a', { add_special_tokens: false }).ids;
    const start = around.findIndex((_, i) => bare.every((id, j) => around[i + j] === id));
    this.prefix = said(config.add_bos_token, this.bos, around.slice(0, start), prefix);
    this.suffix = said(config.add_eos_token, this.eos, around.slice(start + bare.length), suffix);
  }

  /**
   * Opens a folder: `tokenizer.json` with `tokenizer_config.json`, or `vocab.json` with `merges.txt` (byte-level BPE).
   * @param special for `vocab.json` and `merges.txt`, which say nothing of special tokens, unless a
   * `tokenizer_config.json` does; of OPT: `{ bos: '</s>', eos: '</s>', pad: '<pad>', prefix: ['</s>'] }`
   * @throws Error when there is no tokenizer; SyntaxError or RangeError naming the file and what is wrong in it
   */
  static async open(folder: string, special?: SpecialTokens): Promise<Tokenizer> {
    const { json, config } = await readTokenizer(folder, special);
    try {
      return new Tokenizer(json, config);
    } catch (cause) {
      throw new SyntaxError(`${folder}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Writes `tokenizer.json` and `tokenizer_config.json` into `folder`, for this and every other library to open. */
  async save(folder: string): Promise<void> {
    const { join } = await import('node:path');
    await makeFolder(folder);
    await replaceFile(join(folder, 'tokenizer_config.json'), [`${JSON.stringify(this.#config, undefined, 2)}\n`]);
    await replaceFile(join(folder, 'tokenizer.json'), [`${JSON.stringify(this.#json)}\n`]);
  }

  /**
   * The ids of a text.
   * @example
   * const opt = await Tokenizer.open(folder, { eos: '</s>', prefix: ['</s>'] });
   * opt.encode('Hello world') // [2, 31414, 232]
   */
  encode(text: string, { special = true }: SpecialOption = {}): number[] {
    const ids = special ? [...this.prefix] : [];
    if (this.#cuts !== undefined && !(this.#strips && this.#cuts.test(text))) {
      text.split(this.#cuts).forEach((part, i) => {
        if (i % 2 === 1) ids.push(this.#library.token_to_id(part)!);
        else eachWord(part, (word) => append(ids, this.#encodeWord(word)));
      });
    } else if (text !== '') append(ids, this.#library.encode(text, { add_special_tokens: false }).ids);
    if (special) append(ids, this.suffix);
    return ids;
  }

  /** The ids of texts, each as `encode` gives them. */
  encodeBatch(texts: readonly string[], options?: SpecialOption): number[][] {
    return texts.map((text) => this.encode(text, options));
  }

  /**
   * The tokens of a text with the bytes that each stands for.
   * @throws TypeError for a tokenizer that does not keep every byte
   */
  encodeWithOffsets(text: string, options: SpecialOption = {}): Encoding {
    const ids = this.encode(text, options);
    const around = options.special === false ? 0 : this.suffix.length;
    const first = options.special === false ? 0 : this.prefix.length;
    let at = 0;
    const offsets = ids.map((id, i): [number, number] => {
      if (i < first || i >= ids.length - around) return [at, at];
      const start = at;
      at += this.bytes(id).length;
      return [start, at];
    });
    const length = new TextEncoder().encode(text).length;
    if (at !== length || this.#json.normalizer !== null)
      throw new TypeError(`tokenizer: expected one that keeps every byte for offsets, got ${at} of ${length} bytes`);
    return { ids, tokens: ids.map((id) => this.token(id) ?? ''), offsets };
  }

  /**
   * The text of ids; an id without a token reads as U+FFFD.
   * @throws RangeError for what is no id
   */
  decode(ids: readonly number[], { special = true }: SpecialOption = {}): string {
    const shown = special ? ids : ids.filter((id) => !this.#special.has(id));
    if (this.byteLevel) {
      const bytes = new Uint8Array(shown.reduce((total, id) => total + this.bytes(id).length, 0));
      let at = 0;
      for (const id of shown) {
        bytes.set(this.bytes(id), at);
        at += this.bytes(id).length;
      }
      return decoder.decode(bytes);
    }
    for (const id of shown) checkId(id);
    return shown.length === 0 ? '' : this.#library.decode([...shown]);
  }

  /** Text from tokens as they come; special tokens are left out unless asked for. */
  stream({ special = false }: SpecialOption = {}): TokenStream {
    if (!this.byteLevel) return textStream((ids) => this.decode(ids, { special }));
    const none = new Uint8Array(0);
    return byteStream((id) => (!special && this.#special.has(id) ? none : this.bytes(id)));
  }

  /**
   * The bytes that a token stands for.
   * @throws TypeError for a tokenizer that is not byte-level; RangeError for what is no id
   */
  bytes(id: number): Uint8Array {
    if (!this.byteLevel) throw new TypeError('tokenizer: expected a byte-level one for the bytes of a token');
    const known = this.#bytes[id];
    if (known !== undefined) return known;
    checkId(id);
    const content = this.#added.get(id);
    const token = this.#library.id_to_token(id);
    const bytes =
      (content === undefined && token !== undefined ? unspell(token) : undefined) ??
      new TextEncoder().encode(content ?? token ?? '\ufffd');
    if (id < this.size) this.#bytes[id] = bytes;
    return bytes;
  }

  /** A token as the vocabulary spells it; undefined for an id without one. */
  token(id: number): string | undefined {
    return this.#library.id_to_token(id);
  }

  /** The id of a token as the vocabulary spells it. */
  id(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  /** Whether a token marks a place rather than writes something. */
  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  #encodeWord(word: string): readonly number[] {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const ids = this.#library.model.encode([spell(word)]).map((token) => {
      const id = this.#library.token_to_id(token) ?? this.unk;
      if (id === undefined)
        throw new RangeError(`tokenizer: expected a vocabulary with a token for every byte, got none for '${token}'`);
      return id;
    });
    if (word.length <= memory.length) {
      if (this.#words.size === memory.words) this.#words.clear();
      this.#words.set(word, ids);
    }
    return ids;
  }
}

/** A special token at one end, by what the configuration says of it (`flag`) and else by the file's own rule. */
function said(
  flag: unknown,
  token: number | undefined,
  ruled: readonly number[],
  named: readonly string[] | undefined,
): readonly number[] {
  if (flag === true && named !== undefined && token !== undefined && !ruled.includes(token)) return [token, ...ruled];
  return flag === false ? ruled.filter((id) => id !== token) : ruled;
}

/** One by one, because a call with too many arguments overflows the stack. */
function append(ids: number[], more: readonly number[]): void {
  for (const id of more) ids.push(id);
}

function checkId(id: number): void {
  if (!Number.isInteger(id) || id < 0) throw new RangeError(`tokenizer: expected ids of at least 0, got ${id}`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
