/**
 * BM25 over words: a document's score is the sum over the query's different words of
 * `ln(1 + (N − df + ½) / (df + ½)) · tf · (k₁ + 1) / (tf + k₁ · (1 − b + b · length / average))`.
 *
 * Scores are added up a word at a time, in one number a document, and the best are kept in a heap.
 *
 * S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the inverse document
 * frequency as Lucene has it, which is never below 0.
 */
import { readWhole } from '../store/read-whole.ts';
import { readSections, type Sections } from '../store/sections.ts';
import { Best, type Hit } from './best.ts';
import { buildPostings, bytesIn, kind, type SectionName, sectionNames } from './build.ts';
import { Dictionary } from './dictionary.ts';
import { type NearWord, SortedWords } from './sorted-words.ts';
import { type Form, idf, type Term, type Tolerance, termsOf, type Vocabulary } from './terms.ts';
import { type Analyser, analysers, defaultAnalyser } from './words.ts';

export interface Bm25Options {
  /** How soon more occurrences of a word stop counting; at least 0, 0.9 unless given. */
  readonly k1?: number;
  /** How much long documents are held to be just longer, from 0 to 1; 0.4 unless given. */
  readonly b?: number;
}

export interface LexicalSearch extends Bm25Options, Tolerance {
  /** Most hits; 10 unless given. */
  readonly limit?: number;
  /** Leaves out documents for which it returns false; asked only of those that would be among the best. */
  readonly filter?: (document: number) => boolean;
  /** What to weigh words by; this index's own unless given, as where it is a part of a larger one. */
  readonly statistics?: Statistics;
}

/** What BM25 needs to know of all documents. */
export interface Statistics {
  readonly documents: number;
  /** Words of all documents, repeated ones counted. */
  readonly words: number;
  documentsWith(word: string): number;
}

/** What a word adds to a document's score. */
export interface WordScore {
  /** As the document has it, analysed. */
  readonly word: string;
  /** The word of the query that it stands for, where that is another. */
  readonly asked?: string;
  /** How often it occurs in the document. */
  readonly occurrences: number;
  /** How many documents it occurs in. */
  readonly documents: number;
  readonly score: number;
}

export class LexicalIndex implements Vocabulary {
  /** The file: what `LexicalIndex.open` takes. */
  readonly file: Uint8Array;
  /** Documents, numbered from 0 in the order that they were given in. */
  readonly documents: number;
  /** Different words. */
  readonly distinct: number;
  /** Words of all documents, repeated ones counted. */
  readonly words: number;
  /** What counts as a word, in texts and queries. */
  readonly analyser: Analyser;

  readonly #sections: Sections<SectionName>;
  readonly #postings: Uint8Array;
  readonly #dictionary: Dictionary;
  /** The words, sorted: made when first asked for. */
  #sorted: SortedWords | undefined;
  /** By document: zero but while a query is answered. */
  readonly #scores: Float64Array;
  readonly #touched: Int32Array;
  /** By document: occurrences of a word's forms; zero but while they are added up. */
  readonly #pooled: Float64Array;
  /** The part of the denominator that depends on the document, for the options it was made for. */
  #norms:
    | { readonly k1: number; readonly b: number; readonly average: number; readonly values: Float64Array }
    | undefined;

  private constructor(file: Uint8Array, sections: Sections<SectionName>) {
    this.file = file;
    this.#sections = sections;
    const { about, ends, dictionary, lengths } = sections;
    this.documents = about[0]!;
    this.distinct = about[1]!;
    this.analyser = analysers[about[4]!]!;
    this.#postings = bytesIn(sections.postings, about[3]!);
    this.#dictionary = new Dictionary(bytesIn(dictionary, about[2]!), ends);
    this.words = lengths.reduce((sum, length) => sum + length, 0);
    this.#scores = new Float64Array(this.documents);
    this.#touched = new Int32Array(this.documents);
    this.#pooled = new Float64Array(this.documents);
  }

  /**
   * The index of some texts.
   * @param analyser what counts as a word: `unicode` unless given
   * @example
   * const index = LexicalIndex.build(['a cat', 'two cats and a dog']);
   * index.search('dog')[0]?.document; // 1
   */
  static build(
    texts: Iterable<string>,
    { analyser = defaultAnalyser }: { readonly analyser?: Analyser } = {},
  ): LexicalIndex {
    return LexicalIndex.open(buildPostings(texts, analyser));
  }

