/**
 * Zip archives as torch.save writes them: entries that lie in the file uncompressed, so that a tensor is read from its
 * place.
 *
 * Compressed entries are refused. torch writes none, and an archive without them cannot unfold into more than its own
 * size. Names are keys here and never paths.
 *
 * Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its
 * end, with the 64-bit forms) and 4.5.3 (64-bit sizes).
 */
import type { FileBytes } from './file-bytes.ts';

/** Where an entry's header begins, and how long its content is. */
export interface ZipEntry {
  readonly header: number;
  readonly size: number;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };

/** Larger than the directory of any checkpoint. */
const maxDirectoryBytes = 2 ** 26;

/**
 * The entries of an archive by name.
 * @throws SyntaxError for what is no zip archive; RangeError for sizes and places that the file does not have, names
 * that occur twice, and compressed or encrypted entries
 */
export async function readZip(file: FileBytes): Promise<ReadonlyMap<string, ZipEntry>> {
  const fail = (what: string) => new RangeError(`torch: ${file.path}: zip: ${what}`);
  const { count, at, size } = await directoryOf(file);
  if (size > maxDirectoryBytes) throw fail(`expected a directory of at most ${maxDirectoryBytes} bytes, got ${size}`);
  const bytes = await file.read(at, size);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (next + 46 > size || view.getUint32(next, true) !== signatures.central) {
      throw fail(`expected ${count} entries in the directory, got ${i}`);
    }
    const [flags, method] = [view.getUint16(next + 8, true), view.getUint16(next + 10, true)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((k) => view.getUint16(next + k, true));
    const end = next + 46 + nameLength! + extraLength! + commentLength!;
    if (end > size) throw fail(`expected entry ${i} to end within the directory`);
    const name = new TextDecoder().decode(bytes.subarray(next + 46, next + 46 + nameLength!));
    const shown = JSON.stringify(name.slice(0, 80));
    if (entries.has(name)) throw fail(`expected every name once, got ${shown} twice`);
    if (flags & 1) throw fail(`expected entries that are not encrypted, got ${shown}`);
    if (method !== 0) {
      throw fail(`expected entries that are not compressed, as torch writes them, got ${shown} (method ${method})`);
    }
    const small = { stored: view.getUint32(next + 20, true), size: view.getUint32(next + 24, true) };
    const wide = wideValues(view, next + 46 + nameLength!, extraLength!);
    const take = (value: number) => (value === 0xffffffff ? (wide.shift() ?? value) : value);
    // the order in which the extra field has them
    const length = take(small.size);
    const stored = take(small.stored);
    const header = take(view.getUint32(next + 42, true));
    if (length !== stored) throw fail(`expected ${shown} to be as long as what is stored of it`);
    if (header + 30 + length > file.size) throw fail(`expected ${shown} to lie within the file: it is truncated`);
    entries.set(name, { header, size: length });
    next = end;
  }
  return entries;
}

/**
 * Where an entry's content begins.
 * @throws RangeError when there is none, or when it would not end within the file
 */
export async function contentOf(file: FileBytes, { header, size }: ZipEntry): Promise<number> {
  const { buffer } = await file.read(header, 30);
  const view = new DataView(buffer);
  const begin = header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== signatures.local || begin + size > file.size) {
    throw new RangeError(`torch: ${file.path}: zip: expected an entry at ${header}, got something else`);
  }
  return begin;
}

/** Finds the directory through the record at the archive's end. */
async function directoryOf(file: FileBytes): Promise<{ count: number; at: number; size: number }> {
  const length = Math.min(file.size, 22 + 0xffff);
  const { buffer } = await file.read(file.size - length, length);
  const view = new DataView(buffer);
  let end = length - 22;
  while (end >= 0 && view.getUint32(end, true) !== signatures.end) end--;
  if (end < 0) throw new SyntaxError(`torch: ${file.path}: zip: expected the directory at the end: it is truncated`);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const at = view.getUint32(end + 16, true);
  if (count !== 0xffff && size !== 0xffffffff && at !== 0xffffffff) return { count, at, size };
  if (end < 20 || view.getUint32(end - 20, true) !== signatures.locator) return { count, at, size };
  const record = new DataView((await file.read(uint64(view, end - 12), 56)).buffer);
  if (record.getUint32(0, true) !== signatures.end64) {
    throw new SyntaxError(`torch: ${file.path}: zip: expected the 64-bit record of the directory, got something else`);
  }
  return { count: uint64(record, 32), at: uint64(record, 48), size: uint64(record, 40) };
}

/** The 64-bit values of an extra field (id 1), in their order. */
function wideValues(view: DataView, start: number, length: number): number[] {
  const values: number[] = [];
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(at + 4 + view.getUint16(at + 2, true), start + length);
    for (let value = at + 4; value + 8 <= end; value += 8) values.push(uint64(view, value));
  }
  return values;
}

function uint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
