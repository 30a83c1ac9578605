/**
 * The key–value cache of a batch of rows that grow.
 *
 * Keys and values lie in the host's memory, [slots, heads, room, headWidth] for each block. A program reads them as
 * they lie and returns only those of the new tokens, which are written behind the others: nothing that is there is
 * ever copied, but when the room is full (which then grows by about an eighth, so that little of what the programs read
 * is empty).
 *
 * A row of a search is not bound to a place: it owns a slot. When rows are reordered, doubled and dropped, one child of
 * each parent takes over its slot; the others get slots that have become free, into which is copied only what differs
 * from what lies there. Beams are siblings, so that is mostly a few tokens.
 */
import { NDArray } from '../tensor/index.ts';
import type { Keys } from './transformer/attention.ts';

/** What a cache holds of one token: the sizes of a decoder. */
export interface CacheSizes {
  readonly layers: number;
  readonly heads: number;
  readonly headWidth: number;
}

/** A slot whose content has become that of another. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/** Room for `tokens` tokens with at most about an eighth to spare. */
export function roomFor(tokens: number): number {
  const step = Math.max(32, 2 ** (Math.floor(Math.log2(Math.max(1, tokens))) - 3));
  return Math.ceil(tokens / step) * step;
}

/** Keys and values of rows of tokens. */
export class Cache {
  readonly #sizes: CacheSizes;
  /** By block, keys and values in turn. */
  readonly #buffers: Float32Array[];
  /** Slots that there is memory for. */
  #slots = 0;
  /** Tokens a slot that there is memory for. */
  #room = 0;
  /** By slot, how many tokens it holds. */
  #lengths: number[] = [];
  /**
   * By slot, what each of its places holds: a number given at writing, and copied with what was written. Two slots
   * with equal numbers at a place agree in all before it.
   */
  #marks: Int32Array[] = [];
  #writes = 0;
  /** Numbers copied by `rearrange`: what tests and benchmarks look at. */
  copied = 0;

  constructor(sizes: CacheSizes) {
    this.#sizes = sizes;
    this.#buffers = Array.from({ length: 2 * sizes.layers }, () => new Float32Array(0));
  }

  /** Tokens that slots hold. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** `count` more slots, empty. */
  open(count: number): void {
    for (let i = 0; i < count; i++) this.#lengths.push(0);
    this.#reserve(this.#lengths.length, this.#room);
  }

