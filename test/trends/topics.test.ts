/** Communities, the nearest papers, and topics that keep their names. */
import fc from 'fast-check';
import {
  type Graph,
  graphOf,
  leiden,
  modularity,
  nameTopic,
  type Paper,
  phraseNeighbours,
  phrasesOf,
  similarityGraph,
  textOf,
  timelineOf,
  topicCounts,
  topicLabel,
  topicsOf,
  vectorNeighbours,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

const graph = (n: number, edges: readonly (readonly [number, number, number?])[]): Graph => {
  const ends: Map<number, number>[] = Array.from({ length: n }, () => new Map());
  for (const [a, b, weight = 1] of edges) {
    ends[a]!.set(b, weight);
    ends[b]!.set(a, weight);
  }
  return graphOf(ends);
};

/** Zachary's karate club (1977): 34 members, 78 friendships; members from 1. */
const karate =
  `1-2 1-3 2-3 1-4 2-4 3-4 1-5 1-6 1-7 5-7 6-7 1-8 2-8 3-8 4-8 1-9 3-9 3-10 1-11 5-11 6-11 1-12 1-13 4-13 1-14 2-14 3-14
4-14 6-17 7-17 1-18 2-18 1-20 2-20 1-22 2-22 24-26 25-26 3-28 24-28 25-28 3-29 24-30 27-30 2-31 9-31 1-32 25-32 26-32 29-32 3-33 9-33
15-33 16-33 19-33 21-33 23-33 24-33 30-33 31-33 32-33 9-34 10-34 14-34 15-34 16-34 19-34 20-34 21-34 23-34 24-34 27-34 28-34 29-34
30-34 31-34 32-34 33-34`
    .split(/\s+/)
    .map((edge) => edge.split('-').map((member) => Number(member) - 1) as [number, number]);

const random = fc.integer({ min: 1, max: 24 }).chain((n) =>
  fc
    .array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1), fc.double({ min: 0.01, max: 3, noNaN: true })), { maxLength: 60 })
    .map((edges) =>
      graph(
        n,
        edges.filter(([a, b]) => a !== b),
      ),
    ),
);

