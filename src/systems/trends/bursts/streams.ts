/** The two streams that Kleinberg's automaton reads: documents in batches, and single events in time. */
import { type Burst, burstsOf, cheapestStates } from './automaton.ts';

export interface BurstOptions {
  /** s: how many times the rate of one state is that of the one below; above 1, 2 unless given. */
  readonly scale?: number;
  /** γ: how dear going up is; at least 0, 1 unless given. */
  readonly gamma?: number;
  /** Most states, at least 2. Unless given, as many as can matter. Two is the form in which the paper ranks bursts. */
  readonly states?: number;
}

export interface Bursts {
  /** The state of each observation. */
  readonly states: Int32Array;
  /** Of the cheapest sequence, in nats; what all sequences have in common left out. */
  readonly cost: number;
  /** As a forest. */
  readonly bursts: readonly Burst[];
}

/**
 * Bursts of batched documents: `relevant[t]` of `total[t]` documents of batch t have the word. In state i a document has
 * it with probability `p_i = sⁱ·R/D`, so that σ(i, t) is minus the logarithm of the binomial probability (its coefficient
 * is the same in every state, and left out); one state up costs `γ·ln n` for n batches.
 * @throws RangeError for counts that are no counts, and options out of range
 * @example
 * const { bursts } = batchedBursts([1, 0, 9, 8, 1], [10, 10, 10, 10, 10]);
 * bursts[0]; // level 1, from batch 2 to batch 3
 */
export function batchedBursts(
  relevant: ArrayLike<number>,
  total: ArrayLike<number>,
  options: BurstOptions = {},
): Bursts {
  const { scale, gamma, states: most } = checked(options);
  const n = relevant.length;
  if (total.length !== n) throw new RangeError(`bursts: expected ${n} totals, got ${total.length}`);
  let [R, D] = [0, 0];
  for (let t = 0; t < n; t++) {
    const [r, d] = [relevant[t]!, total[t]!];
    if (!(r >= 0 && r <= d && Number.isInteger(r) && Number.isInteger(d))) {
      throw new RangeError(`bursts: expected whole counts, relevant at most total, got ${r} of ${d} in batch ${t}`);
    }
    R += r;
    D += d;
  }
  if (R === 0 || R === D) return { states: new Int32Array(n), cost: 0, bursts: [] };
  // states whose probability is below 1
  let states = 1;
  while (states < most && (R / D) * scale ** states < 1) states++;
  const emission = new Float64Array(n * states);
  for (let i = 0; i < states; i++) {
    const p = (R / D) * scale ** i;
    const [yes, no] = [-Math.log(p), -Math.log1p(-p)];
    for (let t = 0; t < n; t++) emission[t * states + i] = relevant[t]! * yes + (total[t]! - relevant[t]!) * no;
  }
  return solve(emission, states, gamma * Math.log(n));
}

/**
 * Bursts of events at known times: in state i the gaps are exponential with rate `α_i = (n/T)·sⁱ` for n gaps over the time
 * T. Observation t is the gap between events t and t + 1. States above `⌈1 + log_s T + log_s 1/δ⌉`, δ the least gap, can
 * never be in a cheapest sequence.
 * @param times rising strictly; events that share a time are a batch, and need `batchedBursts`
 * @throws RangeError for times that do not rise, and options out of range
 */
export function gapBursts(times: ArrayLike<number>, options: BurstOptions = {}): Bursts {
  const { scale, gamma, states: most } = checked(options);
  const n = times.length - 1;
  if (n < 1) throw new RangeError(`bursts: expected at least two events, got ${times.length}`);
  const gaps = Float64Array.from({ length: n }, (_, t) => times[t + 1]! - times[t]!);
  const least = Math.min(...gaps);
  const T = times[n]! - times[0]!;
  if (!(least > 0 && Number.isFinite(T))) {
    throw new RangeError('bursts: expected times that rise strictly, got some that do not; count them in batches');
  }
  const states = Math.max(1, Math.min(most, Math.ceil(1 + Math.log(T / least) / Math.log(scale))));
  const emission = new Float64Array(n * states);
  for (let i = 0; i < states; i++) {
    const rate = (n / T) * scale ** i;
    for (let t = 0; t < n; t++) emission[t * states + i] = rate * gaps[t]! - Math.log(rate);
  }
  return solve(emission, states, gamma * Math.log(n));
}

function solve(emission: Float64Array, states: number, climb: number): Bursts {
  const { states: path, cost } = cheapestStates(emission, states, climb);
  return { states: path, cost, bursts: burstsOf(path, emission, states) };
}

function checked({ scale = 2, gamma = 1, states = Number.POSITIVE_INFINITY }: BurstOptions): Required<BurstOptions> {
  if (!(scale > 1 && Number.isFinite(scale))) throw new RangeError(`bursts: expected a scale above 1, got ${scale}`);
  if (!(gamma >= 0 && Number.isFinite(gamma)))
    throw new RangeError(`bursts: expected gamma of at least 0, got ${gamma}`);
  if (!(states >= 2)) throw new RangeError(`bursts: expected at least 2 states, got ${states}`);
  return { scale, gamma, states };
}
