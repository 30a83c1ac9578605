/**
 * The part of onnx.proto (ONNX 1.20, IR version 10) that the engine reads and writes: field numbers and types.
 *
 * A message is a table from field name to [number, type]; `[]` after a type means repeated. Unknown fields are skipped
 * when reading, as protobuf wants.
 */

type Scalar = 'int' | 'float' | 'string' | 'bytes' | 'floats' | 'ints' | 'doubles';
export type FieldType =
  | Scalar
  | 'int[]'
  | 'string[]'
  | 'bytes[]'
  | keyof typeof messages
  | `${keyof typeof messages}[]`;
export type Message = { readonly [field: string]: readonly [number, string] };

export const messages = {
  Model: {
    irVersion: [1, 'int'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    graph: [7, 'Graph'],
    opsetImport: [8, 'OperatorSet[]'],
    metadata: [14, 'StringEntry[]'],
    functions: [25, 'bytes[]'],
  },
  OperatorSet: { domain: [1, 'string'], version: [2, 'int'] },
  StringEntry: { key: [1, 'string'], value: [2, 'string'] },
  Graph: {
    node: [1, 'Node[]'],
    name: [2, 'string'],
    initializer: [5, 'Tensor[]'],
    input: [11, 'ValueInfo[]'],
    output: [12, 'ValueInfo[]'],
    valueInfo: [13, 'ValueInfo[]'],
  },
  Node: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'Attribute[]'],
    domain: [7, 'string'],
  },
  Attribute: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int'],
    s: [4, 'bytes'],
    t: [5, 'Tensor'],
    g: [6, 'Graph'],
    floats: [7, 'floats'],
    ints: [8, 'ints'],
    strings: [9, 'bytes[]'],
    type: [20, 'int'],
  },
  Tensor: {
    dims: [1, 'ints'],
    dataType: [2, 'int'],
    floatData: [4, 'floats'],
    int32Data: [5, 'ints'],
    int64Data: [7, 'ints'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'doubles'],
    externalData: [13, 'StringEntry[]'],
    dataLocation: [14, 'int'],
  },
  ValueInfo: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorType'] },
  TensorType: { elemType: [1, 'int'], shape: [2, 'TensorShape'] },
  TensorShape: { dim: [1, 'Dimension[]'] },
  Dimension: { dimValue: [1, 'int'], dimParam: [2, 'string'] },
} as const satisfies Record<string, Message>;

export interface StringEntry {
  key: string;
  value: string;
}

export interface TensorProto {
  name?: string;
  dims?: number[];
  dataType?: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  externalData?: StringEntry[];
  dataLocation?: number;
}

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
}

export interface NodeProto {
  input?: string[];
  output?: string[];
  name?: string;
  opType: string;
  attribute?: AttributeProto[];
  domain?: string;
}

export interface ValueInfoProto {
  name: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}

export interface GraphProto {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}

export interface ModelProto {
  irVersion: number;
  producerName?: string;
  producerVersion?: string;
  graph: GraphProto;
  opsetImport: { domain?: string; version: number }[];
  metadata?: StringEntry[];
  /** Model-local functions, kept as bytes. */
  functions?: Uint8Array[];
}
