/**
 * The cheapest sequence of states by trying every one: what the automaton's dynamic programme is held against, on streams
 * small enough. Written from the definitions alone, binomial coefficient and all, and sharing nothing with streams.ts.
 */

interface Form {
  readonly scale: number;
  readonly gamma: number;
  readonly states: number;
}

/** Costs as `batchedBursts` and `gapBursts` give them: less what every sequence has in common. */
export const cheapestByTrying = {
  batched(relevant: readonly number[], total: readonly number[], { scale, gamma, states }: Form): number {
    const R = sum(relevant);
    const D = sum(total);
    if (R === 0 || R === D) return 0;
    const p = Array.from({ length: states }, (_, i) => (R / D) * scale ** i).filter((p, i) => i === 0 || p < 1);
    const sigma = (i: number, t: number) => {
      const [r, d] = [relevant[t]!, total[t]!];
      return -Math.log(choose(d, r) * p[i]! ** r * (1 - p[i]!) ** (d - r));
    };
    const common = sum(relevant.map((r, t) => -Math.log(choose(total[t]!, r))));
    return least(p.length, relevant.length, sigma, gamma) - common;
  },
  gaps(times: readonly number[], { scale, gamma, states }: Form): number {
    const gaps = times.slice(1).map((time, t) => time - times[t]!);
    const mean = sum(gaps) / gaps.length;
    const sigma = (i: number, t: number) => {
      const rate = (1 / mean) * scale ** i;
      return -Math.log(rate * Math.exp(-rate * gaps[t]!));
    };
    return least(states, gaps.length, sigma, gamma);
  },
};

function least(states: number, n: number, sigma: (state: number, t: number) => number, gamma: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let code = 0; code < states ** n; code++) {
    let cost = 0;
    let before = 0;
    for (let t = 0, rest = code; t < n; t++, rest = Math.floor(rest / states)) {
      const state = rest % states;
      cost += sigma(state, t) + (state > before ? (state - before) * gamma * Math.log(n) : 0);
      before = state;
    }
    best = Math.min(best, cost);
  }
  return best;
}

function choose(n: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
  return product;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
