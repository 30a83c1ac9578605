/** Files that torch.save wrote, read without running any of them. Fixtures: test/opt/fixtures/make.py. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openCheckpoint, TorchFile, TorchTensor } from 'tenfold/opt';
import { toFloats, toNested } from 'tenfold/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const at = (...path: string[]) => join(fixtures, ...path);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opt-torch-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(['zip.pt', 'legacy.pt'])('tensors in %s', (name) => {
  test('are what torch says, whatever their strides and types', async () => {
    const numbers = JSON.parse(await readFile(at('tensors', 'numbers.json'), 'utf8')) as Record<string, unknown>;
    await using file = await TorchFile.open(at('tensors', name));
    const tensors = file.value as Map<string, TorchTensor>;
    for (const [key, expected] of Object.entries(numbers)) {
      const read = await file.read(tensors.get(key)!, key);
      const nested = read.size === 0 ? [] : toNested(read);
      expect(nested, key).toEqual(key === 'bfloat16' ? (expected as number[]).map(Math.fround) : expected);
    }
    expect((await file.read(tensors.get('half')!, 'half')).dtype).toBe('float16');
    expect((await file.read(tensors.get('long')!, 'long')).dtype).toBe('int64');
  });

  test('that the engine has no type for, or that repeat their elements, are refused by name', async () => {
    await using file = await TorchFile.open(at('tensors', name));
    const tensors = file.value as Map<string, TorchTensor>;
    await expect(file.read(tensors.get('double')!, 'double')).rejects.toThrow(/tensor "double": expected float32/);
    await expect(file.read(tensors.get('repeated')!, 'repeated')).rejects.toThrow(/at most the 1 elements/);
  });
});

describe('a pickle with code in it', () => {
  test.each(['pytorch_model.bin', 'legacy.bin'])('%s is refused by the name of what it would call', async (name) => {
    await expect(TorchFile.open(at('evil', name))).rejects.toThrow(
      /^torch: .*: expected nothing but tensors and plain data, got the Python object \w+\.system; nothing was executed$/,
    );
    expect(existsSync('/tmp/tenfold-opt-was-here')).toBe(false);
  });

  test('is refused wherever a model is opened', async () => {
    await expect(openCheckpoint(at('evil'))).rejects.toThrow(/Python object posix\.system; nothing was executed/);
  });
});

describe('hostile bytes', () => {
  const asFile = async (bytes: Uint8Array): Promise<string> => {
    const path = join(folder, 'hostile.bin');
    await writeFile(path, bytes);
    return path;
  };
  /** Opens, and reads every tensor: fine, or an error of the house's form. */
  const tolerated = async (bytes: Uint8Array): Promise<void> => {
    const path = await asFile(bytes);
    try {
      await using file = await TorchFile.open(path);
      for (const [name, tensor] of file.value instanceof Map ? file.value : []) {
        if (tensor instanceof TorchTensor) toFloats(await file.read(tensor, String(name)));
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      expect(String((error as Error).message)).toMatch(/^torch: .*expected|was cut/);
      expect((error as Error).message).not.toContain('\n');
      expect(['RangeError', 'SyntaxError', 'TypeError']).toContain(
        [RangeError, SyntaxError, TypeError].find((kind) => error instanceof kind)?.name,
      );
    }
  };

  test.each(['zip.pt', 'legacy.pt'])('%s cut anywhere, with bytes changed anywhere', async (name) => {
    const whole = new Uint8Array(await readFile(at('tensors', name)));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 4,
        }),
        fc.boolean(),
        async (length, changes, cut) => {
          const bytes = whole.slice(0, cut ? length : whole.length);
          for (const [i, byte] of changes) if (i < bytes.length) bytes[i] = byte;
          await tolerated(bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('pickles of random instructions', async () => {
    const magic = (await readFile(at('tensors', 'legacy.pt'))).subarray(0, 15 + 6);
    const opcodes = [...'(012NJKMGUTXCB}])tldaesuqrhjcRbQ.'].map((char) => char.charCodeAt(0));
    const more = [0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93];
    const instruction = fc.oneof(
      fc.constantFrom(...opcodes, ...more, 0x94, 0x95, 0x96).map((code) => [code]),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => [...bytes]),
      fc.constantFrom(
        ...[
          'ctorch._utils\n_rebuild_tensor_v2\n',
          'ccollections\nOrderedDict\n',
          'ctorch\nFloatStorage\n',
          'cargparse\nNamespace\n',
        ].map((text) => [...Buffer.from(text)]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(instruction, { maxLength: 60 }), async (parts) => {
        await tolerated(Uint8Array.from([...magic, ...parts.flat(), 0x2e]));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['an integer of four gigabytes', [0x8b, 0xff, 0xff, 0xff, 0xff]],
    ['a string of exabytes', [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['protocol 0', [...Buffer.from('I01\n')]],
    ['an extension code', [0x82, 1]],
    ['a call of a list', [0x5d, 0x29, 0x52]],
    ['items without a dict', [...Buffer.from(']NNs')]],
  ])('%s', async (_, code) => {
    const magic = (await readFile(at('tensors', 'legacy.pt'))).subarray(0, 21);
    await expect(TorchFile.open(await asFile(Uint8Array.from([...magic, 0x80, 2, ...code, 0x2e])))).rejects.toThrow(
      /pickle: expected/,
    );
  });

  test('deep nesting costs no stack', async () => {
    const magic = (await readFile(at('tensors', 'legacy.pt'))).subarray(0, 21);
    const depth = 200_000;
    const code = [0x80, 2, ...new Array(depth).fill(0x5d), ...new Array(depth - 1).fill(0x61), 0x2e];
    await expect(TorchFile.open(await asFile(Uint8Array.from([...magic, ...code])))).rejects.toThrow(/torch: /);
  });

  test('a long list given to many calls is work that ends', async () => {
    const magic = (await readFile(at('tensors', 'legacy.pt'))).subarray(0, 21);
    const text = (line: string) => [...Buffer.from(line)];
    const count = 20_000;
    // the list is memo 0, OrderedDict memo 1; each call's result is dropped
    const pairs = Array.from({ length: count }, (_, i) => [...text('M'), i & 255, i >> 8, ...text('N'), 0x86]).flat();
    const list = [...text(']q\0('), ...pairs, ...text('e0')];
    const called = Array.from({ length: count }, () => [...text('h\x01h\0'), 0x85, ...text('R0')]).flat();
    const code = [0x80, 2, ...list, ...text('ccollections\nOrderedDict\nq\x010'), ...called, ...text('N.')];
    const began = process.cpuUsage();
    await expect(TorchFile.open(await asFile(Uint8Array.from([...magic, ...code])))).rejects.toThrow(
      /pickle: expected calls to be given no more values than the pickle has bytes/,
    );
    expect(process.cpuUsage(began).user / 1e6, 'seconds').toBeLessThan(3);
  });

  test('a shape of many axes', async () => {
    const magic = (await readFile(at('tensors', 'legacy.pt'))).subarray(0, 21);
    const text = (line: string) => [...Buffer.from(line)];
    const key = (name: string) => [0x8c, name.length, ...text(name)];
    const storage = [...text('('), ...key('storage'), ...text('ctorch\nFloatStorage\n'), ...key('0'), ...key('cpu')];
    const axes = [...text('('), ...Array.from({ length: 9 }, () => [...text('K'), 1]).flat(), ...text('t')];
    const tensor = [
      ...text('ctorch._utils\n_rebuild_tensor_v2\n('),
      ...storage,
      ...text('K\x01tQK\0'),
      ...axes,
      ...axes,
    ];
    await expect(
      TorchFile.open(await asFile(Uint8Array.from([...magic, 0x80, 2, ...tensor, ...text('tR.')]))),
    ).rejects.toThrow(/expected a tensor's shape to have at most 8 axes, got 9/);
  });

  test('a zip whose entries are compressed, which could unfold into anything', async () => {
    const bytes = await readFile(at('tensors', 'zip.pt'));
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    bytes[central + 10] = 8;
    await expect(TorchFile.open(await asFile(bytes))).rejects.toThrow(/zip: expected entries that are not compressed/);
  });

  test('other files', async () => {
    for (const bytes of [new Uint8Array(0), Buffer.from('PK'), Buffer.from('# a page\n'.repeat(20))]) {
      await expect(TorchFile.open(await asFile(bytes))).rejects.toThrow(/^torch: .*expected/);
    }
  });
});
