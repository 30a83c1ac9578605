import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  type CategoricalColumn,
  fileLines,
  filePieces,
  readCsv,
  readIdx,
  readJsonLines,
  readNpy,
  type Source,
} from 'tenfold/data';
import { toNested } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);
const rowsOf = async (text: string) => {
  const table = await readCsv(bytes(text));
  return Array.from({ length: table.rows }, (_, row) =>
    table.columns.map((column) =>
      column.kind === 'continuous' ? column.values[row] : (column.categories[column.codes[row]!] ?? null),
    ),
  );
};

describe('every reader', () => {
  const readers: [string, (source: Source, options?: { maxBytes: number }) => Promise<unknown>, Buffer][] = [
    ['readCsv', readCsv, bytes('a,b\n1,x\n')],
    ['readJsonLines', readJsonLines, bytes('{"a":1}\n')],
    ['readIdx', readIdx, Buffer.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6)],
    ['readNpy', readNpy, npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", Buffer.of(5, 6))],
  ];
  describe.each(readers)('%s', (name, read, content) => {
    it('reads bytes, a path and a file URL, gzipped or not, to the same', async () => {
      const expected = await read(content);
      const path = join(folder, name);
      await writeFile(path, content);
      await writeFile(`${path}.gz`, gzipSync(content));
      const named = (value: unknown) => JSON.stringify(value, (key, inner) => (key === 'name' ? undefined : inner));
      for (const source of [path, pathToFileURL(path), `${path}.gz`, gzipSync(content), new Uint8Array(content)]) {
        expect(named(await read(source))).toBe(named(expected));
      }
    });

    it('refuses more than maxBytes, also of gzip that expands past it', async () => {
      const maxBytes = content.length - 1;
      const path = join(folder, `${name}-large`);
      await writeFile(path, content);
      const message = new RegExp(`expected at most ${maxBytes} bytes, got more; raise maxBytes`);
      await expect(read(content, { maxBytes })).rejects.toThrow(message);
      await expect(read(path, { maxBytes })).rejects.toThrow(message);
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      await expect(read(bomb, { maxBytes: 1_000_000 })).rejects.toThrow(/at most 1000000 bytes/);
    });

    it('says what is wrong with a file that is not there, a folder, and cut gzip', async () => {
      await expect(read(join(folder, 'gone'))).rejects.toThrow(/ENOENT.*gone/);
      await expect(read(folder)).rejects.toThrow(/expected a regular file/);
      await expect(read(gzipSync(content).subarray(0, -9))).rejects.toThrow(/expected gzip, got damaged or truncated/);
    });

    it('answers any mutation with a value or a clear error of its own', async () => {
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(mutations(content), async (mutant) => {
          try {
            await read(mutant);
          } catch (error) {
            refused++;
            expect([SyntaxError, TypeError, RangeError]).toContain((error as Error).constructor);
            expect((error as Error).message).toMatch(/^\(bytes\): [^\p{Cc}]+$/u);
            expect((error as Error).message.length).toBeLessThan(250);
          }
        }),
        { numRuns: 1500 },
      );
      expect(refused).toBeGreaterThan(100);
    });
  });
});

/** The content with a few bytes removed, replaced or inserted. */
function mutations(content: Buffer): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat({ max: content.length }),
    remove: fc.nat({ max: 4 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom('"', '""', '\n', '\r\n', ',', '{', '[', '(', '99999999', '\ufeff', '\u001b[2J').map(bytes),
    ),
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let mutant: Uint8Array = content;
    for (const { at, remove, insert } of edits) {
      mutant = Buffer.concat([mutant.subarray(0, at), insert, mutant.subarray(at + remove)]);
    }
    return mutant;
  });
}

