import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, type NDArray, zerosArray } from './array.ts';
import { dtypes } from './dtype.ts';
import { encode, readSafetensors, type WriteOptions } from './safetensors.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const write = (tensors: Record<string, NDArray>, options?: WriteOptions) =>
  Buffer.concat([...encode(tensors, options)]);

/** A file with this header text and so many bytes of data. */
function file(header: string | Uint8Array, data: number | Uint8Array = 0, length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? Buffer.from(header) : header;
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([start, json, typeof data === 'number' ? Buffer.alloc(data) : data]);
}
const one = (entry: string, data: number | Uint8Array) => file(`{"x":${entry}}`, data);

describe('safetensors: bytes', () => {
  const values = array([0, 1, 2, 3, 4, 5], { shape: [1, 2, 3] });

  // The three files that the reference implementation's own tests spell out byte by byte.
  it("writes the reference implementation's bytes", () => {
    expect([...write({ 'attn.0': values })]).toEqual([
      ...file(
        '{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}',
        Uint8Array.of(0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64),
      ),
    ]);
    expect(text(write({ attn0: zerosArray([1, 1, 2, 3]) }))).toBe(
      text(file('{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ', 24)),
    );
    expect([...write({})]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32]);
    expect(text(write({}, { metadata: { framework: 'pt' } }))).toBe(
      text(file('{"__metadata__":{"framework":"pt"}}     ')),
    );
  });

  it('puts wider elements first, then names in order, integers among them, all aligned', () => {
    const bytes = write({
      b: zerosArray([1], 'bool'),
      10: zerosArray([1]),
      9: zerosArray([1]),
      a: zerosArray([3], 'uint8'),
      h: zerosArray([1], 'float16'),
      l: zerosArray([1], 'int64'),
      i: zerosArray([1], 'int32'),
      u: zerosArray([1], 'uint32'),
    });
    const length = Number(bytes.readBigUInt64LE());
    expect((8 + length) % 8).toBe(0);
    expect([...bytes.toString('utf8', 8, 8 + length).matchAll(/"(\w+)":\{/g)].map((m) => m[1])).toEqual([
      'l',
      '10',
      '9',
      'u',
      'i',
      'h',
      'a',
      'b',
    ]);
  });

  it('reads back what it wrote: every element type, no axis, empty axes, any name', () => {
    const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
    const tensor = fc.tuple(fc.constantFrom(...dtypes), shape, fc.nat({ max: 255 })).map(([dtype, dims, seed]) => {
      const out = zerosArray(dims, dtype);
      const bytes = new Uint8Array(out.data.buffer);
      for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === 'bool' ? (seed + i) & 1 : (seed + 37 * i) & 0xff;
      return out;
    });
    const name = fc.string({ unit: 'binary' }).filter((n) => n !== '__metadata__');
    fc.assert(
      fc.property(fc.dictionary(name, tensor), fc.dictionary(name, fc.string()), (tensors, metadata) => {
        const back = readSafetensors(write(tensors, { metadata }));
        expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(tensors).sort());
        expect(new Map(Object.entries(back.metadata))).toEqual(new Map(Object.entries(metadata)));
        for (const [key, tensor] of Object.entries(tensors)) {
          const got = Object.entries(back.tensors).find(([k]) => k === key)![1];
          expect([got.dtype, got.shape]).toEqual([tensor.dtype, tensor.shape]);
          expect(new Uint8Array(got.data.buffer)).toEqual(new Uint8Array(tensor.data.buffer));
        }
      }),
    );
  });

  it('reads bfloat16 as float32, and writes it on request, rounding to nearest and ties to even', () => {
    const bits = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80, 0x8000);
    const read = readSafetensors(
      one('{"dtype":"BF16","shape":[5],"data_offsets":[0,10]}', new Uint8Array(bits.buffer)),
    );
    expect(read.tensors.x!.dtype).toBe('float32');
    expect([...(read.tensors.x!.data as Float32Array)]).toEqual([1, -2, 2 ** -133, Number.POSITIVE_INFINITY, -0]);
    const words = Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x7f7fffff, 0x7f800001, 0xffffffff, 0xff800000);
    const written = write(
      { x: array(new Float32Array(words.buffer)), n: array([7], { dtype: 'int32' }) },
      { bfloat16: true },
    );
    const tail = written.subarray(-14);
    expect(Array.from({ length: 7 }, (_, i) => tail.readUInt16LE(2 * i).toString(16))).toEqual([
      '3f80',
      '3f82',
      '3f81',
      '7f80',
      '7fc0',
      'ffff',
      'ff80',
    ]);
    expect(readSafetensors(written).tensors.n!.dtype).toBe('int32');
  });

  it('gives arrays of their own, whatever the alignment of the bytes given', () => {
    const bytes = write({ x: array([1.5, 2.5]) });
    const shifted = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
    const { x } = readSafetensors(shifted).tensors;
    shifted.fill(0);
    expect([...(x!.data as Float32Array)]).toEqual([1.5, 2.5]);
  });
});

