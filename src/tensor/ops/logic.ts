/** Comparisons, truth values and bits: nothing here has a gradient. */
import { binary, unary } from './families.ts';

/** a = b. */
export const equal = binary('equal', {
  accepts: 'any',
  result: 'bool',
  lower: 'Equal',
  meaning: (a, b) => Number(a === b),
});

/** a ≠ b. */
export const notEqual = binary('notEqual', {
  accepts: 'any',
  result: 'bool',
  lower: (emit, inputs) => emit.op('Not', [emit.op('Equal', inputs)]),
  meaning: (a, b) => Number(a !== b),
});

/** a < b. */
export const less = binary('less', {
  accepts: 'number',
  result: 'bool',
  lower: 'Less',
  meaning: (a, b) => Number(a < b),
});

/** a ≤ b. */
export const lessEqual = binary('lessEqual', {
  accepts: 'number',
  result: 'bool',
  lower: 'LessOrEqual',
  meaning: (a, b) => Number(a <= b),
});

/** a > b. */
export const greater = binary('greater', {
  accepts: 'number',
  result: 'bool',
  lower: 'Greater',
  meaning: (a, b) => Number(a > b),
});

/** a ≥ b. */
export const greaterEqual = binary('greaterEqual', {
  accepts: 'number',
  result: 'bool',
  lower: 'GreaterOrEqual',
  meaning: (a, b) => Number(a >= b),
});

/** Both of two bool tensors. */
export const logicalAnd = binary('logicalAnd', { accepts: 'bool', lower: 'And', meaning: (a, b) => a & b });

/** Either of two bool tensors. */
export const logicalOr = binary('logicalOr', { accepts: 'bool', lower: 'Or', meaning: (a, b) => a | b });

/** Exactly one of two bool tensors. */
export const logicalXor = binary('logicalXor', { accepts: 'bool', lower: 'Xor', meaning: (a, b) => a ^ b });

/** The opposite of a bool tensor. */
export const logicalNot = unary('logicalNot', { accepts: 'bool', lower: 'Not', meaning: (x) => 1 - x });

/** True where x is NaN. */
export const isNaN = unary('isNaN', {
  accepts: 'float',
  result: 'bool',
  lower: 'IsNaN',
  meaning: (x) => Number(Number.isNaN(x)),
});

/** True where x is neither infinite nor NaN. */
export const isFinite = unary('isFinite', {
  accepts: 'float',
  result: 'bool',
  // x − x is 0 for a finite x and NaN for the rest
  lower: (emit, [x]) => emit.op('Not', [emit.op('IsNaN', [emit.op('Sub', [x!, x!])])]),
  meaning: (x) => Number(Number.isFinite(x)),
});

// ---------------------------------------------------------------- bits

/** On all 64 bits: JavaScript's own operators keep 32. */
function bitwise(name: string, lower: string, meaning: (a: bigint, b: bigint) => bigint) {
  return binary(name, { accepts: 'integer', lower, meaning: (a, b) => Number(meaning(BigInt(a), BigInt(b))) });
}

/** Bitwise and of integers. */
export const bitwiseAnd = bitwise('bitwiseAnd', 'BitwiseAnd', (a, b) => a & b);

/** Bitwise or of integers. */
export const bitwiseOr = bitwise('bitwiseOr', 'BitwiseOr', (a, b) => a | b);

/** Bitwise exclusive or of integers. */
export const bitwiseXor = bitwise('bitwiseXor', 'BitwiseXor', (a, b) => a ^ b);

/** a shifted left by b bits, 0 ≤ b < width. For uint8 and uint32. */
export const shiftLeft = binary('shiftLeft', {
  accepts: 'unsigned',
  lower: (emit, inputs) => emit.op('BitShift', inputs, { direction: 'LEFT' }),
  meaning: (a, b) => a << b,
});

/** a shifted right by b bits, 0 ≤ b < width. For uint8 and uint32. */
export const shiftRight = binary('shiftRight', {
  accepts: 'unsigned',
  lower: (emit, inputs) => emit.op('BitShift', inputs, { direction: 'RIGHT' }),
  meaning: (a, b) => a >>> b,
});
