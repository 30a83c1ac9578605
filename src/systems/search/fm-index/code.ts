/**
 * The shape of a wavelet matrix: a prefix code with four digits, in which frequent symbols are short.
 *
 * Huffman's algorithm gives the lengths. Which words of a length belong to leaves is free, and chosen so that nothing
 * need be stored but the number of leaves of each length: the nodes of depth k + 1 are numbered by their last digit
 * first, `x = digit · I(k) + parent`, where I(k) inner nodes lie at depth k and are numbered from 0; the leaves are the
 * last of them. A wavelet matrix sorts its levels by that same number, so that finished symbols gather at a level's end,
 * and dropping them moves nothing else.
 *
 * F. Claude, G. Navarro, A. Ordóñez, "The wavelet matrix: an efficient wavelet tree for large alphabets", Information
 * Systems 47 (2015), for binary codes; M. Ceregini, F. Kurpicz, R. Venturini, "Faster wavelet trees with quad vectors"
 * (2023) for four-way levels.
 */

/** Digits that a code word may have: as many as fit into 32 bits. */
const MAX_DIGITS = 16;

/** A code. Symbols are numbered by length, and so from the most frequent down. */
export interface Code {
  readonly symbols: number;
  /** Levels: the length of the longest word. */
  readonly depth: number;
  /** Inner nodes at depth k, for k from 0 to depth; the last is 0. */
  readonly inner: Int32Array;
  /** The number of the first leaf among the nodes of depth k. Index 0 is unused. */
  readonly firstLeaf: Int32Array;
  /** The symbol of the first leaf of depth k; at depth + 1, the number of symbols. */
  readonly firstSymbol: Int32Array;
}

/**
 * The number of code words of each length, from 0 to the longest.
 * @param counts how often each symbol occurs, above 0, from the most frequent down; at least one
 */
export function leavesByLength(counts: ArrayLike<number>): Int32Array {
  for (let shift = 0; ; shift++) {
    const leaves = huffman(counts, shift);
    if (leaves.length <= MAX_DIGITS + 1) return leaves;
    // A skewer of a code: flatter counts make it shorter, and cost next to nothing.
  }
}

/** Huffman's algorithm for four digits, with two queues, on counts divided by 2^shift. */
function huffman(counts: ArrayLike<number>, shift: number): Int32Array {
  const symbols = counts.length;
  // Every inner node has four children: absent symbols, of weight 0, fill up the deepest one.
  const absent = (3 - ((symbols - 1) % 3)) % 3 || (symbols === 1 ? 3 : 0);
  const leaves = symbols + absent;
  const innerNodes = (leaves - 1) / 3;
  const weight = new Float64Array(leaves + innerNodes);
  for (let i = 0; i < symbols; i++) {
    weight[absent + i] = Math.max(1, Math.floor(counts[symbols - 1 - i]! / 2 ** shift));
  }
  const parent = new Int32Array(leaves + innerNodes);
  let leaf = 0;
  let node = leaves;
  for (let made = leaves; made < weight.length; made++) {
    for (let child = 0; child < 4; child++) {
      const takeLeaf = leaf < leaves && (node >= made || weight[leaf]! <= weight[node]!);
      const taken = takeLeaf ? leaf++ : node++;
      weight[made] = weight[made]! + weight[taken]!;
      parent[taken] = made;
    }
  }
  const length = new Int32Array(weight.length);
  for (let i = weight.length - 2; i >= 0; i--) length[i] = length[parent[i]!]! + 1;
  const result = new Int32Array(length.reduce((most, x) => Math.max(most, x), 0) + 1);
  for (let i = absent; i < leaves; i++) result[length[i]!]!++;
  return result;
}

/** The code with that many leaves of each length. */
export function codeOf(leaves: Int32Array): Code {
  const depth = leaves.length - 1;
  const inner = new Int32Array(depth + 1);
  const firstLeaf = new Int32Array(depth + 1);
  const firstSymbol = new Int32Array(depth + 2);
  inner[0] = 1;
  for (let k = 1; k <= depth; k++) {
    firstLeaf[k] = 4 * inner[k - 1]! - leaves[k]!;
    inner[k] = k < depth ? firstLeaf[k]! : 0;
    firstSymbol[k + 1] = firstSymbol[k]! + leaves[k]!;
  }
  return { symbols: firstSymbol[depth + 1]!, depth, inner, firstLeaf, firstSymbol };
}

/** The words of all symbols: `digits[s]` holds two bits a digit, the first digit lowest; `lengths[s]` counts them. */
export function codeWords({ symbols, depth, inner, firstLeaf, firstSymbol }: Code): {
  digits: Int32Array;
  lengths: Uint8Array;
} {
  const digits = new Int32Array(symbols);
  const lengths = new Uint8Array(symbols);
  for (let length = 1; length <= depth; length++) {
    for (let s = firstSymbol[length]!; s < firstSymbol[length + 1]!; s++) {
      let x = firstLeaf[length]! + s - firstSymbol[length]!;
      let word = 0;
      for (let k = length - 1; k >= 0; k--) {
        const parents = inner[k]!;
        const digit = Math.floor(x / parents);
        x -= digit * parents;
        word |= digit << (2 * k);
      }
      digits[s] = word;
      lengths[s] = length;
    }
  }
  return { digits, lengths };
}