describe('safetensors: hostile headers', () => {
  const entry = (dtype: string, shape: string, offsets: string) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  const f32 = (begin: number, end: number) => entry('F32', `[${(end - begin) / 4}]`, `[${begin},${end}]`);
  const cases: [string, Uint8Array, ErrorConstructor, RegExp][] = [
    ['nothing', new Uint8Array(), RangeError, /at least 8 bytes, got 0: the file is truncated/],
    ['seven bytes', new Uint8Array(7), RangeError, /at least 8 bytes, got 7/],
    ['length past the end', file('{}', 0, 3n), RangeError, /header of at most 2 bytes, got length 3/],
    [
      'length 2^64 - 1',
      file('{}', 0, 2n ** 64n - 1n),
      RangeError,
      /header of at most 2 bytes, got length 1844674407370955/,
    ],
    ['no JSON object', file('[]'), SyntaxError, /beginning with "\{", got "\[\]"/],
    ['empty header', file(''), SyntaxError, /beginning with "\{", got ""/],
    ['broken JSON', file('{"x":}'), SyntaxError, /expected JSON: /],
    ['string without end', file('{"x\\"'), SyntaxError, /a string without end at character 1/],
    ['not UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), SyntaxError, /expected UTF-8/],
    ['byte order mark', file('\ufeff{}'), SyntaxError, /beginning with "\{"/],
    ['deep JSON', file(`{"x":${'['.repeat(200_000)}`), SyntaxError, /at most 3 levels/],
    [
      'deep JSON, closed',
      file(`{"x":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`),
      SyntaxError,
      /at most 3 levels/,
    ],
    ['tensor twice', file(`{"x":${f32(0, 4)},"x":${f32(4, 8)}}`, 8), SyntaxError, /every key once, got "x" twice/],
    ['twice by escape', file(`{"x":${f32(0, 4)},"\\u0078":${f32(4, 8)}}`, 8), SyntaxError, /got "x" twice/],
    [
      'field twice',
      one('{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}', 8),
      SyntaxError,
      /"shape" twice/,
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), SyntaxError, /"__metadata__" twice/],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), TypeError, /expected a string at "a", got 1/],
    ['metadata array', file('{"__metadata__":["a"]}'), TypeError, /expected an object of strings, got \["a"\]/],
    ['unknown dtype', one(entry('F7', '[1]', '[0,4]'), 4), TypeError, /dtype out of I64, F32.*got "F7"/],
    ['inherited dtype', one(entry('toString', '[1]', '[0,4]'), 4), TypeError, /got "toString"/],
    ['no entry', one('null', 0), TypeError, /dtype out of .*got nothing/],
    ['negative axis', one(entry('F32', '[-1]', '[0,4]'), 4), TypeError, /shape to be an array of non-neg.*got \[-1\]/],
    ['broken axis', one(entry('F32', '[1.5]', '[0,6]'), 6), TypeError, /shape/],
    [
      'huge axes',
      one(entry('F32', '[4294967296,4294967296]', '[0,8]'), 8),
      RangeError,
      /expected 73786976294838210000 bytes/,
    ],
    ['infinite axes', one(entry('U8', `[${'9007199254740991,'.repeat(30)}0]`, '[0,8]'), 8), RangeError, /NaN bytes/],
    ['three offsets', one(entry('F32', '[1]', '[0,4,8]'), 4), TypeError, /two non-negative integers/],
    ['negative offset', one(entry('F32', '[1]', '[-4,0]'), 4), TypeError, /two non-negative integers/],
    ['offsets reversed', one(entry('F32', '[1]', '[4,0]'), 4), RangeError, /in order and within the 4 bytes/],
    ['offsets outside', one(entry('F32', '[2]', '[0,8]'), 4), RangeError, /within the 4 bytes of data, got \[0,8\]/],
    [
      'offsets vast',
      one(entry('U8', '[9007199254740991]', '[0,9007199254740991]'), 4),
      RangeError,
      /within the 4 bytes/,
    ],
    ['shape disagrees', one(entry('F32', '[2]', '[0,4]'), 4), RangeError, /8 bytes for F32 of shape \[2\], got 4/],
    [
      'overlap',
      file(`{"a":${f32(0, 8)},"b":${f32(4, 12)}}`, 12),
      RangeError,
      /"b": expected its data to begin at 8.*got 4/,
    ],
    ['shared data', file(`{"a":${f32(0, 4)},"b":${f32(0, 4)}}`, 4), RangeError, /begin at 4/],
    ['hole', file(`{"a":${f32(0, 4)},"b":${f32(8, 12)}}`, 12), RangeError, /begin at 4.*got 8/],
    ['hole before', file(`{"a":${f32(4, 8)}}`, 8), RangeError, /begin at 0/],
    ['bytes left over', one(f32(0, 4), 5), RangeError, /fill the 5 bytes of data, got 4/],
    ['data cut', one(f32(0, 8), 7), RangeError, /within the 7 bytes/],
    ['bool of 2', one(entry('BOOL', '[2]', '[0,2]'), Uint8Array.of(1, 2)), RangeError, /0 or 1, got 2 at element 1/],
    ['float64', one(entry('F64', '[1]', '[0,8]'), 8), TypeError, /got F64; convert the file first/],
    [
      'terminal escape in a name',
      file('{"\\u001b[2J\\u009b":1}'),
      TypeError,
      /^safetensors \(bytes\): tensor "\\u001b\[2J\?"/,
    ],
  ];
  it.each(cases)('refuses %s', (_, bytes, type, message) => {
    let error: unknown;
    try {
      readSafetensors(bytes);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/\n/);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it('stays clear on any mutation of a valid file', () => {
    const valid = write(
      { a: array([1, 2]), b: zerosArray([2, 2], 'bool'), c: zerosArray([0], 'int64') },
      { metadata: { k: 'v' } },
    );
    const edit = fc.record({
      at: fc.nat({ max: valid.length - 1 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc.constantFrom('"', '[', '{', '9999999', ':', ',').map((s) => Buffer.from(s)),
      ),
    });
    let refused = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let bytes: Uint8Array = valid;
        for (const { at, remove, insert } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        try {
          readSafetensors(bytes);
        } catch (error) {
          refused++;
          expect([SyntaxError, TypeError, RangeError]).toContain((error as Error).constructor);
          expect((error as Error).message).toMatch(/^safetensors \(bytes\): /);
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('refuses to write the reserved name and metadata that is not text', () => {
    expect(() => write({ __metadata__: array([1]) })).toThrow(/names other than "__metadata__"/);
    expect(() => write({}, { metadata: { epoch: 3 as unknown as string } })).toThrow(
      /expected a string at "epoch", got 3/,
    );
  });
});
