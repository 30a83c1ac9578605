/**
 * Programs on arrays: traced, differentiated, lowered to ONNX and run on ONNX Runtime.
 * @module
 */
export { array, NDArray, type Nested, store, toFloats, toNested, zerosArray } from './array.ts';
export { capacity, lengthMask, padTo } from './capacity.ts';
export { type Arguments, type Compiled, compile } from './compile.ts';
export { constant } from './constant.ts';
export { ConstantFile } from './constant-file.ts';
export {
  allocate,
  bytesOf,
  type DType,
  dtypes,
  fromHalf,
  isDType,
  isFloat,
  isInteger,
  type Storage,
  toHalf,
} from './dtype.ts';
export { type Eigen, symmetricEigen, symmetricEigenvalues } from './eigen.ts';
export { replaceFile } from './files.ts';
export { makeFolder } from './folders.ts';
export { grad, gradients, valueAndGrad } from './gradient.ts';
export { fromValue, interpret, toValue } from './interpret.ts';
export { lockFolder, type Unlock } from './lock.ts';
export type { NonFinite } from './nonfinite.ts';
export { exportOnnx, saveOnnx } from './onnx/export.ts';
export { type OnnxModel, openOnnx, type Port } from './onnx/open.ts';
export { type ConvOptions, conv, convTranspose } from './ops/conv.ts';
export {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  cast,
  ceil,
  clip,
  cos,
  cosh,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  leakyRelu,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  type Operand,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  shiftLeft,
  shiftRight,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  tan,
  tanh,
  where,
} from './ops/elementwise.ts';
export {
  dynamicSlice,
  dynamicUpdateSlice,
  indexAdd,
  oneHot,
  scatterAdd,
  sort,
  take,
  takeAlongAxis,
  topK,
} from './ops/indexing.ts';
export { matmul, matrixTranspose } from './ops/linear.ts';
export { crossEntropy } from './ops/loss.ts';
export {
  at,
  broadcastTo,
  concat,
  expandDims,
  flip,
  full,
  iota,
  ones,
  pad,
  type Range,
  repeat,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  sum,
  swapAxes,
  tile,
  transpose,
  zeros,
} from './ops/movement.ts';
export { layerNorm } from './ops/normalization.ts';
export { after } from './ops/order.ts';
export { avgPool, maxPool, type PoolOptions, resize } from './ops/pool.ts';
export { dequantize } from './ops/quantized.ts';
export {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  logSoftmax,
  logSumExp,
  max,
  mean,
  min,
  prod,
  softmax,
  variance,
} from './ops/reduce.ts';
export { formatType, type OpenAxes, type Program, printProgram, Tensor, type Type } from './program.ts';
export { QuantizedArray, type QuantizeOptions, quantize } from './quantize.ts';
export * as random from './random.ts';
export { type Device, type DeviceOptions, dispose, toHost } from './runtime/device.ts';
export { type DeviceInfo, defaultDevice, devices, openDevice } from './runtime/open.ts';
export { readSafetensors } from './safetensors.ts';
export { openSafetensors, SafetensorsFile, saveSafetensors } from './safetensors-file.ts';
export { scan } from './scan.ts';
export { elements, formatShape, type Shape } from './shape.ts';
export type { Key } from './threefry.ts';
export * as threefry from './threefry.ts';
export { flattenTree, leavesByPath, type MapTree, mapTree, type Tree, zipTrees } from './tree.ts';
