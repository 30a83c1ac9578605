/**
 * What a paper is to every part of the platform: what a source said of it, and, apart from that, what may be counted about
 * it. Plain data, as JSON has it.
 */

/** A document of the literature. Text is plain Unicode without markup, as its source meant it. */
export interface Paper {
  /** The collection's own name of it, the same through updates: `arxiv:2204.10628`, `doi:10.1000/x`, `hash:…`. */
  readonly id: string;
  readonly title: string;
  /** Abstract, or the text itself where a document has none. May be empty. */
  readonly abstract: string;
  readonly authors: readonly string[];
  /** Day of first publication, `YYYY-MM-DD`; sources that know only a month or year give its first day. */
  readonly date: string;
  readonly venue?: string;
  /** Subject classes as the source names them: `cs.CL`. */
  readonly categories?: readonly string[];
  readonly url?: string;
  readonly doi?: string;
  /** arXiv identifier without version, and the latest version seen. */
  readonly arxiv?: { readonly id: string; readonly version: number };
  /** Full text, where a folder of documents held it. */
  readonly text?: string;
}

/**
 * What is counted about a paper, each of them apart and never blended unseen. Absent is unknown, which is not zero.
 */
export interface Signals {
  readonly citations?: number;
  /** Sum of the authors' h-indices, as the source of citations tells them. */
  readonly authority?: number;
  /** Mentions in public discussion. */
  readonly popularity?: number;
  /** Stars of the code repositories that belong to the paper. */
  readonly code?: number;
  /** Ids of papers of the collection, or of the outside world (`doi:`, `arxiv:`), that it cites. */
  readonly references?: readonly string[];
}

/** Signals as they stood on a day, so that velocity can be told from totals. */
export interface SignalReading extends Signals {
  /** `YYYY-MM-DD` */
  readonly at: string;
  /** Who counted: counts of different sources are not to be compared. */
  readonly source?: string;
}

/**
 * The date as far as it is known. Sources that know only the year give its first day; of a paper of arXiv the day is known.
 */
export function knownDate({ id, date }: Pick<Paper, 'id' | 'date'>): string {
  return date.endsWith('-01-01') && !/^arxiv:/i.test(id) ? date.slice(0, 4) : date;
}
