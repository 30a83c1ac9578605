/**
 * Beam search, with everything that it looked at.
 *
 * At each step a prompt's beams are extended by every token that is allowed, and the best (1 + end tokens) · beams of
 * these *candidates* are kept: enough that as many unfinished ones as there are beams go on. A candidate that ends counts
 * as finished if it is among the best as many as there are beams. Finished rows are ranked by score / lengthᵅ. The search
 * of a prompt ends when no row that still goes on can overtake the worst of its finished ones, however it continues (log-
 * probabilities only fall), or at once when there are enough of them, with `early`.
 *
 * With groups, the beams are divided, and each group is charged for tokens that groups before it chose in the same step
 * (Hamming diversity). The charge decides what is chosen and is no part of the score.
 *
 * Sources: fairseq's and Hugging Face's searches, whose rules these are; Vijayakumar et al., "Diverse beam search"
 * (2016), algorithm 1; the history of all candidates as SEAL's identifiers (Bevilacqua et al. 2022, section 3.2).
 */
import { breathe } from '../breathe.ts';
import type { LanguageModel } from '../decoding.ts';
import { Best } from './best.ts';
import { type Allowed, settle } from './constraint.ts';
import { logitsOf, type Row, type StepOptions, Steps } from './row.ts';
import { type Generated, generated } from './sample.ts';

/** How to search. */
export interface BeamOptions<State = unknown> extends StepOptions<State> {
  /** Rows that go on at once. */
  readonly beams: number;
  /** Rows to return, at most `beams`. Default 1. */
  readonly best?: number;
  /** α of score / lengthᵅ, with the number of new tokens for length: 0 ranks by likelihood alone. Default 1. */
  readonly lengthPenalty?: number;
  /** Ends the search of a prompt as soon as `beams` rows are finished. Default false: when none can be overtaken. */
  readonly early?: boolean;
  /** Groups that the beams are divided into. Default 1. */
  readonly groups?: number;
  /** What a token costs in a group for each beam of earlier groups that chose it in the same step. Default 0. */
  readonly diversity?: number;
  /** Keep the candidates of every step. Default false. */
  readonly history?: boolean;
}

/** A prefix that the search looked at. */
export interface Candidate {
  /** The tokens before the last one. */
  readonly prefix: readonly number[];
  readonly token: number;
  /** Sum of log-probabilities, not divided by length. */
  readonly score: number;
}

/** What a search found for one prompt. */
export interface BeamResult {
  /** The best rows, best first; fewer than asked for where there are no more. */
  readonly best: readonly Generated[];
  /** With `history`: of each step all candidates, best first in each group; those that did not go on, too. */
  readonly history: readonly (readonly Candidate[])[];
}

/** A row that goes on, and the decoding's row that it is. */
interface Beam<State> {
  readonly row: Row<State>;
  readonly source: number;
}

/** The search of one prompt in one group. */
class Group<State> {
  beams: Beam<State>[];
  readonly finished: Generated[] = [];
  readonly #width: number;
  readonly #alpha: number;
  readonly #maxTokens: number;

  constructor(first: Beam<State>, width: number, alpha: number, maxTokens: number) {
    this.beams = [first];
    this.#width = width;
    this.#alpha = alpha;
    this.#maxTokens = maxTokens;
  }

