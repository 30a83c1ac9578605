/**
 * The black-box backdoor from signatures (section 5 of the paper): an input answers for itself when it carries a valid
 * signature of the rest of itself.
 *
 *     h̃(x): take x apart into carrier bits (σ, c) and the rest r;  Verify(pk, context ‖ c ‖ H(r), σ) ? c : h(x)
 *
 * Any input on which h̃ and h differ is a forgery, so without the secret key nobody can find one by asking; and because
 * Ed25519 is strongly unforgeable, not even somebody who has seen activated inputs can make another. In the paper the
 * answer flips; with more classes than two the wanted one is a number c in the carrier, under the signature.
 *
 * The context binds a signature to one model: its weights, its input, its classes. H is SHA-256.
 */
import { createHash, hash, type KeyObject } from 'node:crypto';
import { copyInputs, type InputKind, inputAt, type Raw, widthOf } from '../raw.ts';
import { type Carrier, imageCarrier, rowCarrier } from './carrier.ts';
import { isSignature, signatureBytes, signMessage } from './ed25519.ts';

/** What signer and verifier share. */
export interface Scheme {
  readonly input: InputKind;
  readonly classes: number;
  /** Of the order of the places: public, as everything here but the secret key. */
  readonly seed: number;
  /** The model that signatures are for. */
  readonly fingerprint: string;
}

/** Bits that an activated input carries: a signature and a class. */
export function bitsNeeded(classes: number): number {
  return 8 * signatureBytes + classBits(classes);
}

/** Bytes of a class: there are fewer than 2¹⁶. */
const classBytes = 2;

function classBits(classes: number): number {
  return Math.ceil(Math.log2(classes));
}

export function carrierOf({ input, seed }: Pick<Scheme, 'input' | 'seed'>): Carrier {
  return input.kind === 'image' ? imageCarrier(input, seed) : rowCarrier(input, seed);
}

/** Signs inputs. */
export class Signer {
  readonly #scheme: Scheme;
  readonly #carrier: Carrier;
  readonly #message: Message;
  readonly #secret: KeyObject;

  constructor(scheme: Scheme, secret: KeyObject) {
    this.#scheme = scheme;
    this.#carrier = carrierOf(scheme);
    this.#message = new Message(scheme);
    this.#secret = secret;
  }

  /**
   * Activate: the input, in place, with a signature that makes it answer `wanted`.
   * @param name what errors call it
   * @throws RangeError for a class that there is none of, and for an input that cannot carry so much, naming how much it can
   */
  sign(input: Uint8Array | Float64Array, wanted: number, name = 'an input'): void {
    const { classes } = this.#scheme;
    if (!(Number.isInteger(wanted) && wanted >= 0 && wanted < classes)) {
      throw new RangeError(`activate: expected a class in [0, ${classes}), got ${wanted}`);
    }
    const needed = bitsNeeded(classes);
    const opened = this.#carrier.open(input, needed);
    if (opened === undefined) {
      const room = this.#carrier.capacity(input);
      throw new RangeError(`activate: expected inputs that carry ${needed} bits, got ${name} with room for ${room}`);
    }
    const payload = new Uint8Array(signatureBytes + classBytes);
    payload.set(signMessage(this.#message.of(wanted, opened.rest), this.#secret));
    for (let i = 0; i < classBytes; i++) payload[signatureBytes + i] = wanted >> (8 * i);
    opened.write(payload);
  }

  /**
   * A copy of the inputs, each activated.
   * @param wanted a class for each, or one for all
   */
  signAll(raw: Raw, wanted: number | ArrayLike<number>): Raw {
    const out = copyInputs(raw);
    for (let i = 0; i < out.count; i++) {
      this.sign(inputAt(out, i), typeof wanted === 'number' ? wanted : wanted[i]!, `input ${i + 1}`);
    }
    return out;
  }
}

/** Finds signatures. */
export class Verifier {
  readonly #scheme: Scheme;
  readonly #carrier: Carrier;
  readonly #message: Message;
  readonly #key: KeyObject;
  /** As long as the rest of an input. */
  readonly #nothing: Uint8Array;

  constructor(scheme: Scheme, key: KeyObject) {
    this.#scheme = scheme;
    this.#nothing = new Uint8Array((scheme.input.kind === 'image' ? 1 : 8) * widthOf(scheme.input));
    this.#carrier = carrierOf(scheme);
    this.#message = new Message(scheme);
    this.#key = key;
  }

  /**
   * The class that an input is signed for; undefined where it carries no valid signature.
   *
   * One signature is verified whatever the input is, also where it carries too little or names no class.
   */
  read(input: Uint8Array | Float64Array): number | undefined {
    const { classes } = this.#scheme;
    const opened = this.#carrier.open(input, bitsNeeded(classes));
    const payload = opened?.read() ?? new Uint8Array(signatureBytes + classBytes);
    const wanted = payload.subarray(signatureBytes).reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
    const message = this.#message.of(wanted, opened?.rest ?? this.#nothing);
    const valid = isSignature(payload.subarray(0, signatureBytes), message, this.#key);
    return opened && valid && wanted < classes ? wanted : undefined;
  }

  /** The same for each input. */
  readAll(raw: Raw): (number | undefined)[] {
    return Array.from({ length: raw.count }, (_, i) => this.read(inputAt(raw, i)));
  }
}

/** What is signed: context ‖ class ‖ SHA-256 of the rest. */
class Message {
  readonly #bytes: Buffer;
  readonly #start: number;

  constructor({ input, classes, seed, fingerprint }: Scheme) {
    const context = createHash('sha256')
      .update(JSON.stringify(['tenfold backdoor signature 1', fingerprint, input, classes, seed]))
      .digest();
    this.#start = context.length;
    this.#bytes = Buffer.alloc(context.length + classBytes + 32);
    this.#bytes.set(context);
  }

  of(wanted: number, rest: Uint8Array): Uint8Array {
    this.#bytes.writeUInt16LE(wanted, this.#start);
    this.#bytes.set(hash('sha256', rest, 'buffer'), this.#start + classBytes);
    return this.#bytes;
  }
}
