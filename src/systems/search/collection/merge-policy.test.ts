import { expect, it } from 'vitest';
import { due } from './merge-policy.ts';

const segment = (name: string, documents: number, bytes: number, gone = 0) => ({
  name,
  entry: { documents },
  bytes,
  deleted: new Set(Array.from({ length: gone }, (_, i) => i)),
});
const names = (segments: readonly { readonly name: string }[]) => segments.map(({ name }) => name).join('');
const some = (count: number, documents: number, bytes: number) =>
  Array.from('abcdefghijklmnopqrstuvwxyz'.slice(0, count), (name) => segment(name, documents, bytes));

it('merges eight of one size class', () => {
  expect(names(due(some(7, 10, 1000)))).toBe('');
  expect(names(due(some(9, 10, 1000)))).toBe('abcdefgh');
  const [first, ...others] = some(8, 10, 1000);
  expect(names(due([segment('L', 64, 9000), first!, segment('S', 1, 50), ...others]))).toBe('abcdefgh');
});

it('merges no more than fits into memory: large ones stay, and keep no others from it', () => {
  const large = 2 ** 28 / 8;
  expect(names(due(some(8, 10, large)))).toBe('abcdefgh');
  expect(names(due(some(8, 10, large + 1)))).toBe('');
  expect(names(due(some(26, 10, 2 ** 30)))).toBe('');
  const [a, b, ...others] = some(10, 10, 1000);
  expect(names(due([{ ...a!, bytes: 2 ** 30 }, { ...b!, bytes: 2 ** 30 }, ...others]))).toBe('cdefghij');
});

it('writes one anew that is mostly deleted', () => {
  expect(names(due([segment('a', 10, 1000, 5), segment('b', 10, 1000, 6)]))).toBe('b');
});
