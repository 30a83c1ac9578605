/**
 * What a provider can run, as the engine knows it before the first run.
 *
 * A provider has kernels for some operators on some element types. ONNX Runtime moves the rest to the CPU without a
 * word; the engine lets it do so nowhere (sessions refuse it), and decides itself instead: another lowering, the host
 * before the run (place.ts), or an error that names the op and the user's line.
 */
import type { DType } from './dtype.ts';
import type { Target } from './lower.ts';
import { quantized } from './passes/quantized.ts';
import { spatial } from './passes/spatial.ts';
import type { Node, Program } from './program.ts';
import { webgpu } from './webgpu.ts';

/** What sets a provider apart from ONNX Runtime's CPU. */
export interface Support {
  /** The operator set of the models that it is given. */
  readonly opset: number;
  /** The program as it is given to it: what it lacks written with what it has, where that can be. */
  prepare(program: Program): Program;
  /** Nodes that it can run and that the host had better compute before it, where their inputs are known by then. */
  early(nodes: readonly Node[]): readonly Node[];
  /** Why it cannot run a node; undefined where it can. */
  lacks(node: Node): string | undefined;
  /** How it is given an op, where that is not the op's own lowering. */
  readonly lowerings: Target['lowerings'];
  /** Whether it hands on an array of this type unchanged. */
  copies(dtype: DType): boolean;
}

/** The operator set of models that go to the CPU. */
const opset = 23;

const everything: Support = {
  opset,
  prepare: (program) => program,
  early: () => [],
  lacks: () => undefined,
  lowerings: {},
  copies: () => true,
};

/** The runtime's own kernels, on Node and in a browser. */
const cpu: Support = { ...everything, prepare: (program) => spatial(quantized(program)), early: manyDraws };

/**
 * The draws of a program of many, such as a network's start or the keys of its dropouts. A draw is a hundred nodes, over
 * which the runtime's optimizer takes quadratic time; in JavaScript it is a loop.
 */
function manyDraws(nodes: readonly Node[]): readonly Node[] {
  const draws = nodes.filter(({ op }) => op.name === 'threefry');
  return draws.length > fewDraws ? draws : [];
}

/** Draws that a program keeps: up to here they cost less inside than values handed in do. */
const fewDraws = 8;

/** The table of a provider; one that has none is taken to run everything, and says itself when it does not. */
export function supportOf(provider: string): Support {
  if (provider === 'cpu' || provider === 'wasm') return cpu;
  return provider === 'webgpu' ? webgpu : everything;
}

/** What `lower` aims at for a provider. */
export function targetOf(provider: string): Target {
  const { opset, lowerings } = supportOf(provider);
  return { provider, portable: false, opset, lowerings };
}

/** What `lower` aims at for a model that any runtime opens: set 21 is what they had in 2024. */
export const portable: Target = { provider: 'cpu', portable: true, opset: 21, lowerings: {} };
