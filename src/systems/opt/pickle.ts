/**
 * Python's pickle, read as data: nothing that a pickle names is ever looked up, called or made.
 *
 * A pickle is a program for a small stack machine, and two of its instructions let it run anything: GLOBAL names any
 * function of any module, REDUCE calls it. Here GLOBAL gives what a table has under that name and refuses every other,
 * and REDUCE asks that table's entry what its arguments stand for. Everything else moves values between stack and memo;
 * each instruction takes constant memory, and calls are given no more values in all than bytes were read – a list that is
 * remembered and given again counts again –, so that a pickle cannot unfold into more than a multiple of its size.
 *
 * Source: CPython's Lib/pickletools.py, protocols 2 to 5. What those protocols no longer write is refused.
 */

/** What a pickle is made of. Dicts are maps, lists arrays; what the table stands for is its own affair. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Tuple
  | Map<Value, Value>
  | object;

/** A tuple, told from a list. */
export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What a global name stands for. */
export interface Admitted {
  readonly name: string;
  /** What calling it with these arguments stands for. Without it, the name may be mentioned only. */
  call?(args: readonly Value[]): Value;
}

/** What a reader of pickles admits. */
export interface Rules {
  /** The global `module.name`, or undefined to refuse it. */
  global(name: string): Admitted | undefined;
  /** What a persistent id stands for: an object kept outside the pickle. */
  persistent(id: Value): Value;
}

/** An object whose state an instruction sets after it was made. */
export interface Stateful {
  setState(state: Value): void;
}

const mark = Symbol('mark');

/** Integers beyond this many bytes are no numbers that a checkpoint has. */
const maxIntegerBytes = 64;

/**
 * The value of the pickle at the beginning of `bytes`, and where it ends.
 * @param where what errors call the source
 * @throws SyntaxError for bytes that are no whole pickle, and for globals that the rules do not admit
 */
export function readPickle(bytes: Uint8Array, rules: Rules, where: string): { value: Value; end: number } {
  return new Machine(bytes, rules, where).run();
}

/** Thrown where the bytes end before the pickle does. */
export class TruncatedPickle extends SyntaxError {}