describe('leiden', () => {
  it('reaches the best modularity of the karate club, 0.4198 with four communities', () => {
    expect(karate).toHaveLength(78);
    const club = graph(34, karate);
    const best = Math.max(...[0, 1, 2, 3, 4].map((seed) => modularity(club, leiden(club, { seed }))));
    // proved to be the maximum: Brandes et al., “On Modularity Clustering” (2008)
    expect(best).toBeCloseTo(0.41979, 6);
    for (let seed = 0; seed < 10; seed++) expect(modularity(club, leiden(club, { seed }))).toBeGreaterThan(0.41);
  });

  it('makes no community that falls apart, and none that a node gains by leaving', () => {
    fc.assert(
      fc.property(random, fc.double({ min: 0.3, max: 3, noNaN: true }), fc.nat(99), (any, resolution, seed) => {
        const of = leiden(any, { resolution, seed });
        expect(fallenApart(any, of)).toEqual([]);
        const own = modularity(any, of, resolution);
        fc.pre(Number.isFinite(own));
        for (let node = 0; node < of.length; node++) {
          for (const other of new Set([...of, of.length])) {
            const moved = Int32Array.from(of);
            moved[node] = other;
            expect(modularity(any, moved, resolution)).toBeLessThanOrEqual(own + 1e-9);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is never far from the best of all partitions of a small graph', () => {
    const small = fc
      .array(fc.tuple(fc.nat(6), fc.nat(6), fc.double({ min: 0.1, max: 2, noNaN: true })), {
        minLength: 6,
        maxLength: 16,
      })
      .map((edges) =>
        graph(
          7,
          edges.filter(([a, b]) => a !== b),
        ),
      );
    const partitions = allPartitions(7);
    let [found, of] = [0, 0];
    fc.assert(
      fc.property(small, (any) => {
        fc.pre(any.ends.length > 0);
        const best = Math.max(...partitions.map((partition) => modularity(any, partition)));
        const own = Math.max(...[0, 1, 2].map((seed) => modularity(any, leiden(any, { seed }))));
        expect(own).toBeLessThanOrEqual(best + 1e-9);
        expect(own).toBeGreaterThan(best - 0.06);
        if (own > best - 1e-9) found++;
        of++;
      }),
      { numRuns: 60 },
    );
    expect(found / of).toBeGreaterThan(0.8);
  });

  it('numbers communities by size, gives the same for the same seed, and takes a graph without edges', () => {
    const two = graph(5, [
      [0, 1],
      [2, 3],
      [3, 4],
      [2, 4],
    ]);
    expect([...leiden(two)]).toEqual([1, 1, 0, 0, 0]);
    expect([...leiden(two, { seed: 7 })]).toEqual([...leiden(two, { seed: 7 })]);
    expect([...leiden(graph(3, []))]).toEqual([0, 1, 2]);
    expect(() => leiden(two, { resolution: 0 })).toThrow('leiden: expected a resolution above 0, got 0');
  });
});

describe('nearest papers', () => {
  it('by vectors are those of the highest cosine', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -9, max: 9 }))), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (rows, k) => {
          const { ids, similarity } = vectorNeighbours(Float32Array.from(rows.flat() as number[]), 3, k);
          const unit = rows.map((row) => (row as number[]).map((x) => x / (Math.hypot(...(row as number[])) || 1)));
          for (const [i, own] of unit.entries()) {
            const expected = unit
              .map((other, j) => ({ j, cosine: other.reduce((dot, x, d) => dot + x * own[d]!, 0) }))
              .filter(({ j, cosine }) => j !== i && cosine > 1e-6)
              .sort((a, b) => b.cosine - a.cosine);
            const found = [...ids.subarray(i * k, (i + 1) * k)].filter((id) => id >= 0);
            // rounding may let in what is orthogonal
            const clear = [...found.keys()].filter((at) => similarity[i * k + at]! > 1e-5);
            expect(clear.length).toBe(Math.min(k, expected.length));
            for (const at of clear) expect(similarity[i * k + at]!).toBeCloseTo(expected[at]!.cosine, 5);
          }
        },
      ),
    );
  });

  it('by phrases are those that share rare ones', () => {
    const texts = [
      'quantum gates',
      'quantum gates again',
      'cat pictures',
      'cat pictures again',
      ...Array(40).fill('again and so on'),
    ];
    const { ids, k } = phraseNeighbours(phrasesOf(texts, { minDocuments: 2 }), 2);
    expect([ids[0], ids[k], ids[2 * k], ids[3 * k]]).toEqual([1, 0, 3, 2]);
  });

  it('make a graph that is the same from both ends', () => {
    const { starts, ends, weights } = similarityGraph(
      vectorNeighbours(
        Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
        3,
        3,
      ),
    );
    const edges = new Map<string, number>();
    for (let i = 0; i + 1 < starts.length; i++)
      for (let at = starts[i]!; at < starts[i + 1]!; at++) edges.set(`${i} ${ends[at]}`, weights[at]!);
    for (const [edge, weight] of edges) expect(edges.get(edge.split(' ').reverse().join(' '))).toBe(weight);
    expect(edges.size).toBeGreaterThan(50);
  });
});

