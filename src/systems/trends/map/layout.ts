/**
 * Places for papers on a plane, so that like papers lie near each other.
 *
 * Begins with the slowest modes of a random walk on the similarity graph, which lay the large groups apart, and then
 * pulls along edges and pushes from papers drawn at random, ever more gently. The forces are those of LargeVis
 * (Tang et al. 2016, equation 6), whose probability of an edge at distance d is `1/(1 + d²)`; drawing what pushes, in place
 * of summing over all, makes a round linear in the edges (UMAP does the same; McInnes et al. 2018). VOS, which VOSviewer uses, sums over
 * all pairs: 16,000 papers would take hours.
 */
import { Draws } from '../draws.ts';
import type { Graph } from '../topics/neighbours.ts';

export interface LayoutOptions {
  /** Rounds over all edges; 200 unless given. */
  readonly rounds?: number;
  /** The same gives the same map; 0 unless given. */
  readonly seed?: number;
}

/** Papers drawn to push, for each that pulls. */
const pushers = 5;
/** Steps of the random walk that find the beginning. */
const walkSteps = 60;
/** Longest move at once. */
const longest = 4;

/** x and y of each node, [nodes × 2]: centred, and 1 in the root mean square of the distance from the centre. */
export function layout(graph: Graph, { rounds = 200, seed = 0 }: LayoutOptions = {}): Float64Array {
  const { starts, ends, weights } = graph;
  const n = starts.length - 1;
  const draws = new Draws(seed);
  const place = beginning(graph, draws);
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const clip = (move: number) => Math.max(-longest, Math.min(longest, move));
  for (let round = 0; round < rounds; round++) {
    const step = 1 - round / rounds;
    for (let i = 0; i < n; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        // an edge pulls in as large a share of the rounds as it is strong
        if (draws.unit() * heaviest > weights[at]!) continue;
        const j = ends[at]!;
        const [dx, dy] = [place[2 * i]! - place[2 * j]!, place[2 * i + 1]! - place[2 * j + 1]!];
        const pull = (-2 / (1 + dx * dx + dy * dy)) * step;
        place[2 * i]! += clip(pull * dx);
        place[2 * i + 1]! += clip(pull * dy);
        place[2 * j]! -= clip(pull * dx);
        place[2 * j + 1]! -= clip(pull * dy);
        for (let p = 0; p < pushers; p++) {
          const k = draws.below(n);
          if (k === i) continue;
          const [ex, ey] = [place[2 * i]! - place[2 * k]!, place[2 * i + 1]! - place[2 * k + 1]!];
          const square = ex * ex + ey * ey;
          const push = (2 / ((0.001 + square) * (1 + square))) * step;
          place[2 * i]! += clip(push * ex);
          place[2 * i + 1]! += clip(push * ey);
        }
      }
    }
  }
  return standardized(place);
}

/**
 * The two slowest modes of the walk, each scaled to a width of 10. Power iteration with the half that stays,
 * `(I + D⁻¹W)/2`, kept apart from the constant mode and from each other in the walk's own inner product.
 */
function beginning({ starts, ends, weights }: Graph, draws: Draws): Float64Array {
  const n = starts.length - 1;
  const strength = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let at = starts[i]!; at < starts[i + 1]!; at++) strength[i]! += weights[at]!;
  const total = strength.reduce((sum, s) => sum + s, 0);
  const modes: Float64Array[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let mode = Float64Array.from({ length: n }, () => draws.unit() - 0.5);
    for (let step = 0; step < walkSteps; step++) {
      const next = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += weights[at]! * mode[ends[at]!]!;
        next[i] = strength[i]! > 0 ? (mode[i]! + sum / strength[i]!) / 2 : 0;
      }
      for (const other of [undefined, ...modes]) {
        let [both, own] = [0, 0];
        for (let i = 0; i < n; i++) {
          both += strength[i]! * next[i]! * (other?.[i] ?? 1);
          own += strength[i]! * (other?.[i] ?? 1) ** 2;
        }
        if (own > 0) for (let i = 0; i < n; i++) next[i]! -= (both / own) * (other?.[i] ?? 1);
      }
      let square = 0;
      for (let i = 0; i < n; i++) square += strength[i]! * next[i]! ** 2;
      const scale = square > 0 ? Math.sqrt(total / square) : 0;
      mode = next.map((value) => value * scale);
    }
    modes.push(mode);
  }
  const place = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let axis = 0; axis < 2; axis++) {
      // equal places would never part
      place[2 * i + axis] = Math.max(-3, Math.min(3, modes[axis]![i]!)) * (10 / 6) + (draws.unit() - 0.5) * 0.1;
    }
  }
  return place;
}

function standardized(place: Float64Array): Float64Array {
  const n = place.length / 2;
  const centre = [0, 0];
  for (let i = 0; i < place.length; i++) centre[i % 2]! += place[i]! / n;
  let square = 0;
  for (let i = 0; i < place.length; i++) square += (place[i]! - centre[i % 2]!) ** 2 / n;
  const scale = square > 0 ? 1 / Math.sqrt(square) : 1;
  return place.map((value, i) => (value - centre[i % 2]!) * scale);
}