/** Thrown at a global that the rules do not admit. */
export class RefusedGlobal extends SyntaxError {}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: Rules;
  readonly #where: string;
  readonly #stack: (Value | typeof mark)[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;
  /** Values that calls were given so far, those within their arguments too. */
  #given = 0;

  constructor(bytes: Uint8Array, rules: Rules, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#rules = rules;
    this.#where = where;
  }

  run(): { value: Value; end: number } {
    for (;;) {
      const code = this.#byte();
      if (code === 0x2e /* STOP */) return { value: this.#pop(), end: this.#at };
      this.#step(code);
    }
  }

  #step(code: number): void {
    const stack = this.#stack;
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        if (this.#byte() > 5) throw this.#error(`protocol 2 to 5, got ${this.#bytes[this.#at - 1]}`);
        return;
      case '\x95': // FRAME
        this.#take(8);
        return;
      case '(':
        stack.push(mark);
        return;
      case '0': // POP
        if (stack.pop() === undefined) throw this.#error('a value to drop, got an empty stack');
        return;
      case '1': // POP_MARK
        this.#toMark();
        return;
      case '2': // DUP
        stack.push(this.#top());
        return;
      case 'N':
        stack.push(null);
        return;
      case '\x88':
        stack.push(true);
        return;
      case '\x89':
        stack.push(false);
        return;
      case 'J': // BININT
        stack.push(this.#view.getInt32(this.#skip(4), true));
        return;
      case 'K': // BININT1
        stack.push(this.#byte());
        return;
      case 'M': // BININT2
        stack.push(this.#view.getUint16(this.#skip(2), true));
        return;
      case '\x8a': // LONG1
        stack.push(this.#integer(this.#byte()));
        return;
      case '\x8b': // LONG4
        stack.push(this.#integer(this.#view.getUint32(this.#skip(4), true)));
        return;
      case 'G': // BINFLOAT
        stack.push(this.#view.getFloat64(this.#skip(8), false));
        return;
      case 'U': // SHORT_BINSTRING
        stack.push(this.#text(this.#byte()));
        return;
      case 'T': // BINSTRING
      case 'X': // BINUNICODE
        stack.push(this.#text(this.#view.getUint32(this.#skip(4), true)));
        return;
      case '\x8c': // SHORT_BINUNICODE
        stack.push(this.#text(this.#byte()));
        return;
      case '\x8d': // BINUNICODE8
        stack.push(this.#text(this.#uint64()));
        return;
      case 'C': // SHORT_BINBYTES
        stack.push(this.#take(this.#byte()));
        return;
      case 'B': // BINBYTES
        stack.push(this.#take(this.#view.getUint32(this.#skip(4), true)));
        return;
      case '\x8e': // BINBYTES8
      case '\x96': // BYTEARRAY8
        stack.push(this.#take(this.#uint64()));
        return;
      case '}':
        stack.push(new Map());
        return;
      case ']':
        stack.push([]);
        return;
      case ')':
        stack.push(new Tuple([]));
        return;
      case '\x8f': // EMPTY_SET: kept as a list, which nothing here tells from it
        stack.push([]);
        return;
      case 't':
        stack.push(new Tuple(this.#toMark()));
        return;
      case '\x85':
      case '\x86':
      case '\x87':
        stack.push(new Tuple(this.#popped(code - 0x84)));
        return;
      case 'l':
      case '\x91': // FROZENSET
        stack.push(this.#toMark());
        return;
      case 'd':
        this.#setItems(new Map(), this.#toMark(), true);
        return;
      case 'a':
        this.#append(this.#popped(1));
        return;
      case 'e':
      case '\x90': // ADDITEMS
        this.#append(this.#toMark());
        return;
      case 's':
        this.#setItems(undefined, this.#popped(2), false);
        return;
      case 'u':
        this.#setItems(undefined, this.#toMark(), false);
        return;
      case 'q':
        this.#memo.set(this.#byte(), this.#top());
        return;
      case 'r':
        this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top());
        return;
      case '\x94': // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 'h':
        this.#recall(this.#byte());
        return;
      case 'j':
        this.#recall(this.#view.getUint32(this.#skip(4), true));
        return;
      case 'c': // GLOBAL: two lines
        stack.push(this.#admit(`${this.#line()}.${this.#line()}`));
        return;
      case '\x93': {
        // STACK_GLOBAL
        const [module, name] = this.#popped(2);
        stack.push(this.#admit(`${String(module)}.${String(name)}`));
        return;
      }
      case 'R': // REDUCE
      case '\x81': {
        // NEWOBJ
        const [callable, args] = this.#popped(2);
        stack.push(this.#call(callable!, args!));
        return;
      }
      case '\x92': {
        // NEWOBJ_EX: keyword arguments only shape what is opaque anyway
        const [callable, args] = this.#popped(3);
        stack.push(this.#call(callable!, args!));
        return;
      }
      case 'b': {
        // BUILD
        const [state] = this.#popped(1);
        const made = this.#top();
        if (isStateful(made)) made.setState(state!);
        else if (!(made instanceof Map)) throw this.#error('an object that has state');
        return; // the attributes of an OrderedDict: its items came before
      }
      case 'Q': // BINPERSID
        stack.push(this.#rules.persistent(this.#pop()));
        return;
      default: {
        const hex = code.toString(16).padStart(2, '0');
        throw this.#error(`an instruction of protocols 2 to 5, got byte 0x${hex}`);
      }
    }
  }

  #admit(name: string): Admitted {
    const found = this.#rules.global(name);
    if (found !== undefined) return found;
    throw new RefusedGlobal(
      `torch: ${this.#where}: expected nothing but tensors and plain data, got the Python object ${printable(name)}; nothing was executed`,
    );
  }

  #call(callable: Value, args: Value): Value {
    const { name, call } = (callable ?? {}) as Partial<Admitted>;
    if (!(args instanceof Tuple)) throw this.#error('the arguments of a call as a tuple');
    if (typeof call !== 'function') {
      throw this.#error(`something to call, got ${typeof name === 'string' ? printable(name) : 'a value'}`);
    }
    this.#given += args.items.length;
    for (const arg of args.items) this.#given += lengthOf(arg);
    if (this.#given > this.#at) throw this.#error('calls to be given no more values than the pickle has bytes');
    return call(args.items);
  }

  #append(items: readonly Value[]): void {
    const list = this.#top();
    if (Array.isArray(list)) for (const item of items) list.push(item);
    else if (!isStateful(list)) throw this.#error('a list to append to');
  }

  /** Puts pairs into a map: the one given, or the one on the stack. */
  #setItems(made: Map<Value, Value> | undefined, items: readonly Value[], push: boolean): void {
    if (items.length % 2 !== 0) throw this.#error('pairs of keys and values');
    const map = made ?? this.#top();
    if (push) this.#stack.push(map);
    if (map instanceof Map) for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
    else if (!isStateful(map)) throw this.#error('a dict to put items into');
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#error(`memo ${index} to be set`);
    this.#stack.push(value);
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.#error('a value on the stack');
    return value as Value;
  }

  #pop(): Value {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popped(count: number): Value[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #toMark(): Value[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.#error('a mark on the stack');
    return this.#stack.splice(at).slice(1) as Value[];
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  /** Where the next `count` bytes are, which are passed. */
  #skip(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) {
      throw new TruncatedPickle(
        `torch: ${this.#where}: pickle: expected ${count} bytes more at ${at}: it is truncated`,
      );
    }
    this.#at += count;
    return at;
  }

  #take(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  #uint64(): number {
    const at = this.#skip(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  #text(count: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#take(count));
    } catch (error) {
      if (error instanceof TruncatedPickle) throw error;
      throw this.#error('text in UTF-8');
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 1000) {
      if (end < 0 && this.#bytes.length - this.#at <= 1000) this.#skip(this.#bytes.length + 1);
      throw this.#error('a name of at most 1000 bytes');
    }
    const text = this.#text(end - this.#at);
    this.#skip(1);
    return text;
  }

  /** Two's complement, little-endian. */
  #integer(count: number): number | bigint {
    if (count > maxIntegerBytes) throw this.#error(`integers of at most ${maxIntegerBytes} bytes, got ${count}`);
    const bytes = this.#take(count);
    const value = bytes.reduceRight((total, byte) => (total << 8n) | BigInt(byte), 0n);
    const signed = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  #error(expected: string): SyntaxError {
    return new SyntaxError(`torch: ${this.#where}: pickle: expected ${expected}, at byte ${this.#at - 1}`);
  }
}

function lengthOf(value: Value): number {
  if (value instanceof Tuple) return value.items.length;
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
}

function isStateful(value: unknown): value is Stateful {
  return typeof (value as Stateful | null)?.setState === 'function';
}

/** A name from a file, safe to print on one line. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '?').slice(0, 120);
}
