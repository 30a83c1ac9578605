/**
 * A million n-grams drawn by chance, each counted, located and continued, against a scan of the whole text: alphabets from
 * 2 to 60,000, empty documents, repeated ones, one token, all tokens equal, documents' beginnings and ends, the last one's too.
 */
import { boundary, FmIndex } from 'tenfold/search';
import { expect, it } from 'vitest';

const QUERIES = 1_000_000;
/** Of each text. */
const ASKED = 1000;
const LONGEST = 8;

/** Whole numbers below a bound, the same at every run (splitmix32). */
let state = 20220410;
function below(bound: number): number {
  state = (state + 0x9e3779b9) | 0;
  let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return Math.floor((((x ^ (x >>> 15)) >>> 0) / 2 ** 32) * bound);
}

const alphabets = [2, 3, 5, 20, 300, 5000, 60_000];
const random = (symbols: number, most: number) => Array.from({ length: below(most + 1) }, () => below(symbols));
const kinds: Readonly<Record<string, () => number[][]>> = {
  random: () => {
    const symbols = alphabets[below(alphabets.length)]!;
    return Array.from({ length: 1 + below(8) }, () => random(symbols, 40));
  },
  'empty ones between': () => Array.from({ length: 12 }, () => (below(2) === 0 ? [] : random(3, 20))),
  repeated: () => {
    const one = random(alphabets[below(alphabets.length)]!, 25);
    return Array.from({ length: 2 + below(8) }, (_, i) => (i % 3 === 2 ? one.slice(1) : one));
  },
  'all tokens equal': () => Array.from({ length: 1 + below(4) }, () => Array<number>(below(60)).fill(7)),
  'one token': () => [[below(60_000)]],
  'one long': () => [random(alphabets[below(alphabets.length)]!, 300)],
};

/** The text as it is read, a boundary around every document; and by place, its document and the place in it. */
function framed(documents: readonly (readonly number[])[]) {
  const text = Int32Array.from([boundary, ...documents.flatMap((document) => [...document, boundary])]);
  const starts: number[] = [];
  let at = 1;
  for (const { length } of documents) {
    starts.push(at);
    at += length + 1;
  }
  return { text, starts };
}

/** Scrambles a number, so that sums tell sets of numbers apart. */
function mixed(x: number): number {
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return Math.imul(x ^ (x >>> 12), 0x297a2d39);
}

/** How often an n-gram occurs, and sums over where it does, and over what follows it: what its document's end does not. */
type Told = readonly [count: number, places: number, next: number];

const place = (document: number, end: number) => mixed(1021 * document + end);
const follower = (token: number) => mixed(token + 7);

function scanned({ text, starts }: ReturnType<typeof framed>, ngram: readonly number[]): Told {
  const isWhole = ngram.at(-1) === boundary;
  let [count, places, next] = [0, 0, 0];
  for (let i = 0; i + ngram.length <= text.length; i++) {
    let j = 0;
    while (j < ngram.length && text[i + j] === ngram[j]) j++;
    if (j < ngram.length) continue;
    const end = i + ngram.length;
    // the symbol before the end tells the document: a boundary belongs to the one that it ends
    let document = 0;
    while (document + 1 < starts.length && starts[document + 1]! < end) document++;
    count++;
    places = (places + place(document, end - starts[document]!)) | 0;
    if (!isWhole) next = (next + follower(text[end]!)) | 0;
  }
  return [count, places, next];
}

function asked(index: FmIndex, ngram: readonly number[]): Told {
  const rows = index.find(ngram);
  let [places, next] = [0, 0];
  const { documents, ends } = index.locate(rows);
  for (let i = 0; i < documents.length; i++) places = (places + place(documents[i]!, ends[i]!)) | 0;
  if (ngram.at(-1) !== boundary) {
    const { tokens, counts, ends: ended } = index.next(rows);
    for (let i = 0; i < tokens.length; i++) next = (next + Math.imul(counts[i]!, follower(tokens[i]!))) | 0;
    next = (next + Math.imul(ended, follower(boundary))) | 0;
  }
  return [rows.to - rows.from, places, next];
}

/** An n-gram of the text, or one with a token exchanged; with a boundary at its ends at most. */
function drawn({ text }: ReturnType<typeof framed>): number[] {
  const from = below(text.length);
  const ngram = [...text.subarray(from, from + 1 + below(LONGEST))];
  if (below(3) === 0) ngram[below(ngram.length)] = below(2) === 0 ? below(60_000) : text[below(text.length)]!;
  const inside = ngram.indexOf(boundary, 1);
  const kept = inside < 0 ? ngram : ngram.slice(0, inside + 1);
  // alone it would stand for the beginning of one document and the end of another
  return kept.length === 1 && kept[0] === boundary ? [boundary, text[1]!] : kept;
}

it(`${QUERIES.toLocaleString('en')} queries are answered as a scan of the text answers them`, () => {
  let queries = 0;
  let found = 0;
  while (queries < QUERIES) {
    for (const [kind, make] of Object.entries(kinds)) {
      const documents = make();
      const index = FmIndex.build(documents);
      const whole = framed(documents);
      for (let i = 0; i < ASKED; i++, queries++) {
        const ngram = drawn(whole);
        const [own, wanted] = [asked(index, ngram), scanned(whole, ngram)];
        if (own.some((value, k) => value !== wanted[k])) {
          expect({ kind, documents, ngram, told: own }).toEqual({ kind, documents, ngram, told: wanted });
        }
        if (wanted[0] > 0) found++;
      }
    }
  }
  // neither all of them occur nor few
  expect(found / queries).toBeGreaterThan(0.5);
  expect(found / queries).toBeLessThan(0.95);
});
