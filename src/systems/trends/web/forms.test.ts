import { expect, test } from 'vitest';
import { listed, listedName } from './forms.ts';

test('names in a field stand with commas between them, and in quotes where they have some', () => {
  const read = (value: string) => listed(new URLSearchParams({ tag: value }), 'tag');
  expect(read(' a, b c ,,')).toEqual(['a', 'b c']);
  expect(read('survey, "position, paper" , x')).toEqual(['survey', 'position, paper', 'x']);
  expect(read('a 6" disk, "half')).toEqual(['a 6" disk', '"half']);
  for (const name of ['token, pruning', 'one', 'a 6" disk'])
    expect(read(`x, ${listedName(name)}`)).toEqual(['x', name]);
});
