/** What every store must do, whatever it keeps its papers in. */
import { exportStore, openStore, type PaperData, type SourceRecord, type Store } from 'tenfold/trends';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

export const cats: PaperData = {
  title: 'On the Reading Habits of Cats',
  abstract: 'Cats read. We show how.',
  authors: ['Ada Lovelace', 'Grace Hopper'],
  date: '2022-05-03',
};

export function said(record: string, paper: Partial<PaperData> = {}, source = 'mine'): SourceRecord {
  return { source, record, paper: { ...cats, ...paper } };
}

/** A paper of its own title. */
function other(i: number, more: Partial<PaperData> = {}): SourceRecord {
  return said(`${i}`, { title: `A Study of Subject ${'abcdefghijklmnopqrstuvwxyz'[i % 26]} number ${i}`, ...more });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** @param fresh where an empty store is to be made; undefined where there is no server */
export function storeContract(name: string, fresh: () => string | undefined, before?: () => Promise<void>): void {
  describe(name, () => {
    let store: Store;
    let where: string;
    beforeAll(async () => before?.());
    beforeEach(async (context) => {
      const place = fresh();
      if (place === undefined) context.skip(`no server: ${name}`);
      where = place!;
      store = await openStore(where);
      return () => store.close();
    });

    describe('one paper, many records', () => {
      it('the same record again changes nothing', async () => {
        const first = await store.put([said('1')]);
        expect(first).toMatchObject({ added: 1, updated: 0, unchanged: 0 });
        const sequence = await store.sequence();
        expect(await store.put([said('1')])).toMatchObject({ added: 0, updated: 0, unchanged: 1, ids: first.ids });
        expect(await store.sequence()).toBe(sequence);
        expect(await store.size()).toBe(1);
      });

      it('a DOI, an arXiv id, or title and author make records one', async () => {
        const { ids } = await store.put([
          said('1', { doi: '10.1000/CATS', title: 'On the reading habits of cats' }),
          said('2', { doi: 'https://doi.org/10.1000/cats', title: 'On The Reading Habits of: Cats!' }, 'other'),
          said('3', { arxiv: { id: '2205.00001', version: 1 }, authors: ['Hopper, Grace'] }, 'arxiv'),
          said('4', { arxiv: { id: '2205.00001', version: 2 }, title: 'What Cats Read, Revised' }, 'arxiv'),
        ]);
        expect(new Set(ids).size).toBe(1);
        const [paper] = await store.get(['arxiv:2205.00001']);
        expect(paper).toMatchObject({ doi: '10.1000/cats', arxiv: { id: '2205.00001', version: 2 } });
        expect(paper!.title).toBe('What Cats Read, Revised');
        expect(await store.get(['doi:10.1000/cats'])).toEqual([paper]);
        expect((await store.provenance(ids[0]!)).map(({ record }) => record).sort()).toEqual(['1', '2', '3', '4']);
      });

      it('the same title of others, or with other identifiers of one kind, is another paper', async () => {
        const { ids } = await store.put([
          said('1', { arxiv: { id: '2205.00001', version: 1 } }),
          said('2', { arxiv: { id: '2205.00002', version: 1 } }),
          said('3', { authors: ['Alan Turing'] }),
          said('4', { title: 'Introduction', authors: ['Ada Lovelace'] }),
          said('5', { title: 'Introduction', authors: ['Ada Lovelace'] }),
        ]);
        expect(new Set(ids).size).toBe(5);
      });

      it('a DOI of the proceedings does not make one of papers that have nothing in common', async () => {
        const result = await store.put([said('1', { doi: '10.1000/all' }), other(2, { doi: '10.1000/all' })]);
        expect(new Set(result.ids).size).toBe(2);
        expect(result.conflicts).toEqual([
          expect.stringMatching(/^mine 2: expected DOI 10\.1000\/all to be that of 'On the Reading Habits of Cats'/),
        ]);
      });

      it('a record that knows both names makes one of two papers, with all that belongs to them', async () => {
        const { ids } = await store.put([
          said('1', { arxiv: { id: '2205.00001', version: 1 }, title: 'Cats that read' }),
          said('2', { doi: '10.1000/cats' }),
        ]);
        expect(new Set(ids).size).toBe(2);
        await store.tag([ids[1]!], 'feline');
        await store.makeCollection('mine');
        await store.collect('mine', [ids[1]!]);
        await store.setNote(ids[0]!, 'one');
        await store.setNote(ids[1]!, 'other');
        await store.putSignals([{ id: ids[1]!, reading: { at: '2022-06-01', citations: 7, source: 'x' } }]);
        const sequence = await store.sequence();
        const result = await store.put([said('3', { doi: '10.1000/cats', arxiv: { id: '2205.00001', version: 1 } })]);
        expect(result.merged).toEqual([{ from: 'doi:10.1000/cats', into: 'arxiv:2205.00001' }]);
        expect(await store.size()).toBe(1);
        const [shelf] = await store.shelves(['doi:10.1000/cats']);
        expect(shelf).toEqual({ tags: ['feline'], collections: ['mine'], note: 'one\n\nother' });
        expect(await store.signals(['arxiv:2205.00001'])).toEqual([{ citations: 7 }]);
        const changed = await collect(store.changes(sequence));
        expect(changed.filter(({ paper }) => paper === undefined)).toHaveLength(1);
        expect(changed.at(-1)!.paper).toMatchObject({ id: 'arxiv:2205.00001', doi: '10.1000/cats' });
      });

      it('a record of the same source that has changed replaces its words; another source only adds', async () => {
        await store.put([said('1', { abstract: '' })]);
        await store.put([said('9', { abstract: 'Of another.', venue: 'CatConf', date: '2022-01-01' }, 'other')]);
        await store.put([said('1', { abstract: 'Of the first, revised.' })]);
        const [paper] = await collect(store.papers());
        expect(paper).toMatchObject({ abstract: 'Of the first, revised.', venue: 'CatConf', date: '2022-05-03' });
      });
    });

    it('refuses a batch with a record that is no paper, whole', async () => {
      const bad = said('2', { date: '2022-02-30' });
      await expect(store.put([said('1'), bad])).rejects.toThrow(
        "put: mine 2: expected a day such as 2022-05-01, got '2022-02-30'",
      );
      await expect(store.put([said('3', { title: ' \u0000 ' })])).rejects.toThrow('put: mine 3: expected a title');
      expect(await store.size()).toBe(0);
    });

    it('keeps markup and scripts of any direction, and takes out what controls', async () => {
      const title = '<script>alert(1)</script> \u202eevil\u202c שלום مرحبا \u0000\u0007\ud800 日本 🐈';
      const { ids } = await store.put([
        said('1', { title, abstract: 'a\u0001b\n\n\nc\nd', url: 'javascript:alert(1)' }),
      ]);
      const [paper] = await store.get(ids);
      expect(paper!.title).toBe('<script>alert(1)</script> evil שלום مرحبا \ufffd 日本 🐈');
      expect(paper!.abstract).toBe('ab\n\nc d');
      expect(paper!.url).toBeUndefined();
    });

    it('a cursor is kept with its batch, or neither is', async () => {
      await store.put([said('1')], { source: 'mine', cursor: { line: 1 }, done: false });
      expect(await store.run('mine')).toMatchObject({ cursor: { line: 1 }, done: false });
      await expect(
        store.put([said('2', { date: 'soon' })], { source: 'mine', cursor: { line: 2 }, done: true }),
      ).rejects.toThrow(RangeError);
      expect(await store.run('mine')).toMatchObject({ cursor: { line: 1 } });
      expect(await store.run('never')).toBeUndefined();
    });

    it('writers take turns', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put([other(i % 10)])));
      expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(10);
      expect(await store.size()).toBe(10);
      const all = await collect(store.changes(0));
      expect(new Set(all.map(({ changed }) => changed)).size).toBe(10);
    });

    it('gives papers by number, changes by moment, and never a number twice', async () => {
      const { ids } = await store.put(Array.from({ length: 600 }, (_, i) => other(i)));
      expect((await collect(store.papers())).map(({ id }) => id)).toEqual(ids);
      const before = await store.sequence();
      await store.remove([ids[3]!, ids[599]!]);
      expect(await collect(store.changes(before))).toMatchObject([
        { number: 4, paper: undefined },
        { number: 600, paper: undefined },
      ]);
      await store.put([other(2000)]);
      const last = (await collect(store.changes(before))).at(-1)!;
      expect(last.number).toBe(601);
      expect(await collect(store.changes(0))).toHaveLength(601);
      expect((await store.at([5, 4, 5])).map(({ number }) => number)).toEqual([5, 5]);
      expect(await store.get([ids[3]!])).toEqual([undefined]);
    });

    it('selects', async () => {
      const { ids } = await store.put([
        other(0, { date: '2021-01-01' }),
        other(1, { date: '2021-12-31' }),
        {
          ...other(2, { date: '2022-01-01' }),
          signals: { at: '2022-02-02', code: 5, references: ['arxiv:1706.03762'] },
        },
        { ...other(3, { date: '2022-06-06' }), source: 'other', signals: { at: '2022-02-02', code: 0 } },
      ]);
      const { ids: cited } = await store.put([said('x', { arxiv: { id: '1706.03762', version: 1 } })]);
      await store.tag([ids[0]!, ids[2]!], 'b');
      await store.tag([ids[0]!], 'a');
      await store.markRead([ids[1]!], true);
      await store.setNote(ids[3]!, 'hm');
      const numbers = async (filter: Parameters<Store['select']>[0]) => [...(await store.select(filter))];
      expect(await numbers({})).toEqual([1, 2, 3, 4, 5]);
      expect(await numbers({ from: '2021-12-31', to: '2022-01-01' })).toEqual([2, 3]);
      expect(await numbers({ tags: ['a', 'b'] })).toEqual([1, 3]);
      expect(await numbers({ tags: [] })).toEqual([]);
      expect(await numbers({ code: true })).toEqual([3, 4]);
      expect(await numbers({ code: false, read: false })).toEqual([1, 5]);
      expect(await numbers({ note: true, sources: ['other'] })).toEqual([4]);
      expect(await numbers({ cites: cited })).toEqual([3]);
      expect(await numbers({ citedBy: [ids[2]!] })).toEqual([5]);
      await expect(store.select({ from: '2021' })).rejects.toThrow(
        "select: expected a day such as 2022-05-01, got '2021'",
      );
      expect(await store.sources()).toEqual([
        { source: 'mine', papers: 4 },
        { source: 'other', papers: 1 },
      ]);
      expect(await store.tags()).toEqual([
        { tag: 'a', papers: 1 },
        { tag: 'b', papers: 2 },
      ]);
    });

    it('puts in order by one signal, the unknown last, whole and in part', async () => {
      const { ids } = await store.put(Array.from({ length: 700 }, (_, i) => other(i)));
      const value = (i: number) => (i % 3 === 0 ? undefined : (i * 7919) % 5);
      await store.putSignals(
        ids.flatMap((id, i) => {
          const citations = value(i);
          return citations === undefined ? [] : [{ id, reading: { at: '2022-05-05', citations, source: 's' } }];
        }),
      );
      for (const ascending of [true, false]) {
        const expected = Array.from({ length: 700 }, (_, i) => i + 1).sort((a, b) => {
          const [x, y] = [value(a - 1), value(b - 1)];
          if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined) || b - a;
          return (ascending ? x - y : y - x) || b - a;
        });
        expect(await collect(store.ordered('citations', ascending))).toEqual(expected);
        const some = expected.filter((number) => number % 7 === 0);
        expect(await collect(store.ordered('citations', ascending, some.toReversed()))).toEqual(some);
      }
      expect((await collect(store.ordered('date', false))).length).toBe(700);
    });

    it('keeps readings by source and day, and tells the last of each kind', async () => {
      const { ids } = await store.put([said('1')]);
      const [id] = ids as [string];
      await store.putSignals([
        { id, reading: { at: '2022-06-01', citations: 3, source: 'a' } },
        { id, reading: { at: '2022-07-01', citations: 5, references: ['doi:10.1/y', 'doi:10.1/x'], source: 'a' } },
        { id, reading: { at: '2022-06-15', code: 100, source: 'b' } },
        { id, reading: { at: '2022-06-15', code: 120, source: 'b' } },
      ]);
      expect(await store.signals([id])).toEqual([
        { citations: 5, code: 120, references: ['doi:10.1/x', 'doi:10.1/y'] },
      ]);
      expect(await store.readings([id])).toEqual([
        [
          { at: '2022-06-01', citations: 3, source: 'a' },
          { at: '2022-06-15', code: 120, source: 'b' },
          { at: '2022-07-01', citations: 5, source: 'a', references: ['doi:10.1/x', 'doi:10.1/y'] },
        ],
      ]);
      await expect(store.putSignals([{ id, reading: { at: '2022-06-15', code: -1 } }])).rejects.toThrow(
        'signals: expected code of at least 0, got -1',
      );
      await expect(store.putSignals([{ id: 'x', reading: { at: '2022-06-15' } }])).rejects.toThrow(
        "store: expected a paper of the collection, got 'x'",
      );
    });

    it('keeps tags, collections, read marks, notes and values', async () => {
      const { ids } = await store.put([other(1), other(2), other(3)]);
      const [a, b, c] = ids as [string, string, string];
      await store.makeCollection('to read', 'this week');
      await store.collect('to read', [c, a]);
      await store.collect('to read', [a, b]);
      await store.makeCollection('Empty');
      expect(await store.collections()).toEqual([
        { name: 'Empty', about: '', papers: [] },
        { name: 'to read', about: 'this week', papers: [c, a, b] },
      ]);
      await store.renameCollection('to read', 'next');
      await store.uncollect('next', [a]);
      await expect(store.renameCollection('next', 'Empty')).rejects.toThrow(/expected a new name/);
      await expect(store.collect('gone', [a])).rejects.toThrow("expected a collection that exists, got 'gone'");
      await store.removeCollection('Empty');
      expect(await store.collections()).toEqual([{ name: 'next', about: 'this week', papers: [c, b] }]);
      await store.tag([b], ' two  words ');
      await store.untag([b], 'never');
      await store.markRead([b], true);
      await store.setNote(b, 'first\nsecond\u0000');
      const [shelf] = await store.shelves([b]);
      expect(shelf).toMatchObject({ tags: ['two words'], collections: ['next'], note: 'first\nsecond' });
      expect(Date.parse(shelf!.read!)).toBeLessThanOrEqual(Date.now());
      await store.markRead([b], false);
      await store.setNote(b, '');
      await store.untag([b], 'two words');
      expect(await store.shelves([b])).toEqual([{ tags: [], collections: ['next'] }]);
      await expect(store.tag([b], ' ')).rejects.toThrow('tag: expected a name of 1 to 200 letters, got 0');
      await store.setValue('issue/2022-05', { picks: [a], title: null });
      await store.setValue('issue/2022-06', [1]);
      await store.setValue('other', 1);
      await store.setValue('other', undefined);
      expect(await store.value('issue/2022-05')).toEqual({ picks: [a], title: null });
      expect(await store.keys('issue/')).toEqual(['issue/2022-05', 'issue/2022-06']);
      expect(await store.value('other')).toBeUndefined();
    });

    it('keeps vectors and files', async () => {
      await store.put([other(1), other(2)]);
      await store.putVectors('m', [
        { number: 2, vector: Float32Array.of(1, -0.5, 1e-30) },
        { number: 1, vector: Float32Array.of(0, 1, 2) },
      ]);
      await store.putVectors('m', [{ number: 2, vector: Float32Array.of(3, 4, 5) }]);
      await store.putVectors('n', [{ number: 1, vector: Float32Array.of(7) }]);
      const vectors = async (numbers: readonly number[]) =>
        (await store.vectors('m', numbers)).sort((a, b) => a.number - b.number);
      expect(await vectors([2, 7, 1])).toEqual([
        { number: 1, vector: Float32Array.of(0, 1, 2) },
        { number: 2, vector: Float32Array.of(3, 4, 5) },
      ]);
      expect(await vectors([2])).toEqual([{ number: 2, vector: Float32Array.of(3, 4, 5) }]);
      expect(await vectors([])).toEqual([]);
      expect((await store.vectorModels()).sort()).toEqual(['m', 'n']);
      await store.dropVectors('m');
      expect(await store.vectorModels()).toEqual(['n']);
      expect(await vectors([1, 2])).toEqual([]);
      expect(await store.vectors('n', [1, 2])).toEqual([{ number: 1, vector: Float32Array.of(7) }]);
      const large = Uint8Array.from({ length: 2 ** 23 + 5 }, (_, i) => i * 7);
      await store.replaceFiles({ 'a/1': large, 'a/2': new Uint8Array(0), b: Uint8Array.of(1) });
      expect(await store.files('a/')).toEqual([
        { name: 'a/1', bytes: 2 ** 23 + 5 },
        { name: 'a/2', bytes: 0 },
      ]);
      expect(Buffer.compare(await store.file('a/1'), large)).toBe(0);
      await store.replaceFiles({ 'a/1': Uint8Array.of(9) }, ['b']);
      expect(await store.file('a/1')).toEqual(Uint8Array.of(9));
      await expect(store.file('b')).rejects.toThrow("store: expected a file that it holds, got 'b'");
    });

    it('gives everything away and takes it back', async () => {
      const { ids } = await store.put([
        {
          ...other(1, { venue: 'V', categories: ['cs.CL'], text: 'full' }),
          signals: { at: '2022-05-05', citations: 2 },
        },
        said('2', { doi: '10.1000/a', arxiv: { id: '2205.00001', version: 3 } }),
      ]);
      await store.tag(ids, 't');
      await store.markRead([ids[0]!], true);
      await store.setNote(ids[1]!, 'note');
      await store.makeCollection('c', 'about');
      await store.collect('c', [ids[1]!, ids[0]!]);
      await store.setValue('k', { v: 1 });
      const rows = await collect(store.everything());
      const place = fresh()!;
      const copy = await openStore(place);
      try {
        await copy.restore(JSON.parse(JSON.stringify(rows)));
        expect(await collect(copy.everything())).toEqual(rows);
        expect(await copy.put([said('2', { doi: '10.1000/a' })])).toMatchObject({ added: 0 });
        await expect(copy.restore(rows)).rejects.toThrow('restore: expected an empty store, got one of 2 papers');
      } finally {
        await copy.close();
      }
      const lines = (await collect(exportStore(store, 'jsonl'))).join('');
      expect(
        lines
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(JSON.parse(JSON.stringify(rows)));
      const csv = (await collect(exportStore(store, 'csv'))).join('');
      expect(csv.split('\n')).toHaveLength(4);
      expect(csv).toContain('arxiv:2205.00001,On the Reading Habits of Cats,Ada Lovelace; Grace Hopper,2022-05-03');
    });

    it('is there when it is opened again', async () => {
      if (where === ':memory:') return;
      const { ids } = await store.put([said('1')]);
      await store.close();
      store = await openStore(where);
      expect((await store.get(ids))[0]).toMatchObject({ title: cats.title });
    });
  });
}
