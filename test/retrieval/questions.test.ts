/** Questions with evidence and with answers, as KILT's and DPR's own evaluations have them (fixtures/questions.py). */
import { readFile } from 'node:fs/promises';
import { Answers, evaluate, evidencePrecision, evidenceRecall } from 'tenfold/retrieval';
import { describe, expect, it } from 'vitest';

interface Fixture {
  readonly evidence: readonly {
    readonly evidence: readonly (readonly string[])[];
    readonly ranking: readonly string[];
    readonly said: Readonly<Record<string, number>>;
  }[];
  readonly texts: readonly string[];
  readonly answers: readonly string[];
  /** By text and answer. */
  readonly holds: readonly (readonly boolean[])[];
}

const fixture = JSON.parse(await readFile(new URL('./fixtures/questions.json', import.meta.url), 'utf8')) as Fixture;
const pageOf = (id: string) => id.split('-')[0]!;

describe('evidence', () => {
  it('is counted as KILT counts it, in pages and passages', () => {
    const values = new Set<number>();
    for (const { evidence, ranking, said } of fixture.evidence) {
      const passages = evidence.map((set) => new Set(set));
      const pages = evidence.map((set) => new Set(set.map(pageOf)));
      const ours = {
        'page R-precision': evidencePrecision(ranking.map(pageOf), pages),
        'page recall@5': evidenceRecall(ranking.map(pageOf), pages, 5),
        'passage R-precision': evidencePrecision(ranking, passages),
        'passage recall@5': evidenceRecall(ranking, passages, 5),
      };
      for (const [name, value] of Object.entries(said)) {
        expect([name, ours[name as keyof typeof ours]], JSON.stringify({ evidence, ranking })).toEqual([
          name,
          expect.closeTo(value, 12),
        ]);
        values.add(value);
      }
    }
    expect(values.size).toBeGreaterThan(6);
  });

  it('leaves what it was given as it was', () => {
    const set = new Set(['a', 'b']);
    expect(evidenceRecall(['a', 'b'], [set], 2)).toBe(1);
    expect(set.size).toBe(2);
  });

  it('that there is none of is not found', () => {
    expect([evidencePrecision(['a'], []), evidenceRecall(['a'], [], 5)]).toEqual([0, 0]);
    expect([evidencePrecision(['a'], [new Set()]), evidenceRecall(['a'], [new Set()], 5)]).toEqual([0, 0]);
  });
});

describe('answers', () => {
  it('are held as DPR holds them', () => {
    for (const [i, text] of fixture.texts.entries()) {
      for (const [j, answer] of fixture.answers.entries())
        expect([text, answer, new Answers([answer]).isIn(text)]).toEqual([text, answer, fixture.holds[i]![j]]);
    }
  });

  it('of several, one is enough; one without a word is none', () => {
    expect(new Answers(['never said', 'signed on']).isIn('It was signed on time.')).toBe(true);
    expect(new Answers(['', ' \u200b ']).isIn('anything')).toBe(false);
    expect(new Answers([]).isIn('anything')).toBe(false);
  });

  it('are measured like judgements', () => {
    const texts: Readonly<Record<string, string>> = { a: 'the moon', b: 'December 1972, UTC' };
    const { means } = evaluate(
      new Map([
        ['q1', new Answers(['1972'])],
        ['q2', new Answers(['1973'])],
      ]),
      new Map([['q1', ['a', 'b'].map((id, i) => ({ id, score: -i }))]]),
      { 'hits@2': (ranking, answers) => (ranking.slice(0, 2).some((id) => answers.isIn(texts[id]!)) ? 1 : 0) },
    );
    expect(means).toEqual({ 'hits@2': 0.5 });
  });
});
