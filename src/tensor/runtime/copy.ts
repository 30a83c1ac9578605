/** The program that hands its input back: what a device runs to bring an array to the host. */
import { type Lowered, lower } from '../lower.ts';
import { stopGradient } from '../ops/elementwise.ts';
import { input, type Type } from '../program.ts';
import { targetOf } from '../support.ts';

export function copyProgram(provider: string, type: Type): Lowered {
  const x = input('x', type);
  return lower({ inputs: [x], outputs: [stopGradient(x)], outputNames: ['copy'] }, targetOf(provider));
}
