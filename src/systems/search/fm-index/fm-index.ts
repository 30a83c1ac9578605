/**
 * A full-text index in about the compressed size of its text: how often an n-gram occurs, what may follow it, where it
 * stands, and the text itself, without the documents.
 *
 * All places of the text are sorted by what is read from them to the left; an n-gram is then a range of rows, and one
 * token more on its right is a smaller range, found by two ranks in the Burrows–Wheeler transform, whatever the length
 * of the text. A row becomes a place by following its text until a row whose place was kept.
 *
 * P. Ferragina, G. Manzini, "Opportunistic data structures with applications" (FOCS 2000); the corpus backward, so that
 * n-grams grow to the right: M. Bevilacqua et al., "Autoregressive Search Engines" (arXiv 2204.10628, §3.1).
 */
import { readSections, readWhole, type Sections } from '../../../retrieval/index.ts';
import { buildFile, type DocumentTokens } from './build.ts';
import { buildFileInThread } from './build-thread.ts';
import { codeOf } from './code.ts';
import { about, kind, PLACE_EVERY, ROW_EVERY, type SectionName, sectionNames } from './layout.ts';
import { getPacked, widthOf } from './packed.ts';
import { WaveletMatrix } from './wavelet.ts';

/** An n-gram's rows, from `from` up to but without `to`: `to − from` is how often it occurs. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** What may follow an n-gram. */
export interface Next {
  /** Different tokens, in no particular order. */
  readonly tokens: Int32Array;
  /** How often each follows. */
  readonly counts: Int32Array;
  /** How often the document ends instead. */
  readonly ends: number;
}

/** Where an n-gram stands, an entry an occurrence, in no particular order. */
export interface Occurrences {
  readonly documents: Int32Array;
  /** The token after the n-gram's last one, counted from the document's first. */
  readonly ends: Int32Array;
}

/** The documents that an n-gram occurs in. */
export interface MatchedDocuments {
  /** Rising. */
  readonly documents: Int32Array;
  /** How often it occurs in each. */
  readonly counts: Int32Array;
}

/** Stands for the beginning and the end of a document wherever a token is asked for. */
export const boundary = -1;

export class FmIndex {
  /** The file: what `FmIndex.open` takes. */
  readonly file: Uint8Array;
  /** Documents, numbered from 0 in the order that they were given in. */
  readonly documents: number;
  /** Tokens of all documents together. */
  readonly tokens: number;
  /** Different tokens. */
  readonly distinct: number;
  /** The rows of the empty n-gram. */
  readonly all: Rows;

  readonly #sections: Sections<SectionName>;
  readonly #wavelet: WaveletMatrix;
  /** By token: its number in the code, or -1. */
  readonly #numberOf: Int32Array;
  readonly #boundary: number;
  readonly #lastRow: number;
  /** Bits of a place, and of a row. */
  readonly #width: number;
  readonly #boundaryRows: Rows;

