/** Whole numbers of a fixed width, one after the other in 32-bit words. */

/** Bits that numbers from 0 to `largest` need. */
export function widthOf(largest: number): number {
  return Math.max(1, 32 - Math.clz32(largest));
}

/** Words that `length` numbers take. */
export function packedWords(length: number, width: number): number {
  return Math.ceil((length * width) / 32);
}

/** Writes a number where zeros are. */
export function setPacked(words: Int32Array, width: number, index: number, value: number): void {
  const bit = index * width;
  const at = Math.floor(bit / 32);
  const shift = bit % 32;
  words[at]! |= value << shift;
  if (shift + width > 32) words[at + 1]! |= value >>> (32 - shift);
}

/** Reads the number at `index`. */
export function getPacked(words: Int32Array, width: number, index: number): number {
  const bit = index * width;
  const at = Math.floor(bit / 32);
  const shift = bit % 32;
  const low = words[at]! >>> shift;
  const value = shift + width > 32 ? low | (words[at + 1]! << (32 - shift)) : low;
  return width === 32 ? value : value & ((1 << width) - 1);
}
