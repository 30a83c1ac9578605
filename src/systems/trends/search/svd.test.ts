import { expect, it } from 'vitest';
import { symmetricEigen } from '../../../tensor/index.ts';
import { Draws } from '../draws.ts';
import { truncatedSvd } from './svd.ts';

it('the largest singular values of a sparse matrix are those of the whole decomposition', async () => {
  const [rows, columns, rank] = [60, 40, 5];
  const draws = new Draws(3);
  const dense = new Float64Array(rows * columns);
  const starts = new Int32Array(rows + 1);
  const where: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (draws.unit() > 0.2) continue;
      // a few strong directions, as texts have them
      const value = draws.unit() + (i % 3 === j % 3 ? 2 : 0);
      dense[i * columns + j] = value;
      where.push(j);
      values.push(value);
    }
    starts[i + 1] = where.length;
  }
  const gram = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++)
    for (let b = 0; b < columns; b++)
      for (let i = 0; i < rows; i++) gram[a * columns + b]! += dense[i * columns + a]! * dense[i * columns + b]!;
  const whole = symmetricEigen(gram, columns);
  const matrix = { count: rows, starts, columns: Int32Array.from(where), values: Float32Array.from(values) };
  const found = await truncatedSvd(matrix, columns, { rank, seed: 1 });
  expect(found.rank).toBe(rank);
  for (let k = 0; k < rank; k++) {
    expect(found.values[k]!).toBeCloseTo(Math.sqrt(whole.values[k]!), 3);
    let dot = 0;
    for (let j = 0; j < columns; j++) dot += found.vectors[j * rank + k]! * whole.vectors[j * columns + k]!;
    expect(Math.abs(dot)).toBeCloseTo(1, 3);
  }
});

it('a matrix of fewer directions than are asked for gives those that it has', async () => {
  const matrix = {
    count: 4,
    starts: Int32Array.of(0, 1, 2, 3, 4),
    columns: Int32Array.of(0, 0, 1, 1),
    values: Float32Array.of(1, 2, 3, 4),
  };
  const { values, rank } = await truncatedSvd(matrix, 2, { rank: 10, seed: 1 });
  expect(rank).toBe(2);
  expect(values[0]!).toBeCloseTo(5, 4);
  expect(values[1]!).toBeCloseTo(Math.sqrt(5), 4);
});
