/** A map of the literature as data, and the same in the format of VOSviewer and VOSviewer Online. */
import type { Paper, Signals } from '../paper.ts';
import type { Graph } from '../topics/neighbours.ts';
import { type Topics, topicLabel } from '../topics/topics.ts';
import { type LayoutOptions, layout } from './layout.ts';

/** Places, topics and links of papers, in the papers' order. */
export interface LiteratureMap {
  /** [papers × 2] */
  readonly places: Float64Array;
  /** The number of each paper's topic in the topics, or −1. */
  readonly topicOf: Int32Array;
  readonly graph: Graph;
}

/** The map of papers by their similarity graph. */
export function literatureMap(
  papers: readonly Paper[],
  graph: Graph,
  topics: Topics,
  options?: LayoutOptions,
): LiteratureMap {
  if (graph.starts.length !== papers.length + 1) {
    throw new RangeError(`map: expected a graph of ${papers.length} papers, got ${graph.starts.length - 1}`);
  }
  const number = new Map(topics.topics.flatMap(({ papers: own }, i) => own.map((id) => [id, i] as const)));
  return {
    places: layout(graph, options),
    topicOf: Int32Array.from(papers, ({ id }) => number.get(id) ?? -1),
    graph,
  };
}

/** What VOSviewer Online opens, with the fields and terms that Zeta Alpha's own maps have. */
export interface VosViewerFile {
  readonly config: object;
  readonly info: { readonly title: string; readonly description: string };
  readonly network: {
    readonly items: readonly VosItem[];
    readonly links: readonly { readonly source_id: string; readonly target_id: string; readonly strength: number }[];
    readonly clusters: readonly { readonly cluster: number; readonly label: string }[];
  };
}

interface VosItem {
  readonly id: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** From 1; missing for papers of no topic. */
  readonly cluster?: number;
  readonly weights: Readonly<Record<string, number>>;
  readonly scores: Readonly<Record<string, number>>;
  readonly [field: string]: unknown;
}

export interface VosViewerOptions {
  readonly title: string;
  /** Where the papers come from and what was left out: it travels inside the file. */
  readonly description: string;
  /** What is known to be counted about a paper. */
  readonly signals?: (paper: Paper) => Signals | undefined;
}

/**
 * The map as VOSviewer's JSON. Node sizes are `1 + log2(x)`, at least 1, of each signal by itself, as in Zeta Alpha's maps;
 * a paper of which a signal is unknown has weight 0 in it. The reader chooses the signal.
 */
export function vosViewerFile(
  papers: readonly Paper[],
  { places, topicOf, graph }: LiteratureMap,
  topics: Topics,
  { title, description, signals = () => undefined }: VosViewerOptions,
): VosViewerFile {
  const names = ['citations', 'authority', 'popularity', 'code'] as const;
  const known = papers.map(signals);
  const used = names.filter((name) => known.some((signal) => signal?.[name] !== undefined));
  const items = papers.map((paper, i): VosItem => {
    const total = sum(graph.weights.subarray(graph.starts[i]!, graph.starts[i + 1]!));
    const weights: Record<string, number> = { Similarity: round(total) };
    for (const name of used) {
      const value = known[i]?.[name];
      weights[capital(name)] = value === undefined ? 0 : round(1 + Math.log2(Math.max(1, value)));
    }
    return {
      id: paper.id,
      label: paper.title,
      x: round(places[2 * i]!),
      y: round(places[2 * i + 1]!),
      ...(topicOf[i]! >= 0 && { cluster: topicOf[i]! + 1 }),
      weights,
      scores: { Year: Number(paper.date.slice(0, 4)) },
      title: escaped(paper.title),
      authors: escaped(paper.authors.join(', ')),
      heading: escaped([paper.venue, paper.date].filter(Boolean).join(', ')),
      ...(paper.url !== undefined && /^https?:\/\//.test(paper.url) && { url: paper.url }),
    };
  });
  const links = papers.flatMap((paper, i) =>
    Array.from(graph.ends.subarray(graph.starts[i]!, graph.starts[i + 1]!), (end, k) => ({
      end,
      at: graph.starts[i]! + k,
    }))
      .filter(({ end }) => end > i)
      .map(({ end, at }) => ({ source_id: paper.id, target_id: papers[end]!.id, strength: round(graph.weights[at]!) })),
  );
  return {
    config: {
      terminology: {
        cluster: 'Topic',
        clusters: 'Topics',
        item: 'Paper',
        items: 'Papers',
        link: 'Similarity link',
        links: 'Similarity links',
        link_strength: 'Similarity',
        total_link_strength: 'Total similarity',
      },
      templates: {
        item_description:
          "<div class='description_heading'>{heading}</div><div class='description_label'>{title}</div><div>{authors}</div>",
      },
      parameters: { item_size_variation: 1, largest_component: false },
    },
    info: { title, description },
    network: {
      items,
      links,
      clusters: topics.topics.map((topic, i) => ({ cluster: i + 1, label: topicLabel(topic) })),
    },
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number): number {
  return Number(value.toFixed(4));
}

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

/** VOSviewer Online puts these fields into its template as HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);
}