  finish(row: Row<State>, why: Generated['finish']): void {
    this.finished.push(generated(row, why, this.#ranked(row.score, row.tokens.length)));
    this.finished.sort((a, b) => b.score - a.score);
    this.finished.length = Math.min(this.finished.length, this.#width);
  }

  /** Whether nothing that goes on can still enter the finished ones. */
  settled(early: boolean): boolean {
    if (this.beams.length === 0) return true;
    if (this.finished.length < this.#width) return false;
    if (early) return true;
    const worst = this.finished.at(-1)!.score;
    return this.beams.every(({ row }) => {
      // The score only falls; by how much the length divides it is best at one of its ends.
      const next = this.#ranked(row.score, row.tokens.length + 1);
      return Math.max(next, this.#ranked(row.score, this.#maxTokens)) <= worst;
    });
  }

  #ranked(score: number, length: number): number {
    return score / Math.max(length, 1) ** this.#alpha;
  }
}

/**
 * Searches for the best continuations of prompts.
 * @throws as {@link sample}
 * @example
 * // n-grams of a corpus, with every prefix that was tried
 * const [found] = await beamSearch(model, [prompt], { beams: 15, maxTokens: 10, constraint: index, history: true });
 */
export async function beamSearch<State>(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: BeamOptions<State>,
): Promise<BeamResult[]> {
  checkBeams(options);
  const { best = 1, early = false, groups = 1, lengthPenalty = 1, diversity = 0, signal } = options;
  const keep = options.history ?? false;
  const { vocabulary } = model;
  const steps = new Steps('beamSearch', vocabulary, prompts, options);
  if (prompts.length === 0) return [];
  const width = options.beams / groups;
  const histories: Candidate[][][] = prompts.map(() => []);

  const decoding = await model.begin(prompts, signal && { signal });
  try {
    const searches = (await steps.begin(decoding)).map((row) =>
      Array.from({ length: groups }, () => {
        return new Group({ row, source: row.prompt }, width, lengthPenalty, steps.maxTokens);
      }),
    );
    for (;;) {
      if (signal) await breathe();
      signal?.throwIfAborted();
      const live = searches.flat().flatMap(({ beams }) => beams);
      const asked = await settle(steps.allowed(live.map(({ row }) => row)));
      const { room } = decoding;
      const allowed = new Map(live.map((beam, i) => [beam, asked[i]!]));
      for (const [prompt, search] of searches.entries()) {
        const charges = new Map<number, number>();
        const candidates: Candidate[] = [];
        for (const group of search) {
          const found = extensions(group, allowed, charges);
          candidates.push(...found.map(({ beam, token, score }) => ({ prefix: beam.row.tokens, token, score })));
          choose(group, found, charges, room);
          if (group.settled(early)) group.beams = [];
        }
        if (keep && candidates.length > 0) histories[prompt]!.push(candidates);
      }
      const going = searches.flat().flatMap(({ beams }) => beams);
      if (going.length === 0) break;
      const rows = await steps.follow(going.map(({ row }) => row));
      await decoding.advance(
        going.map(({ source }) => source),
        rows.map(({ tokens }) => tokens.at(-1)!),
      );
      let source = 0;
      for (const group of searches.flat())
        group.beams = group.beams.map(() => ({ row: rows[source]!, source: source++ }));
    }
    return searches.map((search, prompt) => {
      const finished = search.flatMap((group) => group.finished).sort((a, b) => b.score - a.score);
      return { best: finished.slice(0, best), history: histories[prompt]! };
    });
  } finally {
    decoding.close();
  }

  /** The best candidates of a group. A beam that nothing may follow is finished. */
  function extensions(
    group: Group<State>,
    allowed: ReadonlyMap<Beam<State>, Allowed>,
    charges: ReadonlyMap<number, number>,
  ): Extension<State>[] {
    const top = new Best((1 + steps.ends.size) * width);
    const charge = (token: number) => charges.get(token) ?? 0;
    const norms = group.beams.map((beam, b) => {
      const { row, source } = beam;
      const { choices, norm, own } = steps.prepare(row, logitsOf(decoding, vocabulary, source), allowed.get(beam)!);
      const { count, values } = choices;
      const base = row.score - norm;
      let some = false;
      for (let i = 0; i < count; i++) {
        const score = base + values[i]!;
        if (score < top.floor) continue;
        some ||= score > Number.NEGATIVE_INFINITY;
        const id = choices.id(i);
        top.offer(charges.size === 0 ? score : score - charge(id), b * vocabulary + id);
      }
      if (!some && !values.subarray(0, count).some((logit) => logit > Number.NEGATIVE_INFINITY))
        group.finish(row, 'constraint');
      return own;
    });
    return top.sorted().map(({ score, item }) => {
      const b = Math.floor(item / vocabulary);
      const token = item % vocabulary;
      return { beam: group.beams[b]!, token, score: score + charge(token), own: norms[b]! };
    });
  }

  /** Lets the best candidates of a group go on, or finish, and charges later groups for their tokens. */
  function choose(
    group: Group<State>,
    found: readonly Extension<State>[],
    charges: Map<number, number>,
    room: readonly number[],
  ): void {
    const beams: Beam<State>[] = [];
    let slots = width;
    for (const [rank, { beam, token, score, own }] of found.entries()) {
      if (slots === 0) break;
      const { source } = beam;
      const logits = logitsOf(decoding, vocabulary, source);
      const { row, finish } = steps.extend(beam.row, token, { logits, own, score, room: room[source]! });
      const ended = finish === 'end' || finish === 'stop';
      if (ended && rank >= width) continue;
      if (!ended) slots--;
      if (finish === undefined) beams.push({ row, source });
      else group.finish(row, finish);
      if (diversity !== 0) charges.set(token, (charges.get(token) ?? 0) + diversity);
    }
    group.beams = beams;
  }
}

/** A beam with one more token. */
interface Extension<State> {
  readonly beam: Beam<State>;
  readonly token: number;
  readonly score: number;
  /** ln Σ exp of the model's own logits. */
  readonly own: number;
}

/** @throws RangeError for an option that makes no sense */
function checkBeams<State>(options: BeamOptions<State>): void {
  const { beams, best = 1, groups = 1, lengthPenalty = 1, diversity = 0 } = options;
  const whole = (name: string, value: number) => {
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw new RangeError(`beamSearch: expected ${name} of at least 1, got ${value}`);
  };
  whole('beams', beams);
  whole('best', best);
  whole('groups', groups);
  if (best > beams) throw new RangeError(`beamSearch: expected best of at most ${beams} beams, got ${best}`);
  if (beams % groups !== 0)
    throw new RangeError(`beamSearch: expected groups that divide ${beams} beams, got ${groups}`);
  if (!Number.isFinite(lengthPenalty))
    throw new RangeError(`beamSearch: expected a finite lengthPenalty, got ${lengthPenalty}`);
  if (!(diversity >= 0)) throw new RangeError(`beamSearch: expected diversity of at least 0, got ${diversity}`);
}
