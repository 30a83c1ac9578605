import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Best } from './best.ts';
import { Choices } from './constraint.ts';
import { Drawing, uniform } from './draw.ts';
import { logSumExp } from './log-sum-exp.ts';

/** Logits with ties, tokens that are taken away, and one that can be drawn. */
const row = fc
  .array(
    fc.oneof(fc.integer({ min: -12, max: 12 }), fc.double({ min: -90, max: 9, noNaN: true }), fc.constant(-Infinity)),
    { maxLength: 300 },
  )
  .map((logits) => Float32Array.from([...logits.map((x) => Number(x) / 2), 0]));

describe('Best', () => {
  it('keeps what a sort would, smaller items first among equals, in any order of offers', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 0, max: 40 }), fc.boolean(), (scores, limit, backwards) => {
        const best = new Best(limit);
        const order = backwards ? [...scores.keys()].reverse() : [...scores.keys()];
        for (const i of order) if (scores[i]! >= best.floor) best.offer(scores[i]!, i);
        const sorted = [...scores.keys()]
          .filter((i) => scores[i]! > -Infinity)
          .sort((a, b) => scores[b]! - scores[a]! || a - b);
        expect(best.sorted().map(({ item }) => item)).toEqual(sorted.slice(0, limit));
      }),
      { numRuns: 300 },
    );
  });
});

describe('logSumExp', () => {
  it('is the logarithm of the sum to more digits than float32 has', () => {
    fc.assert(
      fc.property(row, (logits) => {
        const most = Math.max(...logits);
        const want = most + Math.log(logits.reduce((total, x) => total + Math.exp(x - most), 0));
        expect(Math.abs(logSumExp(logits) - want)).toBeLessThan(1e-11 * Math.max(1, Math.abs(want)));
      }),
      { numRuns: 300 },
    );
    expect(logSumExp(Float32Array.of(3e38, -3e38))).toBeCloseTo(Math.fround(3e38), -30);
    expect(logSumExp(Float32Array.of(1, Number.NaN))).toBeNaN();
    expect(logSumExp(Float32Array.of(1, Infinity))).toBeNaN();
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBeNaN();
  });
});

describe('Drawing', () => {
  it('gives every token its share of what temperature, top-k and nucleus leave', () => {
    const options = fc.record({
      temperature: fc.constantFrom(0.3, 1, 4),
      topK: fc.constantFrom(1, 2, 7, 1000),
      topP: fc.constantFrom(0.01, 0.5, 0.9, 0.999, 1),
    });
    fc.assert(
      fc.property(row, options, (logits, given) => {
        const { temperature, topK, topP } = given;
        // the definition: sort everything
        const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK);
        const weight = (id: number) => Math.exp((logits[id]! - logits[order[0]!]!) / temperature);
        const total = order.reduce((sum, id) => sum + weight(id), 0);
        let before = 0;
        const kept = order.filter((id) => {
          const keep = topP === 1 || before / total < topP - 1e-12;
          const border = Math.abs(before / total - topP) < 1e-9;
          before += weight(id);
          fc.pre(!border || topP === 1); // where rounding decides
          return keep && weight(id) > 0;
        });
        kept.sort((a, b) => a - b);
        const mass = kept.reduce((sum, id) => sum + weight(id), 0);
        const drawing = new Drawing(logits.length, given);
        const choices = new Choices(logits.length).take(logits, 'any');
        let below = 0;
        for (const id of kept) {
          const share = weight(id) / mass;
          if (share > 1e-9) expect(drawing.draw(choices, () => below + share / 2)).toBe(id);
          below += share;
        }
        expect(drawing.draw(choices, () => 0)).toBe(kept[0]);
      }),
      { numRuns: 300 },
    );
  });

  it('finds nothing where everything was taken away', () => {
    const choices = new Choices(3).take(Float32Array.of(-Infinity, -Infinity, -Infinity), 'any');
    for (const temperature of [0, 1]) expect(new Drawing(3, { temperature }).draw(choices, () => 0.5)).toBeUndefined();
  });
});

describe('uniform', () => {
  it('is even, and depends on key and step alone', () => {
    const key = [1, 2] as const;
    const numbers = Array.from({ length: 4000 }, (_, step) => uniform(key, step));
    expect(numbers).toEqual(Array.from({ length: 4000 }, (_, step) => uniform(key, step)));
    for (let tenth = 0; tenth < 10; tenth++)
      expect(Math.abs(numbers.filter((u) => Math.floor(10 * u) === tenth).length - 400)).toBeLessThan(80);
    expect(uniform([1, 3], 0)).not.toBe(numbers[0]);
  });
});
