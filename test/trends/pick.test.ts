/** Picks: compared with papers of their age, spread over topics, every part shown; and back-tested. */
import {
  backTest,
  defaultWeights,
  outcomeTest,
  type Paper,
  type PickOptions,
  pickPapers,
  type Readings,
  type SignalReading,
  studyOf,
  vectorNeighbours,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

const themes = Array.from({ length: 8 }, (_, t) =>
  Array.from({ length: 12 }, (_, w) => `${'abcdefgh'[t]}word${'abcdefghijkl'[w]}`),
);

/** Papers of eight themes: from 2021 on ten a month, in May 2022 ten a week. */
const papers: Paper[] = [];
for (let i = 0; i < 170; i++) {
  const theme = themes[i % 8]!;
  const words = Array.from({ length: 9 }, (_, k) => theme[(i * (k + 2) + k * k + Math.floor(i / 9)) % 12]!);
  const month = Math.floor(i / 8);
  const date =
    i < 130
      ? `2021-${String(1 + (month % 12)).padStart(2, '0')}-10`
      : `2022-05-${String(1 + Math.floor((i - 130) * 0.75)).padStart(2, '0')}`;
  papers.push({ id: `p${i}`, title: words.slice(0, 3).join(' '), abstract: `${words.join(' ')}.`, authors: [], date });
}
const may = { from: '2022-05-01', at: '2022-06-01' };
const study = studyOf(papers, may);
const window = study.window.map((i) => papers[i]!.id);

const readings = (entries: Readonly<Record<string, readonly SignalReading[]>>): Readings =>
  new Map(Object.entries(entries));
const one = (id: string, options: PickOptions) =>
  pickPapers(study, { ...options, count: 10 })
    .picks.concat(pickPapers(study, { ...options, count: 10 }).next)
    .find(({ paper }) => paper === id);

describe('pickPapers', () => {
  it('picks ten of the window, on six topics at least, at most two of a topic', () => {
    const { picks, next, compared, notes } = pickPapers(study);
    expect(picks).toHaveLength(10);
    expect(new Set(picks.map(({ paper }) => paper)).size).toBe(10);
    expect(picks.every(({ paper }) => window.includes(paper))).toBe(true);
    const topics = picks.map(({ topic }) => topic!.id);
    expect(new Set(topics).size).toBeGreaterThanOrEqual(6);
    for (const topic of topics) expect(topics.filter((other) => other === topic).length).toBeLessThanOrEqual(2);
    expect(next.some(({ paper }) => picks.some((pick) => pick.paper === paper))).toBe(false);
    expect(compared).toBe(40);
    expect(notes).toEqual([
      'Not in the score, for it tells no paper of the window from another: citations, popularity, code, rising.',
    ]);
  });

  it('shows every part, of which the score is the weighted mean', () => {
    for (const { parts, score } of pickPapers(study, { weights: { novel: 2 } }).picks) {
      expect(parts.map(({ name }) => name)).toEqual(['central', 'novel']);
      expect(parts.map(({ weight }) => weight)).toEqual([defaultWeights.central, 2]);
      const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
      expect(score).toBeCloseTo(parts.reduce((sum, { weight, value }) => sum + weight * value, 0) / weights, 12);
    }
  });

  it('says so where the window has too few topics', () => {
    const alike = (read: readonly Paper[]) => vectorNeighbours(new Float32Array(read.length).fill(1), 1, 15);
    const narrow = studyOf(papers, { ...may, neighbours: alike, resolution: 0.5 });
    const { picks, notes } = pickPapers(narrow);
    expect(picks).toHaveLength(10);
    expect(notes.at(-1)).toMatch(/^The papers picked are on 1 topic, not 6: the window has no more\.$/);
    expect(pickPapers(study, { count: 50, topics: 8 }).notes.at(-1)).toBe(
      'The window has 40 papers to pick from, not 50.',
    );
  });

  it('weighs what was gained in a month, and not totals', () => {
    // the first has far more, the second gained far more
    const known = readings({
      [window[30]!]: [
        { at: '2022-05-25', citations: 1000 },
        { at: '2022-05-31', citations: 1000 },
      ],
      [window[31]!]: [
        { at: '2022-05-25', citations: 0 },
        { at: '2022-05-31', citations: 90 },
      ],
      ...Object.fromEntries(window.slice(0, 30).map((id) => [id, [{ at: '2022-05-31', citations: 3 }]])),
    });
    const only = { readings: known, weights: { central: 0, novel: 0 }, pins: [window[30]!, window[31]!] };
    const part = (id: string) => one(id, only)!.parts.find(({ name }) => name === 'citations')!;
    expect(part(window[31]!).raw).toBeGreaterThan(part(window[30]!).raw!);
    expect(part(window[30]!).raw).toBe(0);
  });

  it('compares with papers of the same age only', () => {
    // every old paper of the window has more than every new one
    const known = readings(
      Object.fromEntries(window.map((id, w) => [id, [{ at: '2022-05-31', citations: w < 20 ? 500 + w : w }]])),
    );
    const { picks, next } = pickPapers(study, {
      readings: known,
      weights: { central: 0, novel: 0, citations: 1 },
      count: 20,
      topics: 1,
    });
    const young = [...picks, ...next]
      .filter(({ paper }) => window.indexOf(paper) >= 20)
      .sort((a, b) => b.score - a.score);
    expect(young[0]!.score).toBeGreaterThan(0.9);
  });

  it('gives the new a floor, says so, and takes what is unknown for the middle', () => {
    const known = readings(
      Object.fromEntries(window.slice(0, 39).map((id, w) => [id, [{ at: '2022-05-31', citations: w }]])),
    );
    const all = pickPapers(study, { readings: known, count: 40, topics: 1 });
    const part = (w: number) =>
      all.picks.find(({ paper }) => paper === window[w])!.parts.find(({ name }) => name === 'citations')!;
    expect(part(39)).toMatchObject({ raw: null, value: 0.5, floor: 'unknown' });
    const newest = window.slice(24, 39).map((_, k) => part(24 + k));
    expect(newest.some(({ floor }) => floor === 'new')).toBe(true);
    for (const { value } of newest) expect(value).toBeGreaterThanOrEqual(0.5);
    // old enough to have been cited
    expect(part(0)).not.toHaveProperty('floor');
    expect(part(0).value).toBeLessThan(0.1);
  });

  it('knows nothing that was read later', () => {
    const later = readings(Object.fromEntries(window.map((id, w) => [id, [{ at: '2022-06-02', citations: w }]])));
    const { notes, ...blind } = pickPapers(study);
    expect(pickPapers(study, { readings: later })).toEqual({
      ...blind,
      notes: [...notes, 'What was counted after 2022-06-01 is left out: it was not known then.'],
    });
    // an issue that is written some days later
    const written = pickPapers(study, { readings: later, countedBy: '2022-07-01' });
    expect(written.picks[0]!.parts.map(({ name }) => name)).toContain('citations');
    expect(written.notes).toEqual([
      'Not in the score, for it tells no paper of the window from another: popularity, code, rising.',
    ]);
  });

  it('compares counts of one source: of the one that knows most papers', () => {
    const known = readings(
      Object.fromEntries(
        window.map((id, w) => [
          id,
          [
            ...(w < 10 ? [{ at: '2022-05-20', source: 'few', citations: 0 }] : []),
            { at: '2022-05-20', source: 'most', citations: 900 },
            { at: '2022-05-30', source: 'most', citations: 900 + (w % 7) },
            ...(w < 10 ? [{ at: '2022-05-31', source: 'few', citations: 500 }] : []),
          ],
        ]),
      ),
    );
    const all = pickPapers(study, { readings: known, count: 40, topics: 1 });
    const born = new Map(papers.map(({ id, date }) => [id, date]));
    for (const { paper, parts } of all.picks.filter(({ paper }) => born.get(paper)! < '2022-05-20')) {
      const { raw } = parts.find(({ name }) => name === 'citations')!;
      expect(raw, paper).toBeCloseTo(Math.log2(1 + 3 * (window.indexOf(paper) % 7)), 12);
    }
  });

  it('takes pins, leaves out bans, and refuses what cannot be', () => {
    const [first] = pickPapers(study).picks;
    const { picks } = pickPapers(study, { pins: ['p3', window[5]!], bans: [first!.paper] });
    expect(picks.slice(0, 2).map(({ paper, pinned }) => [paper, pinned])).toEqual([
      ['p3', true],
      [window[5], true],
    ]);
    expect(picks.some(({ paper }) => paper === first!.paper)).toBe(false);
    expect(() => pickPapers(study, { pins: ['nobody'] })).toThrow(
      "pick: expected pinned papers that are in the collection by then, got 'nobody'",
    );
    expect(() => pickPapers(study, { pins: ['p3'], bans: ['p3'] })).toThrow(
      "pick: expected a paper to be pinned or banned, got both for 'p3'",
    );
    expect(() => pickPapers(study, { weights: { novel: -1 } })).toThrow(
      'pick: expected a weight of at least 0 for novel, got -1',
    );
    const nothing = { citations: 0, popularity: 0, code: 0, central: 0, novel: 0, rising: 0 };
    expect(() => pickPapers(study, { weights: nothing })).toThrow(
      'pick: expected a weight above 0 for some part, got none',
    );
    expect(pickPapers(study, { weights: { central: 0, novel: 0 } }).picks[0]).toMatchObject({ score: 0.5, parts: [] });
    expect(() => pickPapers(study, { count: 3, topics: 4 })).toThrow('pick: expected from 1 to 3 topics, got 4');
  });
});

describe('studyOf', () => {
  it('knows nothing of its end and later', () => {
    const future = Array.from(
      { length: 30 },
      (_, i): Paper => ({ id: `f${i}`, title: 'aworda aworda', abstract: '', authors: [], date: '2022-06-01' }),
    );
    expect(studyOf([...papers, ...future], may)).toEqual(study);
  });

  it('refuses windows that are empty or no months, and papers of one id', () => {
    expect(() => studyOf(papers, { from: '2023-01-01', at: '2023-02-01' })).toThrow(
      'study: expected papers from 2023-01-01 to before 2023-02-01, got none',
    );
    expect(() => studyOf(papers, { from: '2022-05-01', at: '2022-05-20' })).toThrow(
      'study: expected a window of whole months',
    );
    expect(() => studyOf([...papers, papers[0]!], may)).toThrow(
      "study: expected papers with ids of their own, got 'p0' twice",
    );
  });
});

describe('backTest', () => {
  /** By the end of May a paper's gain shows what it will become. */
  const history = readings(
    Object.fromEntries(
      window.map((id, w) => {
        const merit = (w * 7) % 20;
        return [
          id,
          [
            { at: '2022-05-31', citations: merit },
            { at: '2023-05-31', citations: merit * 40 + (w % 3) },
          ],
        ];
      }),
    ),
  );

  it('tells whether the picks became cited, by what was known then', () => {
    const test = backTest(study, '2023-06-01', { readings: history });
    expect(test.picks).toHaveLength(10);
    expect(test.known).toBe(40);
    expect(test.ahead).toBeGreaterThan(0.6);
    expect(test.interval[0]).toBeLessThanOrEqual(test.ahead);
    expect(test.byTotals).toBeGreaterThan(0.6);
    const blind = backTest(study, '2023-06-01', { readings: history, weights: { citations: 0 } });
    expect(blind.ahead).toBeLessThan(test.ahead);
  });

  it('is refused where nothing is known of later', () => {
    expect(() => backTest(study, '2022-07-01', { readings: history })).toThrow(
      'back-test: expected citations of at least two picks read after 2022-06-01 and by 2022-07-01, got 0',
    );
    expect(() => backTest(study, '2022-06-01', { readings: history })).toThrow(
      'back-test: expected a day after 2022-06-01',
    );
  });
});

describe('outcomeTest', () => {
  const { picks } = pickPapers(study, { count: study.window.length, topics: 1 });
  const score = new Map(picks.map(({ paper, score }) => [paper, score]));

  it('tells how often papers with the outcome are ahead of the others of their window', () => {
    const best = new Set(
      picks
        .toSorted((a, b) => b.score - a.score)
        .slice(0, 8)
        .map(({ paper }) => paper),
    );
    const all = outcomeTest([study], ({ id }) => best.has(id));
    expect(all).toMatchObject({ papers: 40, became: 8 });
    expect(all.ahead).toBeGreaterThan(0.99);
    expect(all.picked.byLot).toBe(2);
    expect(all.picked.became).toBeGreaterThan(2);
    // by pairs, as the area under the curve is defined
    const some = (id: string) => Number(id.slice(1)) % 3 === 0;
    const [yes, no] = [window.filter(some), window.filter((id) => !some(id))].map((ids) =>
      ids.map((id) => score.get(id)!),
    ) as [number[], number[]];
    const pairs = yes.flatMap((a) => no.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
    const test = outcomeTest([study, study], ({ id }) => some(id));
    expect(test.ahead).toBeCloseTo(pairs.reduce((sum: number, x) => sum + x, 0) / pairs.length, 12);
    expect(test.became).toBe(2 * yes.length);
    expect(Object.keys(test.parts)).toEqual(['central', 'novel']);
  });

  it('is refused where nobody or everybody has it', () => {
    expect(() => outcomeTest([study], () => false)).toThrow('outcome test: expected papers with the outcome, got 0');
    expect(() => outcomeTest([study], () => true)).toThrow('expected papers without the outcome');
  });
});
