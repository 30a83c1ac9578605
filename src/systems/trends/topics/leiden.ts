/**
 * Communities of a graph by the Leiden algorithm: parts that are joined inside more than their strengths would have it.
 *
 * It climbs modularity, `Σ_C w(C, C) − γ·K_C²/4m` over communities C, where w(C, C) is the weight of the edges inside, K_C the sum of
 * the strengths of C's nodes, m the weight of all edges and γ the resolution: more for smaller communities. Each round
 * moves single nodes while that gains; then refines: inside every community nodes start alone again and are only merged
 * where they are well connected; then makes a node of every refined part, and begins anew on the smaller graph, from the
 * communities before refinement. Refinement is what Louvain lacks: there a community may fall apart inside, here none
 * is ever disconnected (Traag, Waltman and van Eck prove it; a test checks it).
 *
 * V. A. Traag, L. Waltman, N. J. van Eck, “From Louvain to Leiden: guaranteeing well-connected communities”, Scientific
 * Reports 9, 5233 (2019), algorithm A.2. θ is in units of the mean edge weight here, so that it means the same on any
 * graph.
 */
import { Draws } from '../draws.ts';
import type { Graph } from './neighbours.ts';

export interface LeidenOptions {
  /** γ, above 0; 1 unless given. */
  readonly resolution?: number;
  /** The same gives the same communities; 0 unless given. */
  readonly seed?: number;
}

/** Rounds from one result to the next, at most: it stops by itself when a round changes nothing. */
const mostIterations = 10;
/** θ: how freely the refinement chooses among merges that gain. */
const randomness = 0.01;

/** A graph whose nodes stand for several nodes of the one before. */
interface Level extends Graph {
  /** Strengths of what each node stands for: n in the paper, whose edges inside count here, too. */
  readonly sizes: Float64Array;
}

/** The community of each node, numbered from 0 by size; of equal sizes by the first node. */
export function leiden(graph: Graph, { resolution = 1, seed = 0 }: LeidenOptions = {}): Int32Array {
  if (!(resolution > 0)) throw new RangeError(`leiden: expected a resolution above 0, got ${resolution}`);
  const n = graph.starts.length - 1;
  const sizes = strengths(graph);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const level: Level = { ...graph, sizes };
  const rules = {
    gamma: total > 0 ? resolution / total : 0,
    theta: randomness * (total / Math.max(1, graph.ends.length)),
    draws: new Draws(seed),
  };
  let of = Int32Array.from({ length: n }, (_, i) => i);
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const next = climb(level, of, rules);
    const same = samePartition(of, next);
    of = next;
    if (same) break;
  }
  return bySize(of);
}

/** Modularity of communities, in [−½, 1]. */
export function modularity(graph: Graph, of: ArrayLike<number>, resolution = 1): number {
  const sizes = strengths(graph);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const size = new Map<number, number>();
  let inside = 0;
  for (let i = 0; i < sizes.length; i++) {
    size.set(of[i]!, (size.get(of[i]!) ?? 0) + sizes[i]!);
    for (let at = graph.starts[i]!; at < graph.starts[i + 1]!; at++) {
      if (of[graph.ends[at]!] === of[i]) inside += graph.weights[at]!;
    }
  }
  let expected = 0;
  for (const K of size.values()) expected += (K / total) ** 2;
  return inside / total - resolution * expected;
}

interface Rules {
  /** γ/2m */
  readonly gamma: number;
  readonly theta: number;
  readonly draws: Draws;
}