describe('readCsv', () => {
  it('reads what RFC 4180 allows: quotes, commas and line breaks in fields, any line end, no last line end', async () => {
    expect(await rowsOf('a,b\r\n"x, ""y""","1\r\n2"\r\n,z')).toEqual([
      ['x, "y"', '1\r\n2'],
      [null, 'z'],
    ]);
    for (const text of ['a,b\n1,2\n', 'a,b\r1,2\r', 'a,b\r\n1,2', '\ufeffa,b\n1,2\n\n\n', ' a , b \n1,2']) {
      const table = await readCsv(bytes(text));
      expect([table.names, table.rows]).toEqual([['a', 'b'], 1]);
    }
    expect((await readCsv(bytes('a;b\n1,5;2'), { delimiter: ';' })).names).toEqual(['a', 'b']);
  });

  it('gives back any text that was quoted', async () => {
    const cell = fc.string({ unit: 'binary' }).filter((text) => text.trim() !== '' && !text.includes('\ufeff'));
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
      );
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n', '\r'), async (table, end) => {
        const quoted = table.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const names = table[0]!.map((_, i) => `c${i}`).join(',');
        const read = await readCsv(bytes([names, ...quoted].join(end)), { missing: [] });
        const got = table.map((_, row) =>
          read.columns.map(
            (column) => (column as CategoricalColumn).categories[(column as CategoricalColumn).codes[row]!],
          ),
        );
        expect(got).toEqual(table);
      }),
    );
  });

  const broken: [string, string, string][] = [
    ['an empty file', '', 'expected a header row, got an empty file'],
    ['a header alone', 'a,b\n', 'expected rows below the header, got none'],
    ['a header and empty lines', 'a,b\n\n\n', 'expected rows below the header, got none'],
    ['a short row', 'a,b\n1,2\n3\n', 'line 3: expected 2 fields as in the header, got 1'],
    ['a long row', 'a,b\n1,2\n3,4,5\n', 'line 3: expected 2 fields as in the header, got 3'],
    [
      'a short row after quoted line breaks',
      'a,b\r\n"1\r\n\r\n",2\r\n3\r\n',
      'line 5: expected 2 fields as in the header, got 1',
    ],
    ['an empty line between rows', 'a,b\n1,2\n\n3,4\n', 'line 3: expected 2 fields, got an empty line'],
    ['an unclosed quote', 'a,b\n1,2\n3,"4\n5,6\n', 'line 3, column 2: a quote that opens here is never closed'],
    [
      'a quote inside a field',
      'a,b\n1,2\n3,4"\n',
      'line 3, column 2: a quote in the middle of a field; quote the whole field and double the quotes in it',
    ],
    [
      'text after a quote',
      'a,b\n"1"x,2\n',
      'line 2, column 1: text after a closing quote; double a quote that belongs to the field',
    ],
    ['a column without a name', 'a,,c\n1,2,3\n', 'line 1, column 2: expected a name in the header row, got nothing'],
    [
      'a repeated column',
      'a,b,a\n1,2,3\n',
      'line 1, column 3: expected every column name once, got "a" as in column 1',
    ],
    ['a million columns', `${','.repeat(1e6)}\n`, 'line 1: expected at most 65536 fields, got more'],
    ['a very long row', `a\n"\n"\n${','.repeat(70_000)}`, 'line 4: expected at most 65536 fields, got more'],
  ];
  it.each(broken)('refuses %s, saying where', async (_, text, message) => {
    await expect(readCsv(bytes(text))).rejects.toThrow(new SyntaxError(`(bytes): ${message}`));
  });

  it('names the file, refuses text that is not UTF-8 and words in a column said to be continuous', async () => {
    const path = join(folder, 'cars.csv');
    await writeFile(path, 'mpg,origin\n18,"US\nA"\nmany,EU\n');
    await expect(readCsv(path, { types: { mpg: 'continuous' } })).rejects.toThrow(
      new SyntaxError('cars.csv: line 4, column "mpg": expected a number, got "many"'),
    );
    await expect(readCsv(path, { types: { mgp: 'continuous' } })).rejects.toThrow(
      new RangeError('cars.csv: there is no column "mgp"; did you mean "mpg"?'),
    );
    await expect(readCsv(Buffer.of(0x61, 0x0a, 0xe9, 0x0a))).rejects.toThrow(/expected UTF-8 text/);
  });
});

describe('readJsonLines', () => {
  it('reads any values, skipping empty lines, with either line end and a byte order mark', async () => {
    expect(await readJsonLines(bytes('\ufeff{"a":[1]}\r\n\n"é"\nnull'))).toEqual([{ a: [1] }, 'é', null]);
    expect(await readJsonLines(bytes(''))).toEqual([]);
  });
  it('says the line of what is not JSON or not UTF-8', async () => {
    await expect(readJsonLines(bytes('1\n\n{"a":\n'))).rejects.toThrow(/^\(bytes\): line 3: expected JSON: /);
    await expect(readJsonLines(Buffer.of(0x31, 0x0a, 0xff))).rejects.toThrow(/line 2: expected UTF-8/);
  });
  it('survives deep nesting', async () => {
    const [value] = await readJsonLines(bytes('['.repeat(100_000) + ']'.repeat(100_000)));
    expect(value).toHaveLength(1);
  });
});

