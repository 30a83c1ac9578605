/**
 * Vectors learned from the collection itself: latent semantic analysis of stems.
 *
 * Papers are rows of weighted stems; the matrix of a sample of them is cut to its largest singular values, and every text
 * is the sum of its stems' right singular vectors. (Weighing the directions by a power of their singular values, from −0.3 to
 * 0.5, changed nothing on SciFact's training claims.)
 *
 * S. Deerwester, S. Dumais, G. Furnas, T. Landauer, R. Harshman, "Indexing by Latent Semantic Analysis" (1990).
 */
import { createHash } from 'node:crypto';
import { layOut, readSections, seal } from '../../../retrieval/index.ts';
import { type Embedder, normalize } from './embedder.ts';
import { truncatedSvd } from './svd.ts';
import { learnVocabulary, stemsOf, type Vocabulary, Weigher } from './terms.ts';

export interface LsaOptions {
  /** Dimensions of the vectors; 256 unless given, and fewer for few texts: an eighth of their number. */
  readonly dimensions?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

/** Stems that a model knows at most. */
const mostTerms = 40_000;
/** A term in one paper links none; one in half of them links all. */
const minDocuments = 2;
const maxShare = 0.5;

const kind = { name: 'lsa', version: 1 } as const;
const namePrefix = 'lsa-';
const sections = ['about', 'terms', 'idf', 'projection'] as const;

export class Lsa implements Embedder {
  readonly name: string;
  readonly dimensions: number;
  /** The file: what `Lsa.open` takes. */
  readonly file: Uint8Array;
  readonly #weigher: Weigher;
  /** [terms × dimensions] */
  readonly #projection: Float32Array;

  private constructor(file: Uint8Array, vocabulary: Vocabulary, projection: Float32Array, dimensions: number) {
    this.file = file;
    this.name = `${namePrefix}${createHash('sha256').update(file).digest('hex').slice(0, 16)}`;
    this.dimensions = dimensions;
    this.#weigher = new Weigher(vocabulary);
    this.#projection = projection;
  }

  /**
   * Learns from texts.
   * @throws RangeError for texts that share no words
   */
  static async learn(
    texts: readonly string[],
    { dimensions = Math.min(256, Math.ceil(texts.length / 8)), seed = 1, signal, onProgress }: LsaOptions = {},
  ): Promise<Lsa> {
    // taken apart twice, which costs less than the memory of all stems
    const documents: Iterable<string[]> = {
      *[Symbol.iterator]() {
        for (const text of texts) yield stemsOf(text);
      },
    };
    const vocabulary = learnVocabulary(documents, { most: mostTerms, minDocuments, maxShare });
    const { terms } = vocabulary;
    if (terms.length === 0)
      throw new RangeError(`lsa: expected texts that share words, got ${texts.length} that share none`);
    const matrix = new Weigher(vocabulary).rows(documents);
    const { vectors, rank } = await truncatedSvd(matrix, terms.length, {
      rank: dimensions,
      seed,
      ...(signal && { signal }),
      ...(onProgress && { onTurn: onProgress }),
    });
    const encoded = new TextEncoder().encode(JSON.stringify(terms));
    const { file, sections: parts } = layOut(kind, {
      about: 3,
      terms: Math.ceil(encoded.length / 4),
      idf: terms.length,
      projection: terms.length * rank,
    });
    parts.about.set([terms.length, rank, encoded.length]);
    new Uint8Array(parts.terms.buffer, parts.terms.byteOffset, encoded.length).set(encoded);
    floats(parts.idf).set(vocabulary.idf);
    const projection = floats(parts.projection);
    projection.set(vectors);
    seal(file);
    return new Lsa(file, vocabulary, projection, rank);
  }

  /** @throws SyntaxError for a file that is none, or that changed in any byte */
  static open(file: Uint8Array): Lsa {
    const parts = readSections('lsa', file, kind, sections);
    const [, rank, length] = parts.about;
    const text = new TextDecoder().decode(new Uint8Array(parts.terms.buffer, parts.terms.byteOffset, length!));
    return new Lsa(file, { terms: JSON.parse(text), idf: floats(parts.idf) }, floats(parts.projection), rank!);
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    return texts.map((text) => this.vector(text));
  }

  /** The vector of a text, at once. */
  vector(text: string): Float32Array {
    const d = this.dimensions;
    const vector = new Float32Array(d);
    for (const [column, weight] of this.#weigher.weigh(stemsOf(text))) {
      const at = column * d;
      for (let j = 0; j < d; j++) vector[j]! += weight * this.#projection[at + j]!;
    }
    return normalize(vector);
  }
}

/** Whether an embedder of that name is a model that was learned. */
export function isLsa(name: string): boolean {
  return name.startsWith(namePrefix);
}

function floats(words: Int32Array): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset, words.length);
}
