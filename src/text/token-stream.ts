/**
 * Text from tokens as they come.
 *
 * A token may end in the middle of a character, whose first bytes then wait for the rest: no piece ever shows half of
 * one. The pieces, with what `end` gives, are the text that all tokens decode to.
 */

/** Writes text from tokens as they come. */
export interface TokenStream {
  /** The text that this token completes; empty while a character is unfinished. */
  push(id: number): string;
  /** What still waits: U+FFFD for the first bytes of a character whose rest never came. */
  end(): string;
  /** An independent copy, for a row that parts from this one. */
  fork(): TokenStream;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const none = new Uint8Array(0);

/** A stream over tokens that are bytes. */
export function byteStream(bytesOf: (id: number) => Uint8Array, waiting: Uint8Array = none): TokenStream {
  let pending = waiting;
  return {
    push(id) {
      const bytes = join(pending, bytesOf(id));
      const whole = completeLength(bytes);
      pending = bytes.subarray(whole);
      return decoder.decode(bytes.subarray(0, whole));
    },
    end() {
      const rest = decoder.decode(pending);
      pending = none;
      return rest;
    },
    fork: () => byteStream(bytesOf, pending),
  };
}

/**
 * A stream over tokens whose text depends on their neighbours, as a space between words does: what a token adds is what
 * the text since the last whole character gains by it.
 */
export function textStream(
  decode: (ids: readonly number[]) => string,
  before: readonly number[] = [],
  read = 0,
): TokenStream {
  // `ids` holds those of the last piece, which the next one is spelled beside, and those that still wait.
  let ids = [...before];
  return {
    push(id) {
      ids.push(id);
      const shown = decode(ids.slice(0, read));
      const text = decode(ids);
      if (text.endsWith('\ufffd') || text.length <= shown.length) return '';
      ids = ids.slice(read);
      read = ids.length;
      return text.slice(shown.length);
    },
    end() {
      const rest = decode(ids).slice(decode(ids.slice(0, read)).length);
      ids = [];
      read = 0;
      return rest;
    },
    fork: () => textStream(decode, ids, read),
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Length of `bytes` without the first bytes of a character at their end whose rest is still to come. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue; // within a character
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
