/**
 * Kleinberg's automaton: the sequence of states that explains a stream at the least cost.
 *
 * State 0 is the stream's usual rate, each further state a rate `s` times higher. A sequence q costs
 * `Σ τ(q_{t−1}, q_t) + Σ σ(q_t, t)`: what each observation is unlikely in its state (σ), and `(j − i)·climb` for going up
 * from i to j; going down is free, and the sequence begins in state 0 before the first observation. So a short flicker
 * does not pay for the climb, and a long surge does.
 *
 * Going up is linear in the height, so the best predecessor of every state comes from one sweep up and one down: the
 * minimum is exact, at O(states) a step. Of equal sequences the one with the lower states is taken, last step first.
 *
 * J. Kleinberg, “Bursty and Hierarchical Structure in Streams”, KDD 2002 and Data Mining and Knowledge Discovery 7 (2003).
 * The costs were derived from the paper's definitions of the automaton; its text was not at hand line by line.
 */

export interface CheapestStates {
  /** The state of each observation. */
  readonly states: Int32Array;
  readonly cost: number;
}

/**
 * @param emission σ, observation after observation: [observations × states]
 * @param climb cost of going up by one state, at least 0
 */
export function cheapestStates(emission: Float64Array, states: number, climb: number): CheapestStates {
  const steps = emission.length / states;
  let cost = Float64Array.from({ length: states }, (_, i) => i * climb);
  const from = new Int32Array(emission.length);
  for (let i = 0; i < states && steps > 0; i++) cost[i]! += emission[i]!;
  for (let t = 1; t < steps; t++) {
    const next = new Float64Array(states);
    const own = from.subarray(t * states, (t + 1) * states);
    // from above, or from the same state: free
    let best = states - 1;
    for (let i = states - 1; i >= 0; i--) {
      if (cost[i]! <= cost[best]!) best = i;
      next[i] = cost[best]!;
      own[i] = best;
    }
    // from below: `climb` a state
    best = 0;
    for (let i = 1; i < states; i++) {
      if (cost[i - 1]! - (i - 1) * climb < cost[best]! - best * climb) best = i - 1;
      const climbing = cost[best]! + (i - best) * climb;
      if (climbing < next[i]! || (climbing === next[i]! && best < own[i]!)) {
        next[i] = climbing;
        own[i] = best;
      }
    }
    for (let i = 0; i < states; i++) next[i]! += emission[t * states + i]!;
    cost = next;
  }
  const path = new Int32Array(steps);
  if (steps === 0) return { states: path, cost: 0 };
  let state = 0;
  for (let i = 1; i < states; i++) if (cost[i]! < cost[state]!) state = i;
  const least = cost[state]!;
  for (let t = steps - 1; t >= 0; t--) {
    path[t] = state;
    state = from[t * states + state]!;
  }
  return { states: path, cost: least };
}

/** A stretch of observations in a state of `level` or above, and the bursts of higher levels inside it. */
export interface Burst {
  /** 1 for the lowest burst. */
  readonly level: number;
  /** First and last observation. */
  readonly first: number;
  readonly last: number;
  /**
   * Σ σ(0, t) − σ(level, t): by how much, in nats, state `level` explains the stretch better than the usual rate. For level 1
   * that is the paper's weight of a burst of the two-state automaton; for higher levels it makes bursts of all levels
   * comparable, so that the heaviest is the stretch and the rate that explain most.
   */
  readonly weight: number;
  readonly within: readonly Burst[];
}

/** The bursts of a sequence of states as a forest. */
export function burstsOf(path: Int32Array, emission: Float64Array, states: number): Burst[] {
  const stretch = (level: number, start: number, end: number): Burst[] => {
    const found: Burst[] = [];
    for (let first = start; first < end; first++) {
      if (path[first]! < level) continue;
      let last = first;
      while (last + 1 < end && path[last + 1]! >= level) last++;
      let weight = 0;
      for (let t = first; t <= last; t++) weight += emission[t * states]! - emission[t * states + level]!;
      found.push({ level, first, last, weight, within: stretch(level + 1, first, last + 1) });
      first = last;
    }
    return found;
  };
  return stretch(1, 0, path.length);
}
