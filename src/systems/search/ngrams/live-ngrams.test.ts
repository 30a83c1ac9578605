import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundary, FmIndex } from '../fm-index/fm-index.ts';
import { LiveNgrams } from './live-ngrams.ts';

const document = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 });
const segment = fc.array(fc.record({ tokens: document, deleted: fc.boolean() }), { minLength: 1, maxLength: 5 });

function indexed(segments: readonly (readonly { tokens: number[]; deleted: boolean }[])[]): LiveNgrams {
  return new LiveNgrams(
    segments.map((documents) => ({
      ngrams: FmIndex.build(documents.map(({ tokens }) => tokens)),
      deleted: new Set(documents.flatMap(({ deleted }, i) => (deleted ? [i] : []))),
    })),
  );
}

it('is one index of the living documents, whatever the segments', () => {
  const ngram = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.array(ngram, { minLength: 1 }), (all, ngrams) => {
      const live = indexed(all);
      const documents = all.flat();
      expect(live.tokens).toBe(documents.reduce((sum, { tokens, deleted }) => sum + (deleted ? 0 : tokens.length), 0));
      for (const wanted of ngrams) {
        const places: [number, number][] = [];
        const follow = new Map<number, number>();
        let ends = 0;
        for (const [number, { tokens, deleted }] of documents.entries()) {
          if (deleted) continue;
          for (let at = wanted.length; at <= tokens.length; at++) {
            if (wanted.some((token, i) => tokens[at - wanted.length + i] !== token)) continue;
            places.push([number, at]);
            if (at === tokens.length) ends++;
            else follow.set(tokens[at]!, (follow.get(tokens[at]!) ?? 0) + 1);
          }
        }
        const state = live.find(wanted);
        if (wanted.length > 0) {
          expect(live.count(state)).toBe(places.length);
          const located = live.locate(state);
          const found = Array.from(located.documents, (number, i) => [number, located.ends[i]!]);
          expect(found.sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)).toEqual(places);
          expect(live.next(state).ends).toBe(ends);
        }
        const next = live.next(state);
        expect(new Map(next.tokens.map((token, i) => [token, next.counts[i]!]))).toEqual(follow);
        expect(next.tokens).toEqual([...next.tokens].sort((a, b) => a - b));
      }
      for (const [number, { tokens }] of documents.entries()) expect([...live.extract(number)]).toEqual(tokens);
    }),
    { numRuns: 60 },
  );
});

it('knows how documents begin, the last one too, and never how deleted ones did', () => {
  const live = indexed([
    [
      { tokens: [5, 6], deleted: false },
      { tokens: [7, 6], deleted: true },
    ],
    [{ tokens: [8], deleted: false }],
  ]);
  expect(live.next(live.beginnings).tokens).toEqual([5, 8]);
  expect(live.count(live.find([7]))).toBe(0);
  expect(live.count(live.extend(live.find([boundary, 5, 6]), boundary))).toBe(1);
});
