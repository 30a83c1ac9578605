import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MatchedNgram, SearchHit } from '../searcher/types.ts';
import { marksOf, passageOf, reasonsOf } from './marks.ts';
import { piecesOf, shareText } from './pieces.ts';

const ngram = (text: string, contribution: number, spans: MatchedNgram['spans']): MatchedNgram => ({
  text,
  source: 'body',
  count: 3,
  logProb: -1,
  weight: 1,
  cover: 1,
  contribution,
  spans,
});
const hit = (text: string, ngrams: MatchedNgram[], words: string[], title?: string): SearchHit => ({
  document: { id: 'a', ...(title !== undefined && { title }), text },
  score: 1,
  ngramScore: ngrams.reduce((sum, { contribution }) => sum + contribution, 0),
  wordScore: words.length,
  ngrams,
  words: words.map((word) => ({ word, occurrences: 1, documents: 2, score: 1 })),
});

test('reasons are weighed by their share of their own score', () => {
  const reasons = reasonsOf(hit('', [ngram('x', 9, []), ngram('y', 1, []), ngram('z', 0, [])], ['a', 'b']));
  expect(reasons.map(({ text, share }) => [text, share])).toEqual([
    ['x', 0.9],
    ['a', 0.5],
    ['b', 0.5],
    ['y', 0.1],
  ]);
});

test('of reasons at one place the weightiest is marked, in title and text', () => {
  const text = 'Cats can be predicted, cats!';
  const found = hit(
    text,
    [
      ngram('can be predicted', 9, [{ field: 'text', start: 5, end: 21 }]),
      ngram('be', 1, [{ field: 'text', start: 9, end: 11 }]),
    ],
    ['cats', 'can'],
    'On CATS',
  );
  const reasons = reasonsOf(found);
  const marks = marksOf(found, reasons, 'ascii');
  const named = (field: 'title' | 'text', own: string) =>
    piecesOf(field, own, marks).map((piece) =>
      piece.reason === undefined ? piece.text : { [reasons[piece.reason]!.text]: piece.text },
    );
  expect(named('text', text)).toEqual([
    { cats: 'Cats' },
    ' ',
    { 'can be predicted': 'can be predicted' },
    ', ',
    { cats: 'cats' },
    '!',
  ]);
  expect(named('title', 'On CATS')).toEqual(['On ', { cats: 'CATS' }]);
});

test('what adds next to nothing is a reason, and not marked', () => {
  const found = hit(
    'a storm at sea',
    [ngram('storm', 99, [{ field: 'text', start: 2, end: 7 }]), ngram('a', 1, [{ field: 'text', start: 0, end: 1 }])],
    [],
  );
  const reasons = reasonsOf(found);
  expect(reasons).toHaveLength(2);
  expect(marksOf(found, reasons, 'ascii')).toEqual([{ field: 'text', start: 2, end: 7, reason: 0 }]);
});

test('a share is told with what it is a share of, where there are two scores', () => {
  expect([shareText('word', 0.756, false), shareText('word', 0.756, true), shareText('n-gram', 1, true)]).toEqual([
    '76 %',
    '76 % of words',
    '100 % of n-grams',
  ]);
});

test('words are marked as the analyser has them', () => {
  const found = hit('Running dogs, 東京大学', [], ['run']);
  expect(marksOf(found, reasonsOf(found), 'english').map(({ start, end }) => [start, end])).toEqual([[0, 7]]);
  const japanese = hit('Running dogs, 東京大学', [], ['東京', '京大']);
  expect(marksOf(japanese, reasonsOf(japanese), 'unicode').map(({ start, end }) => [start, end])).toEqual([
    [14, 16],
    [16, 17],
  ]);
});

describe('the passage', () => {
  const filler = 'lorem ipsum dolor sit amet '.repeat(40);
  test('shows what weighs most together, and begins and ends between words', () => {
    const text = `one ${filler} two three ${filler} one`;
    const found = hit(text, [], ['one', 'two', 'three']);
    const reasons = reasonsOf(found);
    const { start, end } = passageOf(found.document, marksOf(found, reasons, 'ascii'), reasons);
    const passage = text.slice(start, end);
    expect(passage).toMatch(/^(lorem|ipsum|dolor|sit|amet) .* two three .* (lorem|ipsum|dolor|sit|amet)$/);
    expect(passage.length).toBeLessThan(420);
  });

  test('begins with the text where it begins in its first word', () => {
    const text = `Generative one ${'x'.repeat(150)} ${filler}`;
    const found = hit(text, [], ['one']);
    const reasons = reasonsOf(found);
    expect(passageOf(found.document, marksOf(found, reasons, 'ascii'), reasons).start).toBe(0);
    const late = hit(`Generative ${'x '.repeat(82)}one ${filler}`, [], ['one']);
    const { start } = passageOf(late.document, marksOf(late, reasonsOf(late), 'ascii'), reasonsOf(late));
    expect(late.document.text.slice(start)).toMatch(/^(Generative|x) /);
  });

  test('of a text without marks is its beginning; of a short one all of it', () => {
    const { start, end } = passageOf({ id: 'a', text: filler }, [], []);
    expect([start, end > 300, end < 400]).toEqual([0, true, true]);
    expect(passageOf({ id: 'a', text: 'short' }, [], [])).toEqual({ start: 0, end: 5 });
    expect(passageOf({ id: 'a', text: '' }, [], [])).toEqual({ start: 0, end: 0 });
  });
});

test('pieces give the text back, whatever it is, and cut no letter in two', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 900 });
  fc.assert(
    fc.property(texts, fc.array(fc.constantFrom('a', 'b', 'ö', '東京', 'é'), { maxLength: 3 }), (text, words) => {
      const found = hit(text, [], [...new Set(words)]);
      const reasons = reasonsOf(found);
      const marks = marksOf(found, reasons, 'unicode');
      const whole = piecesOf('text', text, marks);
      expect(whole.map((piece) => piece.text).join('')).toBe(text);
      const { start, end } = passageOf(found.document, marks, reasons);
      const passage = piecesOf('text', text, marks, start, end);
      expect(passage.map((piece) => piece.text).join('')).toBe(text.slice(start, end));
      // texts of graphemes have whole letters only: encoding would show a half one
      expect(text.slice(start, end)).toBe(Buffer.from(text.slice(start, end)).toString());
    }),
  );
});
