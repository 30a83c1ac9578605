/** A file of JSON values, each read alone: documents as they were given, a manifest, a list of what was deleted. */
import { layOut, readSections, seal } from './sections.ts';

const kind = { name: 'records', version: 1 } as const;
const sectionNames = ['ends', 'text'] as const;

const decoder = /* @__PURE__ */ new TextDecoder();

/** The file of some JSON values. */
export function recordsFile(values: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return writtenFile(values.map((value) => encoder.encode(JSON.stringify(value))));
}

/** The file of some values that are JSON in UTF-8 already, as `Records.written` gives them. */
export function writtenFile(written: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  const ends = written.map((bytes) => {
    length += bytes.length;
    return length;
  });
  if (length >= 2 ** 31) throw new RangeError(`records: expected less than 2 GiB of documents at once, got ${length}`);
  const { file, sections } = layOut(kind, { ends: ends.length, text: Math.ceil(length / 4) });
  sections.ends.set(ends);
  const text = new Uint8Array(file.buffer, sections.text.byteOffset, length);
  for (const [i, bytes] of written.entries()) text.set(bytes, ends[i]! - bytes.length);
  seal(file);
  return file;
}

/** JSON values by number. */
export class Records {
  readonly length: number;
  /** Of all values together, as JSON. */
  readonly bytes: number;
  readonly #ends: Int32Array;
  readonly #text: Uint8Array;

  /** @throws SyntaxError for a file that is not one, or has changed in any byte */
  constructor(file: Uint8Array, name: string) {
    const { ends, text } = readSections(name, file, kind, sectionNames);
    this.length = ends.length;
    this.bytes = ends.at(-1) ?? 0;
    this.#ends = ends;
    this.#text = new Uint8Array(text.buffer, text.byteOffset, this.bytes);
  }

  at(number: number): unknown {
    return JSON.parse(decoder.decode(this.written(number)));
  }

  /** A value as it lies in the file: JSON in UTF-8. */
  written(number: number): Uint8Array {
    return this.#text.subarray(number === 0 ? 0 : this.#ends[number - 1]!, this.#ends[number]!);
  }
}
