import { expect, test } from 'vitest';
import { readCondition, readConditions } from './condition.ts';

const paper = {
  id: 'a',
  text: 'a cat',
  year: 2021,
  day: '2022-05-01',
  venue: 'ACL',
  open: true,
  authors: ['G. Hinton', 'Y. LeCun'],
  metadata: { pages: '12', tags: [{ name: 'nlp' }, { name: 'ir' }] },
  note: null,
};

test.each<[string, boolean]>([
  ['year=2021', true],
  ['year = 2021.0', true],
  ['year!=2021', false],
  ['year>=2021', true],
  ['year>2021', false],
  ['year<2022', true],
  ['year<=2020', false],
  ['metadata.pages>9', true], // as numbers, not as texts
  ['day>=2022-04-30', true],
  ['day<2022-05-01', false],
  ['venue=ACL', true],
  ['venue=acl', false],
  ['venue~acl', true],
  ['authors=Y. LeCun', true],
  ['authors~hinton', true],
  ['authors!=Y. LeCun', false],
  ['metadata.tags.name=ir', true],
  ['metadata.tags.name=cv', false],
  ['open=true', true],
  ['note=null', false],
  ['note!=x', true],
  ['absent=x', false],
  ['absent!=x', true],
  ['absent<5', false],
  ['toString~native', false],
  ['metadata=x', false],
])('%s is %s', (text, wanted) => expect(readCondition(text)(paper)).toBe(wanted));

test('all of several have to fit', () => {
  expect(readConditions([])).toBeUndefined();
  expect(readConditions(['year=2021', 'venue=ACL'])!(paper)).toBe(true);
  expect(readConditions(['year=2021', 'venue=EMNLP'])!(paper)).toBe(false);
});

test.each(['', 'year', '=5', 'year=', '  >= 3'])('%j is no condition', (text) => {
  expect(() => readCondition(text)).toThrow(/^filter: expected FIELD=VALUE/);
});