/** One iteration: up through ever smaller graphs, until no node moves. */
function climb(bottom: Level, start: Int32Array, rules: Rules): Int32Array<ArrayBuffer> {
  let level = bottom;
  let communities = Int32Array.from(start);
  // the node of the present level that each node of the bottom is in
  let nodeOf = Int32Array.from(start, (_, i) => i);
  for (;;) {
    moveNodes(level, communities, rules);
    const count = renumber(communities);
    const nodes = communities.length;
    if (count === nodes) break;
    const refined = refine(level, communities, rules);
    const parts = renumber(refined);
    // nothing could be merged: smaller nodes would be the same nodes
    if (parts === nodes) break;
    const above = new Int32Array(parts);
    for (let i = 0; i < nodes; i++) above[refined[i]!] = communities[i]!;
    level = aggregated(level, refined, parts);
    nodeOf = nodeOf.map((node) => refined[node]!);
    communities = above;
  }
  return nodeOf.map((node) => communities[node]!);
}

/** Moves nodes to where they gain most, until none does: the fast local moving of algorithm A.2. */
function moveNodes({ starts, ends, weights, sizes }: Level, of: Int32Array, { gamma, draws }: Rules): void {
  const n = sizes.length;
  const total = new Float64Array(n);
  const members = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    total[of[i]!]! += sizes[i]!;
    members[of[i]!]!++;
  }
  const empty: number[] = [];
  for (let c = 0; c < n; c++) if (members[c] === 0) empty.push(c);
  const queue = Int32Array.from(sizes, (_, i) => i);
  draws.shuffle(queue);
  const waiting = new Uint8Array(n).fill(1);
  const joined = new Float64Array(n);
  const near = new Int32Array(n);
  let [head, length] = [0, n];
  while (length > 0) {
    const node = queue[head]!;
    head = (head + 1) % n;
    length--;
    waiting[node] = 0;
    const own = of[node]!;
    let count = 0;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      if (ends[at] === node) continue;
      const community = of[ends[at]!]!;
      if (joined[community] === 0) near[count++] = community;
      joined[community]! += weights[at]!;
    }
    total[own]! -= sizes[node]!;
    members[own]!--;
    if (members[own] === 0) empty.push(own);
    let best = own;
    let gain = joined[own]! - gamma * sizes[node]! * total[own]!;
    for (let i = 0; i < count; i++) {
      const community = near[i]!;
      const other = joined[community]! - gamma * sizes[node]! * total[community]!;
      if (other > gain + 1e-12) {
        gain = other;
        best = community;
      }
    }
    // alone is worth 0
    if (gain < -1e-12) best = empty.at(-1)!;
    for (let i = 0; i < count; i++) joined[near[i]!] = 0;
    if (members[best] === 0) empty.splice(empty.lastIndexOf(best), 1);
    total[best]! += sizes[node]!;
    members[best]!++;
    if (best === own) continue;
    of[node] = best;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const neighbour = ends[at]!;
      if (of[neighbour] === best || waiting[neighbour] === 1) continue;
      waiting[neighbour] = 1;
      queue[(head + length++) % n] = neighbour;
    }
  }
}

