import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from './codec.ts';
import type { ModelProto } from './schema.ts';

const model: ModelProto = {
  irVersion: 10,
  producerName: 'tenfold',
  graph: {
    name: 'g',
    node: [
      {
        opType: 'Scan',
        input: ['x', ''],
        output: ['y'],
        attribute: [
          { name: 'body', type: 5, g: { name: 'body', node: [{ opType: 'Exp', input: ['a'], output: ['b'] }] } },
          { name: 'alpha', type: 1, f: 0.5 },
          { name: 'axes', type: 7, ints: [-1, 0, 2 ** 40] },
        ],
      },
    ],
    initializer: [{ name: 'w', dims: [2], dataType: 1, rawData: Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64) }],
    input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }, { dimValue: 3 }] } } } }],
    output: [{ name: 'y' }],
  },
  opsetImport: [{ domain: '', version: 21 }],
};

describe('the codec of ONNX models', () => {
  it('reads what it wrote', () => {
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });

  it('skips fields that it does not know', () => {
    const bytes = encodeModel(model);
    // field 5, a varint, and field 9, bytes
    const more = Uint8Array.of(...bytes, 5 << 3, 7, (9 << 3) | 2, 2, 1, 1);
    expect(decodeModel(more)).toEqual(model);
  });

  it('reads or refuses any bytes, and says which', () => {
    const bytes = encodeModel(model);
    const mutation = fc.record({
      at: fc.nat(bytes.length - 1),
      byte: fc.nat(255),
      cut: fc.option(fc.nat(bytes.length)),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        let hurt = bytes.slice();
        for (const { at, byte, cut } of mutations) {
          hurt[at] = byte;
          if (cut !== null) hurt = hurt.slice(0, cut);
        }
        expectModelOrRefusal(hurt);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectModelOrRefusal), { numRuns: 1000 });
  });

  it('refuses graphs nested without end, and messages without number', () => {
    let graph: object = { name: 'deepest' };
    for (let i = 0; i < 60; i++) graph = { node: [{ opType: 'If', attribute: [{ name: 'g', type: 5, g: graph }] }] };
    const nested = encodeModel({ ...model, graph: graph as ModelProto['graph'] });
    expect(() => decodeModel(nested)).toThrow(/^onnx: .*nested deeper than 100/);
    // three million empty nodes in 6 MB
    const count = 3_000_000;
    const empty = new Uint8Array(count * 2 + 5);
    const length = count * 2;
    empty.set([
      (7 << 3) | 2,
      (length & 127) | 128,
      ((length >> 7) & 127) | 128,
      ((length >> 14) & 127) | 128,
      length >> 21,
    ]);
    for (let i = 0; i < count; i++) empty[5 + i * 2] = (1 << 3) | 2;
    expect(() => decodeModel(empty)).toThrow(/^onnx: .*more than 2000000 messages/);
  });

  it('believes no length beyond the bytes that are there', () => {
    const claims = Uint8Array.of((7 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f);
    expect(() => decodeModel(claims)).toThrow(SyntaxError);
  });
});

function expectModelOrRefusal(bytes: Uint8Array): void {
  try {
    expect(decodeModel(bytes).graph).toBeDefined();
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    expect((error as Error).message).toMatch(/^onnx: expected an ONNX model, got /);
  }
}
