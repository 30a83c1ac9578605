import { expect, test } from 'vitest';
import { namesIn, roundsIn } from './choices.ts';

test('every case and as many rounds as usual, unless told otherwise', () => {
  expect(namesIn('train', 'models', undefined, ['mlp', 'gpt'])).toEqual(['mlp', 'gpt']);
  expect(namesIn('train', 'models', 'gpt', ['mlp', 'gpt'])).toEqual(['gpt']);
  expect([roundsIn('train', undefined, 15), roundsIn('train', '3', 15)]).toEqual([15, 3]);
});

test('options that make no sense are refused by name', () => {
  expect(() => namesIn('train', 'models', 'mlp,gtp', ['mlp', 'gpt'])).toThrow(
    /^train: expected --models among mlp, gpt, got 'gtp'$/,
  );
  for (const rounds of ['0', '2.5', 'many', '']) {
    expect(() => roundsIn('train', rounds, 15)).toThrow(
      `train: expected --rounds of a whole number above 0, got '${rounds}'`,
    );
  }
});
