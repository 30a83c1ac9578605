/** The platform's part of the living issue: its rules, and its corpus. The run itself is the living issue's. */
import { sotuPassages } from 'tenfold/trends';
import { describe, expect, it } from 'vitest';
import { expectedBursts } from '../../src/systems/trends/expected.ts';
import { experiment } from '../../src/systems/trends/experiment.ts';
import { sentencesOf } from '../../src/systems/trends/phrases/sentences.ts';

describe('the experiment', () => {
  it('expects twelve words in years of the addresses, and has rules for both tiers', () => {
    expect(expectedBursts).toHaveLength(12);
    for (const { from, to } of expectedBursts) expect(1790 <= from && from <= to && to <= 2021).toBe(true);
    expect(new Set(experiment.rules.map(({ id }) => id)).size).toBe(experiment.rules.length);
    for (const tier of ['quick', 'recorded'] as const)
      expect(experiment.rules.filter(({ seeds }) => seeds[tier].length > 0).length).toBeGreaterThan(4);
  });

  it('names the variable that a recorded run needs', async () => {
    const before = process.env.TENFOLD_PAPERS;
    delete process.env.TENFOLD_PAPERS;
    try {
      const progress = { update() {}, note() {} };
      const context = { tier: 'recorded', seed: 0, signal: new AbortController().signal, progress } as const;
      await expect(experiment.run(context)).rejects.toThrow(
        'trends: expected the folder of the papers in TENFOLD_PAPERS',
      );
    } finally {
      if (before !== undefined) process.env.TENFOLD_PAPERS = before;
    }
  });
});

describe('sotuPassages', () => {
  it('are all addresses, in passages of an abstract’s length, in the order of time', async () => {
    const papers = await sotuPassages();
    expect(papers.length).toBeGreaterThan(8000);
    expect(new Set(papers.map(({ id }) => id)).size).toBe(papers.length);
    expect(papers.map(({ date }) => date).toSorted()).toEqual(papers.map(({ date }) => date));
    expect(new Set(papers.map(({ id }) => id.split(':')[1])).size).toBe(233);
    const words = papers.map(({ abstract }) => abstract.split(' ').length).sort((a, b) => a - b);
    expect(words[Math.floor(words.length / 2)]).toBeGreaterThan(200);
    expect(words[Math.floor(0.95 * words.length)]).toBeLessThan(280);
    expect(sentencesOf(papers[100]!).join(' ')).toBe(papers[100]!.abstract);
  });
});
