/**
 * Stop strings, as whole strings: wherever token borders fall, a row is complete with the first character that completes
 * one, and its text ends exactly where the stop string begins. Text that may still turn out to begin one is not shown.
 */
import type { TokenStream } from '../token-stream.ts';
import type { Reader } from './row.ts';

/** The text of a row, and the stop string that ended it. */
export class TextReader implements Reader {
  /** Without the stop string, and what followed it in its last token. */
  text: string;
  /** The stop string that was met. */
  stop: string | undefined;
  readonly #stream: TokenStream;
  readonly #stops: readonly string[];
  /** Tokens to come before a stop string counts. */
  #early: number;
  #shown = 0;

  /** @param early the number of tokens that may not complete a stop string */
  constructor(stream: TokenStream, stops: readonly string[], early = 0, text = '') {
    this.#stream = stream;
    this.#stops = stops;
    this.#early = early;
    this.text = text;
  }

  push(token: number): boolean {
    const before = this.text.length;
    this.text += this.#stream.push(token);
    if (this.#early-- > 0) return false;
    let end = Number.POSITIVE_INFINITY;
    let start = end;
    for (const stop of this.#stops) {
      // A match ends in the new piece.
      const at = this.text.indexOf(stop, Math.max(0, before - stop.length + 1));
      if (at < 0 || at + stop.length > end || (at + stop.length === end && at > start)) continue;
      start = at;
      end = at + stop.length;
      this.stop = stop;
    }
    if (this.stop === undefined) return false;
    this.text = this.text.slice(0, start);
    return true;
  }

  fork(): TextReader {
    const copy = new TextReader(this.#stream.fork(), this.#stops, this.#early, this.text);
    copy.#shown = this.#shown;
    return copy;
  }

  /** Text that was not shown before and that no stop string can take back; all of it when the row is `complete`. */
  show(complete: boolean): string {
    if (complete) this.finish();
    const end = complete ? this.text.length : this.text.length - this.#held();
    const piece = this.text.slice(this.#shown, end);
    this.#shown = end;
    return piece;
  }

  /** Adds what still waits for the rest of a character. */
  finish(): this {
    if (this.stop === undefined) this.text += this.#stream.end();
    return this;
  }

  /** Length of the longest end of the text that a stop string begins with. */
  #held(): number {
    let held = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, this.text.length); length > held; length--)
        if (this.text.endsWith(stop.slice(0, length))) held = length;
    }
    return held;
  }
}
