/**
 * Building an FM-index: number the tokens, sort the suffixes, take the samples, and put the Burrows–Wheeler transform into
 * a wavelet matrix.
 *
 * The most that is held at once is 2 bytes a symbol for the text (4 beyond 65,536 different tokens) and 4 for the suffix
 * array: the transform takes the place of the array that it is read from, the wavelet matrix is sorted in the two halves
 * that this leaves, and the file takes the place of the text, where it fits.
 */
import { layOut, seal } from '../../../retrieval/index.ts';
import { type Code, codeOf, leavesByLength } from './code.ts';
import { ABOUT_WORDS, badToken, kind, MAX_TOKEN, PLACE_EVERY, ROW_EVERY, type SectionName } from './layout.ts';
import { packedWords, setPacked, widthOf } from './packed.ts';
import { quadSupers, quadWords } from './quads.ts';
import { suffixArray } from './suffix-array.ts';
import { buildWavelet, digitsOf } from './wavelet.ts';

/** Documents: the tokens of each, whole numbers from 0 to 2²⁴ − 1. Gone through twice. */
export type DocumentTokens = Iterable<ArrayLike<number>>;

/** The share of the text's memory that the file has to fill to stay there. */
const WORTH_KEEPING = 0.75;

/** Symbols, each by its number in the code. */
type Sequence = Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** The numbers of the tokens in the code, and what follows from how often each occurs. */
interface Alphabet {
  /** By token: its number, or -1. */
  readonly numberOf: Int32Array;
  /** By number: the token; -1 is the boundary. */
  readonly tokens: Int32Array;
  readonly counts: Int32Array;
  readonly leaves: Int32Array;
  readonly code: Code;
}

/**
 * Builds an index and returns it as its file.
 * @throws RangeError for a token out of range, documents without an end, or more than 2³¹ − 2 symbols
 */
export function buildFile(documents: DocumentTokens): Uint8Array<ArrayBuffer> {
  const { lengths, alphabet } = survey(documents);
  const text = backward(documents, lengths, alphabet);
  const n = text.length;
  const { code, counts } = alphabet;
  const boundary = alphabet.tokens.indexOf(-1);
  const sa = suffixArray(text, code.symbols);
  const firstBoundary = 1 + counts.subarray(0, boundary).reduce((sum, count) => sum + count, 0);
  const samples = sample(sa, firstBoundary, lengths);
  const { sequence, scratch, lastRow } = transform(text, sa);

  const digits = digitsOf(code, counts);
  const { file, sections } = layOut<SectionName>(
    kind,
    {
      about: ABOUT_WORDS,
      tokens: code.symbols,
      counts: code.symbols,
      leaves: alphabet.leaves.length,
      supers: quadSupers(digits),
      words: quadWords(digits),
      starts: samples.starts.length,
      places: samples.places.length,
      boundaries: samples.boundaries.length,
      rows: samples.rows.length,
    },
    // in the memory of the text, which has been read for the last time
    scratch === text ? undefined : text.buffer,
  );
  const about = Int32Array.of(lengths.length, n, lastRow, boundary, code.symbols);
  const { tokens, leaves } = alphabet;
  for (const [name, values] of Object.entries({ about, tokens, counts, leaves, ...samples })) {
    sections[name as SectionName].set(values);
  }
  buildWavelet(sequence, scratch, code, counts, sections);
  seal(file);
  return file.length >= WORTH_KEEPING * file.buffer.byteLength ? file : file.slice();
}

/** The first time through: lengths, and how often each token occurs. */
function survey(documents: DocumentTokens): { lengths: number[]; alphabet: Alphabet } {
  const lengths: number[] = [];
  let counts = new Int32Array(256);
  let symbols = 1;
  for (const document of documents) {
    for (let i = 0; i < document.length; i++) {
      const token = document[i]!;
      if (!(token >= 0 && token <= MAX_TOKEN && Number.isInteger(token))) {
        throw badToken(token, lengths.length);
      }
      if (token >= counts.length) {
        const larger = new Int32Array(Math.max(token + 1, 2 * counts.length));
        larger.set(counts);
        counts = larger;
      }
      counts[token]!++;
    }
    lengths.push(document.length);
    symbols += document.length + 1;
    if (symbols >= 2 ** 31 - 1) throw new RangeError(`FmIndex.build: expected at most 2³¹ − 2 symbols, got ${symbols}`);
  }
  return { lengths, alphabet: number(counts, lengths.length + 1) };
}

