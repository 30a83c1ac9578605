/** Questions about a collection as a whole, while papers come. */
import { Analyst, openStore } from 'tenfold/trends';
import { expect, it, vi } from 'vitest';
import { records } from './desk.ts';

it('finishes what it has begun though papers come, keeps it to be fetched, and then reads the papers anew', async () => {
  const store = await openStore(':memory:');
  const analyst = new Analyst(store);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    const [one, two, ...others] = records();
    await store.put(others);
    const ask = () => analyst.ask('rising', { at: '2022-06-01', recent: 6, before: 12, rate: 0.05, byVenue: false });
    const answer = await ask();
    await store.put([one!]);
    expect(await ask()).toBe(answer);
    clock.mockReturnValue(3_600_000);
    const later = await ask();
    expect(later.recent + later.before).toBe(answer.recent + answer.before + 1);
    // nothing is fetched any more, and what is computed is not lost
    clock.mockReturnValue(7_200_000);
    const river = async () => (await analyst.ask('river', { bin: 'month' })).timeline.of.length;
    const lengths = await Promise.all([river(), store.put([two!]).then(river)]);
    for (const length of lengths) expect([others.length + 1, others.length + 2]).toContain(length);
  } finally {
    clock.mockRestore();
    await analyst.close();
    await store.close();
  }
});

it('picks among the papers as they are, after what was begun before they came', async () => {
  const store = await openStore(':memory:');
  const analyst = new Analyst(store);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    const all = records();
    const own = all.slice(0, -1);
    await store.put(own);
    const window = { from: '2022-01-01', at: '2022-06-01', before: 12, count: 5 };
    const pick = () => analyst.ask('picks', { ...window, weights: {}, pins: [], bans: [], readings: [] });
    const { compared } = await pick();
    await store.put(all.slice(-1));
    const bursts = analyst.ask('bursts', { bin: 'month', count: 5 });
    const [begun, picked] = await Promise.all([bursts, pick()]);
    expect([own.length, all.length]).toContain(begun.timeline.of.length);
    expect(picked.compared).toBe(compared + 1);
  } finally {
    clock.mockRestore();
    await analyst.close();
    await store.close();
  }
});

it('a slip in a date swells no month, and what is left out can be told', async () => {
  const store = await openStore(':memory:');
  const analyst = new Analyst(store);
  try {
    await store.put(records());
    const usual = await analyst.ask('river', { bin: 'month' });
    expect(usual.timeline.of).not.toContain(-1);
    const [like] = records();
    const odd = ['1203-01-01', '2999-01-01', '2999-01-02'].map((date, i) => ({
      source: 'test',
      record: `odd-${i}`,
      paper: { title: `${like!.paper.title}, slip ${i}`, abstract: like!.paper.abstract, authors: ['Mallory'], date },
    }));
    await store.put(odd);
    await analyst.close();
    const river = await analyst.ask('river', { bin: 'month' });
    expect(river.timeline.starts).toEqual(usual.timeline.starts);
    expect(river.timeline.sizes).toEqual(usual.timeline.sizes);
    expect(Array.from(river.timeline.of).filter((bin) => bin < 0)).toHaveLength(3);
    const phrases = ['diffusion models'];
    const { lines, timeline } = await analyst.ask('lines', { bin: 'month', phrases });
    expect(timeline.sizes).toEqual(usual.timeline.sizes);
    expect(lines[0]!.counts.reduce((sum, count) => sum + count, 0)).toBe(40);
  } finally {
    await analyst.close();
    await store.close();
  }
});
