import { expect, test } from 'vitest';
import { endsInLoop } from './loops.ts';

test.each([
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3], false],
  [[4, 5, 6, 9, 9, 9, 1, 2, 1, 2, 1, 2], true],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9], true],
  [[1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 9], false],
  [[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], true],
  [[1, 2, 3, 4, 1, 2, 3, 4], false], // only twice
  [[], false],
])('%j: %s', (tokens, loop) => {
  expect(endsInLoop(tokens)).toBe(loop);
});
