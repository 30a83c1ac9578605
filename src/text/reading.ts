/**
 * How rows of tokens go through the programs: in runs of a few hundred tokens.
 *
 * As many rows as fit in one run are read together, padded to the longest; a row that is longer than a run is read
 * alone, piece by piece, each seeing the cached keys of those before it. What is seen from both sides – a prefix
 * decoder's input, an encoder's source – is never cut.
 */
import { type Device, dispose, NDArray, toHost } from '../tensor/index.ts';
import { breathe } from './breathe.ts';
import { Cache } from './cache.ts';
import { type Programs, programsOf } from './programs.ts';
import { checkConfig, sizesOf, type TransformerConfig } from './transformer/config.ts';
import type { Transformer } from './transformer/parameters.ts';

/** How many tokens a run reads: twice as many are 7 % faster, and need twice the memory for their states. */
export const tokensOfRun = 256;

/** Up to this many, what a run returns is left to the collector. */
const fewTokens = 32;

/** The tokens from `start` to `end` of the rows from `from` to `to`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The runs that read rows.
 * @param lengths of the rows, best falling: a run is padded to its longest row
 * @param inputs by row, how many of its first tokens must be read at once
 */
export function* runsOf(lengths: readonly number[], inputs: readonly number[]): Generator<Run> {
  for (let from = 0; from < lengths.length; ) {
    let [to, longest] = [from + 1, lengths[from]!];
    for (; to < lengths.length; to++) {
      const next = Math.max(longest, lengths[to]!);
      if (next * (to + 1 - from) > tokensOfRun) break;
      longest = next;
    }
    for (let start = 0, end = 0; start < longest; start = end) {
      end = Math.min(longest, start === 0 ? Math.max(tokensOfRun, inputs[from]!) : start + tokensOfRun);
      yield { from, to, start, end };
    }
    from = to;
  }
}

/** A token of a run whose next token is asked for. */
export interface Asked {
  /** Counted from the first row of the run. */
  readonly row: number;
  /** Counted from the first of the row's new tokens. */
  readonly place: number;
  /** A token that might be the next. */
  readonly target: number;
}

/** What is said of the next tokens, in the order in which they were asked for. */
export interface Told {
  /** [asked, vocabulary], or nothing where only targets were asked for */
  readonly logits: Float32Array;
  /** ln p of each target. */
  readonly logProbs: Float32Array;
  /** 1 where the target is the most likely token. */
  readonly greedy: Uint8Array;
}

/** A model's programs and weights, and how rows are laid before them. */
export class Reader {
  readonly config: TransformerConfig;
  readonly context: number;
  readonly #params: Transformer<NDArray>;
  readonly #programs: Programs;

  constructor(config: TransformerConfig, params: Transformer<NDArray>, device: Device | undefined) {
    checkConfig(config);
    this.config = config;
    this.context = sizesOf(config).context;
    this.#params = params;
    this.#programs = programsOf(config, device);
  }

  /** What the decoder's row begins with. */
  rowOf(prompt: readonly number[]): readonly number[] {
    return this.config.family === 'encoder-decoder' ? this.config.start! : prompt;
  }

  /** How much of the decoder's row is input. */
  inputsOf(prompt: readonly number[]): number {
    return this.config.family === 'prefix' ? prompt.length : 0;
  }

  newCache(): Cache {
    const { layers, heads } = this.config;
    return new Cache({ layers, heads, headWidth: sizesOf(this.config).headWidth });
  }

  /** What an encoder–decoder's rows see of their prompts; null for other families. */
  async remember(prompts: readonly (readonly number[])[], signal: AbortSignal | undefined): Promise<Cache | null> {
    if (this.config.family !== 'encoder-decoder') return null;
    const memory = this.newCache();
    memory.open(prompts.length);
    const lengths = prompts.map(({ length }) => length);
    for (const run of runsOf(lengths, lengths)) {
      await interrupted(signal);
      const counts = lengths.slice(run.from, run.to);
      const own = prompts.slice(run.from, run.to);
      const keys = await fetched(this.#programs.remember(this.#params, padded(own), ints(counts)));
      memory.append(run.from, keys, counts);
    }
    return memory;
  }

  /**
   * Reads new tokens of the slots from `from` on, writes their keys to the cache, and says what might come next.
   * @param tokens by slot; the rows are padded to the longest
   * @param inputs by slot, how much of its row is input
   * @param show whether logits are wanted, or only how likely the targets are
   */
  async read(
    from: number,
    tokens: readonly (readonly number[])[],
    inputs: readonly number[],
    cache: Cache,
    memory: Cache | null,
    asked: readonly Asked[],
    show: boolean,
    signal?: AbortSignal,
  ): Promise<Told> {
    await interrupted(signal);
    const to = from + tokens.length;
    const ids = padded(tokens);
    const counts = tokens.map(({ length }) => length);
    const picks = asked.map(({ row, place }) => row * ids.shape[1]! + place);
    const { logits, logProbs, greedy, keys } = await fetched(
      this.#programs.decode(
        this.#params,
        ids,
        { counts: ints(counts), lengths: ints(cache.lengths.slice(from, to)), inputs: ints(inputs) },
        cache.read(from, to),
        memory ? memory.read(from, to) : [],
        memory ? ints(memory.lengths.slice(from, to)) : null,
        { picks: ints(picks), targets: ints(asked.map(({ target }) => target)) },
        ints(show ? asked.map((_, i) => i) : []),
      ),
    );
    cache.append(from, keys, counts);
    // the keys of a long prompt are as large as its cache; of a token it is not worth the while
    if (ids.size > fewTokens) dispose(keys, { host: true });
    return {
      logits: logits.data as Float32Array,
      logProbs: logProbs.data as Float32Array,
      greedy: greedy.data as Uint8Array,
    };
  }

  async release(): Promise<void> {
    await Promise.all(Object.values(this.#programs).map((program) => program.release()));
  }
}

/** Lets a signal have its turn, and throws its reason when it has been given. */
async function interrupted(signal: AbortSignal | undefined): Promise<void> {
  if (signal) await breathe();
  signal?.throwIfAborted();
}

/** What a program returned, brought here from wherever it ran. */
async function fetched<T>(results: Promise<T>): Promise<T> {
  const there = await results;
  const here = await toHost(there);
  dispose(there);
  return here;
}

/** Rows of tokens as one array, [rows, tokens], padded at the ends. */
function padded(rows: readonly (readonly number[])[]): NDArray {
  const longest = Math.max(...rows.map(({ length }) => length));
  const ids = new Int32Array(rows.length * longest);
  for (const [i, row] of rows.entries()) ids.set(row, i * longest);
  return new NDArray('int32', [rows.length, longest], ids);
}

/** Numbers as an int32 vector. */
function ints(values: readonly number[]): NDArray {
  return new NDArray('int32', [values.length], Int32Array.from(values));
}

/** What of rows is read in a run. */
export function tokensOf(rows: readonly (readonly number[])[], { from, to, start, end }: Run): (readonly number[])[] {
  return rows.slice(from, to).map((row) => row.slice(start, end));
}

/** The places of lengths in falling order. */
export function byFalling(lengths: readonly number[]): number[] {
  return lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}
