import { expect, test } from 'vitest';
import { publicDomainCorpus } from './corpus.ts';

test('no held-out document stands in the text that is learned from', async () => {
  const { train, held } = await publicDomainCorpus();
  expect(held.length).toBe(9);
  expect(train.length).toBe(225);
  const shingles = (text: string) => {
    const words = text.split(/\s+/);
    return words.slice(7).map((_, i) => words.slice(i, i + 8).join(' '));
  };
  const own = held.map(({ name, text }) => ({ name, shingles: shingles(text) }));
  const looked = new Set(own.flatMap(({ shingles }) => shingles));
  const learned = new Set(train.flatMap(({ text }) => shingles(text).filter((shingle) => looked.has(shingle))));
  for (const { name, shingles } of own) {
    const shared = shingles.filter((shingle) => learned.has(shingle)).length;
    // turns of phrase that every address has
    expect(shared / shingles.length, name).toBeLessThan(0.03);
  }
});
