import { expect, test } from 'vitest';
import { readOptions } from './train.ts';

test('every model and fifteen rounds, unless told otherwise', () => {
  expect(readOptions({}).rounds).toBe(15);
  expect(readOptions({}).names).toContain('mlp');
  expect(readOptions({ models: 'gpt,mlp', rounds: '3' })).toEqual({ names: ['gpt', 'mlp'], rounds: 3 });
});

test('options that make no sense are refused by name', () => {
  expect(() => readOptions({ models: 'mlp,gtp' })).toThrow(/^train: expected --models among .*mlp.*, got 'gtp'$/);
  for (const rounds of ['0', '2.5', 'many', '']) {
    expect(() => readOptions({ rounds })).toThrow(
      `train: expected --rounds of a whole number above 0, got '${rounds}'`,
    );
  }
});