  /**
   * An index from its file, which is used as it lies and must not be changed.
   * @param name what errors call it
   * @throws SyntaxError for a file that is not one, is of another version, or has changed in any byte
   */
  static open(file: Uint8Array, name = 'postings'): LexicalIndex {
    return new LexicalIndex(file, readSections(name, file, kind, sectionNames));
  }

  /** Reads an index from disk (Node). @throws what `open` throws, and the system's error */
  static async read(path: string): Promise<LexicalIndex> {
    return LexicalIndex.open(await readWhole(path), path);
  }

  /** Writes the index to disk (Node), whole or not at all. */
  async save(path: string): Promise<void> {
    const { replaceFile } = await import('../../tensor/index.ts');
    await replaceFile(path, [this.file]);
  }

  /**
   * The documents with the highest scores above 0, best first; of equal ones the earlier first. Each word of the query
   * counts once.
   * @param query or what it asks for, as {@link termsOf} has it: then `prefix` and `fuzzy` are not looked at
   * @throws RangeError for options out of range
   * @example
   * LexicalIndex.build(['a cat', 'a catalogue']).search('a cat', { prefix: true }).length; // 2
   */
  search(
    query: string | readonly Term[],
    { limit = 10, k1 = 0.9, b = 0.4, filter, statistics = this, ...tolerance }: LexicalSearch = {},
  ): Hit[] {
    if (!(limit >= 0 && Number.isInteger(limit))) {
      throw new RangeError(`search: expected a whole limit of at least 0, got ${limit}`);
    }
    const norms = this.#normsFor(k1, b, statistics);
    const scores = this.#scores;
    const touched = this.#touched;
    const postings = this.#postings;
    const { starts } = this.#sections;
    let found = 0;
    for (const { forms, documents } of this.#terms(query, statistics, tolerance)) {
      const weight = idf(documents, statistics.documents) * (k1 + 1);
      if (forms.length > 1) {
        found = this.#addForms(forms, weight, norms, found);
        continue;
      }
      const number = this.#dictionary.get(forms[0]!.word);
      if (number === undefined) continue;
      const end = starts[number + 1]!;
      for (let at = starts[number]!, document = 0; at < end; ) {
        let byte = postings[at++]!;
        let value = byte & 127;
        for (let shift = 7; byte > 127; shift += 7) {
          byte = postings[at++]!;
          value |= (byte & 127) << shift;
        }
        document += value;
        byte = postings[at++]!;
        let tf = byte & 127;
        for (let shift = 7; byte > 127; shift += 7) {
          byte = postings[at++]!;
          tf |= (byte & 127) << shift;
        }
        const before = scores[document]!;
        if (before === 0) touched[found++] = document;
        scores[document] = before + (weight * tf) / (tf + norms[document]!);
      }
    }
    const best = new Best(limit);
    // a filter may throw, or search here itself: it is asked when all scores are taken and cleared
    const doubtful: Hit[] = [];
    for (let i = 0; i < found; i++) {
      const document = touched[i]!;
      const score = scores[document]!;
      scores[document] = 0;
      if (filter === undefined) best.add(document, score);
      else doubtful.push({ document, score });
    }
    for (const { document, score } of doubtful) {
      if (best.wants(document, score) && filter!(document)) best.add(document, score);
    }
    return best.sorted();
  }

  /** How many documents a word, as the analyser gives it, occurs in. */
  documentsWith(word: string): number {
    const number = this.#dictionary.get(word);
    return number === undefined ? 0 : this.#sections.frequencies[number]!;
  }

