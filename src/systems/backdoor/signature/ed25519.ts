/**
 * Ed25519 (RFC 8032), from Node's own crypto.
 *
 * What the construction needs is strong unforgeability: nobody without the secret key can make a signature of a new
 * message, nor a second signature of an old one. OpenSSL's verification gives that: it refuses S that is not below the
 * group's order and any R but the canonical one, and takes no cofactor. It does accept public keys of small order, under
 * which one signature fits many messages (Chalkias, Garillot and Nikolaenko 2020); those are refused here when a key is
 * read. The same in @noble/curves takes more than ten times as long: `npm run bench -- backdoor`.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';

/** Bytes of a signature, of a public key and of a secret seed. */
export const signatureBytes = 64;
const keyBytes = 32;

/** What comes before the bytes of a secret key in PKCS #8, and of a public one in SPKI (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** The y coordinates of the eight points of small order, little-endian: 0, 1, −1 and ±y₈, with p and p + 1 for 0 and 1. */
const smallOrder = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
]);

/** A fresh secret, from the operating system. */
export function freshSeed(): Uint8Array {
  return randomBytes(keyBytes);
}

/** The secret key of a seed of 32 bytes. */
export function secretKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== keyBytes) throw new RangeError(`key: expected a secret of ${keyBytes} bytes, got ${seed.length}`);
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of the public key that belongs to a secret or public key. */
export function publicBytes(key: KeyObject): Uint8Array {
  const found = key.type === 'private' ? createPublicKey(key) : key;
  return found.export({ format: 'der', type: 'spki' }).subarray(spki.length);
}

/**
 * The public key of 32 bytes.
 * @throws RangeError for bytes that are no key of Ed25519 that signatures can be trusted under
 */
export function publicKeyOf(bytes: Uint8Array): KeyObject {
  const canonical = Buffer.from(bytes);
  if (bytes.length === keyBytes) canonical[keyBytes - 1]! &= 0x7f;
  if (bytes.length !== keyBytes || smallOrder.has(canonical.toString('hex'))) {
    throw new RangeError(`verifier: expected a public key of Ed25519, got ${bytes.length} bytes that are none`);
  }
  return createPublicKey({ key: Buffer.concat([spki, bytes]), format: 'der', type: 'spki' });
}

/**
 * The public key in PEM.
 * @throws RangeError naming the file, as {@link publicKeyOf} does
 */
export function publicKeyFrom(pem: string, path: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPublicKey(pem);
  } catch {
    // not even the frame of a key
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new RangeError(`verifier: expected a public key of Ed25519 in ${path}`);
  return publicKeyOf(publicBytes(key));
}

export function signMessage(message: Uint8Array, secret: KeyObject): Uint8Array {
  return sign(null, message, secret);
}

/** The order L of the group, little-endian. */
const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');

/**
 * Whether a signature of 64 bytes is one. OpenSSL refuses S ≥ L before it computes anything, and fifteen of sixteen strings
 * of bytes are refused so; here these cost as much as the others, so that the time does not tell them apart.
 */
export function isSignature(signature: Uint8Array, message: Uint8Array, key: KeyObject): boolean {
  if (belowOrder(signature.subarray(keyBytes))) return verify(null, message, key, signature);
  const other = Uint8Array.from(signature);
  other[signatureBytes - 1]! &= 0x0f;
  verify(null, message, key, other);
  return false;
}

function belowOrder(scalar: Uint8Array): boolean {
  for (let i = keyBytes - 1; i >= 0; i--) if (scalar[i] !== order[i]) return scalar[i]! < order[i]!;
  return false;
}
