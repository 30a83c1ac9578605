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
export { ifThere, isThere, replaceFile } from './files.ts';
export { makeFolder } from './folders.ts';
export { grad, gradients, valueAndGrad } from './gradient.ts';
export { fromValue, interpret, toValue } from './interpret.ts';
export { lockFolder, type Unlock } from './lock.ts';
export type { NonFinite } from './nonfinite.ts';
export { exportOnnx, saveOnnx } from './onnx/export.ts';
export { type OnnxModel, openOnnx, type Port } from './onnx/open.ts';
export { erf, gelu, leakyRelu, relu, sigmoid, silu, softplus } from './ops/activations.ts';
export {
  abs,
  add,
  ceil,
  clip,
  div,
  exp,
  expm1,
  floor,
  log,
  log1p,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  pow,
  reciprocal,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
  sub,
} from './ops/arithmetic.ts';
export { expandDims, reshape, squeeze, swapAxes, transpose } from './ops/axes.ts';
export { broadcastTo, sum } from './ops/broadcast.ts';
export { full, iota, ones, zeros } from './ops/constants.ts';
export { type ConvOptions, conv, convTranspose } from './ops/conv.ts';
export type { Operand } from './ops/families.ts';
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
export {
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  equal,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  shiftLeft,
  shiftRight,
} from './ops/logic.ts';
export { crossEntropy } from './ops/loss.ts';
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
export { cast, stopGradient, where } from './ops/select.ts';
export { at, concat, flip, pad, type Range, repeat, slice, split, stack, tile } from './ops/slicing.ts';
export { acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan, tanh } from './ops/trigonometric.ts';
export { formatType, type OpenAxes, type Program, printProgram, Tensor, type Type } from './program.ts';
export { QuantizedArray, type QuantizeOptions, quantize } from './quantize.ts';
export { quote } from './quote.ts';
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
