/** Phrases, and those that rise: counted, tested exactly, without knowing the future. */
import fc from 'fast-check';
import {
  addMonths,
  documentsOf,
  expectedBelow,
  type Paper,
  phrasesOf,
  qValues,
  rising,
  shuffledRising,
  timelineOf,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

const paper = (id: string, date: string, title: string, venue?: string): Paper => ({
  id,
  title,
  abstract: '',
  authors: [],
  date,
  ...(venue !== undefined && { venue }),
});

describe('phrasesOf', () => {
  const found = (texts: readonly string[], minDocuments = 2) => {
    const table = phrasesOf(texts, { minDocuments });
    return Object.fromEntries(table.names.map((name, i) => [name, [...documentsOf(table, i)]]));
  };

  it('counts documents, plurals with their singulars, and names phrases as they are mostly written', () => {
    expect(found(['diffusion models', 'Diffusion models, diffusion models', 'a diffusion model'])).toEqual({
      diffusion: [0, 1, 2],
      models: [0, 1, 2],
      'diffusion models': [0, 1, 2],
    });
    expect(found(['studies of losses', 'a study of a loss', 'more studies'])).toEqual({
      studies: [0, 1, 2],
      loss: [0, 1],
    });
  });

  it('neither begins nor ends with a stop word, nor crosses punctuation, and joins at hyphens', () => {
    expect(found(['chain of thought', 'a chain of thought'])).toHaveProperty('chain of thought');
    expect(Object.keys(found(['the model of', 'the model of']))).toEqual(['model']);
    expect(Object.keys(found(['red, green', 'red, green']))).toEqual(['red', 'green']);
    expect(found(['vision–language pre-training', 'vision-language pre-training'])).toHaveProperty(
      'vision-language pre-training',
    );
    expect(
      Object.keys(found(['$\\alpha$ \\cite{x} see https://a.b/c', '$\\alpha$ \\cite{x} see https://a.b/c'])),
    ).not.toContain('alpha');
    expect(Object.keys(found(['2020: gpt-3 and so on', 'gpt-3, 2020']))).toEqual(['gpt', 'gpt-3']);
  });

  it('counts what has a hyphen as the one word that it is elsewhere, and begins terms with what a hyphen joins', () => {
    expect(found(['pre-training', 'pretraining', 'pre-training', 'pretraining, pre-training'])).toEqual({
      'pre-training': [0, 1, 2, 3],
    });
    // more often two words than one: the hyphen is a space
    expect(found(['data-base', 'data base', 'data base', 'database', 'data base'])).toEqual({
      data: [0, 1, 2, 4],
      base: [1, 2, 4],
      'data base': [0, 1, 2, 4],
    });
    expect(found(['few-shot learning', 'few-shot learning', 'few shot learning'])).toEqual({
      learning: [0, 1, 2],
      'few-shot': [0, 1],
      'few-shot learning': [0, 1],
    });
    // no phrase begins inside a term
    expect(Object.keys(found(['self-supervised learning', 'self-supervised learning']))).toEqual([
      'self',
      'learning',
      'self-supervised',
      'self-supervised learning',
    ]);
    expect(Object.keys(found(['k-means', 'k-means clustering']))).toContain('k-means');
    expect(Object.keys(found(['pages 2-3', 'page 23', 'pages 2-3']))).not.toContain('pages 23');
  });

  it('has the documents that a search for each phrase finds', () => {
    const word = fc.constantFrom('ox', 'cat', 'dog', 'eel', 'the', 'of', '7');
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), fc.integer({ min: 1, max: 3 }), (texts, minDocuments) => {
        const expected = new Map<string, number[]>();
        for (const [document, text] of texts.entries()) {
          const words = text.split(' ').filter(Boolean);
          for (let length = 1; length <= 4; length++) {
            for (let start = 0; start + length <= words.length; start++) {
              const run = words.slice(start, start + length);
              const ends = [run[0]!, run.at(-1)!];
              if (ends.some((word) => word === 'the' || word === 'of') || run[0] === '7') continue;
              const documents = expected.get(run.join(' ')) ?? [];
              if (documents.at(-1) !== document) documents.push(document);
              expected.set(run.join(' '), documents);
            }
          }
        }
        for (const [name, documents] of expected) if (documents.length < minDocuments) expected.delete(name);
        expect(found(texts, minDocuments)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('refuses options out of range', () => {
    expect(() => phrasesOf([], { longest: 5 })).toThrow('phrases: expected longest from 1 to 4, got 5');
    expect(() => phrasesOf([], { minDocuments: 0 })).toThrow('phrases: expected minDocuments of at least 1, got 0');
    expect(phrasesOf([]).names).toEqual([]);
  });
});

describe('the calendar', () => {
  it('adds months, and has bins without holes', () => {
    expect(addMonths('2022-03-31', -1)).toBe('2022-02-28');
    expect(addMonths('2021-11-15', 14)).toBe('2023-01-15');
    expect(addMonths('1791-01-01', -12)).toBe('1790-01-01');
    const { starts, sizes, of } = timelineOf([{ date: '2021-12-31' }, { date: '2022-03-01' }], 'month');
    expect(starts).toEqual(['2021-12-01', '2022-01-01', '2022-02-01', '2022-03-01']);
    expect([...sizes, ...of]).toEqual([1, 0, 0, 1, 0, 3]);
    expect(timelineOf([{ date: '2022-05-01' }], 'week').starts).toEqual(['2022-04-25']);
    expect(timelineOf([{ date: '2022-05-01' }], 'quarter').starts).toEqual(['2022-04-01']);
  });

  it('refuses days that do not exist', () => {
    expect(() => timelineOf([{ date: '2022-02-30' }], 'month')).toThrow(SyntaxError);
    expect(() => timelineOf([{ date: 'May 2022' }], 'month')).toThrow(
      'trends: expected a date like 2022-05-31, got "May 2022"',
    );
  });
});

describe('qValues', () => {
  it('are Benjamini and Yekutieli’s, as R’s p.adjust gives them', () => {
    // p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), 'BY') and p.adjust(c(0.001, 0.5, 0.008), 'BY')
    expect([...qValues([0.01, 0.02, 0.03, 0.04, 0.05])].map((q) => q.toFixed(7))).toEqual(Array(5).fill('0.1141667'));
    expect([...qValues([0.001, 0.5, 0.008])].map((q) => q.toFixed(7))).toEqual(['0.0055000', '0.9166667', '0.0220000']);
    expect([...qValues([])]).toEqual([]);
  });

  it('count the p-values that exact tests can have, and no others', () => {
    // one test of two outcomes, three of three, all of whose p-values are known
    const tails = [Float64Array.of(1, 0.04), ...Array.from({ length: 3 }, () => Float64Array.of(1, 0.09, 0.001))];
    const below = expectedBelow(tails);
    const brute = (t: number) => tails.reduce((sum, tail) => sum + Math.max(0, ...[...tail].filter((p) => p <= t)), 0);
    for (const t of [0, 0.0005, 0.001, 0.01, 0.04, 0.05, 0.09, 0.1]) expect(below(t)).toBeCloseTo(brute(t), 12);
    expect(below(0.5)).toBe(2);
    // rank 1 of 4: 3 tests can be at 0.001; H = 25/12
    expect(qValues([0.04, 1, 1, 0.001], below)[3]).toBeCloseTo((3 * 0.001 * 25) / 12, 12);
    expect(qValues([0.04, 1, 1, 0.001])[3]).toBeCloseTo((4 * 0.001 * 25) / 12, 12);
  });

  it('find no more false discoveries than stated, by every outcome of dependent exact tests', () => {
    // sixteen documents, eight of them recent by lot; nested and overlapping phrases
    const phrases = [
      0b1111_1100, 0b1111_1111, 0b11_1100_0000, 0b1111_0000_1111_0000, 0b1111_1111_0000_0000, 0b111_1110,
    ];
    const bits = (mask: number) => mask.toString(2).replaceAll('0', '').length;
    const recents = Array.from({ length: 2 ** 16 }, (_, mask) => mask).filter((mask) => bits(mask) === 8);
    const tails = phrases.map((phrase) => {
      const tail = new Float64Array(bits(phrase) + 1);
      for (const recent of recents) for (let x = 0; x <= bits(phrase & recent); x++) tail[x]! += 1 / recents.length;
      return tail;
    });
    const below = expectedBelow(tails);
    const rate = 0.1;
    const found = recents.filter((recent) =>
      qValues(
        phrases.map((phrase, i) => tails[i]![bits(phrase & recent)]!),
        below,
      ).some((q) => q <= rate),
    );
    expect(found.length / recents.length).toBeLessThanOrEqual(rate);
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('rising', () => {
  const months = (from: string, count: number) => Array.from({ length: count }, (_, i) => addMonths(from, i));
  /** Forty papers a month, of which the last three months' have something new in ten. */
  const papers = months('2021-01-15', 15).flatMap((date, month) =>
    Array.from({ length: 40 }, (_, i) =>
      paper(
        `${month}-${i}`,
        date,
        month >= 12 && i < 10 ? 'prompt tuning of networks' : i % 2 ? 'deep networks' : 'kernel methods',
      ),
    ),
  );

  it('finds what rises with Fisher’s exact p, and what names the same thing once', () => {
    const { phrases, recent, before, discoveries } = rising(papers, { at: '2022-04-01' });
    expect({ recent, before, discoveries }).toEqual({ recent: 120, before: 480, discoveries: 6 });
    expect(phrases).toHaveLength(1);
    expect(phrases[0]).toMatchObject({ recent: 30, before: 0 });
    expect(phrases[0]!.phrase).toBe('prompt tuning of networks');
    // networks rise, too: from half of the papers to 25 of 40
    expect(phrases[0]!.also.toSorted()).toEqual([
      'networks',
      'prompt',
      'prompt tuning',
      'tuning',
      'tuning of networks',
    ]);
    // 30 papers of 600, all among the 120: C(120, 30) / C(600, 30)
    let p = 1;
    for (let i = 0; i < 30; i++) p *= (120 - i) / (600 - i);
    expect(phrases[0]!.p / p).toBeCloseTo(1, 9);
    expect(phrases[0]!.papers).toHaveLength(30);
  });

  it('tells how things stand that are watched, with all their spellings, tested among themselves', () => {
    const watch = [
      { name: 'prompts', spellings: ['prompt tuning', 'soft-prompts'] },
      { name: 'kernels', spellings: ['kernel method'] },
      { name: 'dragons', spellings: ['dragon'] },
    ];
    const { watched } = rising(papers, { at: '2022-04-01', watch });
    expect(watched.map(({ phrase, recent, before }) => [phrase, recent, before])).toEqual([
      ['prompts', 30, 0],
      ['kernels', 45, 240],
      ['dragons', 0, 0],
    ]);
    expect(watched[0]!.q).toBeLessThan(1e-10);
    expect(watched[1]!.q).toBeGreaterThan(0.9);
    expect(watched[2]).toMatchObject({ p: 1, q: 1 });
  });

  it('reads nothing of the day asked about, nor later', () => {
    const asked = { at: '2022-03-01' };
    const future = papers.map((one) => (one.date < asked.at ? one : { ...one, title: 'something else entirely' }));
    const soon = Array.from({ length: 50 }, (_, i) => paper(`soon-${i}`, '2022-03-01', 'prompt tuning'));
    expect(rising([...future, ...soon], asked)).toEqual(rising(papers, asked));
  });

  it('does not call it a rise when the corpus grows', () => {
    const grown = months('2021-01-15', 15).flatMap((date, month) =>
      Array.from({ length: month >= 12 ? 200 : 20 }, (_, i) =>
        paper(`${month}-${i}`, date, i % 4 ? 'kernel methods' : 'deep networks'),
      ),
    );
    expect(rising(grown, { at: '2022-04-01' }).phrases).toEqual([]);
  });

  it('compares inside strata: a venue that only comes later is no rise', () => {
    const vision = Array.from({ length: 300 }, (_, i) => paper(`v${i}`, '2022-02-01', 'image segmentation', 'eccv'));
    const both = [...papers.map((one) => ({ ...one, venue: 'acl' })), ...vision];
    const names = (found: readonly { phrase: string }[]) => found.map(({ phrase }) => phrase);
    expect(names(rising(both, { at: '2022-04-01' }).phrases)).toContain('image segmentation');
    const inside = rising(both, { at: '2022-04-01', stratum: ({ venue }) => venue ?? '' });
    expect(names(inside.phrases)).toEqual(['prompt tuning of networks']);
    expect(inside.recent).toBe(120);
  });

  it('finds nothing in shuffled dates beyond the rate', () => {
    const counts = shuffledRising(papers, { at: '2022-04-01' }, { shuffles: 100, seed: 1 });
    expect(counts).toHaveLength(100);
    expect(counts.filter((count) => count > 0).length).toBeLessThanOrEqual(5);
    expect(shuffledRising(papers, { at: '2022-04-01' }, { shuffles: 3, seed: 1 })).toEqual(counts.slice(0, 3));
  });

  it('refuses windows and rates that are none', () => {
    expect(() => rising(papers, { at: '2022-4-1' })).toThrow(SyntaxError);
    expect(() => rising(papers, { at: '2022-04-01', recent: 0 })).toThrow(
      'rising: expected recent to be a whole number of at least 1, got 0',
    );
    expect(() => rising(papers, { at: '2022-04-01', rate: 1 })).toThrow(
      'rising: expected a rate between 0 and 1, got 1',
    );
    expect(rising([], { at: '2022-04-01' }).phrases).toEqual([]);
  });
});
