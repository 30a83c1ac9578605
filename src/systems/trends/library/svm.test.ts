import { expect, it } from 'vitest';
import { Draws } from '../draws.ts';
import { trainSvm } from './svm.ts';

it('finds the minimum: no gradient is left', () => {
  const draws = new Draws(5);
  const [count, width] = [80, 10];
  const starts = Int32Array.from({ length: count + 1 }, (_, i) => i * width);
  const columns = Int32Array.from({ length: count * width }, (_, k) => k % width);
  const labels = Int8Array.from({ length: count }, (_, i) => (i % 4 === 0 ? 1 : -1));
  const values = Float32Array.from(
    { length: count * width },
    (_, k) => draws.unit() - 0.5 + (k % width === 0 ? labels[Math.floor(k / width)]! / 4 : 0),
  );
  const cost = Float64Array.from(labels, (label) => (label > 0 ? 2 : 0.5));
  const { weights, bias } = trainSvm({ count, starts, columns, values }, labels, width, { cost, sweeps: 2000 });
  // ∇ ½‖(w, b)‖² + Σ cᵢ max(0, 1 − yᵢ(w·xᵢ + b))²
  const gradient = [...weights, bias];
  for (let i = 0; i < count; i++) {
    let product = bias;
    for (let j = 0; j < width; j++) product += weights[j]! * values[i * width + j]!;
    const slack = Math.max(0, 1 - labels[i]! * product);
    for (let j = 0; j <= width; j++)
      gradient[j]! -= 2 * cost[i]! * slack * labels[i]! * (j === width ? 1 : values[i * width + j]!);
  }
  for (const part of gradient) expect(Math.abs(part)).toBeLessThan(0.02);
  expect(weights[0]!).toBeGreaterThan(0.5);
});
