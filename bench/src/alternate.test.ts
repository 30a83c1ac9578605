import { expect, test } from 'vitest';
import { alternate, quantile } from './alternate.ts';

function scripted(name: string, costs: readonly number[], order: string[]) {
  let turn = 0;
  return {
    name,
    once() {
      order.push(name);
      return costs[turn++]!;
    },
  };
}

test('runners take turns, warm-ups are thrown away, and drift that both sides share cancels', async () => {
  const order: string[] = [];
  // The machine slows down threefold; ours always costs half of b and as much as c.
  const ours = scripted('a', [900, 1, 2, 3], order);
  const peers = [scripted('b', [1, 2, 4, 6], order), scripted('c', [7, 1, 2, 3], order)];
  const [b, c] = await alternate(ours, peers, { rounds: 3, warmups: 1 });
  expect(order.join('')).toBe('abcabcabcabc');
  expect(b).toEqual({
    peerName: 'b',
    ours: { median: 2, min: 1 },
    peer: { median: 4, min: 2 },
    ratio: 0.5,
    spread: [0.5, 0.5],
  });
  expect(c?.ratio).toBe(1);
});

test('the ratio is the median of the rounds, not the ratio of the medians', async () => {
  const order: string[] = [];
  const [only] = await alternate(scripted('a', [1, 4, 15], order), [scripted('b', [1, 2, 30], order)], {
    rounds: 3,
    warmups: 0,
  });
  expect(only?.ratio).toBe(1);
  expect(only?.ours.median).toBe(4);
  expect(only?.spread).toEqual([0.75, 1.5]);
});

test('a cost that is none is refused', async () => {
  const broken = { name: 'b', once: () => Number.NaN };
  await expect(alternate({ name: 'a', once: () => 1 }, [broken], { rounds: 1 })).rejects.toThrow(
    'alternate: expected a cost above 0 from b, got NaN',
  );
});

test('quantile interpolates', () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
  expect(quantile([5], 0.25)).toBe(5);
});
