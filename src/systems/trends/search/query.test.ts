import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daysOf, parseQuery } from './query.ts';

const word = (text: string) => ({ kind: 'word', word: text });

it('words side by side rank, and what is more than a word is a condition', () => {
  expect(parseQuery('Diffusion  models')).toEqual({ words: ['diffusion', 'models'], must: undefined });
  expect(parseQuery('diffusion "score matching"')).toEqual({
    words: ['diffusion', 'score', 'matching'],
    must: { kind: 'phrase', words: ['score', 'matching'] },
  });
  expect(parseQuery('diffusion -video')).toEqual({
    words: ['diffusion'],
    must: { kind: 'all', of: [word('diffusion'), { kind: 'not', of: word('video') }] },
  });
  expect(parseQuery('a b', { everyWord: true }).must).toEqual({ kind: 'all', of: [word('a'), word('b')] });
});

it('AND binds before OR, and OR before standing side by side', () => {
  expect(parseQuery('a b AND c OR NOT d').must).toEqual({
    kind: 'any',
    of: [
      { kind: 'all', of: [word('b'), word('c')] },
      { kind: 'not', of: word('d') },
    ],
  });
  expect(parseQuery('(a OR b) AND state-of-the-art').must).toEqual({
    kind: 'all',
    of: [
      { kind: 'any', of: [word('a'), word('b')] },
      { kind: 'all', of: ['state', 'of', 'the', 'art'].map(word) },
    ],
  });
  expect(parseQuery('(a b) AND c').must).toEqual({
    kind: 'all',
    of: [{ kind: 'any', of: [word('a'), word('b')] }, word('c')],
  });
});

it('fields', () => {
  expect(parseQuery('author:"Ada Lovelace" year:2021..2022 x').must).toEqual({
    kind: 'all',
    of: [
      { kind: 'field', field: 'author', value: 'Ada Lovelace' },
      { kind: 'field', field: 'year', value: '2021..2022' },
    ],
  });
  // what only looks like one is text
  expect(parseQuery('GPT-3: few-shot').words).toEqual(['gpt', '3', 'few', 'shot']);
  const day = (date: string) => Date.parse(date) / 86_400_000;
  expect(daysOf('date', '2022-05')).toEqual([day('2022-05-01'), day('2022-05-31')]);
  expect(daysOf('year', '2020..2021')).toEqual([day('2020-01-01'), day('2021-12-31')]);
  expect(daysOf('after', '2022-02')).toEqual([day('2022-03-01'), Number.POSITIVE_INFINITY]);
  expect(daysOf('before', '2022')).toEqual([Number.NEGATIVE_INFINITY, day('2021-12-31')]);
  expect(daysOf('date', '2022-05-03..')).toEqual([day('2022-05-03'), Number.POSITIVE_INFINITY]);
});

it('says what is missing', () => {
  for (const [query, message] of [
    ['"open', 'query: expected a closing quote after "open'],
    ['(a OR b', 'query: expected a closing bracket, got the end'],
    ['a)', 'query: expected an opening bracket before the closing one'],
    ['()', 'query: expected something between the brackets, got nothing'],
    ['a AND', 'query: expected a word, got the end'],
    ['OR a', 'query: expected a word, got OR'],
    ['NOT', 'query: expected a word, got the end'],
    ['NOT !!!', 'query: expected a word beside AND, OR, NOT or -, got none'],
    ['author:', 'query: expected a value after author:, got none'],
    ['year:soon', 'query: expected year:2022, year:2022-05 or year:2022-05-31, got year:soon'],
    ['date:2022-02-30', 'query: expected date:2022, date:2022-05 or date:2022-05-31, got date:2022-02-30'],
    ['has:cats', 'query: expected has:code or has:note, got has:cats'],
    ['x'.repeat(10_001), 'query: expected at most 10000 letters, got 10001'],
    [`${'('.repeat(51)}a${')'.repeat(51)}`, 'query: expected at most 50 brackets in each other'],
  ] as const)
    expect(() => parseQuery(query)).toThrow(new SyntaxError(message));
});

it('any text is understood or refused with a SyntaxError', () => {
  const token = fc.oneof(
    fc.constantFrom('AND', 'OR', 'NOT', '-', '(', ')', '"', 'year:', 'author:', 'a', 'b-c', ' ', 'is:read'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      try {
        const { words } = parseQuery(tokens.join(' '));
        expect(words.every((found) => found !== '')).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        expect((error as Error).message).toMatch(/^query: expected /);
      }
    }),
  );
});
