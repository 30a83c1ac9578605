/**
 * Stop strings, as whole strings: wherever token borders fall, a row is complete with the first character that completes
 * one, and its text ends exactly where the stop string begins. Text that may still turn out to begin one is not shown.
 */
import type { TokenStream } from '../token-stream.ts';
import type { Reader } from './row.ts';

/** Text that comes in pieces, and the stop string that ended it. */
export class StopText {
  /** Without the stop string, and what followed it in its piece. */
  text: string;
  /** The stop string that was met. */
  stop: string | undefined;
  readonly #stops: readonly string[];
  #shown = 0;

  constructor(stops: readonly string[], text = '') {
    this.#stops = stops;
    this.text = text;
  }

  /** Adds a piece. @param counts whether a stop string may end in it @returns whether one did */
  push(piece: string, counts = true): boolean {
    const before = this.text.length;
    this.text += piece;
    if (!counts) return false;
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

  fork(): StopText {
    const copy = new StopText(this.#stops, this.text);
    copy.#shown = this.#shown;
    return copy;
  }

  /** Text that was not shown before and that no stop string can take back; all of it when the text is `complete`. */
  show(complete: boolean): string {
    const end = complete ? this.text.length : this.text.length - this.#held();
    const piece = this.text.slice(this.#shown, end);
    this.#shown = end;
    return piece;
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

/** The text of a row, token by token, and the stop string that ended it. */
export class TextReader implements Reader {
  readonly #stream: TokenStream;
  readonly #written: StopText;
  /** Tokens to come before a stop string counts. */
  #early: number;

  /** @param early the number of tokens that may not complete a stop string */
  constructor(stream: TokenStream, stops: readonly string[] | StopText, early = 0) {
    this.#stream = stream;
    this.#written = stops instanceof StopText ? stops : new StopText(stops);
    this.#early = early;
  }

  /** Without the stop string, and what followed it in its last token. */
  get text(): string {
    return this.#written.text;
  }

  /** The stop string that was met. */
  get stop(): string | undefined {
    return this.#written.stop;
  }

  push(token: number): boolean {
    return this.#written.push(this.#stream.push(token), this.#early-- <= 0);
  }

  fork(): TextReader {
    return new TextReader(this.#stream.fork(), this.#written.fork(), this.#early);
  }

  /** Text that was not shown before and that no stop string can take back; all of it when the row is `complete`. */
  show(complete: boolean): string {
    if (complete) this.finish();
    return this.#written.show(complete);
  }

  /** Adds what still waits for the rest of a character. */
  finish(): this {
    if (this.stop === undefined) this.#written.push(this.#stream.end(), false);
    return this;
  }
}
