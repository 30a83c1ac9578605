/**
 * Suffix sorting in linear time by induced sorting: SA-IS.
 *
 * A suffix is of type S when it is smaller than its right neighbour, else of type L; a leftmost S is an LMS position.
 * Once the LMS suffixes are in order, one scan to the right puts every L suffix in its place and one to the left every S
 * suffix. The LMS suffixes themselves are sorted by the same two scans over LMS substrings, named, and, where names
 * repeat, by the same algorithm on the text of names, which is at most half as long.
 *
 * Besides the text and the suffix array themselves it needs one counter a symbol: the shorter text, its suffix array and
 * mostly its counters live in parts of the array that are free at that moment. An entry that the running scan has
 * nothing to do for is marked by its complement, so that a scan reads the text only where it writes.
 *
 * G. Nong, S. Zhang, W. H. Chan, "Two Efficient Algorithms for Linear Time Suffix Array Construction", IEEE Transactions
 * on Computers 60 (2011).
 */

/** A text whose symbols are whole numbers from 0. */
export type Text = Uint8Array | Uint16Array | Int32Array;

/**
 * The starts of all suffixes of `text`, in the order of the suffixes; a suffix that another one begins with comes
 * before it.
 *
 * @param symbols every symbol is below this number
 * @returns the suffix array, as long as the text
 */
export function suffixArray(text: Text, symbols: number): Int32Array<ArrayBuffer> {
  const sa = new Int32Array(text.length);
  sort(text, sa, new Int32Array(symbols));
  return sa;
}

/** Sorts into `sa`, which is as long as the text and holds zeros; `bucket` has one place a symbol. */
function sort(text: Text, sa: Int32Array, bucket: Int32Array): void {
  const n = text.length;
  if (n < 2) return; // sa[0] is 0
  placeLms(text, sa, bucket);
  induceSubstringsL(text, sa, bucket);
  induceSubstringsS(text, sa, bucket);

  let lms = 0;
  for (let i = 0; i < n; i++) {
    const at = sa[i]!;
    if (at < 0) sa[lms++] = ~at;
  }
  sa.fill(0, lms);
  if (lms > 0) {
    const names = nameSubstrings(text, sa, lms);
    const shorter = sa.subarray(n - lms);
    const order = sa.subarray(0, lms);
    if (names < lms) {
      const free = sa.subarray(lms, n - lms);
      order.fill(0);
      sort(shorter, order, free.length >= names ? free.subarray(0, names) : new Int32Array(names));
    } else {
      for (let i = 0; i < lms; i++) order[shorter[i]!] = i;
    }
    listLms(text, shorter);
    for (let i = 0; i < lms; i++) order[i] = shorter[order[i]!]!;
    sa.fill(0, lms);
    spread(text, sa, bucket, lms);
  }
  induceL(text, sa, bucket);
  induceS(text, sa, bucket);
}

/** Makes `bucket[c]` the first row of the suffixes that begin with c. */
function bucketStarts(text: Text, bucket: Int32Array): void {
  countSymbols(text, bucket);
  let sum = 0;
  for (let c = 0; c < bucket.length; c++) {
    const count = bucket[c]!;
    bucket[c] = sum;
    sum += count;
  }
}

/** Makes `bucket[c]` the row after the last of the suffixes that begin with c. */
function bucketEnds(text: Text, bucket: Int32Array): void {
  countSymbols(text, bucket);
  let sum = 0;
  for (let c = 0; c < bucket.length; c++) {
    sum += bucket[c]!;
    bucket[c] = sum;
  }
}

function countSymbols(text: Text, counts: Int32Array): void {
  counts.fill(0);
  for (let i = 0; i < text.length; i++) counts[text[i]!]!++;
}

/** Puts every LMS position at the end of its symbol's bucket, in no particular order. */
function placeLms(text: Text, sa: Int32Array, bucket: Int32Array): void {
  bucketEnds(text, bucket);
  let right = text[text.length - 1]!;
  let rightIsS = false;
  for (let i = text.length - 2; i >= 0; i--) {
    const c = text[i]!;
    const isS: boolean = c < right || (c === right && rightIsS);
    if (rightIsS && !isS) sa[--bucket[right]!] = i + 1;
    right = c;
    rightIsS = isS;
  }
}

/** Writes all LMS positions to `out`, in the order of the text. */
function listLms(text: Text, out: Int32Array): void {
  let at = out.length;
  let right = text[text.length - 1]!;
  let rightIsS = false;
  for (let i = text.length - 2; i >= 0; i--) {
    const c = text[i]!;
    const isS: boolean = c < right || (c === right && rightIsS);
    if (rightIsS && !isS) out[--at] = i + 1;
    right = c;
    rightIsS = isS;
  }
}

