import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byFalling, runsOf, tokensOf, tokensOfRun } from './reading.ts';

it('runs read every token once, in order, and cut only a row that is read alone, behind its input', () => {
  const row = fc.integer({ min: 1, max: 700 }).chain((length) => fc.tuple(fc.constant(length), fc.nat(length)));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), (all) => {
      const lengths = all.map(([length]) => length);
      const inputs = all.map(([, input]) => input);
      const rows = lengths.map((n) => Array.from({ length: n }, (_, t) => t));
      const read = lengths.map(() => 0);
      for (const run of runsOf(lengths, inputs)) {
        const alone = run.to - run.from === 1;
        const most = alone && run.start === 0 ? Math.max(tokensOfRun, inputs[run.from]!) : tokensOfRun;
        expect((run.to - run.from) * (run.end - run.start)).toBeLessThanOrEqual(most);
        for (const [i, { length }] of tokensOf(rows, run).entries()) {
          expect(run.start).toBe(read[run.from + i]);
          if (!alone) expect(length).toBe(lengths[run.from + i]);
          if (run.start === 0) expect(length).toBeGreaterThanOrEqual(inputs[run.from + i]!);
          read[run.from + i]! += length;
        }
      }
      expect(read).toEqual(lengths);
    }),
  );
});

it('rows of falling length are read with little padding', () => {
  const lengths = Array.from({ length: 100 }, (_, i) => 1 + ((i * 37) % 100));
  const sorted = byFalling(lengths).map((i) => lengths[i]!);
  const padded = [...runsOf(sorted, sorted)].reduce((sum, r) => sum + (r.to - r.from) * (r.end - r.start), 0);
  expect(padded / lengths.reduce((a, b) => a + b)).toBeLessThan(1.1);
});
