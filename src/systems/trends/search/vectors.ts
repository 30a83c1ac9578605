/**
 * The vectors of a collection in memory, a byte a number: each is stretched so that its largest number is 127, and rounded.
 *
 * All of them are compared with what is looked for. Products of rounded vectors are within some thousandths of the true
 * ones, so that the papers wanted are among a few more that seem nearest; `semantic.ts` puts those in order by the vectors
 * themselves, which lie in the store. A million of 256 dimensions are 260 MB and take some 30 ms. An index of cells or links
 * would look at fewer, miss some, and have to be kept up as papers come and go.
 *
 * Rows are arranged by the numbers of papers, and kept in files of some thousand rows each.
 */
import { Best, type Hit, layOut, readSections, seal } from '../../../retrieval/index.ts';
import type { Vector } from '../store/store.ts';
import { type DotKernel, dotKernel, mostPages, pageBytes } from './dot-kernel.ts';

/** Numbers of papers whose rows are in one file. */
export const fileRows = 4096;
/** Rows whose products are taken at once. */
const block = 1024;
const largest = 127;
/** The scale of a row that is not there. */
const none = -1;

const kind = { name: 'vectors', version: 1 } as const;
const sections = ['about', 'scales', 'codes'] as const;

export class Vectors {
  #dimensions = 0;
  #count = 0;
  /** By number: what its row is to be multiplied by. */
  #scales = new Float32Array(0);
  /** Its memory holds the query, the products of a block, and the rows. */
  #kernel: DotKernel | undefined;

  #end = 0;

  /** One more than the highest number of a paper that had one. */
  get end(): number {
    return this.#end;
  }

  /** Papers that have a vector. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#end * (this.#stride + 4);
  }

  /** Adds a vector, or replaces it. @throws RangeError for one of another number of dimensions, and where 4 GiB are full */
  set({ number, vector }: Vector): void {
    this.#makeRoom(number + 1, vector.length);
    if (this.#scales[number] === none) this.#count++;
    let most = 0;
    for (let i = 0; i < vector.length; i++) most = Math.max(most, Math.abs(vector[i]!));
    const stretch = most > 0 ? largest / most : 0;
    const codes = this.#rows(number, 1);
    // made whole numbers by the array, towards 0
    for (let i = 0; i < vector.length; i++) codes[i] = vector[i]! * stretch + (vector[i]! < 0 ? -0.5 : 0.5);
    this.#scales[number] = most / largest;
  }

  /** Takes a vector away. @returns whether there was one */
  delete(number: number): boolean {
    if ((this.#scales[number] ?? none) === none) return false;
    this.#count--;
    this.#scales[number] = none;
    this.#rows(number, 1).fill(0);
    return true;
  }

  /**
   * The papers that seem nearest, by number, with their products with the query, about; none for a query of zeros, and no
   * papers whose vectors are.
   * @param filter which numbers may be found
   * @throws RangeError for a query of another number of dimensions
   */
  nearest(query: Float32Array, limit: number, filter: (number: number) => boolean): Hit[] {
    if (this.#count === 0) return [];
    const stretch = this.#place(query);
    if (stretch === 0) return [];
    const { memory, dots } = this.#kernel!;
    const products = new Int32Array(memory.buffer, this.#productsAt, block);
    const best = new Best(limit);
    for (let first = 0; first < this.#end; first += block) {
      const rows = Math.min(block, this.#end - first);
      dots(0, this.#rowsAt + first * this.#stride, rows, this.#stride, this.#productsAt);
      for (let i = 0, number = first; i < rows; i++, number++) {
        const scale = this.#scales[number]!;
        if (scale <= 0) continue;
        const score = (products[i]! * scale) / stretch;
        if (best.wants(number, score) && filter(number)) best.add(number, score);
      }
    }
    return best.sorted();
  }

  /** The file of the rows of a paper and its neighbours: what `take` takes. */
  fileOf(number: number): Uint8Array {
    const first = number - (number % fileRows);
    const rows = Math.min(fileRows, this.#end - first);
    const { file, sections } = layOut(kind, { about: 3, scales: rows, codes: (rows * this.#stride) / 4 });
    sections.about.set([first, rows, this.#dimensions]);
    new Float32Array(sections.scales.buffer, sections.scales.byteOffset, rows).set(
      this.#scales.subarray(first, first + rows),
    );
    new Int8Array(sections.codes.buffer, sections.codes.byteOffset, rows * this.#stride).set(this.#rows(first, rows));
    seal(file);
    return file;
  }

  /** Takes in a file of rows that are not there yet. @throws SyntaxError for a file that is none, or that changed in any byte */
  take(name: string, file: Uint8Array): void {
    const { about, scales, codes } = readSections(name, file, kind, sections);
    const [first, rows, dimensions] = about as unknown as readonly [number, number, number];
    this.#makeRoom(first + rows, dimensions);
    this.#scales.set(new Float32Array(scales.buffer, scales.byteOffset, rows), first);
    this.#rows(first, rows).set(new Int8Array(codes.buffer, codes.byteOffset, rows * this.#stride));
    for (let number = first; number < first + rows; number++) if (this.#scales[number] !== none) this.#count++;
  }

  /** Puts a query where the kernel reads it. @returns what its numbers were multiplied by, 0 for those of zeros */
  #place(query: Float32Array): number {
    if (query.length !== this.#dimensions)
      throw new RangeError(`vectors: expected ${this.#dimensions} dimensions, got ${query.length}`);
    let [most, sum] = [0, 0];
    for (const x of query) {
      most = Math.max(most, Math.abs(x));
      sum += Math.abs(x);
    }
    if (most === 0) return 0;
    // no number outgrows 16 bits, and no sum of products 32
    const stretch = Math.min((2 ** 15 - 1) / most, (2 ** 31 - 1) / (largest * sum));
    const placed = new Int16Array(this.#kernel!.memory.buffer, 0, query.length);
    for (let i = 0; i < query.length; i++) placed[i] = query[i]! * stretch;
    return stretch;
  }

  /** Numbers of a row in memory; the last ones, of no dimension, are zeros. */
  get #stride(): number {
    return Math.ceil(this.#dimensions / 16) * 16;
  }

  get #productsAt(): number {
    return 2 * this.#stride;
  }

  get #rowsAt(): number {
    return this.#productsAt + 4 * block;
  }

  #rows(first: number, count: number): Int8Array {
    return new Int8Array(this.#kernel!.memory.buffer, this.#rowsAt + first * this.#stride, count * this.#stride);
  }

  /** Makes room for the papers of numbers below one. */
  #makeRoom(end: number, dimensions: number): void {
    if (this.#dimensions === 0) this.#dimensions = dimensions;
    if (dimensions !== this.#dimensions)
      throw new RangeError(`vectors: expected ${this.#dimensions} dimensions, got ${dimensions}`);
    if (end <= this.#end) return;
    if (end > this.#scales.length) {
      const size = Math.ceil(Math.max(end, 1.25 * this.#end) / fileRows) * fileRows;
      const pages = Math.ceil((this.#rowsAt + size * this.#stride) / pageBytes);
      if (pages > mostPages)
        throw new RangeError(`vectors: expected at most 4 GiB, got more than ${this.#end} of ${dimensions} dimensions`);
      // what is not written to takes no memory
      this.#kernel ??= dotKernel(pages);
      this.#kernel.memory.grow(pages - this.#kernel.memory.buffer.byteLength / pageBytes);
      const scales = new Float32Array(size).fill(none);
      scales.set(this.#scales);
      this.#scales = scales;
    }
    this.#end = end;
  }
}
