/**
 * Ours and its peers, measured in turns: A B A B …
 *
 * A machine's speed drifts (clock, neighbours, memory), and two runs one after the other mistake that drift for a
 * difference. Taken in turns, ours and the peer of one round see the same machine, so the ratio is taken within each
 * round and the median over rounds is reported, with its quartiles as the spread. Medians and minima of both sides
 * stand beside it. Differences below the spread are not evidence.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Something whose cost can be measured again and again. */
export interface Runner {
  readonly name: string;
  /** Does the work once and returns its cost, timed where the work is done: a peer's pipe is not part of it. */
  once(): number | Promise<number>;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
}

/** Ours against one peer. */
export interface Comparison {
  readonly peerName: string;
  readonly ours: Summary;
  readonly peer: Summary;
  /** Median over the rounds of ours / peer: below 1, ours costs less. */
  readonly ratio: number;
  /** The first and third quartile of those ratios. */
  readonly spread: readonly [low: number, high: number];
}

export interface AlternateOptions {
  /** Measured rounds; every runner runs once in each. */
  readonly rounds: number;
  /** Rounds run before and thrown away: first runs pay for allocation and lazy set-up. */
  readonly warmups?: number;
}

/** Long enough for the thread pool of the runner before to stop spinning and leave the cores. */
const PAUSE_MS = 5;

/** Measures `ours` and every peer in turns; one comparison a peer, in their order. */
export async function alternate(
  ours: Runner,
  peers: readonly Runner[],
  { rounds, warmups = 3 }: AlternateOptions,
): Promise<Comparison[]> {
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError(`alternate: expected a whole number of rounds above 0, got ${rounds}`);
  }
  const runners = [ours, ...peers];
  const costs = runners.map(() => [] as number[]);
  for (let round = -warmups; round < rounds; round++) {
    for (const [i, runner] of runners.entries()) {
      await sleep(PAUSE_MS);
      const cost = await runner.once();
      if (!(cost > 0)) throw new RangeError(`alternate: expected a cost above 0 from ${runner.name}, got ${cost}`);
      if (round >= 0) costs[i]!.push(cost);
    }
  }
  const own = costs[0]!;
  return peers.map((peer, i) => {
    const theirs = costs[i + 1]!;
    const ratios = own.map((cost, round) => cost / theirs[round]!);
    return {
      peerName: peer.name,
      ours: summary(own),
      peer: summary(theirs),
      ratio: quantile(ratios, 0.5),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    };
  });
}

function summary(costs: readonly number[]): Summary {
  return { median: quantile(costs, 0.5), min: Math.min(...costs) };
}

/** The q-quantile, linear between neighbours. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}
