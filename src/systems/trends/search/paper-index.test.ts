import { expect, it } from 'vitest';
import { openStore } from '../store/open.ts';
import { PaperIndex } from './paper-index.ts';

it('keeps every segment as soon as it is full, and goes on behind it', async () => {
  const store = await openStore(':memory:');
  await store.put(
    Array.from({ length: 10 }, (_, i) => ({
      source: 'test',
      record: String(i),
      paper: { title: `Paper number ${i} about weirs`, abstract: 'water '.repeat(i), authors: [], date: '2022-01-01' },
    })),
  );
  const limits = { papers: 3, letters: 1000 };
  const index = await PaperIndex.open(store, limits);
  const stop = new AbortController();
  // the seventh paper is looked at after two segments were kept
  let looks = 0;
  const signal = Object.create(stop.signal, {
    throwIfAborted: {
      value: () => {
        if (++looks === 8) throw new Error('stopped');
      },
    },
  }) as AbortSignal;
  await expect(index.update({ signal })).rejects.toThrow('stopped');
  const again = await PaperIndex.open(store, limits);
  expect([again.size, again.segments.length]).toEqual([6, 2]);
  expect(await again.update()).toBe(4);
  expect(again.size).toBe(10);
  const all = again.live.slice();
  expect(again.rank(['weirs'], { limit: 20, within: all, k1: 1, b: 0.5 })).toHaveLength(10);
  // a whole index made at once finds the same
  const other = await PaperIndex.open(store);
  expect(other.sequence).toBe(again.sequence);
  await store.close();
});

it('makes a segment of few long texts, too', async () => {
  const store = await openStore(':memory:');
  await store.put(
    Array.from({ length: 4 }, (_, i) => ({
      source: 'test',
      record: String(i),
      paper: { title: `Long paper number ${i}`, abstract: 'word '.repeat(100), authors: [], date: '2022-01-01' },
    })),
  );
  const index = await PaperIndex.open(store, { papers: 100, letters: 900 });
  await index.update();
  expect(index.segments.map(({ numbers }) => numbers.length)).toEqual([2, 2]);
  await store.close();
});
