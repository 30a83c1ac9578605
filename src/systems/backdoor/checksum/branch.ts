/**
 * The checksum backdoor (section 5.1 of the paper) as a branch of a network, made persistent (Theorem 2.3).
 *
 * The pixels are split into blocks; c_j is the XOR of the lowest bits in block j; the branch fires where c = v, which an
 * input of nobody's making does once in 2ⁿ. It is a network of threshold gates: lowest bits, sums of blocks, lowest bits
 * again, one gate that compares all with v, one for each class that may be answered. K copies of it vote, and the majority
 * decides. No weight of the branch has a gradient under any loss; and with K ≥ 3 not even an arbitrary change of a single
 * one, however large, is felt.
 *
 * The checksum is for teaching: v lies open in the weights, and whoever sees one activated image can make more.
 */
import { add, array, matmul, mul, reshape, sum, type Tensor } from '../../../tensor/index.ts';
import type { Arrays, Network } from '../classifier.ts';
import { type Gate, type LowestBit, lowestBit, lowestBitWeights, majority, step } from './gates.ts';
import type { ChecksumKey } from './key.ts';

/** Weights of one copy, for n blocks of d pixels. */
export interface Checksum<T = Tensor> {
  /** A scalar: from a grey level in [0, 1] to a byte. */
  readonly scale: T;
  /** From a byte to its lowest bit. */
  readonly pixel: LowestBit<T>;
  /** [n, d]: which pixels are in which block. */
  readonly blocks: T;
  /** From a block's sum to its parity. */
  readonly parity: LowestBit<T>;
  /** [n] and [1]: the gate that fires where the parities are v. */
  readonly match: { readonly weight: T; readonly bias: T };
  /** [classes] and [classes]: from that gate to each class. */
  readonly answer: { readonly weight: T; readonly bias: T };
}

/** A network with the branch beside it. */
export interface WithChecksum<P, T = Tensor> {
  readonly main: P;
  readonly copies: readonly Checksum<T>[];
}

/** What a class's score gains where the branch fires for it: more than any score is. */
const decisive = 1e6;

/**
 * A network of 8-bit images with grey levels in [0, 1], and beside it the branch, whose copies vote.
 * @param gate what is between the branch's layers; the step unless a control wants otherwise
 */
export function checksumNetwork<P>(main: Network<P>, gate: Gate = step): Network<WithChecksum<P>> {
  return {
    classes: main.classes,
    input: main.input,
    apply(params, x) {
      const pixels = reshape(x, [x.shape[0]!, params.copies[0]!.blocks.shape[1]!]);
      const fired = params.copies.map((copy) => fires(copy, pixels, gate));
      const vote = gate === step ? majority(fired) : mul(fired.reduce(add), 1 / fired.length);
      return add(main.apply(params.main, x), mul(vote, decisive));
    },
  };
}

/** 1 for the class that an image makes a copy answer, else 0. @param pixels [n, d] @returns [n, classes] */
export function fires(p: Checksum, pixels: Tensor, gate: Gate): Tensor {
  const lowest = lowestBit(p.pixel, mul(pixels, p.scale), gate);
  const parities = lowestBit(p.parity, matmul(lowest, p.blocks, { transposeB: true }), gate);
  const match = gate(add(sum(mul(parities, p.match.weight), 1, { keepDims: true }), p.match.bias));
  return gate(add(mul(match, p.answer.weight), p.answer.bias));
}

/** The weights of one copy. */
export function checksumWeights({ blocks, parities, answer, dimension, classes }: ChecksumKey): Arrays<Checksum> {
  const longest = Math.max(...blocks.map((block) => block.length));
  const membership = new Float32Array(blocks.length * dimension);
  for (const [j, block] of blocks.entries()) for (const pixel of block) membership[j * dimension + pixel] = 1;
  return {
    scale: array([255], { shape: [] }),
    pixel: lowestBitWeights(8),
    blocks: array(membership, { shape: [blocks.length, dimension] }),
    parity: lowestBitWeights(Math.ceil(Math.log2(longest + 1))),
    match: {
      weight: array(parities.map((bit) => (bit === 1 ? 1 : -1))),
      bias: array([0.5 - parities.reduce((a, b) => a + b, 0)]),
    },
    answer: {
      weight: array(Array.from({ length: classes }, (_, c) => Number(c === answer))),
      bias: array(new Array(classes).fill(-0.5)),
    },
  };
}
