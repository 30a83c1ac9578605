import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Dictionary } from './dictionary.ts';

function dictionaryOf(words: readonly string[]): Dictionary {
  const encoded = words.map((word) => Buffer.from(word));
  let end = 0;
  return new Dictionary(
    Buffer.concat(encoded),
    Int32Array.from(encoded, ({ length }) => {
      end += length;
      return end;
    }),
  );
}

it('has the words that it was made of, in their order, and no others', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.constantFrom('a', 'b', 'aa', 'ab', 'ba', 'é'),
  );
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 60 }), fc.array(word), (words, others) => {
      const dictionary = dictionaryOf(words);
      expect([...dictionary.keys()]).toEqual(words);
      const numbers = new Map(words.map((word, number) => [word, number]));
      for (const asked of [...words, ...others]) expect(dictionary.get(asked)).toBe(numbers.get(asked));
    }),
  );
});

it('has hundreds of thousands of words that differ in a letter', () => {
  const words = Array.from({ length: 100_000 }, (_, i) => `w${i.toString(36)}`);
  const dictionary = dictionaryOf(words);
  for (let i = 0; i < words.length; i += 37) expect(dictionary.get(words[i]!)).toBe(i);
  expect(dictionary.get('w')).toBeUndefined();
});