/** Numbers the tokens that occur, and the boundary, from the most frequent down, as their code wants them. */
function number(counts: Int32Array, boundaries: number): Alphabet {
  const countOf = (token: number): number => (token < 0 ? boundaries : counts[token]!);
  const used = [-1];
  for (let token = 0; token < counts.length; token++) if (counts[token] !== 0) used.push(token);
  const tokens = Int32Array.from(used).sort((a, b) => countOf(b) - countOf(a) || a - b);
  const numberOf = new Int32Array(counts.length).fill(-1);
  tokens.forEach((token, i) => {
    if (token >= 0) numberOf[token] = i;
  });
  const sorted = tokens.map(countOf);
  const leaves = leavesByLength(sorted);
  return { numberOf, tokens, counts: sorted, leaves, code: codeOf(leaves) };
}

/** The second time through: the text from its end to its beginning. */
function backward(documents: DocumentTokens, lengths: readonly number[], alphabet: Alphabet): Sequence {
  const { numberOf, tokens } = alphabet;
  const symbols = lengths.reduce((sum, length) => sum + length + 1, 1);
  const text = tokens.length <= 2 ** 16 ? new Uint16Array(symbols) : new Int32Array(symbols);
  const boundary = tokens.indexOf(-1);
  let at = symbols;
  let seen = 0;
  text[--at] = boundary;
  for (const document of documents) {
    if (document.length !== lengths[seen++]) break;
    for (let i = 0; i < document.length; i++) text[--at] = numberOf[document[i]!]!;
    text[--at] = boundary;
  }
  if (at !== 0) {
    throw new TypeError('FmIndex.build: expected documents that can be gone through twice, got others the second time');
  }
  return text;
}

/** The places of some rows and of all that end at a boundary, the rows of some places, and where documents start. */
function sample(
  sa: Int32Array,
  firstBoundary: number,
  lengths: readonly number[],
): Record<'places' | 'rows' | 'boundaries' | 'starts', Int32Array> {
  const n = sa.length;
  const width = widthOf(n);
  const packed = (length: number) => new Int32Array(packedWords(length, width));
  const places = packed(Math.floor(n / PLACE_EVERY) + 1);
  const rows = packed(Math.floor(n / ROW_EVERY) + 1);
  const boundaries = packed(lengths.length + 1);
  const starts = packed(lengths.length + 1);
  for (let row = 1; row <= n; row++) {
    const place = n - sa[row - 1]!;
    if (row % PLACE_EVERY === 0) setPacked(places, width, row / PLACE_EVERY, place);
    if (place % ROW_EVERY === 0) setPacked(rows, width, place / ROW_EVERY, row);
  }
  for (let i = 0, start = 1; i <= lengths.length; i++) {
    setPacked(boundaries, width, i, n - sa[firstBoundary - 1 + i]!);
    setPacked(starts, width, i, start);
    start += (lengths[i] ?? 0) + 1;
  }
  return { places, rows, boundaries, starts };
}

/**
 * The symbol that each row's place is followed by, in the order of rows, in the memory of the suffix array. The last
 * row's is left out: nothing follows it.
 */
function transform(
  text: Sequence,
  sa: Int32Array<ArrayBuffer>,
): { sequence: Sequence; scratch: Sequence; lastRow: number } {
  const n = sa.length;
  const narrow = text instanceof Uint16Array;
  const sequence = narrow ? new Uint16Array(sa.buffer, 0, n) : sa;
  let at = 0;
  let lastRow = 0;
  // One symbol behind, so that nothing is written over before it is read.
  let symbol = text[n - 1]!;
  for (let row = 1; row <= n; row++) {
    const suffix = sa[row - 1]!;
    if (suffix === 0) lastRow = row;
    else {
      sequence[at++] = symbol;
      symbol = text[suffix - 1]!;
    }
  }
  sequence[at] = symbol;
  return { sequence, scratch: narrow ? new Uint16Array(sa.buffer, 2 * n, n) : text, lastRow };
}