/** Inside every community, well-connected nodes merged into well-connected parts. */
function refine({ starts, ends, weights, sizes }: Level, of: Int32Array, { gamma, theta, draws }: Rules): Int32Array {
  const n = sizes.length;
  const community = new Float64Array(n);
  for (let i = 0; i < n; i++) community[of[i]!]! += sizes[i]!;
  const part = Int32Array.from(sizes, (_, i) => i);
  const total = Float64Array.from(sizes);
  const alone = new Uint8Array(n).fill(1);
  // weight between a part and the rest of its community
  const outward = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      if (ends[at] !== i && of[ends[at]!] === of[i]) outward[i]! += weights[at]!;
    }
  }
  const wellConnected = (p: number, whole: number) => outward[p]! >= gamma * total[p]! * (whole - total[p]!) - 1e-12;
  const order = Int32Array.from(sizes, (_, i) => i);
  draws.shuffle(order);
  const joined = new Float64Array(n);
  const near = new Int32Array(n);
  const gains = new Float64Array(n);
  for (const node of order) {
    const whole = community[of[node]!]!;
    if (alone[part[node]!] === 0 || !wellConnected(part[node]!, whole)) continue;
    let count = 0;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      if (ends[at] === node || of[ends[at]!] !== of[node]) continue;
      const other = part[ends[at]!]!;
      if (joined[other] === 0) near[count++] = other;
      joined[other]! += weights[at]!;
    }
    const own = part[node]!;
    let chosen = own;
    let most = 0;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const gain = joined[near[i]!]! - gamma * sizes[node]! * total[near[i]!]!;
      gains[i] = gain >= 0 && wellConnected(near[i]!, whole) ? gain : -1;
      most = Math.max(most, gains[i]!);
    }
    // staying alone gains 0, and may be drawn, too
    const weigh = (gain: number) => (gain < 0 ? 0 : theta > 0 ? Math.exp((gain - most) / theta) : 1);
    sum = weigh(0);
    for (let i = 0; i < count; i++) sum += weigh(gains[i]!);
    let left = draws.unit() * sum - weigh(0);
    for (let i = 0; i < count && left >= 0; i++) {
      left -= weigh(gains[i]!);
      if (left < 0) chosen = near[i]!;
    }
    if (chosen !== own) {
      alone[chosen] = 0;
      outward[chosen]! += outward[own]! - 2 * joined[chosen]!;
      total[chosen]! += total[own]!;
      total[own] = 0;
      part[node] = chosen;
    }
    for (let i = 0; i < count; i++) joined[near[i]!] = 0;
  }
  return part;
}

/** The graph of the parts. An edge inside a part is an edge of the new node to itself. */
function aggregated({ starts, ends, weights, sizes }: Level, part: Int32Array, parts: number): Level {
  const members = new Int32Array(parts + 1);
  for (const p of part) members[p + 1]!++;
  for (let p = 0; p < parts; p++) members[p + 1]! += members[p]!;
  const ordered = new Int32Array(part.length);
  const filled = members.slice();
  for (const [i, p] of part.entries()) ordered[filled[p]!++] = i;
  const newStarts = new Int32Array(parts + 1);
  const newEnds: number[] = [];
  const newWeights: number[] = [];
  const newSizes = new Float64Array(parts);
  const sums = new Float64Array(parts);
  for (let p = 0; p < parts; p++) {
    const near: number[] = [];
    for (let m = members[p]!; m < members[p + 1]!; m++) {
      const node = ordered[m]!;
      newSizes[p]! += sizes[node]!;
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const other = part[ends[at]!]!;
        if (sums[other] === 0) near.push(other);
        sums[other]! += weights[at]!;
      }
    }
    for (const other of near.sort((a, b) => a - b)) {
      newEnds.push(other);
      newWeights.push(sums[other]!);
      sums[other] = 0;
    }
    newStarts[p + 1] = newEnds.length;
  }
  return { starts: newStarts, ends: Int32Array.from(newEnds), weights: Float64Array.from(newWeights), sizes: newSizes };
}

function strengths({ starts, weights }: Graph): Float64Array {
  const sizes = new Float64Array(starts.length - 1);
  for (let i = 0; i < sizes.length; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) sizes[i]! += weights[at]!;
  }
  return sizes;
}

/** Numbers communities from 0 in the order of their first nodes, in place; returns how many there are. */
function renumber(of: Int32Array): number {
  const numbers = new Map<number, number>();
  for (const [i, community] of of.entries()) {
    let number = numbers.get(community);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(community, number);
    }
    of[i] = number;
  }
  return numbers.size;
}

function samePartition(a: Int32Array, b: Int32Array): boolean {
  const [x, y] = [Int32Array.from(a), Int32Array.from(b)];
  return renumber(x) === renumber(y) && x.every((community, i) => community === y[i]);
}

function bySize(of: Int32Array): Int32Array {
  const own = Int32Array.from(of);
  const sizes = new Int32Array(renumber(own));
  for (const community of own) sizes[community]!++;
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const rank = new Int32Array(sizes.length);
  for (const [i, community] of order.entries()) rank[community] = i;
  return own.map((community) => rank[community]!);
}
