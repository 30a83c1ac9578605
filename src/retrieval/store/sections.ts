/**
 * A file of named arrays of 32-bit words, read as it lies: one ArrayBuffer, and views of it.
 *
 * 64 bytes of head: "TENFOLD\n", the kind in 16 letters, then as words its version, the number of sections, the file's
 * length (two words, low first) and the checksum of the table. The table has 32 bytes a section: its name in 16 letters,
 * its first word, its words, its checksum, and 0. The sections follow without gaps. The last word of the head is the
 * checksum of the head before it, so that every byte of the file is covered by exactly one checksum. Little-endian.
 */
import { crc32 } from './crc32.ts';

const HEAD = 64;
const ENTRY = 32;
const MAGIC = 'TENFOLD\n';

/** What a file says that it is. */
export interface Kind {
  /** At most 16 letters. */
  readonly name: string;
  readonly version: number;
}

export type Sections<Name extends string> = Readonly<Record<Name, Int32Array>>;

/**
 * An empty file of that kind: zeros everywhere, to be filled in and then sealed.
 * @param room memory to make it in, if it fits
 */
export function layOut<Name extends string>(
  kind: Kind,
  lengths: Readonly<Record<Name, number>>,
  room?: ArrayBuffer,
): { file: Uint8Array<ArrayBuffer>; sections: Sections<Name> } {
  const entries = Object.entries<number>(lengths);
  let word = (HEAD + ENTRY * entries.length) / 4;
  const size = 4 * entries.reduce((sum, [, length]) => sum + length, word);
  const file = room && room.byteLength >= size ? new Uint8Array(room, 0, size).fill(0) : new Uint8Array(size);
  const words = new Int32Array(file.buffer, 0, size / 4);
  writeName(file, 0, MAGIC);
  writeName(file, 8, kind.name);
  words[6] = kind.version;
  words[7] = entries.length;
  words[8] = size % 2 ** 32;
  words[9] = Math.floor(size / 2 ** 32);
  const sections: Record<string, Int32Array> = {};
  for (const [i, [name, length]] of entries.entries()) {
    const at = HEAD + ENTRY * i;
    writeName(file, at, name);
    words[at / 4 + 4] = word;
    words[at / 4 + 5] = length;
    sections[name] = words.subarray(word, word + length);
    word += length;
  }
  return { file, sections: sections as Sections<Name> };
}

/** Writes the checksums of a file whose sections are filled in. */
export function seal(file: Uint8Array<ArrayBuffer>): void {
  const words = new Int32Array(file.buffer, 0, file.length / 4);
  for (let i = 0; i < words[7]!; i++) {
    const at = (HEAD + ENTRY * i) / 4;
    words[at + 6] = crc32(wordsOf(file, words[at + 4]!, words[at + 5]!));
  }
  words[10] = crc32(tableOf(file, words[7]!));
  words[15] = crc32(file.subarray(0, HEAD - 4));
}

/**
 * The sections of a file, as views of it.
 *
 * @param name what errors call it
 * @param file used as it is where it begins at a multiple of 4 bytes of its buffer, else copied
 * @throws SyntaxError for a file of another kind or version, one that is cut short, and any changed byte
 */
export function readSections<Name extends string>(
  name: string,
  file: Uint8Array,
  kind: Kind,
  names: readonly Name[],
): Sections<Name> {
  if (new Uint8Array(Int32Array.of(1).buffer)[0] !== 1) {
    throw new TypeError(`${name}: expected a little-endian machine, got a big-endian one`);
  }
  if (file.byteOffset % 4 !== 0) file = file.slice();
  const fail = (expected: string, got: string): never => {
    throw new SyntaxError(`${name}: expected ${expected}, got ${got}`);
  };
  if (file.length < HEAD || readName(file, 0, 8) !== MAGIC) fail(`a ${kind.name} file of Tenfold`, 'something else');
  const words = new Int32Array(file.buffer, file.byteOffset, file.length >>> 2);
  if (words[15]! >>> 0 !== crc32(file.subarray(0, HEAD - 4))) fail('an unchanged head', 'other bytes (damaged file)');
  const found = readName(file, 8, 16);
  if (found !== kind.name) fail(`a ${kind.name} file`, `a ${found} file`);
  if (words[6] !== kind.version) fail(`version ${kind.version}`, `version ${words[6]} (make it anew)`);
  const size = (words[8]! >>> 0) + words[9]! * 2 ** 32;
  if (file.length !== size) fail(`${size} bytes`, `${file.length} (damaged file)`);
  const count = words[7]!;
  if (words[10]! >>> 0 !== crc32(tableOf(file, count))) fail('an unchanged table', 'other bytes (damaged file)');
  const sections: Record<string, Int32Array> = {};
  for (let i = 0; i < count; i++) {
    const at = (HEAD + ENTRY * i) / 4;
    const section = readName(file, 4 * at, 16);
    const bytes = wordsOf(file, words[at + 4]!, words[at + 5]!);
    if (words[at + 6]! >>> 0 !== crc32(bytes)) fail(`an unchanged section ${section}`, 'other bytes (damaged file)');
    sections[section] = words.subarray(words[at + 4]!, words[at + 4]! + words[at + 5]!);
  }
  for (const wanted of names) if (!sections[wanted]) fail(`a section ${wanted}`, 'none');
  return sections as Sections<Name>;
}

function tableOf(file: Uint8Array, count: number): Uint8Array {
  return file.subarray(HEAD, HEAD + ENTRY * count);
}

function wordsOf(file: Uint8Array, word: number, length: number): Uint8Array {
  return file.subarray(4 * word, 4 * (word + length));
}

function writeName(file: Uint8Array, at: number, name: string): void {
  for (let i = 0; i < name.length; i++) file[at + i] = name.charCodeAt(i);
}

function readName(file: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...file.subarray(at, at + length)).replace(/\0+$/, '');
}