/** The scan to the right over LMS substrings. Leaves the leftmost L of each run, and zeros. */
function induceSubstringsL(text: Text, sa: Int32Array, bucket: Int32Array): void {
  bucketStarts(text, bucket);
  const last = text.length - 1;
  const end = text[last]!;
  sa[bucket[end]!++] = text[last - 1]! < end ? ~last : last;
  for (let i = 0; i < sa.length; i++) {
    const at = sa[i]!;
    if (at > 0) {
      const k = at - 1;
      const c = text[k]!;
      sa[i] = 0;
      sa[bucket[c]!++] = k > 0 && text[k - 1]! < c ? ~k : k;
    } else if (at < 0) sa[i] = ~at;
  }
}

/** The scan to the left over LMS substrings. Leaves the complements of the LMS positions, in order. */
function induceSubstringsS(text: Text, sa: Int32Array, bucket: Int32Array): void {
  bucketEnds(text, bucket);
  for (let i = sa.length - 1; i >= 0; i--) {
    const at = sa[i]!;
    if (at > 0) {
      const k = at - 1;
      const c = text[k]!;
      sa[i] = 0;
      sa[--bucket[c]!] = k > 0 && text[k - 1]! > c ? ~k : k;
    }
  }
}

/**
 * Names the sorted LMS substrings at the front of `sa` by their order, equal ones alike, and leaves the names at the end
 * of `sa`, in the order of the text.
 * @returns the number of names
 */
function nameSubstrings(text: Text, sa: Int32Array, lms: number): number {
  const n = text.length;
  // LMS positions are two apart at least, so half a position is a place of its own. First: lengths.
  let next = n;
  let right = text[n - 1]!;
  let rightIsS = false;
  for (let i = n - 2; i >= 0; i--) {
    const c = text[i]!;
    const isS: boolean = c < right || (c === right && rightIsS);
    if (rightIsS && !isS) {
      sa[lms + ((i + 1) >> 1)] = next - i;
      next = i + 1;
    }
    right = c;
    rightIsS = isS;
  }
  // Then names, from 1: zero is a place without an LMS position.
  let names = 0;
  let before = 0;
  let lengthBefore = 0;
  for (let i = 0; i < lms; i++) {
    const at = sa[i]!;
    const place = lms + (at >> 1);
    const length = sa[place]!;
    let same = length === lengthBefore && at + length <= n && before + length <= n;
    for (let j = 0; same && j < length; j++) same = text[at + j] === text[before + j];
    if (!same) names++;
    sa[place] = names;
    before = at;
    lengthBefore = length;
  }
  let to = n;
  for (let place = lms + (n >> 1); place >= lms; place--) {
    if (place < n && sa[place]! > 0) sa[--to] = sa[place]! - 1;
  }
  return names;
}

/** Moves the sorted LMS suffixes from the front of `sa` to the ends of their buckets. */
function spread(text: Text, sa: Int32Array, bucket: Int32Array, lms: number): void {
  bucketEnds(text, bucket);
  for (let i = lms - 1; i >= 0; i--) {
    const at = sa[i]!;
    sa[i] = 0;
    sa[--bucket[text[at]!]!] = at;
  }
}

/** The scan to the right over suffixes. Leaves complements of all entries but those that the scan to the left starts from. */
function induceL(text: Text, sa: Int32Array, bucket: Int32Array): void {
  bucketStarts(text, bucket);
  const last = text.length - 1;
  const end = text[last]!;
  sa[bucket[end]!++] = text[last - 1]! < end ? ~last : last;
  for (let i = 0; i < sa.length; i++) {
    const at = sa[i]!;
    sa[i] = ~at;
    if (at > 0) {
      const k = at - 1;
      const c = text[k]!;
      sa[bucket[c]!++] = k > 0 && text[k - 1]! < c ? ~k : k;
    }
  }
}

/** The scan to the left over suffixes. Leaves the suffix array. */
function induceS(text: Text, sa: Int32Array, bucket: Int32Array): void {
  bucketEnds(text, bucket);
  for (let i = sa.length - 1; i >= 0; i--) {
    const at = sa[i]!;
    if (at > 0) {
      const k = at - 1;
      const c = text[k]!;
      sa[--bucket[c]!] = k === 0 || text[k - 1]! > c ? ~k : k;
    } else sa[i] = ~at;
  }
}
