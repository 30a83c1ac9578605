import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trainBpe } from './bpe-training.ts';
import { alphabet, eachWord, spell } from './byte-level.ts';

/** The definition, word for word: recount every pair, merge the most frequent (ties: smaller ids), from the left. */
function naive(texts: readonly string[], vocabulary: number, special: readonly string[], minCount: number) {
  const tokens = [...special, ...alphabet];
  const words: string[][] = [];
  for (const text of texts) eachWord(text, (word) => words.push([...spell(word)]));
  const merges: string[] = [];
  while (tokens.length < vocabulary) {
    const counts = new Map<string, { left: string; right: string; count: number }>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const [left, right] = [word[i]!, word[i + 1]!];
        const entry = counts.get(`${left} ${right}`) ?? { left, right, count: 0 };
        entry.count++;
        counts.set(`${left} ${right}`, entry);
      }
    }
    const id = (token: string) => tokens.indexOf(token);
    const [best] = [...counts.values()].sort(
      (a, b) => b.count - a.count || id(a.left) - id(b.left) || id(a.right) - id(b.right),
    );
    if (!best || best.count < minCount) break;
    const merge = `${best.left} ${best.right}`;
    if (!merges.includes(merge)) merges.push(merge);
    const token = best.left + best.right;
    if (!tokens.includes(token)) tokens.push(token);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (word[i] === best.left && word[i + 1] === best.right) word.splice(i, 2, token);
      }
    }
  }
  return { tokens, merges };
}

async function trained(texts: readonly string[], vocabulary: number, special: readonly string[], minCount: number) {
  const tokenizer = await trainBpe(texts, { vocabulary, specialTokens: special, minCount });
  const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
  return { tokenizer, tokens };
}

describe('trainBpe', () => {
  it('merges as the definition does, ties, overlaps and all', async () => {
    const texts = fc.array(
      fc.oneof(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 }),
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '\n', '1'), maxLength: 40 }),
      ),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (t, more, least) => {
          const vocabulary = 258 + more;
          const { tokenizer, tokens } = await trained(t, vocabulary, ['<s>', '</s>'], least);
          const want = naive(t, vocabulary, ['<s>', '</s>'], least);
          expect(tokens).toEqual(want.tokens);
          for (const text of t) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('does not depend on the order of the texts, and encodes its corpus with its own merges', async () => {
    const texts = ['the cat sat on the mat', 'the dog ate the cat', 'a mat, a cat; the end'];
    const one = await trained(texts, 290, [], 1);
    const two = await trained([...texts].reverse(), 290, [], 1);
    expect(two.tokens).toEqual(one.tokens);
    expect(one.tokenizer.encode('the cat').map((id) => one.tokenizer.token(id))).toEqual(['the', 'Ġcat']);
  });

  it('takes one long word without a space in good time', async () => {
    const { tokenizer } = await trained(['ab'.repeat(200_000)], 400, [], 2);
    expect(tokenizer.encode('ab'.repeat(1024)).length).toBe(1);
  });

  it('refuses what it cannot do', async () => {
    await expect(trainBpe(['a'], { vocabulary: 100 })).rejects.toThrow(
      'trainBpe: expected a vocabulary of 256 (0 special tokens and 256 bytes) or more, got 100',
    );
    await expect(trainBpe(['a'], { vocabulary: 300, specialTokens: ['a'] })).rejects.toThrow(
      'special tokens of their own',
    );
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(trainBpe(['a'], { vocabulary: 300, signal: stopped })).rejects.toThrow('enough');
    function* endless() {
      for (;;) yield 'the same words again '.repeat(1000);
    }
    const soon = AbortSignal.timeout(30); // while it still reads
    await expect(trainBpe(endless(), { vocabulary: 300, signal: soon })).rejects.toThrow(/timeout/);
  });
});
