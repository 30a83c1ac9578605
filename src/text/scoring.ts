/**
 * How likely continuations are after their prompts.
 *
 * Pairs of like length go through the programs together. Continuations of one prompt, as the choices of a question are,
 * share it: it is read once, and its cached keys are doubled for them as a beam search doubles a row. All else is one
 * row, prompt and continuation together.
 */
import type { Alternatives, Continued, Scored, ScoreOptions } from './decoding.ts';
import { logSumExp } from './generation/log-sum-exp.ts';
import { mostLikely } from './generation/row.ts';
import { byFalling, type Reader, runsOf, tokensOf } from './reading.ts';

/** Pairs of one prompt. */
interface Shared {
  readonly prompt: readonly number[];
  /** Their places among all pairs. */
  readonly pairs: readonly number[];
}

/** Tokens to be read one after another, and what is asked of them. */
interface Row {
  readonly tokens: readonly number[];
  /** How many of the first of them are input. */
  readonly inputs: number;
  readonly asked: readonly {
    /** The token that the asked one follows, counted in the row. */
    readonly place: number;
    readonly target: number;
    /** Which token of which pair it is. */
    readonly pair: number;
    readonly token: number;
  }[];
}

/** What is being found out of a pair. */
interface Writing extends Scored {
  readonly greedy: boolean[];
  readonly alternatives?: Alternatives[];
}

/** Scores pairs. */
export async function scorePairs(
  reader: Reader,
  pairs: readonly Continued[],
  { done, signal, alternatives = 0 }: ScoreOptions,
): Promise<Scored[]> {
  const scored = pairs.map(({ continuation }) => ({
    logProbs: new Float32Array(continuation.length),
    greedy: continuation.map(() => false),
    ...(alternatives > 0 && { alternatives: [] }),
  }));
  const all = byPrompt(pairs);
  const sizeOf = ({ prompt, pairs: own }: Shared) =>
    own.reduce((total, pair) => total + pairs[pair]!.continuation.length, prompt.length);
  const order = byFalling(all.map(sizeOf));
  const sorted = order.map((i) => all[i]!);
  const sizes = sorted.map(sizeOf);
  let finished = 0;
  // as many as one run can read; what is larger, alone
  for (const { from, to } of runsOf(sizes, sizes)) {
    const batch = sorted.slice(from, to);
    await scoreBatch(reader, pairs, batch, scored, alternatives, signal);
    finished += batch.reduce((total, { pairs: own }) => total + own.length, 0);
    done?.(finished);
  }
  return scored;
}

/** Pairs by prompt. */
function byPrompt(pairs: readonly Continued[]): Shared[] {
  const found = new Map<string, { prompt: readonly number[]; pairs: number[] }>();
  for (const [pair, { prompt }] of pairs.entries()) {
    const key = prompt.join();
    const shared = found.get(key) ?? { prompt, pairs: [] };
    found.set(key, shared);
    shared.pairs.push(pair);
  }
  return [...found.values()];
}

async function scoreBatch(
  reader: Reader,
  pairs: readonly Continued[],
  batch: readonly Shared[],
  scored: readonly Writing[],
  alternatives: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const memory = await reader.remember(
    batch.map(({ prompt }) => prompt),
    signal,
  );
  const cache = reader.newCache();
  cache.open(batch.length);

  /** Reads rows, one a slot. */
  async function read(rows: readonly Row[]): Promise<void> {
    const tokens = rows.map((row) => row.tokens);
    const inputs = rows.map((row) => row.inputs);
    for (const run of runsOf(
      tokens.map(({ length }) => length),
      inputs,
    )) {
      const { from, to, start, end } = run;
      const asked = rows
        .slice(from, to)
        .flatMap((row, i) =>
          row.asked.flatMap(({ place, ...one }) =>
            place >= start && place < end ? [{ row: i, place: place - start, ...one }] : [],
          ),
        );
      const own = tokensOf(tokens, run);
      const show = alternatives > 0;
      const told = await reader.read(from, own, inputs.slice(from, to), cache, memory, asked, show, signal);
      for (const [k, { pair, token }] of asked.entries()) {
        const found = scored[pair]!;
        found.logProbs[token] = told.logProbs[k]!;
        found.greedy[token] = told.greedy[k] === 1;
        if (!show) continue;
        const { vocabulary } = reader.config;
        const logits = told.logits.subarray(k * vocabulary, (k + 1) * vocabulary);
        found.alternatives![token] = mostLikely(logits, logSumExp(logits), alternatives);
      }
    }
  }

  /** What is asked of the tokens from `first` on of a continuation, token `first` following `place`. */
  const askedOf = (pair: number, first: number, place: number) =>
    pairs[pair]!.continuation.slice(first).map((target, i) => ({ place: place + i, target, pair, token: first + i }));

  await read(
    batch.map(({ prompt, pairs: own }) => {
      const begun = reader.rowOf(prompt);
      const [only] = own as [number];
      const alone = own.length === 1;
      return {
        // the last token of a continuation is only predicted
        tokens: alone ? [...begun, ...pairs[only]!.continuation.slice(0, -1)] : begun,
        inputs: reader.inputsOf(prompt),
        asked: alone
          ? askedOf(only, 0, begun.length - 1)
          : own.flatMap((pair) => askedOf(pair, 0, begun.length - 1).slice(0, 1)),
      };
    }),
  );
  const branches = batch.flatMap(({ pairs: own }, slot) =>
    own.length === 1 ? [] : own.flatMap((pair) => (pairs[pair]!.continuation.length > 1 ? [{ slot, pair }] : [])),
  );
  if (branches.length === 0) return;
  const { slots, moves } = cache.rearrange(branches.map(({ slot }) => slot));
  memory?.follow(moves, slots.length);
  const rows: Row[] = [];
  for (const [i, { pair }] of branches.entries()) {
    const tokens = pairs[pair]!.continuation.slice(0, -1);
    rows[slots[i]!] = { tokens, inputs: 0, asked: askedOf(pair, 1, 0) };
  }
  await read(rows);
}
