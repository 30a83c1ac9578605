/** An issue of the newsletter as plain data: what JSON holds, an editor changes, and pages are made of. */
import type { PartName } from '../pick/evidence.ts';

/** A paper as it is listed. */
export interface PaperEntry {
  readonly id: string;
  readonly title: string;
  readonly authors: readonly string[];
  readonly date: string;
  readonly venue?: string;
  readonly url?: string;
}

/** Where a sentence stands: a paper's id, and the number of the sentence in it, from 0 (phrases/sentences.ts). */
export interface SentenceSource {
  readonly paper: string;
  readonly sentence: number;
}

/** A sentence of the issue. */
export interface Statement {
  /** What it is about, in the summary: a phrase that rises, or a topic. */
  readonly lead?: string;
  readonly text: string;
  /** What it stands on; at least one, but for an edited one. */
  readonly sources: readonly SentenceSource[];
  /** `quoted`: word for word its one source. `drafted`: by a language model, from its sources. `edited`: changed by hand. */
  readonly origin: 'quoted' | 'drafted' | 'edited';
  /** Of what is not quoted: whether its sources say it, as far as words can tell (support.ts). */
  readonly supported?: boolean;
}

export interface RisingRow {
  readonly phrase: string;
  readonly recent: number;
  readonly before: number;
  readonly growth: number;
  readonly q: number;
  readonly also: readonly string[];
}

/** A share of the papers of a window, and of the one before. */
export interface TopicChange {
  readonly id: string;
  readonly label: string;
  readonly now: number;
  readonly earlier: number;
}

export interface IssuePick {
  readonly paper: PaperEntry;
  /** The topic's label; null for a paper of none. */
  readonly topic: string | null;
  readonly topicId: string | null;
  readonly score: number;
  readonly parts: readonly {
    readonly name: PartName;
    readonly raw: number | null;
    readonly value: number;
    readonly weight: number;
    readonly floor?: 'unknown' | 'new';
  }[];
  readonly pinned: boolean;
  /** Rising phrases that it has. */
  readonly rising: readonly string[];
  readonly why: readonly Statement[];
  readonly insights: readonly Statement[];
  /** Numbers of the references that it is like, from 1. */
  readonly related: readonly number[];
}

export interface Issue {
  readonly format: 1;
  readonly title: string;
  /** First day of the window, and the day after its last. */
  readonly from: string;
  readonly at: string;
  /** Papers of the window; papers that were read in all. */
  readonly papers: number;
  readonly read: number;
  /** One paragraph: what is hot. */
  readonly summary: readonly Statement[];
  /** Phrases that rise, at a stated false discovery rate. */
  readonly rising: readonly RisingRow[];
  readonly rate: number;
  /** Papers that phrases were compared in: the recent ones and the first day of those, those before and the first day of those. */
  readonly compared: {
    readonly recent: number;
    readonly recentFrom: string;
    readonly before: number;
    readonly since: string;
  };
  readonly news: readonly { readonly paper: PaperEntry; readonly statements: readonly Statement[] }[];
  readonly picks: readonly IssuePick[];
  /** Earlier work, numbered from 1. */
  readonly references: readonly PaperEntry[];
  /** Papers that sentences stand on and that are listed nowhere else. */
  readonly quoted: readonly PaperEntry[];
  /** New data sets and benchmarks. */
  readonly resources: readonly { readonly paper: PaperEntry; readonly statement: Statement }[];
  /** What changed since the window before. */
  readonly changed: {
    readonly since: string;
    readonly topics: readonly TopicChange[];
    /** Against the issue before; null where there was none. */
    readonly phrases: { readonly newly: readonly string[]; readonly noLonger: readonly string[] } | null;
  };
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}
