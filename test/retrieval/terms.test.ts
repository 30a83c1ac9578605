/** Unfinished and misspelt words: against the definition, over the whole vocabulary, document by document. */
import fc from 'fast-check';
import { LexicalIndex, type LexicalSearch, SortedWords, termsOf, wordsOf } from 'tenfold/retrieval';
import { describe, expect, it } from 'vitest';

// few letters, so that words are near each other
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '東', '\u{1f600}'), minLength: 1, maxLength: 10 });

/** The table of restricted Damerau–Levenshtein distances, whole: row by letter of `b`, column by letter of `a`. */
function distances(a: string, b: string): number[][] {
  const table = Array.from({ length: b.length + 1 }, (_, i) => Array.from({ length: a.length + 1 }, (_, j) => i + j));
  for (let i = 1; i <= b.length; i++) {
    for (let j = 1; j <= a.length; j++) {
      const same = a[j - 1] === b[i - 1] ? 0 : 1;
      let value = Math.min(table[i - 1]![j]! + 1, table[i]![j - 1]! + 1, table[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[j - 1] === b[i - 2] && a[j - 2] === b[i - 1]) {
        value = Math.min(value, table[i - 2]![j - 2]! + 1);
      }
      table[i]![j] = value;
    }
  }
  return table;
}

/** A word near another by the definition, or undefined. */
function nearOf(asked: string, own: string, edits: number, prefix: boolean) {
  const ends = distances(asked, own).map((row) => row.at(-1)!);
  const least = prefix ? Math.min(...ends) : ends.at(-1)!;
  if (least > edits) return undefined;
  return { word: own, edits: least, more: prefix ? own.length - ends.lastIndexOf(least) : 0 };
}

describe('SortedWords', () => {
  it('finds what the definition finds, whatever the words', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 60 }),
        word,
        fc.nat({ max: 3 }),
        fc.boolean(),
        (words, asked, edits, prefix) => {
          const wanted = [...words].sort().flatMap((own) => nearOf(asked, own, edits, prefix) ?? []);
          expect(new SortedWords(words).near(asked, edits, prefix)).toEqual(wanted);
        },
      ),
    );
  });

  it('takes two neighbours that changed places for one edit, and the nearest beginning', () => {
    const words = new SortedWords(['cancer', 'cancers', 'cacner', 'dancer', 'can']);
    expect(words.near('cancer', 1, false).map((one) => one.word)).toEqual(['cacner', 'cancer', 'cancers', 'dancer']);
    expect(words.near('cacn', 1, true)).toContainEqual({ word: 'cancers', edits: 1, more: 3 });
  });
});

/** The definition of a search: every word of the vocabulary held against every word of the query. */
function byDefinition(texts: readonly string[], query: string, { prefix = false, fuzzy = 0 }: LexicalSearch): number[] {
  const documents = texts.map((text) => wordsOf(text));
  const vocabulary = [...new Set(documents.flat())];
  const df = (one: string) => documents.filter((words) => words.includes(one)).length;
  const average = documents.flat().length / documents.length;
  const asked = wordsOf(query);
  const scores = documents.map(() => 0);
  for (const one of new Set(asked)) {
    const reach = Math.min(fuzzy, /[0-9]/.test(one) || one.length < 4 ? 0 : one.length < 8 ? 1 : 2);
    const near = vocabulary.flatMap((own) => nearOf(one, own, reach, prefix && one === asked.at(-1)) ?? []);
    const isThere = vocabulary.includes(one);
    const least = Math.min(...near.map(({ edits }) => edits));
    const weights = new Map(
      near.flatMap(({ word: own, edits, more }) => {
        if (isThere ? edits > 1 || (edits === 1 && more > 0) : edits > least) return [];
        const l = own.length;
        const weight = (edits ? (0.45 * l) / (l + edits) : 1) * (more ? (0.375 * l) / (l + 0.3 * more) : 1);
        return [[own, weight] as const];
      }),
    ).set(one, 1);
    const idfOf = (n: number) => Math.log(1 + (documents.length - n + 0.5) / (n + 0.5));
    const idf = idfOf(isThere ? df(one) : Math.max(...[...weights.keys()].map(df)));
    for (const [own, weight] of weights) weights.set(own, weight * Math.min(1, idfOf(df(own)) / idf));
    documents.forEach((words, document) => {
      const tf = words.reduce((sum, own) => sum + (weights.get(own) ?? 0), 0);
      if (tf > 0) scores[document]! += (idf * tf * 1.9) / (tf + 0.9 * (0.6 + (0.4 * words.length) / average));
    });
  }
  return scores;
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), minLength: 1, maxLength: 9 });
const text = fc.array(letters, { maxLength: 8 }).map((words) => words.join(' '));
const fuzzy = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;