  /** The documents that a word, as the analyser gives it, occurs in, rising. */
  documentsOf(word: string): Int32Array {
    const number = this.#dictionary.get(word);
    if (number === undefined) return new Int32Array(0);
    const documents = new Int32Array(this.#sections.frequencies[number]!);
    const next = this.#reader(number);
    for (let i = 0, document = 0; i < documents.length; i++) {
      document += next();
      documents[i] = document;
      next();
    }
    return documents;
  }

  /** The words near one that documents have, itself among them. @param prefix whether they may go on */
  near(word: string, edits: number, prefix: boolean): NearWord[] {
    this.#sorted ??= new SortedWords(this.#dictionary.keys());
    return this.#sorted.near(word, edits, prefix);
  }

  /**
   * What each word adds to a document's score; words that add nothing are left out. What forms of one word add together is
   * shared among them by their occurrences and weights.
   * @param query as `search` takes it
   */
  explain(
    query: string | readonly Term[],
    document: number,
    { k1 = 0.9, b = 0.4, statistics = this, ...tolerance }: Omit<LexicalSearch, 'limit' | 'filter'> = {},
  ): WordScore[] {
    if (!(document >= 0 && document < this.documents && Number.isInteger(document))) {
      throw new RangeError(`explain: expected a document from 0 to ${this.documents - 1}, got ${document}`);
    }
    const norm = this.#normsFor(k1, b, statistics)[document]!;
    return this.#terms(query, statistics, tolerance).flatMap(({ word: asked, forms, documents }) => {
      const own = forms.flatMap(({ word, weight }) => {
        const number = this.#dictionary.get(word);
        const occurrences = number === undefined ? 0 : this.#occurrences(number, document);
        return occurrences > 0 ? [{ word, occurrences, tf: weight * occurrences }] : [];
      });
      const tf = own.reduce((sum, form) => sum + form.tf, 0);
      const score = (idf(documents, statistics.documents) * (k1 + 1) * tf) / (tf + norm);
      return own.map(({ word, occurrences, tf: part }) => ({
        word,
        ...(word !== asked && { asked }),
        occurrences,
        documents: statistics.documentsWith(word),
        score: score * (part / tf),
      }));
    });
  }

  #terms(query: string | readonly Term[], statistics: Statistics, tolerance: Tolerance): readonly Term[] {
    return typeof query === 'string' ? termsOf(query, this.analyser, [this], statistics, tolerance) : query;
  }

  /**
   * Adds to the scores what forms of one word add together: their occurrences are weighed and added up.
   * @param found documents with a score before @returns the same after
   */
  #addForms(forms: readonly Form[], weight: number, norms: Float64Array, found: number): number {
    const [scores, pooled] = [this.#scores, this.#pooled];
    const documents: number[] = [];
    for (const form of forms) {
      const number = this.#dictionary.get(form.word);
      if (number === undefined) continue;
      const next = this.#reader(number);
      for (let i = this.#sections.frequencies[number]!, document = 0; i > 0; i--) {
        document += next();
        if (pooled[document] === 0) documents.push(document);
        pooled[document]! += form.weight * next();
      }
    }
    for (const document of documents) {
      const tf = pooled[document]!;
      pooled[document] = 0;
      if (scores[document] === 0) this.#touched[found++] = document;
      scores[document]! += (weight * tf) / (tf + norms[document]!);
    }
    return found;
  }

  #occurrences(number: number, wanted: number): number {
    const next = this.#reader(number);
    let document = 0;
    for (let i = this.#sections.frequencies[number]!; i > 0; i--) {
      document += next();
      const tf = next();
      if (document === wanted) return tf;
    }
    return 0;
  }

  /** Reads the numbers of a word's postings one after the other. */
  #reader(number: number): () => number {
    let at = this.#sections.starts[number]!;
    return () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = this.#postings[at++]!;
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
  }

  #normsFor(k1: number, b: number, { documents, words }: Statistics): Float64Array {
    if (!(k1 >= 0 && k1 < Number.POSITIVE_INFINITY)) throw new RangeError(`bm25: expected k1 of at least 0, got ${k1}`);
    if (!(b >= 0 && b <= 1)) throw new RangeError(`bm25: expected b from 0 to 1, got ${b}`);
    const average = words / documents;
    if (this.#norms?.k1 !== k1 || this.#norms.b !== b || this.#norms.average !== average) {
      const { lengths } = this.#sections;
      const values = Float64Array.from(lengths, (length) => k1 * (1 - b + (b * length) / average));
      this.#norms = { k1, b, average, values };
    }
    return this.#norms.values;
  }
}
