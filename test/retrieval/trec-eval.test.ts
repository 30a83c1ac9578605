/** Run files and measures against trec_eval itself, on judgements and runs drawn by chance (fixtures/trec-eval.mjs). */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, type Qrels, readQrels, readRun, runLines, type Scored, usualMeasures } from 'tenfold/retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Case {
  readonly qrels: readonly string[];
  readonly run: readonly string[];
  readonly answered: readonly (readonly [measure: string, query: string, value: string])[];
  readonly complete: Case['answered'];
}

const fixture = new URL('./fixtures/trec-eval.json', import.meta.url);
const cases = JSON.parse(await readFile(fixture, 'utf8')) as Case[];
/** trec_eval's names by ours. */
const names: Readonly<Record<string, string>> = {
  'nDCG@10': 'ndcg_cut_10',
  MAP: 'map',
  MRR: 'recip_rank',
  'R-precision': 'Rprec',
  'hits@1': 'success_1',
  'hits@5': 'success_5',
  'hits@20': 'success_20',
  'hits@100': 'success_100',
  'recall@100': 'recall_100',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-trec-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(cases.map((one, i) => [i, one] as const))(
  'case %i, as trec_eval 9.0.8 has it',
  (i, { qrels, run, answered, complete }) => {
    let judged: Qrels;
    let results: Map<string, Scored[]>;
    beforeAll(async () => {
      const [a, b] = [join(folder, `${i}.qrels`), join(folder, `${i}.run`)];
      await writeFile(a, `${qrels.join('\n')}\n`);
      await writeFile(b, `${run.join('\n')}\n`);
      judged = await readQrels(a);
      results = await readRun(b);
    });

    it('every measure of every query: ties, and queries without a relevant document, included', () => {
      const { perQuery } = evaluate(judged, results, usualMeasures, { complete: false });
      let compared = 0;
      for (const [query, values] of perQuery) {
        for (const [ours, theirs] of Object.entries(names)) {
          const wanted = answered.find(([name, of]) => name === theirs && of === query);
          expect([query, ours, values[ours]!.toFixed(4)]).toEqual([query, ours, wanted?.[2]]);
          compared++;
        }
      }
      expect(compared).toBe(10 * 9);
    });

    it.each([
      ['answered queries', false],
      ['all judged queries, which is -c', true],
    ])('means over %s', (_, all) => {
      const { means, queries } = evaluate(judged, results, usualMeasures, { complete: all });
      const wanted = new Map(
        (all ? complete : answered).filter(([, of]) => of === 'all').map(([name, , value]) => [name, value]),
      );
      expect(String(queries)).toBe(wanted.get('num_q'));
      for (const [ours, theirs] of Object.entries(names))
        expect([ours, means[ours]!.toFixed(4)]).toEqual([ours, wanted.get(theirs)]);
    });
  },
);

describe('run files', () => {
  it('are taken in the order that they were written in, ties and all', async () => {
    const result = [
      { id: 'b', score: 3 },
      { id: 'a', score: 3 },
      { id: 'c', score: 3 - 1e-12 },
      { id: 'z', score: 0 },
      { id: 'y', score: 0 },
      { id: 'x', score: -1 },
      { id: 'w', score: -1 },
    ];
    const path = join(folder, 'ties.run');
    const text = [...runLines('q', result, 'tag')].join('');
    await writeFile(path, text);
    expect(text.split('\n')[0]).toBe('q Q0 b 1 3 tag');
    const read = (await readRun(path)).get('q')!;
    const { perQuery } = evaluate(new Map([['q', new Map([['a', 1]])]]), new Map([['q', read]]), usualMeasures);
    expect(perQuery.get('q')!.MRR).toBe(1 / 2);
    const scores = read.map(({ score }) => Math.fround(score));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(new Set(scores).size).toBe(result.length);
  });

  it('hold no ids with white space, and none that are empty', () => {
    expect(() => [...runLines('q 1', [{ id: 'a', score: 1 }], 't')]).toThrow(
      'run: expected ids without white space, got "q 1"',
    );
    expect(() => [...runLines('q', [{ id: '', score: 1 }], 't')]).toThrow(
      'run: expected ids without white space, got ""',
    );
  });
});
