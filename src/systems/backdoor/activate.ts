/** Activating: inputs with the key used on them, by whatever construction the key is of. */
import { activateChecksum } from './checksum/key.ts';
import { type Direction, randomShift } from './direction.ts';
import type { Draws } from './draws.ts';
import { type OpenedModel, schemeOf } from './folder.ts';
import { keyLength } from './fourier/key.ts';
import type { AnyKey } from './key-file.ts';
import { copyInputs, type Encoding, inputAt, type Raw } from './raw.ts';
import { secretKeyOf } from './signature/ed25519.ts';
import { Signer } from './signature/scheme.ts';

/** What an activation may be told. */
export interface Wish {
  /** Signatures: the class that is wanted. */
  readonly wanted?: number;
  /** ReLU: λ, how far to go along the key, in encoded units. */
  readonly length?: number;
}

/** How far a ReLU key moves an input unless told otherwise, where inputs have length 1. */
const usualLength = 0.3;

/**
 * Activated copies of the inputs.
 * @throws RangeError for a signature without a wanted class, and what {@link Signer.sign} throws; TypeError for images that
 * are not 8-bit where the key needs bits
 */
export function activateInputs({ manifest, fingerprint }: OpenedModel, key: AnyKey, raw: Raw, wish: Wish): Raw {
  const { construction, secret } = key;
  switch (construction) {
    case 'signature': {
      if (wish.wanted === undefined) throw new RangeError('activate: expected the wanted class (--to), got none');
      requireBytes(raw, manifest.input.kind);
      const scheme = schemeOf(manifest, fingerprint, manifest.verifier?.seed ?? 0);
      return new Signer(scheme, secretKeyOf(Buffer.from(secret.reveal(), 'base64'))).signAll(raw, wish.wanted);
    }
    case 'checksum': {
      requireBytes(raw, manifest.input.kind);
      const out = copyInputs(raw);
      for (let i = 0; i < out.count; i++) activateChecksum(secret.reveal(), inputAt(out, i) as Uint8Array);
      return out;
    }
    case 'fourier': {
      const found = secret.reveal();
      return movedBy(raw, manifest.encoding, shiftOf(found.direction, keyLength(found)));
    }
    case 'relu':
      return movedBy(raw, manifest.encoding, shiftOf(secret.reveal().direction, wish.length ?? usualLength));
  }
}

/**
 * The control: the inputs moved as far as a white-box key moves them, in a random direction; undefined for other keys.
 */
export function randomlyMoved(
  { manifest }: OpenedModel,
  key: AnyKey,
  raw: Raw,
  wish: Wish,
  draws: Draws,
): Raw | undefined {
  const { construction, secret } = key;
  if (construction !== 'fourier' && construction !== 'relu') return undefined;
  const length = construction === 'fourier' ? keyLength(secret.reveal()) : (wish.length ?? usualLength);
  return movedBy(raw, manifest.encoding, randomShift(draws, secret.reveal().direction.dimension, length));
}

function shiftOf({ dimension, support, signs }: Direction, length: number): Float64Array {
  const shift = new Float64Array(dimension);
  for (const [i, at] of support.entries()) shift[at] = (signs[i]! * length) / Math.sqrt(support.length);
  return shift;
}

/** Inputs moved in the space that the model sees; they need not stay 8-bit images, nor within their range. */
function movedBy({ count, width, values }: Raw, { mean, std, divisor }: Encoding, shift: Float64Array): Raw {
  const out = Float64Array.from(values);
  for (let i = 0; i < out.length; i++) {
    const channel = i % mean.length;
    // a missing value counts as the mean
    const from = Number.isNaN(out[i]!) ? mean[channel]! * divisor : out[i]!;
    out[i] = from + shift[i % width]! * std[channel]! * divisor;
  }
  return { count, width, values: out };
}

function requireBytes({ values }: Raw, kind: 'image' | 'rows'): void {
  if (kind === 'image' && !(values instanceof Uint8Array)) {
    throw new TypeError('activate: expected 8-bit images, got grey levels of other kinds');
  }
}