describe('a search for words as they may have been meant', () => {
  it('scores by the definition, and tells what every form adds', () => {
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 20 }),
        text,
        fc.boolean(),
        fuzzy,
        (texts, query, prefix, fuzzy) => {
          const index = LexicalIndex.build(texts);
          const tolerance = { prefix, fuzzy };
          const wanted = byDefinition(texts, query, tolerance);
          const found = index.search(query, { ...tolerance, limit: texts.length });
          expect(found.map(({ document }) => document).sort((a, b) => a - b)).toEqual(
            wanted.flatMap((score, document) => (score > 0 ? [document] : [])),
          );
          for (const { document, score } of found) {
            expect(score).toBeCloseTo(wanted[document]!, 10);
            const parts = index.explain(query, document, tolerance);
            expect(parts.reduce((sum, part) => sum + part.score, 0)).toBeCloseTo(score, 10);
            for (const { word, asked } of parts) {
              expect(wordsOf(texts[document]!)).toContain(word);
              expect(wordsOf(query)).toContain(asked ?? word);
            }
          }
        },
      ),
    );
  });

  it('without either is the same search to the bit', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), text, (texts, query) => {
        const index = LexicalIndex.build(texts);
        expect(index.search(query, { prefix: false, fuzzy: 0 })).toEqual(index.search(query));
        for (const { document, score } of index.search(query)) {
          const sum = index.explain(query, document).reduce((sum, part) => sum + part.score, 0);
          expect(sum).toBe(score);
        }
      }),
    );
  });

  it('finds as one types, and a word of one slip', () => {
    const index = LexicalIndex.build(['lung cancer', 'a dancer', 'cancellation of the lunch', 'nothing of it']);
    const found = (query: string, options: LexicalSearch) =>
      index.search(query, options).map(({ document }) => document);
    expect(found('lung canc', {})).toEqual([0]);
    expect(found('canc', { prefix: true })).toEqual([0, 2]);
    expect(found('canc lung', { prefix: true })).toEqual([0]); // only what is being typed goes on
    expect(found('lugn cacner', { fuzzy: 2 })).toEqual([0]);
    expect(found('cacn', { prefix: true, fuzzy: 1 })).toEqual([0, 2]);
    expect(index.explain('canc', 0, { prefix: true })).toMatchObject([{ word: 'cancer', asked: 'canc' }]);
  });

  it('puts the word itself first, however rare what is near it', () => {
    const index = LexicalIndex.build([...Array<string>(20).fill('a cell dies'), 'a cells dies', 'a call dies']);
    const best = index.search('cell', { fuzzy: 1, limit: 30 }).map(({ document }) => document);
    expect(best.slice(20)).toEqual([20, 21]);
    expect(best).toHaveLength(22);
  });

  it('puts the word itself first, however frequent what is near it', () => {
    const index = LexicalIndex.build(['a study of moran', ...Array<string>(200).fill('moral moral moral')]);
    expect(index.search('moran', { fuzzy: 1, limit: 1 })[0]!.document).toBe(0);
    const words = LexicalIndex.build(['one gene only', ...Array<string>(200).fill('general general general')]);
    expect(words.search('gene', { prefix: true, limit: 1 })[0]!.document).toBe(0);
  });

  it('keeps numbers and short words as they are, and ends in time whatever is pasted', () => {
    const index = LexicalIndex.build(['the year 2021', 'the year 2022', 'an ox', `${'x'.repeat(10_000)}`]);
    expect(index.search('2021 ax', { fuzzy: 2 }).map(({ document }) => document)).toEqual([0]);
    const pasted = Array.from({ length: 10_000 }, (_, i) => `word${'abcdefghij'[i % 10]!.repeat(i % 50)}`).join(' ');
    expect(index.search(`${pasted} ${'x'.repeat(9_000)}`, { fuzzy: 2, prefix: true })).toHaveLength(1);
  });

  it('takes fifty forms of a word, those that most documents have', () => {
    const texts = Array.from(
      { length: 60 },
      (_, i) => `s${String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26))}`,
    );
    const index = LexicalIndex.build([...texts, ...texts.slice(0, 50)]);
    const [term] = termsOf('s', 'ascii', [index], index, { prefix: true });
    expect(term!.forms.map((form) => form.word).sort()).toEqual(['s', ...texts.slice(0, 50)].sort());
    expect(term!.documents).toBe(2);
  });

  it('refuses what it cannot do', () => {
    expect(() => LexicalIndex.build(['a']).search('a', { fuzzy: 3 as 2 })).toThrow(
      'search: expected fuzzy to be 0, 1 or 2, got 3',
    );
  });
});