  private constructor(file: Uint8Array, sections: Sections<SectionName>) {
    this.file = file;
    this.#sections = sections;
    const { tokens, counts } = sections;
    const symbols = sections.about[about.symbols]!;
    this.documents = sections.about[about.documents]!;
    this.tokens = symbols - this.documents - 1;
    this.distinct = tokens.length - 1;
    this.all = { from: 0, to: symbols + 1 };
    this.#lastRow = sections.about[about.lastRow]!;
    this.#boundary = sections.about[about.boundary]!;
    this.#width = widthOf(symbols);
    this.#wavelet = new WaveletMatrix(sections, codeOf(sections.leaves), counts);
    let largest = 0;
    for (let i = 0; i < tokens.length; i++) largest = Math.max(largest, tokens[i]!);
    this.#numberOf = new Int32Array(largest + 1).fill(-1);
    let first = 1;
    for (let i = 0; i < tokens.length; i++) {
      if (i !== this.#boundary) this.#numberOf[tokens[i]!] = i;
      if (i < this.#boundary) first += counts[i]!;
    }
    this.#boundaryRows = { from: first, to: first + this.documents + 1 };
  }

  /**
   * The index of some documents: of the tokens of each, whole numbers from 0 to 2²⁴ − 1, which may be bytes. The
   * documents are gone through twice.
   * @throws RangeError for a token out of range; TypeError for documents that are others the second time
   * @example
   * const index = FmIndex.build([[5, 6, 7], [6, 7]]);
   * index.count([6, 7]); // 2
   */
  static build(documents: DocumentTokens): FmIndex {
    return FmIndex.open(buildFile(documents));
  }

  /**
   * The same in a thread of its own; the documents are gone through once, and copied.
   * @param signal ends the thread, and what is waited for with its reason
   */
  static async buildInThread(documents: DocumentTokens, signal?: AbortSignal): Promise<FmIndex> {
    return FmIndex.open(await buildFileInThread(documents, signal));
  }

  /** Reads an index from disk (Node). @throws what `open` throws, and the system's error */
  static async read(path: string): Promise<FmIndex> {
    return FmIndex.open(await readWhole(path), path);
  }

  /** Writes the index to disk (Node), whole or not at all. */
  async save(path: string): Promise<void> {
    const { replaceFile } = await import('../../../tensor/index.ts');
    await replaceFile(path, [this.file]);
  }

  /**
   * An index from its file, which is used as it lies and must not be changed.
   * @param name what errors call it
   * @throws SyntaxError for a file that is not one, is of another version, or has changed in any byte
   */
  static open(file: Uint8Array, name = 'fm-index'): FmIndex {
    return new FmIndex(file, readSections(name, file, kind, sectionNames));
  }

  /** The rows of an n-gram with `token` after it; `boundary` asks for the end of the document. */
  extend(rows: Rows, token: number): Rows {
    const symbol = token === boundary ? this.#boundary : (this.#numberOf[token] ?? -1);
    if (symbol < 0) return nowhere;
    const last = this.#lastRow;
    const { from, to } = rows;
    const wavelet = this.#wavelet;
    wavelet.narrow(from > last ? from - 1 : from, to > last ? to - 1 : to, symbol);
    return { from: wavelet.from + 1, to: wavelet.to + 1 };
  }

  /**
   * The rows of an n-gram. One that begins with `boundary` stands at the beginning of a document, one that ends with it
   * at the end.
   */
  find(ngram: ArrayLike<number>): Rows {
    let rows = this.all;
    for (let i = 0; i < ngram.length && rows.from < rows.to; i++) rows = this.extend(rows, ngram[i]!);
    return rows;
  }

  /** How often an n-gram occurs. */
  count(ngram: ArrayLike<number>): number {
    const { from, to } = this.find(ngram);
    return to - from;
  }

  /** Which tokens follow an n-gram. */
  next({ from, to }: Rows): Next {
    const last = this.#lastRow;
    const { symbols, counts } = this.#wavelet.tally(from > last ? from - 1 : from, to > last ? to - 1 : to);
    const { tokens } = this.#sections;
    const found = symbols.length;
    let kept = 0;
    let ends = 0;
    for (let i = 0; i < found; i++) {
      if (symbols[i] === this.#boundary) ends = counts[i]!;
      else {
        symbols[kept] = tokens[symbols[i]!]!;
        counts[kept++] = counts[i]!;
      }
    }
    return { tokens: symbols.subarray(0, kept), counts: counts.subarray(0, kept), ends };
  }

  /** Where an n-gram stands. */
  locate(rows: Rows): Occurrences {
    const places = this.#placesOf(rows);
    const documents = places.map((place) => this.#documentAt(place));
    const ends = places.map((place, i) => place - this.#startOf(documents[i]!));
    return { documents, ends };
  }

  /** The documents that an n-gram occurs in. */
  documentsOf(rows: Rows): MatchedDocuments {
    const all = this.locate(rows).documents.sort();
    let kept = -1;
    const counts = new Int32Array(all.length);
    for (let i = 0; i < all.length; i++) {
      if (kept < 0 || all[kept] !== all[i]) all[++kept] = all[i]!;
      counts[kept]!++;
    }
    return { documents: all.slice(0, kept + 1), counts: counts.slice(0, kept + 1) };
  }

  /** How many tokens a document has. @throws RangeError for a document that is not there */
  length(document: number): number {
    if (!(document >= 0 && document < this.documents && Number.isInteger(document))) {
      throw new RangeError(`length: expected a document from 0 to ${this.documents - 1}, got ${document}`);
    }
    return this.#startOf(document + 1) - this.#startOf(document) - 1;
  }

  /** The tokens of a document, from `from` up to but without `to`. @throws RangeError for a part that is not there */
  extract(document: number, from = 0, to = this.length(document)): Int32Array {
    if (!(from >= 0 && from <= to && to <= this.length(document) && Number.isInteger(from) && Number.isInteger(to))) {
      throw new RangeError(`extract: expected a part of 0 to ${this.length(document)}, got ${from} to ${to}`);
    }
    const out = new Int32Array(to - from);
    if (out.length === 0) return out;
    const place = this.#startOf(document) + from;
    const near = Math.floor(place / ROW_EVERY);
    let row = getPacked(this.#sections.rows, this.#width, near);
    for (let i = near * ROW_EVERY; i < place; i++) row = this.#follow(row);
    for (let i = 0; i < out.length; i++) {
      row = this.#follow(row);
      out[i] = this.#sections.tokens[this.#wavelet.symbol]!;
    }
    return out;
  }

  /** The row of the place one symbol on, of any row but the last. */
  #follow(row: number): number {
    return this.#wavelet.step(row > this.#lastRow ? row - 1 : row) + 1;
  }

  /**
   * The places of rows. All take their steps together: neighbours mostly go to neighbours, which share what the
   * processor has to fetch, and the others' fetches overlap.
   */
  #placesOf({ from, to }: Rows): Int32Array {
    const { places, boundaries } = this.#sections;
    const width = this.#width;
    const boundaryRows = this.#boundaryRows;
    const found = new Int32Array(to - from);
    const rows = Int32Array.from(found, (_, i) => from + i);
    const slots = Int32Array.from(found, (_, i) => i);
    for (let left = found.length, steps = 0; left > 0; steps++) {
      let kept = 0;
      for (let i = 0; i < left; i++) {
        const row = rows[i]!;
        const slot = slots[i]!;
        if (row % PLACE_EVERY === 0) found[slot] = getPacked(places, width, row / PLACE_EVERY) - steps;
        else if (row >= boundaryRows.from && row < boundaryRows.to) {
          found[slot] = getPacked(boundaries, width, row - boundaryRows.from) - steps;
        } else {
          rows[kept] = this.#follow(row);
          slots[kept++] = slot;
        }
      }
      left = kept;
    }
    return found;
  }

  /** The document that the symbol before a place belongs to, boundaries to the document that they end. */
  #documentAt(place: number): number {
    let low = 0;
    let high = this.documents;
    // the last document that starts before the place
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle) < place) low = middle;
      else high = middle;
    }
    return low;
  }

  #startOf(document: number): number {
    return getPacked(this.#sections.starts, this.#width, document);
  }
}

const nowhere: Rows = { from: 0, to: 0 };