describe('readIdx', () => {
  const idx = (type: number, shape: number[], data: Buffer) =>
    Buffer.concat([
      Buffer.of(0, 0, type, shape.length),
      ...shape.map((n) => Buffer.from(Uint32Array.of(n).buffer).swap32()),
      data,
    ]);
  const floats = Buffer.from(Float32Array.of(1.5, -2).buffer).swap32();
  const doubles = Buffer.from(Float64Array.of(0.1, -2).buffer).swap64();
  it.each([
    [
      'unsigned bytes',
      idx(0x08, [2, 2], Buffer.of(0, 1, 254, 255)),
      'uint8',
      [
        [0, 1],
        [254, 255],
      ],
    ],
    ['signed bytes', idx(0x09, [2], Buffer.of(1, 255)), 'int32', [1, -1]],
    ['shorts', idx(0x0b, [2], Buffer.of(1, 0, 255, 254)), 'int32', [256, -2]],
    ['ints', idx(0x0c, [1], Buffer.of(255, 0, 0, 1)), 'int32', [-16777215]],
    ['floats', idx(0x0d, [2], floats), 'float32', [1.5, -2]],
    ['doubles, rounded', idx(0x0e, [2], doubles), 'float32', [Math.fround(0.1), -2]],
    ['no axis', idx(0x08, [], Buffer.of(7)), 'uint8', 7],
    ['an empty axis', idx(0x08, [2, 0], Buffer.of()), 'uint8', [[], []]],
  ] as const)('reads %s', async (_, content, dtype, values) => {
    const read = await readIdx(content);
    expect([read.dtype, toNested(read)]).toEqual([dtype, values]);
  });
  it.each([
    ['nothing', Buffer.of(), /header of 4 bytes or more, got 0/],
    ['another magic', Buffer.of(1, 0, 8, 1, 0, 0, 0, 0), /expected IDX .*, got 01000801/],
    ['another type', Buffer.of(0, 0, 7, 1, 0, 0, 0, 0), /got 00000701/],
    ['a cut header', Buffer.of(0, 0, 8, 3, 0, 0, 0, 1), /header of 16 bytes for 3 axes, got 8/],
    ['a cut body', idx(8, [3], Buffer.of(1, 2)), /expected 3 bytes for shape \[3\], got 2/],
    ['a long body', idx(8, [3], Buffer.of(1, 2, 3, 4)), /expected 3 bytes for shape \[3\], got 4/],
    [
      'axes beyond memory',
      idx(8, new Array(40).fill(2 ** 32 - 1), Buffer.of(1)),
      /for shape \[4294967295,.*,…\], got 1/,
    ],
  ])('refuses %s', async (_, content, message) => {
    await expect(readIdx(content)).rejects.toThrow(message);
  });
});

const mnist = new URL('../../shared/data/mnist/', import.meta.url);
describe.skipIf(!existsSync(mnist))("MNIST's own files (skipped without ../shared/data)", () => {
  it('are read', async () => {
    const images = await readIdx(new URL('t10k-images-idx3-ubyte.gz', mnist));
    const labels = await readIdx(new URL('t10k-labels-idx1-ubyte.gz', mnist));
    expect([images.dtype, images.shape, labels.shape]).toEqual(['uint8', [10_000, 28, 28], [10_000]]);
    expect((toNested(labels) as number[]).slice(0, 10)).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});

/** An NPY file of version 1 with this header. */
function npy(header: string, data: Buffer, length = header.length): Buffer {
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.of(length & 255, length >> 8),
    bytes(header),
    data,
  ]);
}

