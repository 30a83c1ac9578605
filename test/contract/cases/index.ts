/** Every op's cases. */
import type { Case } from '../case.ts';
import { elementwise } from './elementwise.ts';
import { indexing, products, randoms } from './indexing.ts';
import { movements } from './movement.ts';
import { quantizeds } from './quantized.ts';
import { reductions } from './reduce.ts';
import { loops, spatial } from './spatial.ts';

export const cases: readonly Case[] = [
  ...elementwise,
  ...movements,
  ...reductions,
  ...products,
  ...quantizeds,
  ...indexing,
  ...spatial,
  ...loops,
  ...randoms,
];
