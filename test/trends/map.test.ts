/** The map: like papers near each other, and a file that VOSviewer opens. */
import {
  layout,
  literatureMap,
  mapFigure,
  type Paper,
  similarityGraph,
  topicsOf,
  vectorNeighbours,
  vosViewerFile,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

const groups = 5;
const papers = Array.from(
  { length: 200 },
  (_, i): Paper => ({
    id: `p${i}`,
    title: i === 7 ? '<img src=x onerror=alert(1)>' : `Paper ${i}`,
    abstract: '',
    authors: ['Ada <b>'],
    date: '2022-05-01',
    url: i === 8 ? 'javascript:alert(1)' : `https://example.org/${i}`,
  }),
);
/** Points of five groups, each around a corner of its own. */
const vectors = Float32Array.from(
  papers.flatMap((_, i) =>
    Array.from({ length: groups }, (_, d) => (i % groups === d ? 1 : 0) + 0.3 * Math.sin(i * (d + 1) * 12.9)),
  ),
);
const neighbours = vectorNeighbours(vectors, groups, 10);
const graph = similarityGraph(neighbours);
const topics = topicsOf(papers, { neighbours, resolution: 1 });

describe('layout', () => {
  it('puts papers of a group nearer to each other than to others', () => {
    const places = layout(graph);
    const distance = (i: number, j: number) =>
      Math.hypot(places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!);
    let right = 0;
    for (let i = 0; i < papers.length; i++) {
      const others = [...papers.keys()].filter((j) => j !== i).sort((a, b) => distance(i, a) - distance(i, b));
      right += others.slice(0, 10).filter((j) => j % groups === i % groups).length / 10;
    }
    expect(right / papers.length).toBeGreaterThan(0.85);
  });

  it('is centred, of size 1, and the same for the same seed', () => {
    const places = layout(graph, { rounds: 20, seed: 3 });
    const mean = (axis: number) => places.reduce((sum, x, i) => sum + (i % 2 === axis ? x : 0), 0) / papers.length;
    expect(mean(0)).toBeCloseTo(0, 9);
    expect(mean(1)).toBeCloseTo(0, 9);
    expect(places.reduce((sum, x) => sum + x * x, 0) / papers.length).toBeCloseTo(1, 9);
    expect(layout(graph, { rounds: 20, seed: 3 })).toEqual(places);
    expect(layout(graph, { rounds: 20, seed: 4 })).not.toEqual(places);
  });

  it('takes papers that are like none', () => {
    const lonely = similarityGraph(vectorNeighbours(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), 3, 2));
    expect(lonely.ends).toHaveLength(0);
    expect(layout(lonely).every(Number.isFinite)).toBe(true);
  });
});

describe('vosViewerFile', () => {
  const map = literatureMap(papers, graph, topics);
  const file = vosViewerFile(papers, map, topics, {
    title: 'Five groups',
    description: 'made up',
    signals: ({ id }) => (id === 'p0' ? { citations: 8 } : id === 'p1' ? { citations: 0 } : undefined),
  });

  it('has the fields of Zeta Alpha’s maps, every link once, and sizes of 1 + log2', () => {
    const { items, links, clusters } = JSON.parse(JSON.stringify(file)).network;
    expect(items).toHaveLength(200);
    expect(items[0]).toMatchObject({
      id: 'p0',
      label: 'Paper 0',
      x: expect.any(Number),
      y: expect.any(Number),
      weights: { Citations: 4 },
    });
    expect(items[1].weights.Citations).toBe(1);
    expect(items[2].weights.Citations).toBe(0);
    expect(new Set(items.map((item: { cluster: number }) => item.cluster))).toEqual(
      new Set(clusters.map(({ cluster }: { cluster: number }) => cluster)),
    );
    expect(links).toHaveLength(graph.ends.length / 2);
    expect(
      new Set(
        links.map((link: { source_id: string; target_id: string }) =>
          [link.source_id, link.target_id].sort().join(' '),
        ),
      ).size,
    ).toBe(links.length);
    expect(file.info).toEqual({ title: 'Five groups', description: 'made up' });
  });

  it('escapes what its reader puts into HTML, and links to the web only', () => {
    expect(file.network.items[7]).toMatchObject({
      title: '&#60;img src=x onerror=alert(1)&#62;',
      authors: 'Ada &#60;b&#62;',
    });
    expect(file.network.items[8]).not.toHaveProperty('url');
    expect(file.network.items[9]).toHaveProperty('url', 'https://example.org/9');
  });

  it('is refused for a graph of other papers', () => {
    expect(() => literatureMap(papers.slice(1), graph, topics)).toThrow('map: expected a graph of 199 papers, got 200');
  });

  it('is drawn with a dot a paper', () => {
    const { svg } = mapFigure(map, topics, { id: 'map', title: 'Map', caption: '' });
    expect(svg.match(/h0/g)).toHaveLength(200);
  });
});
