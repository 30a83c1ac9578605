import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corrupt, corruptionInto, corruptionOf, corruptionOfRow } from './corruption.ts';
import { Draws } from './draws.ts';

const [end, firstSentinel] = [1, 2];

describe('span corruption', () => {
  it('has T5’s lengths: an input of 512 is made of 568 tokens, and its target has 114', () => {
    expect(corruptionInto(512)).toEqual({ text: 568, spans: 28, inputs: 512, targets: 114 });
    expect(corruptionOfRow(626)).toEqual(corruptionInto(512));
  });

  it('cuts 15 % in spans of 3 on average, and fills rows', () => {
    const { text, spans, inputs, targets } = corruptionOf(1000);
    expect({ text, spans, inputs, targets }).toEqual({ text: 1000, spans: 50, inputs: 901, targets: 201 });
    const { inputs: i, targets: t } = corruptionOfRow(128);
    expect(i + t).toBe(128);
  });

  it('keeps every token: sentinels put back give the text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 200 }), fc.nat(), (length, seed) => {
        const text = Array.from({ length }, (_, i) => 1000 + i);
        const { inputs, targets } = corrupt(text, Draws.of(seed));
        expect([inputs.at(-1), targets.at(-1)]).toEqual([end, end]);
        const expected = corruptionOf(length);
        expect([inputs.length, targets.length]).toEqual([expected.inputs, expected.targets]);
        const back = inputs.slice(0, -1).flatMap((token) => {
          if (token >= 1000) return [token];
          const from = targets.indexOf(token) + 1;
          const to = targets.findIndex((other, k) => k >= from && other < 1000);
          return targets.slice(from, to);
        });
        expect(back).toEqual(text);
        // sentinels rise, none stands beside another, and a text begins with what is kept
        const sentinels = inputs.slice(0, -1).filter((token) => token < 1000);
        expect(sentinels).toEqual(Array.from({ length: expected.spans }, (_, k) => firstSentinel + k));
        expect(inputs[0]).toBe(1000);
        expect(inputs.some((token, k) => token < 1000 && k + 2 < inputs.length && inputs[k + 1]! < 1000)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('draws lengths of spans evenly: of 5 kept tokens in 2 spans each length comes as often', () => {
    const seen = new Map<number, number>();
    for (let seed = 0; seed < 2000; seed++) {
      // of 34 tokens 5 are cut out, in 2 spans
      const { targets } = corrupt(
        Array.from({ length: 34 }, (_, i) => 100 + i),
        Draws.of(seed),
      );
      const first = targets.indexOf(firstSentinel + 1) - 1;
      seen.set(first, (seen.get(first) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual([1, 2, 3, 4]);
    for (const count of seen.values()) expect(Math.abs(count - 500)).toBeLessThan(90);
  });
});
