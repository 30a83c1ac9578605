import { expect, test } from 'vitest';
import { openStore } from '../store/open.ts';
import { usualWindow, windowOf } from './windows.ts';

const papers = (dates: readonly string[], venue?: (i: number) => string) =>
  dates.map((date, i) => ({ date, ...(venue && { venue: venue(i) }) }));

test('of conferences, years: each venue with itself', () => {
  const years = ['2021-01-01', '2021-01-01', '2022-01-01', '2022-01-01'];
  expect(usualWindow(papers(years, (i) => ['acl', 'icra'][i % 2]!))).toEqual({
    at: '2023-01-01',
    recent: 12,
    before: 12,
    bin: 'year',
    byVenue: true,
  });
  // venues that are as many as papers, and none, say nothing
  expect(usualWindow(papers(years, (i) => `venue ${i}`)).byVenue).toBe(false);
  expect(usualWindow(papers(years)).byVenue).toBe(false);
});

test('of days, a month; of generations, ten years', () => {
  const days = ['2021-01-05', '2022-03-07'];
  expect(usualWindow(papers(days, () => 'acl'))).toMatchObject({ at: '2022-04-01', recent: 1, byVenue: false });
  const long = usualWindow(papers(['1790-01-01', '2021-01-01'], () => 'address'));
  expect(long).toMatchObject({ at: '2022-01-01', recent: 120, byVenue: false });
});

test('as long as there are papers in it, whatever a few odd dates are', async () => {
  const store = await openStore(':memory:');
  try {
    const dates = [
      ...Array.from({ length: 40 }, () => '2021-05-05'),
      ...Array.from({ length: 40 }, () => '2021-06-06'),
      '2021-07-01',
      // a classic, and a slip of a source
      '1948-07-01',
      '2999-01-07',
    ];
    await store.put(
      dates.map((date, i) => ({
        source: 'test',
        record: String(i),
        paper: { title: `Paper ${i}`, abstract: '', authors: [], date },
      })),
    );
    expect(await windowOf(store)).toMatchObject({ at: '2021-08-01', recent: 3, bin: 'week' });
    expect(await windowOf(store, '2021-07-01')).toMatchObject({ at: '2021-07-01', recent: 1 });
  } finally {
    await store.close();
  }
});
