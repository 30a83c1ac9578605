import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  array,
  type NDArray,
  openSafetensors,
  readSafetensors,
  saveSafetensors,
  toNested,
  zerosArray,
} from 'tenfold/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-safetensors-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

const model = {
  'embed.weight': array([
    [1, 2],
    [3, 4],
    [5, 6],
  ]),
  'head.bias': array([7, 8], { dtype: 'float16' }),
  step: array([9], { dtype: 'int64' }),
};
const nested = (tensors: Record<string, NDArray>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [tensor.dtype, toNested(tensor)]]));
const weights = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, array(new Float32Array(25).fill(i))]));

describe('one file', () => {
  it('is read tensor by tensor, or whole, or from its bytes', async () => {
    await saveSafetensors(path, model, { metadata: { step: '9' } });
    await using file = await openSafetensors(path);
    expect(file.names).toEqual(['embed.weight', 'head.bias', 'step']);
    expect(file.metadata).toEqual({ step: '9' });
    expect(file.info('head.bias')).toEqual({ dtype: 'float16', shape: [2] });
    expect(toNested(await file.read('embed.weight'))).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(nested(await file.readAll())).toEqual(nested(model));
    const whole = readSafetensors(await readFile(path));
    expect(nested(whole.tensors)).toEqual(nested(model));
    expect(whole.metadata).toEqual({ step: '9' });
    await expect(file.read('embed')).rejects.toThrow(
      new RangeError(
        `safetensors ${path}: expected the name of a tensor ("embed.weight", "head.bias", "step"), got "embed"`,
      ),
    );
  });

  it('holds no more of a large file than what is asked for', async () => {
    const header = JSON.stringify({
      big: { dtype: 'F32', shape: [2 ** 30], data_offsets: [0, 2 ** 32] },
      small: { dtype: 'F32', shape: [2], data_offsets: [2 ** 32, 2 ** 32 + 8] },
    });
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    await writeFile(path, Buffer.concat([start, Buffer.from(header)]));
    const bytes = 8 + header.length + 2 ** 32; // sparse: 4 GiB that take no room on the disk
    await truncate(path, bytes);
    const end = await open(path, 'r+');
    await end.write(Buffer.from(Float32Array.of(1.5, -2).buffer), 0, 8, bytes);
    await end.close();
    const before = process.memoryUsage().rss;
    await using file = await openSafetensors(path);
    expect(toNested(await file.read('small'))).toEqual([1.5, -2]);
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  it('is replaced in one step, leaving nothing else behind', async () => {
    await saveSafetensors(path, model);
    await saveSafetensors(path, { other: array([1]) });
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    expect(nested(readSafetensors(await readFile(path)).tensors)).toEqual({ other: ['float32', [1]] });
  });

  it('is left as it was when saving fails', async () => {
    await saveSafetensors(path, model);
    const before = await readFile(path);
    const bad = { ...model, metadata: zerosArray([3]) };
    await expect(saveSafetensors(path, bad, { metadata: { a: 1 as unknown as string } })).rejects.toThrow(
      /^write .*: safetensors: metadata: expected a string at "a", got 1; what was there before is untouched$/,
    );
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    await expect(saveSafetensors(join(folder, 'gone', 'x.safetensors'), model)).rejects.toThrow(/^write .*ENOENT/);
    await expect(saveSafetensors(join(folder, 'x.bin'), model)).rejects.toThrow(/ends with \.safetensors, got/);
  });

  it.skipIf(process.getuid?.() === 0)(
    'says when the folder cannot be written (skipped for root, who can)',
    async () => {
      await chmod(folder, 0o500);
      await expect(saveSafetensors(path, model)).rejects.toThrow(/^write .*EACCES/);
      await chmod(folder, 0o700);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'is left as it was when the disk takes only half of the new one',
    async () => {
      await saveSafetensors(path, model);
      const before = await readFile(path);
      // A limit on the size of files, set by the shell, stands for the full disk.
      const script = `import { array, saveSafetensors } from 'tenfold/tensor';
      const tensors = { x: array(new Float32Array(100_000)) };
      await saveSafetensors(${JSON.stringify(path)}, tensors).catch((error) => process.stdout.write(error.message));`;
      const command = ['-c', 'ulimit -f 16; exec "$0" --input-type=module -e "$1"', process.execPath, script];
      const root = resolve(import.meta.dirname, '..');
      const { stdout } = await promisify(execFile)('sh', command, { cwd: root });
      expect(stdout).toMatch(/^write .*model\.safetensors: EFBIG.*; what was there before is untouched$/);
      expect(await readFile(path)).toEqual(before);
      expect(await readdir(folder)).toEqual(['model.safetensors']);
    },
  );

  it('is refused when it is cut, at any length', async () => {
    await saveSafetensors(path, model);
    const { size } = await stat(path);
    for (const length of [0, 7, 8, 20, size - 20, size - 1]) {
      await truncate(path, length);
      const error = await openSafetensors(path).catch((caught) => caught);
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(`safetensors ${path}: `);
      await saveSafetensors(path, model);
    }
  });

  it('says when it is cut after it was opened', async () => {
    await saveSafetensors(path, model);
    await using file = await openSafetensors(path);
    await truncate(path, (await stat(path)).size - 1);
    await expect(file.read('head.bias')).rejects.toThrow(/the file was cut/);
  });
});

describe('shards', () => {
  it('are as large as allowed, and read as one', async () => {
    const tensors = weights(7); // of 100 bytes each
    await saveSafetensors(path, tensors, { maxShardBytes: 250, metadata: { format: 'pt' } });
    expect((await readdir(folder)).sort()).toEqual([
      'model-00001-of-00004.safetensors',
      'model-00002-of-00004.safetensors',
      'model-00003-of-00004.safetensors',
      'model-00004-of-00004.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(await readFile(`${path}.index.json`, 'utf8'));
    expect(index.metadata).toEqual({ total_size: 700 });
    expect(index.weight_map.w2).toBe('model-00002-of-00004.safetensors');
    for (const name of [path, `${path}.index.json`]) {
      await using file = await openSafetensors(name);
      expect(nested(await file.readAll())).toEqual(nested(tensors));
      expect(file.metadata).toEqual({ format: 'pt' });
    }
    const [first] = await readdir(folder);
    await using shard = await openSafetensors(join(folder, first!));
    expect(shard.names).toEqual(['w0', 'w1']);
  });

  it('are one where all fits, and one each for tensors above the limit', async () => {
    await saveSafetensors(path, weights(2), { maxShardBytes: 200 });
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    const other = join(folder, 'other.safetensors');
    await saveSafetensors(other, weights(2), { maxShardBytes: 1 });
    expect((await readdir(folder)).filter((name) => name.startsWith('other-'))).toHaveLength(2);
    await expect(saveSafetensors(path, model, { maxShardBytes: 0 })).rejects.toThrow(/maxShardBytes above 0, got 0/);
  });

  it('count bfloat16 at the size that is written', async () => {
    await saveSafetensors(path, weights(2), { maxShardBytes: 100, bfloat16: true });
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('replace no model and lie beside none of their name', async () => {
    await saveSafetensors(path, model);
    await expect(saveSafetensors(path, weights(2), { maxShardBytes: 1 })).rejects.toThrow(
      /model.safetensors is there; remove/,
    );
    await rm(path);
    await saveSafetensors(path, weights(2), { maxShardBytes: 1 });
    for (const options of [{}, { maxShardBytes: 1 }]) {
      await expect(saveSafetensors(path, weights(2), options)).rejects.toThrow(
        /index\.json is there; remove that model first/,
      );
    }
  });

  const hostile: [string, string, RegExp][] = [
    [
      'leads out of the folder',
      '{"weight_map":{"w":"../secret.safetensors"}}',
      /a file beside the index, got "\.\.\/secret/,
    ],
    ['is an absolute path', '{"weight_map":{"w":"/etc/x.safetensors"}}', /a file beside the index/],
    ['has a Windows separator', '{"weight_map":{"w":"..\\\\x.safetensors"}}', /a file beside the index/],
    ['has a drive', '{"weight_map":{"w":"C:x.safetensors"}}', /a file beside the index/],
    ['holds a zero byte', '{"weight_map":{"w":"x\\u0000.safetensors"}}', /a file beside the index/],
    ['is not safetensors', '{"weight_map":{"w":"passwd"}}', /a file beside the index, got "passwd"/],
    ['is no name', '{"weight_map":{"w":3}}', /a file beside the index, got 3/],
    ['is missing', '{"weight_map":{"w":"none.safetensors"}}', /ENOENT.*none\.safetensors/],
    ['lacks the tensor', '{"weight_map":{"w":"part.safetensors"}}', /expected it to hold "w", as the index says/],
  ];
  it.each(hostile)('are refused when a shard in the index %s', async (_, index, message) => {
    const inner = join(folder, 'inner');
    await mkdir(inner);
    await saveSafetensors(join(folder, 'secret.safetensors'), { w: array([42]) });
    await saveSafetensors(join(inner, 'part.safetensors'), { v: array([1]) });
    await writeFile(join(inner, 'model.safetensors.index.json'), index);
    await expect(openSafetensors(join(inner, 'model.safetensors'))).rejects.toThrow(message);
  });

  it.each([
    ['no JSON', 'weights', SyntaxError, /beginning with "\{"/],
    ['no weight_map', '{"metadata":{}}', TypeError, /weight_map to be an object, got nothing/],
    ['an array', '{"weight_map":[]}', TypeError, /weight_map to be an object, got \[\]/],
    [
      'a tensor twice',
      '{"weight_map":{"w":"a.safetensors","w":"b.safetensors"}}',
      SyntaxError,
      /every key once, got "w"/,
    ],
    ['deep JSON', `{"weight_map":${'['.repeat(100_000)}`, SyntaxError, /at most 3 levels/],
  ])('are refused with an index of %s', async (_, index, type, message) => {
    await writeFile(`${path}.index.json`, index);
    const error = await openSafetensors(path).catch((caught) => caught);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });
});
