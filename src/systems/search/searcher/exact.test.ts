import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { FmIndex } from '../fm-index/fm-index.ts';
import { LiveNgrams } from '../ngrams/live-ngrams.ts';
import type { Coder } from './coder.ts';
import { findExact } from './exact.ts';
import { trainCoder } from './index-folder.ts';

const words = ['a', 'model', 'models', 'Modelling', 'el', 'mode', 'über', 'x1', '12', '东京', 'attention', 're'];
const joints = [' ', ' ', ' ', '-', ' (', ')', '. ', '\n', ', "', '  ', '<', '’'];
const text = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(...joints)), { maxLength: 14 })
  .map((parts) => parts.map(([word, joint]) => word + joint).join(''));
const phrase = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));

let coder: Coder;
beforeAll(async () => {
  // few merges, so that words have several tokens and share them
  coder = await trainCoder({ texts: [words.join(' '), words.join('-')], vocabulary: 290 });
});

/** By the letters: whole words at both ends. */
function counted(texts: readonly string[], wanted: string): number {
  const whole = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])${wanted.toLowerCase()}(?![\\p{L}\\p{M}\\p{N}])`, 'gu');
  // lookahead, because occurrences may overlap
  const starts = new RegExp(`(?=${whole.source})`, 'gu');
  return texts.reduce((sum, one) => sum + [...one.toLowerCase().matchAll(starts)].length, 0);
}
const indexOf = (texts: readonly string[]) =>
  new LiveNgrams([
    {
      ngrams: FmIndex.build(texts.map((one, i) => coder.tokensOf({ id: String(i), title: 'T', text: one }))),
      deleted: new Set(),
    },
  ]);

describe('an exact text', () => {
  test('is counted as by the letters, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), phrase, (texts, wanted) => {
        expect(findExact(indexOf(texts), coder, wanted, 10).count).toBe(counted(texts, wanted));
      }),
      { numRuns: 200 },
    );
  });

  test('stands where it is told to', () => {
    const texts = ['model models', 'no', '(model) re-model', 'Modelling: model.'];
    const { count, documents } = findExact(indexOf(texts), coder, 'model', 10);
    expect(count).toBe(4);
    const said = [...documents].flatMap(([document, ranges]) => {
      const own = { id: 'x', title: 'T', text: texts[document]! };
      const spans = coder.spans(own, Int32Array.from(coder.tokensOf(own)), ranges);
      return spans.map(({ start, end }) => [document, own.text.slice(start, end)]);
    });
    expect(said.sort()).toEqual([
      [0, 'model'],
      [2, 'model'],
      [2, 'model'],
      [3, 'model'],
    ]);
  });
});
