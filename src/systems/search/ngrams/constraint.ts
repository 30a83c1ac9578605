/**
 * The collection as a constraint on generation: after a prefix may come what follows it in some document.
 *
 * M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628, §3.2). A whole title is an n-gram between a
 * document's beginning and the token that ends titles; likewise a pseudo-query (Y. Li et al., "Multiview identifiers
 * enhanced generative retrieval", ACL 2023).
 */
import type { Allowed, Constraint } from '../../../text/index.ts';
import type { LiveNgrams, NgramState } from './live-ngrams.ts';

/** Where a row begins, and what it must not hold. */
export interface Lane {
  /** What has been said before it. */
  readonly from: NgramState;
  /** Tokens that never come: those between fields. */
  readonly without: ReadonlySet<number>;
  /** Whether what ends it may come first: a title is never empty. */
  readonly end?: number;
}

/** A row's place, and its lane. */
export interface LaneState {
  readonly lane: Lane;
  readonly at: NgramState;
  readonly length: number;
}

/**
 * A constraint with a lane a prompt.
 * @param lanes by prompt
 */
export function ngramConstraint(ngrams: LiveNgrams, lanes: readonly Lane[]): Constraint<LaneState> {
  // a beam's rows begin alike, and the widest states are those of beginnings
  const known = new Map<NgramState, readonly number[]>();
  const successors = (state: NgramState): readonly number[] => {
    const found = known.get(state) ?? ngrams.next(state).tokens;
    known.set(state, found);
    return found;
  };
  return {
    start: (_, index) => ({ lane: lanes[index]!, at: lanes[index]!.from, length: 0 }),
    allowed: ({ lane, at, length }): Allowed =>
      successors(at).filter((token) => !lane.without.has(token) && !(length === 0 && token === lane.end)),
    next: ({ lane, at, length }, token) => ({ lane, at: ngrams.extend(at, token), length: length + 1 }),
  };
}
