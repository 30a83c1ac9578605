import { expect, test } from 'vitest';
import { holdOutEnd, publicDomainCorpus, splitDocuments } from './corpus.ts';

test('no held-out document stands in the text that is learned from', async () => {
  const { train, held } = await publicDomainCorpus();
  expect(held.length).toBe(9);
  expect(train.length).toBe(225);
  const words = (text: string) => text.split(/\s+/);
  const shingles = new Set<string>();
  for (const { text } of train) {
    const all = words(text);
    for (let i = 0; i + 8 <= all.length; i++) shingles.add(all.slice(i, i + 8).join(' '));
  }
  for (const { name, text } of held) {
    const all = words(text);
    const shared = all.filter((_, i) => shingles.has(all.slice(i, i + 8).join(' '))).length;
    // turns of phrase that every address has
    expect(shared / all.length, name).toBeLessThan(0.03);
  }
});

test('every twenty-fifth document is held out', () => {
  const documents = Array.from({ length: 60 }, (_, i) => ({ name: String(i), text: '' }));
  expect(splitDocuments(documents).held.map(({ name }) => name)).toEqual(['12', '37']);
  expect(splitDocuments(documents.slice(0, 12)).held).toEqual([]);
});

test('of few documents the last twentieth is held out, all of it and nothing twice', () => {
  const text = 'one two three four '.repeat(100);
  for (const texts of [[text], [text, 'a b', ''], ['字'.repeat(1000)], ['😀'.repeat(985)], [`${text}.`, text, text]]) {
    const { train, held } = holdOutEnd(texts.map((text, i) => ({ name: String(i), text })));
    const join = (documents: typeof train) => documents.map(({ text }) => text).join('');
    expect(join(train) + join(held)).toBe(texts.join(''));
    expect(join(held)).not.toMatch(/\p{Surrogate}/u); // half a character
    expect(join(held).length / texts.join('').length).toBeGreaterThan(0.0495);
    expect(join(held).length / texts.join('').length).toBeLessThan(0.055);
  }
});
