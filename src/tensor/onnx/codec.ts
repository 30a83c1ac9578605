/**
 * ONNX models as bytes: protobuf written and read by the tables of schema.ts.
 *
 * The wire format is @bufbuild/protobuf's; the tables spare a code generator and its 10,000 lines.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Message, type ModelProto, messages } from './schema.ts';

type MessageName = keyof typeof messages;

/** Deepest nesting of messages that a reader follows: far above any real model, far below the stack's end. */
const deepest = 100;

/** Most messages that a reader makes: far above any real model, and what they take stays far below a machine's memory. */
const mostMessages = 2_000_000;

/** Encodes a model. */
export function encodeModel(model: ModelProto): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, 'Model', model as unknown as Record<string, unknown>);
  return writer.finish();
}

/**
 * Decodes a model.
 * @throws SyntaxError when the bytes are not an ONNX model
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  let model: Partial<ModelProto>;
  try {
    model = readMessage(new BinaryReader(bytes), 'Model', bytes.length, 0, { messages: 0 }) as Partial<ModelProto>;
  } catch (cause) {
    throw new SyntaxError(`onnx: expected an ONNX model, got bytes that do not parse (${(cause as Error).message})`, {
      cause,
    });
  }
  if (!model.graph || !model.opsetImport)
    throw new SyntaxError('onnx: expected an ONNX model, got one without a graph or an operator set');
  return model as ModelProto;
}

function writeMessage(writer: BinaryWriter, name: MessageName, value: Record<string, unknown>): void {
  const fields: Message = messages[name];
  for (const [field, [number, type]] of Object.entries(fields)) {
    const item = value[field];
    if (item === undefined) continue;
    if (type.endsWith('[]')) for (const one of item as unknown[]) writeField(writer, number, type.slice(0, -2), one);
    else writeField(writer, number, type, item);
  }
}

function writeField(writer: BinaryWriter, number: number, type: string, value: unknown): void {
  switch (type) {
    case 'int':
      writer.tag(number, WireType.Varint).int64(value as number);
      return;
    case 'float':
      writer.tag(number, WireType.Bit32).float(value as number);
      return;
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(value as string);
      return;
    case 'bytes':
      writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
      return;
    case 'ints':
    case 'floats':
    case 'doubles':
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const one of value as number[]) {
        if (type === 'ints') writer.int64(one);
        else if (type === 'floats') writer.float(one);
        else writer.double(one);
      }
      writer.join();
      return;
    default:
      writer.tag(number, WireType.LengthDelimited).fork();
      writeMessage(writer, type as MessageName, value as Record<string, unknown>);
      writer.join();
  }
}

const fieldsByNumber = Object.fromEntries(
  Object.entries(messages as Record<string, Message>).map(([name, fields]) => [
    name,
    new Map(Object.entries(fields).map(([field, [number, type]]) => [number, [field, type] as const])),
  ]),
);

/** What has been read so far. */
interface Count {
  messages: number;
}

function readMessage(
  reader: BinaryReader,
  name: MessageName,
  end: number,
  depth: number,
  count: Count,
): Record<string, unknown> {
  if (depth > deepest) throw new RangeError(`messages nested deeper than ${deepest}`);
  if (++count.messages > mostMessages) throw new RangeError(`more than ${mostMessages} messages`);
  const byNumber = fieldsByNumber[name]!;
  const value: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const known = byNumber.get(number);
    if (!known) {
      reader.skip(wire, number);
      continue;
    }
    const [field, type] = known;
    if (type.endsWith('[]')) {
      value[field] ??= [];
      (value[field] as unknown[]).push(readField(reader, wire, type.slice(0, -2), end, depth, count));
    } else if (type === 'ints' || type === 'floats' || type === 'doubles') {
      value[field] ??= [];
      readNumbers(reader, wire, type, value[field] as number[], end);
    } else {
      value[field] = readField(reader, wire, type, end, depth, count);
    }
  }
  if (reader.pos !== end) throw new RangeError('a field runs past its message');
  return value;
}

function readField(
  reader: BinaryReader,
  wire: WireType,
  type: string,
  end: number,
  depth: number,
  count: Count,
): unknown {
  switch (type) {
    case 'int':
      expectWire(wire, WireType.Varint);
      return Number(reader.int64());
    case 'float':
      expectWire(wire, WireType.Bit32);
      return reader.float();
    case 'string':
      expectWire(wire, WireType.LengthDelimited);
      return reader.string();
    case 'bytes':
      expectWire(wire, WireType.LengthDelimited);
      return reader.bytes();
    default: {
      expectWire(wire, WireType.LengthDelimited);
      const length = reader.uint32();
      if (length > end - reader.pos)
        throw new RangeError(`a message of ${length} bytes where ${end - reader.pos} are left`);
      return readMessage(reader, type as MessageName, reader.pos + length, depth + 1, count);
    }
  }
}

/** Packed and unpacked repeated numbers: writers may use either. */
function readNumbers(
  reader: BinaryReader,
  wire: WireType,
  type: 'ints' | 'floats' | 'doubles',
  into: number[],
  end: number,
): void {
  const one = () => (type === 'ints' ? Number(reader.int64()) : type === 'floats' ? reader.float() : reader.double());
  if (wire !== WireType.LengthDelimited) {
    expectWire(wire, type === 'ints' ? WireType.Varint : type === 'floats' ? WireType.Bit32 : WireType.Bit64);
    into.push(one());
    return;
  }
  const length = reader.uint32();
  const stop = reader.pos + length;
  if (stop > end) throw new RangeError(`a list of ${length} bytes where ${end - reader.pos} are left`);
  while (reader.pos < stop) into.push(one());
}

function expectWire(got: WireType, expected: WireType): void {
  if (got !== expected) throw new TypeError(`expected wire type ${expected}, got ${got}`);
}
