import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byFalling, runsOf, tokensOf } from './reading.ts';

it('runs read every token once, in order, and only a row that is read alone exceeds a run or is cut', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 80 }), fc.boolean(), (lengths, most, whole) => {
      const rows = lengths.map((n) => Array.from({ length: n }, (_, t) => t));
      const read = lengths.map(() => 0);
      for (const run of runsOf(lengths, most, whole)) {
        const alone = run.to - run.from === 1;
        if (!(alone && whole)) expect((run.to - run.from) * (run.end - run.start)).toBeLessThanOrEqual(most);
        for (const [i, { length: count }] of tokensOf(rows, run).entries()) {
          expect(run.start).toBe(read[run.from + i]);
          if (!alone || whole) expect(count).toBe(lengths[run.from + i]);
          read[run.from + i]! += count;
        }
      }
      expect(read).toEqual(lengths);
    }),
  );
});

it('rows of falling length are read with little padding', () => {
  const lengths = Array.from({ length: 100 }, (_, i) => 1 + ((i * 37) % 100));
  const sorted = byFalling(lengths).map((i) => lengths[i]!);
  const padded = [...runsOf(sorted, 512, false)].reduce((sum, r) => sum + (r.to - r.from) * (r.end - r.start), 0);
  expect(padded / lengths.reduce((a, b) => a + b)).toBeLessThan(1.1);
});
