import { expect, it } from 'vitest';
import { windowsOf } from './likelihood.ts';

it("windowsOf cuts as lm-evaluation-harness's own tests have it", () => {
  // tests/test_utils.py: 34 tokens, prefix −100, max_seq_len 10, context_len 1; then made disjoint
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  expect(windowsOf(range(0, 34), -100, 11)).toEqual([
    { prompt: [-100], continuation: range(0, 10) },
    { prompt: [9], continuation: range(10, 20) },
    { prompt: [19], continuation: range(20, 30) },
    { prompt: range(23, 30), continuation: range(30, 34) },
  ]);
  // lm_eval/api/model.py, as its doc comment draws it: ten tokens, a context of four
  expect(windowsOf(range(0, 10), -1, 5)).toEqual([
    { prompt: [-1], continuation: range(0, 4) },
    { prompt: [3], continuation: range(4, 8) },
    { prompt: range(5, 8), continuation: range(8, 10) },
  ]);
  expect(windowsOf([], -1, 5)).toEqual([]);
  expect(windowsOf([7], -1, Number.POSITIVE_INFINITY)).toEqual([{ prompt: [-1], continuation: [7] }]);
});