  /** What programs read of the slots from `from` to `to`: views, to be read before the cache changes. */
  read(from: number, to: number): Keys<NDArray>[] {
    const { heads, headWidth } = this.#sizes;
    // slots that are all empty need no room
    const room = this.#lengths.slice(from, to).some((length) => length > 0) ? this.#room : 0;
    const slot = heads * room * headWidth;
    const view = (i: number) =>
      new NDArray(
        'float32',
        [to - from, heads, room, headWidth],
        this.#buffers[i]!.subarray(from * slot, to * slot) as Float32Array<ArrayBuffer>,
      );
    return Array.from({ length: this.#sizes.layers }, (_, i) => ({ k: view(2 * i), v: view(2 * i + 1) }));
  }

  /**
   * Writes what a program returned for the slots from `from` on, behind what they hold.
   * @param keys by block, [slots, heads, tokens, headWidth]
   * @param counts by slot, how many of the tokens are real
   */
  append(from: number, keys: readonly Keys<NDArray>[], counts: readonly number[]): void {
    const { heads, headWidth } = this.#sizes;
    const tokens = keys[0]!.k.shape[2]!;
    const starts = counts.map((_, i) => this.#lengths[from + i]!);
    this.#reserve(this.#slots, Math.max(...starts.map((start, i) => start + counts[i]!)));
    for (const [layer, { k, v }] of keys.entries()) {
      for (const [j, source] of [k.data as Float32Array, v.data as Float32Array].entries()) {
        const buffer = this.#buffers[2 * layer + j]!;
        for (const [i, count] of counts.entries()) {
          const line = ((from + i) * heads * this.#room + starts[i]!) * headWidth;
          for (let h = 0; h < heads; h++) {
            const at = (i * heads + h) * tokens * headWidth;
            buffer.set(source.subarray(at, at + count * headWidth), line + h * this.#room * headWidth);
          }
        }
      }
    }
    for (const [i, count] of counts.entries()) {
      const marks = this.#marks[from + i]!;
      for (let t = 0; t < count; t++) marks[starts[i]! + t] = ++this.#writes;
      this.#lengths[from + i] = starts[i]! + count;
    }
  }

  /**
   * Makes rows that continue others.
   * @param parents by new row, the slot of the old one
   * @returns by new row, its slot: the slots are 0 … rows − 1 in some order, and the others are gone; and what has moved
   */
  rearrange(parents: readonly number[]): { slots: number[]; moves: Move[] } {
    const slots = parents.map(() => -1);
    const kept = new Set<number>();
    // a child in its parent's slot costs nothing
    for (const [row, parent] of parents.entries()) {
      if (parent < parents.length && !kept.has(parent)) {
        kept.add(parent);
        slots[row] = parent;
      }
    }
    const free = parents.map((_, slot) => slot).filter((slot) => !kept.has(slot));
    const moves: Move[] = [];
    for (const [row, parent] of parents.entries()) {
      if (slots[row] !== -1) continue;
      const shared = free.map((slot) => this.#shared(slot, parent));
      const [slot] = free.splice(shared.indexOf(Math.max(...shared)), 1) as [number];
      moves.push({ from: parent, to: slot });
      slots[row] = slot;
    }
    this.follow(moves, parents.length);
    return { slots, moves };
  }

  /** Moves what another cache of the same rows has moved, and has `slots` slots then. No move is into what another reads. */
  follow(moves: readonly Move[], slots: number): void {
    this.#reserve(slots, this.#room);
    for (const { from, to } of moves) this.#copy(from, to, this.#shared(to, from));
    this.#lengths.length = slots;
  }

  /** Gives its memory back. */
  close(): void {
    for (const i of this.#buffers.keys()) this.#buffers[i] = new Float32Array(0);
    this.#marks = [];
    this.#lengths = [];
    this.#slots = 0;
    this.#room = 0;
  }

  /** How many of the first tokens of two slots are the same. */
  #shared(slot: number, other: number): number {
    const [a, b] = [this.#marks[slot], this.#marks[other]!];
    if (a === undefined) return 0;
    let shared = Math.min(this.#lengths[slot] ?? 0, this.#lengths[other]!);
    while (shared > 0 && a[shared - 1] !== b[shared - 1]) shared--;
    return shared;
  }

  /** Makes slot `to` equal to slot `from`; they agree in the first `shared` tokens. */
  #copy(from: number, to: number, shared: number): void {
    const { heads, headWidth } = this.#sizes;
    const length = this.#lengths[from]!;
    for (const buffer of this.#buffers) {
      for (let h = 0; h < heads; h++) {
        const [source, target] = [from, to].map((slot) => ((slot * heads + h) * this.#room + shared) * headWidth);
        buffer.copyWithin(target!, source!, source! + (length - shared) * headWidth);
      }
    }
    this.#marks[to]!.set(this.#marks[from]!.subarray(shared, length), shared);
    this.#lengths[to] = length;
    this.copied += this.#buffers.length * heads * headWidth * (length - shared);
  }

  /** Memory for so many slots, of so many tokens each. */
  #reserve(slots: number, tokens: number): void {
    if (slots <= this.#slots && tokens <= this.#room) return;
    const { heads, headWidth } = this.#sizes;
    const room = tokens <= this.#room ? this.#room : roomFor(tokens);
    const held = Math.min(this.#slots, this.#lengths.length);
    const more = Math.max(slots, this.#slots);
    for (const [i, old] of this.#buffers.entries()) {
      const buffer = new Float32Array(more * heads * room * headWidth);
      for (let line = 0; line < held * heads; line++) {
        const end = this.#lengths[Math.floor(line / heads)]! * headWidth;
        const at = line * this.#room * headWidth;
        buffer.set(old.subarray(at, at + end), line * room * headWidth);
      }
      this.#buffers[i] = buffer;
    }
    this.#marks = Array.from({ length: more }, (_, slot) => {
      const marks = new Int32Array(room);
      marks.set(this.#marks[slot]?.subarray(0, room) ?? []);
      return marks;
    });
    this.#slots = more;
    this.#room = room;
  }
}