describe('readNpy', () => {
  const fixture = (name: string) => readFile(new URL(`./fixtures/npy/${name}.npy`, import.meta.url));
  const values = Array.from({ length: 24 }, (_, i) => i - 6);
  const nested = (cells: readonly (number | boolean)[]) =>
    [0, 1].map((i) => [0, 1, 2].map((j) => cells.slice(12 * i + 4 * j, 12 * i + 4 * j + 4).map(Number)));
  const magnitudes = values.map(Math.abs);
  const quarters = values.map((value) => value / 4);
  // Written by NumPy: see fixtures/npy/make.py.
  it.each([
    ['u1', 'uint8', magnitudes],
    ['u2', 'int32', magnitudes],
    ['u4', 'uint32', magnitudes],
    ['i1', 'int32', values],
    ['i2', 'int32', values],
    ['i4', 'int32', values],
    ['i8', 'int64', values],
    ['f2', 'float16', quarters],
    ['f4', 'float32', quarters],
    ['f8', 'float32', quarters],
    ['bool', 'bool', values.map((value) => value % 2 === 0)],
    ['big', 'float32', values],
    ['fortran', 'int32', values],
    ['version2', 'int32', values],
    ['version3', 'int32', values],
  ] as const)("reads NumPy's %s.npy as %s", async (name, dtype, cells) => {
    const read = await readNpy(await fixture(name));
    expect([read.dtype, toNested(read)]).toEqual([dtype, nested(cells)]);
  });
  it("reads NumPy's arrays of no axis, one axis and an empty axis", async () => {
    expect(toNested(await readNpy(await fixture('scalar')))).toBe(2.5);
    expect(toNested(await readNpy(await fixture('vector')))).toEqual([0, 1, 2]);
    expect((await readNpy(await fixture('empty'))).shape).toEqual([0, 5]);
  });
  it.each([
    ['objects', TypeError, /pickled objects, which are never loaded/],
    ['records', TypeError, /got one of records/],
    ['complex', TypeError, /got dtype "<c8"; convert it with astype first/],
  ])("refuses NumPy's %s.npy", async (name, type, message) => {
    const error = await readNpy(await fixture(name)).catch((caught) => caught);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });
  const good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  it.each([
    ['another magic', bytes('PK\u0003\u0004 and more'), /expected an NPY file/],
    [
      'version 9',
      Buffer.concat([Buffer.from('\x93NUMPY\x09\x00', 'latin1'), Buffer.alloc(9)]),
      /version 1, 2 or 3, got 9/,
    ],
    ['no version', Buffer.from('\x93NUMPY', 'latin1'), /got none/],
    ['a cut prefix', Buffer.from('\x93NUMPY\x02\x00\x00', 'latin1'), /expected 12 bytes before the header, got 9/],
    ['a header past the end', npy(good, Buffer.alloc(2), 5000), /header of at most \d+ bytes, got length 5000/],
    ['a huge header', npy(`${good}${' '.repeat(20_000)}`, Buffer.alloc(2)), /header of at most 10000 bytes/],
    ['a body cut', npy(good, Buffer.alloc(1)), /expected 2 bytes for shape \[2\], got 1/],
    [
      'axes beyond memory',
      npy(good.replace('2,', '999999999999999, 999999999999999'), Buffer.alloc(2)),
      /expected 9.99999999999998e\+29 bytes/,
    ],
    ['an axis of 30 digits', npy(good.replace('2', '9'.repeat(30)), Buffer.alloc(2)), /expected an NPY header with/],
    ['code instead of a shape', npy(good.replace('(2,)', '__import__("os")'), Buffer.alloc(2)), SyntaxError],
    ['a key missing', npy("{'descr': '|u1', 'shape': (2,), }", Buffer.alloc(2)), /with descr, fortran_order and shape/],
    ['a key twice', npy("{'descr': '|u1', 'descr': '|u1', 'shape': (2,), }", Buffer.alloc(2)), SyntaxError],
    ['numbers without commas', npy(good.replace('2,', '1 2'), Buffer.alloc(2)), SyntaxError],
    ['a bool of 2', npy(good.replace('|u1', '|b1'), Buffer.of(1, 2)), /expected bools to be 0 or 1, got 2/],
  ])('refuses %s', async (_, content, message) => {
    await expect(readNpy(content)).rejects.toThrow(message);
  });
  it('reads keys in any order', async () => {
    const read = await readNpy(npy("{ 'shape': (2, ), 'descr': '<u1' , 'fortran_order': True}\n", Buffer.of(3, 4)));
    expect(toNested(read)).toEqual([3, 4]);
  });
});

describe('a file in pieces', () => {
  const all = async <T>(items: AsyncIterable<T>) => {
    const list: T[] = [];
    for await (const item of items) list.push(item);
    return list;
  };

  it('has the lines of its text, plain and gzipped, numbered, without those that are too long', async () => {
    const path = join(folder, 'lines');
    const line = fc.stringMatching(/^[^\n]{0,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, gzipped) => {
        const content = bytes(lines.join('\n'));
        const stored = gzipped ? gzipSync(content) : content;
        await writeFile(path, stored);
        const expected = lines.at(-1) === '' || lines.length === 0 ? lines.slice(0, -1) : lines;
        let read = 0;
        const found = await all(fileLines(path, { longest: 9, read: (count) => (read += count) }));
        expect(found.map((one) => one.bytes?.toString())).toEqual(
          expected.map((own) => (Buffer.byteLength(own) > 9 ? undefined : own)),
        );
        expect(found.map(({ number }) => number)).toEqual(expected.map((_, i) => i + 1));
        expect(read).toBe(stored.length);
      }),
      { numRuns: 50 },
    );
  });

  it('joins what lies in several pieces', async () => {
    const path = join(folder, 'pieces');
    const long = 'x'.repeat(600_000);
    await writeFile(path, `${long}\n${long}y\nz`);
    expect(Buffer.concat(await all(filePieces(path))).toString()).toBe(`${long}\n${long}y\nz`);
    const lines = await all(fileLines(path, { longest: long.length }));
    expect(lines.map((one) => one.bytes?.length)).toEqual([long.length, undefined, 1]);
  });

  it('says what is wrong with cut gzip, a folder and a file that is not there', async () => {
    const path = join(folder, 'cut.gz');
    await writeFile(path, gzipSync(bytes('a\n'.repeat(1000))).subarray(0, -9));
    await expect(all(filePieces(path))).rejects.toThrow(/cut.gz: expected gzip, got damaged or truncated/);
    await expect(all(filePieces(folder))).rejects.toThrow(/expected a regular file/);
    await expect(all(filePieces(join(folder, 'gone')))).rejects.toThrow(/ENOENT.*gone/);
  });
});
