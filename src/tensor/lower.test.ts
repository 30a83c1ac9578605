/** The order in which ONNX Runtime computes what is lowered: depth first, of a node's operands the one emitted last first. */
import { describe, expect, it } from 'vitest';
import { lower } from './lower.ts';
import { decodeModel } from './onnx/codec.ts';
import { relu } from './ops/activations.ts';
import { mul, sub } from './ops/arithmetic.ts';
import { matmul } from './ops/linear.ts';
import { after } from './ops/order.ts';
import { tanh } from './ops/trigonometric.ts';
import { input, type Tensor } from './program.ts';
import { targetOf } from './support.ts';

/** Operators in the order of the CPU's runtime, from the last of the graph's ends. */
function computed(inputs: readonly Tensor[], outputs: readonly Tensor[]): string[] {
  const { graph } = decodeModel(
    lower({ inputs, outputs, outputNames: outputs.map((_, i) => `y${i}`) }, targetOf('cpu')).bytes,
  );
  const nodes = graph.node!;
  const maker = new Map(nodes.flatMap((node, i) => node.output!.map((name) => [name, i] as const)));
  const read = new Set(nodes.flatMap((node) => node.input!));
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (i: number): void => {
    if (seen.has(i)) return;
    seen.add(i);
    const operands = nodes[i]!.input!.flatMap((name) => maker.get(name) ?? []);
    for (const operand of operands.sort((a, b) => b - a)) visit(operand);
    order.push(i);
  };
  for (const i of [...nodes.keys()].reverse()) if (!nodes[i]!.output!.some((name) => read.has(name))) visit(i);
  return order.map((i) => nodes[i]!.opType!);
}

const matrix = (name: string) => input(name, { dtype: 'float32', shape: [4, 4] });

describe('lower', () => {
  it('lets what is made of one argument wait until it is used', () => {
    const [x, v, w] = [matrix('x'), matrix('v'), matrix('w')];
    const inner = relu(matmul(x, v));
    const outer = matmul(inner, tanh(w));
    expect(computed([x, v, w], [outer])).toEqual(['MatMul', 'Relu', 'Tanh', 'MatMul']);
  });

  it('lets updates wait for the gradients, which come in the order in which they were made', () => {
    const [x, v, w] = [matrix('x'), matrix('v'), matrix('w')];
    const rate = input('rate', { dtype: 'float32', shape: [] });
    const [first, second] = [relu(matmul(x, w)), tanh(matmul(x, v))];
    const update = (step: Tensor) => [sub(v, mul(second, step)), sub(w, mul(first, step))];
    const plain = computed([x, v, w, rate], update(rate));
    expect(plain.indexOf('Sub')).toBeLessThan(plain.indexOf('Tanh'));
    const held = computed([x, v, w, rate], update(after(rate, [second, first])));
    expect(held.indexOf('Sub')).toBeGreaterThan(held.indexOf('Tanh'));
    expect(held.indexOf('Tanh')).toBeGreaterThan(held.indexOf('Relu'));
  });
});
