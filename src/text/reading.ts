/**
 * How rows of tokens go through the programs: in runs of a few hundred tokens.
 *
 * As many rows as fit in one run are read together, padded to the longest; a row that is longer than a run is read
 * alone, piece by piece, each seeing the cached keys of those before it. A prefix decoder's
 * input is seen from both sides, so that its rows are never cut.
 */
import { type Device, dispose, NDArray, toHost } from '../tensor/index.ts';
import { Cache } from './cache.ts';
import { type Programs, programsOf, type RowFacts } from './programs.ts';
import type { Keys } from './transformer/attention.ts';
import { checkConfig, sizesOf, type TransformerConfig } from './transformer/config.ts';
import type { Transformer } from './transformer/parameters.ts';

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
 * @param most tokens of a run, padding included
 * @param whole rows are not cut, however long
 */
export function* runsOf(lengths: readonly number[], most: number, whole: boolean): Generator<Run> {
  for (let from = 0; from < lengths.length; ) {
    let [to, longest] = [from + 1, lengths[from]!];
    for (; to < lengths.length; to++) {
      const next = Math.max(longest, lengths[to]!);
      if (next * (to + 1 - from) > most) break;
      longest = next;
    }
    const step = whole ? longest : most;
    for (let start = 0; start < longest; start += step) {
      yield { from, to, start, end: Math.min(start + step, longest) };
    }
    from = to;
  }
}

/** How many tokens a run reads: twice as many are 7 % faster, and need twice the memory for their states. */
export const tokensOfRun = 256;

/** Rows' arguments of the programs, between the weights and what the run is for. */
export type RowArguments = readonly [
  ids: NDArray,
  facts: RowFacts<NDArray>,
  past: readonly Keys<NDArray>[] | null,
  memory: readonly Keys<NDArray>[] | null,
  memoryLengths: NDArray | null,
];

/** A model's programs and weights, and how rows are laid before them. */
export class Reader {
  readonly config: TransformerConfig;
  readonly params: Transformer<NDArray>;
  readonly programs: Programs;
  readonly context: number;

  constructor(config: TransformerConfig, params: Transformer<NDArray>, device: Device | undefined) {
    checkConfig(config);
    this.config = config;
    this.params = params;
    this.programs = programsOf(config, device);
    this.context = sizesOf(config).context;
  }

  /** Whether rows must be read whole. */
  get whole(): boolean {
    return this.config.family === 'prefix';
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
  async remember(prompts: readonly (readonly number[])[]): Promise<Cache | null> {
    if (this.config.family !== 'encoder-decoder') return null;
    const memory = this.newCache();
    const lengths = prompts.map(({ length }) => length);
    memory.open(prompts.length, Math.max(0, ...lengths));
    for (const run of runsOf(lengths, tokensOfRun, true)) {
      const counts = lengths.slice(run.from, run.to);
      const keys = this.programs.remember(this.params, padded(prompts, run), ints(counts));
      memory.append(run.from, await fetched(keys), counts);
    }
    return memory;
  }

  /**
   * What the programs are given of a run.
   * @param inputs by row, how much of it is input
   * @param cache of the rows' tokens before the run, if there are any
   */
  lay(
    rows: readonly (readonly number[])[],
    inputs: readonly number[],
    run: Run,
    cache: Cache | null,
    memory: Cache | null,
  ): RowArguments {
    const { from, to, start } = run;
    const own = rows.slice(from, to);
    const facts = {
      counts: ints(countsOf(rows, run)),
      lengths: ints(own.map(() => start)),
      inputs: ints(inputs.slice(from, to)),
    };
    return [
      padded(rows, run),
      facts,
      start > 0 ? cache!.read(from, to) : null,
      memory ? memory.read(from, to) : null,
      memory ? ints(memory.lengths.slice(from, to)) : null,
    ];
  }
}

/** What a program returned, brought here from wherever it ran. */
export async function fetched<T>(results: Promise<T>): Promise<T> {
  const there = await results;
  const here = await toHost(there);
  dispose(there);
  return here;
}

/** The tokens of rows in a run, [rows, tokens]. */
function padded(rows: readonly (readonly number[])[], { from, to, start, end }: Run): NDArray {
  const ids = new Int32Array((to - from) * (end - start));
  for (const [i, row] of rows.slice(from, to).entries()) ids.set(row.slice(start, end), i * (end - start));
  return new NDArray('int32', [to - from, end - start], ids);
}

/** How many tokens each row has in a run. */
export function countsOf(rows: readonly (readonly number[])[], { from, to, start, end }: Run): number[] {
  return rows.slice(from, to).map(({ length }) => Math.max(0, Math.min(length, end) - start));
}

/** Numbers as an int32 vector. */
export function ints(values: readonly number[]): NDArray {
  return new NDArray('int32', [values.length], Int32Array.from(values));
}

/** The places of lengths in falling order. */
export function byFalling(lengths: readonly number[]): number[] {
  return lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}