describe('topicsOf', () => {
  const themes = [
    'diffusion denoising images sampling noise generative guidance likelihood pixels synthesis',
    'robots grippers grasping objects tactile manipulation arms contact torque hands',
    'parsing sentences dependency trees grammar syntax tokens treebank annotation words',
  ].map((words) => words.split(' '));
  /** Eight words of a theme, other ones for each paper. */
  const text = (i: number, theme: number) => {
    const words = themes[theme]!;
    return Array.from({ length: 8 }, (_, k) => words[(i * (k + 3) + k * k + Math.floor(i / 7)) % words.length]!).join(
      ' ',
    );
  };
  const paper = (i: number, theme: number, date = '2022-01-01'): Paper => ({
    id: `p${i}`,
    title: text(i, theme).split(' ').slice(0, 3).join(' '),
    abstract: `${text(i, theme)}.`,
    authors: [],
    date,
  });
  const papers = Array.from({ length: 60 }, (_, i) => paper(i, i % 3));

  it('finds what is written about, and names it by its own phrases', () => {
    const { topics, unsorted } = topicsOf(papers, { resolution: 1 });
    expect(unsorted).toEqual([]);
    expect(topics.map(({ id }) => id)).toEqual(['topic-1', 'topic-2', 'topic-3']);
    for (const { papers: own, terms } of topics) {
      expect(own).toHaveLength(20);
      const theme = themes.findIndex((words) => words.includes(terms[0]!.split(' ')[0]!));
      expect(new Set(own.map((id) => Number(id.slice(1)) % 3))).toEqual(new Set([theme]));
    }
  });

  it('takes for a name the longer phrase that is meant', () => {
    const own = papers.map((one, i) =>
      i % 3 === 0
        ? { ...one, title: `Graph neural networks ${i}`, abstract: `${one.abstract} Graph neural networks.` }
        : one,
    );
    const { topics } = topicsOf(own, { resolution: 1 });
    const terms = topics.find(({ papers: some }) => some.includes('p0'))!.terms;
    expect(terms).toContain('graph neural networks');
    expect(terms).not.toContain('graph neural');
  });

  it('keeps ids and names through updates, whatever becomes the largest', () => {
    const first = topicsOf(papers, { resolution: 1 });
    const robots = first.topics.find(({ papers: own }) => own.includes('p1'))!;
    const named = nameTopic(first, robots.id, '  Robots ');
    const more = [...papers, ...Array.from({ length: 40 }, (_, i) => paper(100 + 3 * i, 1))];
    const grown = topicsOf(more, { resolution: 0.4, former: named });
    expect(grown.topics[0]).toMatchObject({ id: robots.id, name: 'Robots' });
    expect(topicLabel(grown.topics[0]!)).toBe('Robots');
    expect(new Set(grown.topics.map(({ id }) => id))).toEqual(new Set(first.topics.map(({ id }) => id)));
    // one that is gone leaves its number unused
    const without = topicsOf(
      more.filter(({ id }) => Number(id.slice(1)) % 3 !== 1 && Number(id.slice(1)) < 100),
      { resolution: 0.4, former: grown },
    );
    expect(without.topics.some(({ id }) => id === robots.id)).toBe(false);
    expect(without.numbered).toBe(3);
    expect(nameTopic(grown, robots.id, '').topics[0]).not.toHaveProperty('name');
    expect(() => nameTopic(grown, 'topic-99', 'x')).toThrow("topics: expected the id of a topic, got 'topic-99'");
  });

  it('is counted over time', () => {
    const dated = papers.map((one, i) => ({ ...one, date: i < 30 ? '2022-01-05' : '2022-03-05' }));
    const topics = topicsOf(dated, { resolution: 1 });
    const counts = topicCounts(topics, dated, timelineOf(dated, 'month'));
    expect(counts.map((own) => [...own])).toEqual([
      [10, 0, 10],
      [10, 0, 10],
      [10, 0, 10],
    ]);
  });

  it('takes neighbours of any origin, and refuses those of other papers', () => {
    const vectors = Float32Array.from(
      papers.flatMap((_, i) => [i % 3 === 0 ? 1 : 0, i % 3 === 1 ? 1 : 0, i % 3 === 2 ? 1 : 0]),
    );
    expect(topicsOf(papers, { neighbours: vectorNeighbours(vectors, 3, 10), resolution: 0.5 }).topics).toHaveLength(3);
    expect(() => topicsOf(papers, { neighbours: vectorNeighbours(vectors.subarray(3), 3, 10) })).toThrow(
      'topics: expected neighbours and phrases of 60 papers',
    );
    expect(topicsOf(papers, { table: phrasesOf(papers.map(textOf)), resolution: 1 }).topics).toHaveLength(3);
  });
});

function fallenApart({ starts, ends }: Graph, of: Int32Array): number[] {
  const apart: number[] = [];
  for (const community of new Set(of)) {
    const members = [...of.keys()].filter((i) => of[i] === community);
    const reached = new Set([members[0]!]);
    for (const node of reached) {
      for (let at = starts[node]!; at < starts[node + 1]!; at++)
        if (of[ends[at]!] === community) reached.add(ends[at]!);
    }
    if (reached.size < members.length) apart.push(community);
  }
  return apart;
}

function allPartitions(n: number): number[][] {
  return n === 0
    ? [[]]
    : allPartitions(n - 1).flatMap((rest) => Array.from({ length: Math.max(-1, ...rest) + 2 }, (_, c) => [...rest, c]));
}
