import { expect, it } from 'vitest';
import { flattenTree, type NDArray } from '../../tensor/index.ts';
import { accounts, operationsOf, parametersOf } from './accounting.ts';
import { type Architecture, architectureOf, type Size, sizeOf } from './cells.ts';
import { initialWeights } from './perform.ts';
import { rowsOf } from './streams.ts';

const paper: Size = { vocabulary: 32_128, width: 4096, layers: 24, heads: 64, hidden: 10_240 };

it('counts the paper’s parameters: 4.8 billion of a decoder, 11.0 of an encoder–decoder', () => {
  expect(parametersOf(architectureOf('CD', paper)) / 1e9).toBeCloseTo(4.76, 2);
  expect(parametersOf(architectureOf('ND', paper)) / 1e9).toBeCloseTo(4.76, 2);
  expect(parametersOf(architectureOf('ED', paper)) / 1e9).toBeCloseTo(11.0, 1);
});

it('finds, as the paper says, that an encoder–decoder’s step costs about a tenth more', () => {
  const step = { row: 626, rows: 2048 };
  const of = (architecture: Architecture) =>
    operationsOf(architectureOf(architecture, paper), rowsOf({ architecture, objective: 'MLM' }, step)).all;
  expect(of('ED') / of('ND')).toBeGreaterThan(1);
  expect(of('ED') / of('ND')).toBeLessThan(1.15);
  // six operations a weight and token: 6 N D
  const { all } = operationsOf(architectureOf('CD', paper), rowsOf({ architecture: 'CD', objective: 'FLM' }, step));
  expect(all / (6 * parametersOf(architectureOf('CD', paper)) * 626 * 2048)).toBeCloseTo(1, 1);
});

it.each(['CD', 'ED'] as const)('counts the weights of %s that there are', async (architecture) => {
  const size = sizeOf(64, 2, 256);
  const leaves = flattenTree(await initialWeights(architecture, size, 1)).leaves as NDArray[];
  const count = leaves.reduce((sum, leaf) => sum + leaf.size, 0);
  expect(parametersOf(architectureOf(architecture, size))).toBe(count);
});

it('gives every cell as many tokens a step', () => {
  for (const { tokens } of accounts(sizeOf(128, 2, 2048), { row: 128, rows: 8 })) expect(tokens).toBe(1024);
});
