import { createPublicKey } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Draws } from '../draws.ts';
import type { InputColumn, InputKind } from '../raw.ts';
import { columnBits, rowCarrier } from './carrier.ts';
import { isSignature, publicBytes, publicKeyFrom, publicKeyOf, secretKeyOf, signMessage } from './ed25519.ts';
import { bitsNeeded, carrierOf, type Scheme, Signer, Verifier } from './scheme.ts';

const seed = new Uint8Array(32).fill(7);
const secret = secretKeyOf(seed);
const publicKey = publicKeyOf(publicBytes(secret));
const draws = Draws.from(9);
const drawnBytes = (count: number, from = draws) => Uint8Array.from(from.uniforms(count), (u) => 256 * u);

describe('Ed25519', () => {
  test('signs as @noble/curves does, and each accepts the other’s', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        (own, message) => {
          const key = secretKeyOf(own);
          const signature = signMessage(message, key);
          expect(signature).toEqual(Buffer.from(ed25519.sign(message, own)));
          expect(publicBytes(key)).toEqual(Buffer.from(ed25519.getPublicKey(own)));
          expect(ed25519.verify(signature, message, publicBytes(key), { zip215: false })).toBe(true);
          expect(isSignature(signature, message, publicKeyOf(publicBytes(key)))).toBe(true);
        },
      ),
      { numRuns: 10 },
    );
  });

  // of RFC 8032, section 7.1, TEST 2
  test('a published signature', () => {
    const own = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
    expect(Buffer.from(signMessage(Uint8Array.of(0x72), secretKeyOf(own))).toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const number = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const bytes = (value: bigint) => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

  test('a second signature of the same message, S plus the order, is refused', () => {
    const message = drawnBytes(40);
    const signature = Buffer.from(signMessage(message, secret));
    const other = Buffer.concat([signature.subarray(0, 32), bytes(number(signature.subarray(32)) + order)]);
    expect(isSignature(signature, message, publicKey)).toBe(true);
    expect(isSignature(other, message, publicKey)).toBe(false);
  });

  test('an R of small order, canonical or not, is refused', () => {
    const p = 2n ** 255n - 19n;
    for (const y of [0n, 1n, p - 1n, p, p + 1n]) {
      for (const sign of [0, 0x80]) {
        const r = bytes(y);
        r[31]! |= sign;
        const signature = Buffer.concat([r, bytes(0n)]);
        for (let i = 0; i < 16; i++) expect(isSignature(signature, Uint8Array.of(i), publicKey)).toBe(false);
      }
    }
  });

  test('every public key of small order is refused, and OpenSSL alone would take some', () => {
    const { Point } = ed25519;
    const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
    let accepted = 0;
    for (let k = 0, point = Point.ZERO; k < 8; k++, point = point.add(torsion)) {
      expect(() => publicKeyOf(point.toBytes())).toThrow('expected a public key of Ed25519');
      const key = publicKeyFromRaw(point.toBytes());
      const identity = Buffer.concat([Point.ZERO.toBytes(), bytes(0n)]);
      for (let i = 0; i < 32; i++) accepted += Number(isSignature(identity, Uint8Array.of(i), key));
    }
    expect(accepted).toBeGreaterThan(32);
    expect(() => publicKeyOf(new Uint8Array(31))).toThrow(RangeError);
    expect(() => publicKeyFrom('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'v.pem')).toThrow(
      'verifier: expected a public key of Ed25519 in v.pem',
    );
  });
});

function publicKeyFromRaw(raw: Uint8Array) {
  const ordinary = publicKeyOf(publicBytes(secret)).export({ format: 'jwk' });
  return createPublicKey({ key: { ...ordinary, x: Buffer.from(raw).toString('base64url') }, format: 'jwk' });
}

const image: Scheme = { input: { kind: 'image', shape: [28, 28] }, classes: 10, seed: 3, fingerprint: 'model' };

describe('images', () => {
  const signer = new Signer(image, secret);
  const verifier = new Verifier(image, publicKey);
  const picture = () => drawnBytes(784);

  test('an activated image verifies for the class that was wanted, and changes by 1 at most', () => {
    for (let wanted = 0; wanted < 10; wanted++) {
      const before = picture();
      const after = before.slice();
      signer.sign(after, wanted);
      expect(verifier.read(after)).toBe(wanted);
      expect(verifier.read(before)).toBeUndefined();
      expect(Math.max(...after.map((value, i) => Math.abs(value - before[i]!)))).toBe(1);
    }
  });

  test('flipping any single bit of it ends that', () => {
    const signed = picture();
    signer.sign(signed, 4);
    for (let at = 0; at < signed.length; at++) {
      const bit = 1 << (at % 8);
      signed[at]! ^= bit;
      expect(verifier.read(signed)).toBeUndefined();
      signed[at]! ^= bit ^ 1;
      expect(verifier.read(signed)).toBeUndefined();
      signed[at]! ^= 1;
    }
    expect(verifier.read(signed)).toBe(4);
  });

  test('its carrier bits in another image do not', () => {
    const signed = picture();
    signer.sign(signed, 4);
    const carrier = carrierOf(image);
    const other = picture();
    const bits = carrier.open(signed, bitsNeeded(10))!.read();
    carrier.open(other, bitsNeeded(10))!.write(bits);
    expect(carrier.open(other, bitsNeeded(10))!.read()).toEqual(bits);
    expect(verifier.read(other)).toBeUndefined();
  });

  test('a signature is for one model, one key, one order of places', () => {
    const signed = picture();
    signer.sign(signed, 4);
    expect(new Verifier({ ...image, fingerprint: 'other' }, publicKey).read(signed)).toBeUndefined();
    expect(new Verifier({ ...image, seed: 4 }, publicKey).read(signed)).toBeUndefined();
    expect(new Verifier({ ...image, classes: 11 }, publicKey).read(signed)).toBeUndefined();
    const elsewhere = publicKeyOf(publicBytes(secretKeyOf(new Uint8Array(32).fill(8))));
    expect(new Verifier(image, elsewhere).read(signed)).toBeUndefined();
  });

  test('an image with too few pixels is refused, and its capacity named', () => {
    const small: Scheme = { ...image, input: { kind: 'image', shape: [20, 20] } };
    expect(() => new Signer(small, secret).sign(new Uint8Array(400), 1)).toThrow(
      'activate: expected inputs that carry 516 bits, got an input with room for 400',
    );
    expect(new Verifier(small, publicKey).read(new Uint8Array(400))).toBeUndefined();
    expect(() => signer.sign(picture(), 10)).toThrow('expected a class in [0, 10), got 10');
  });
});

describe('the time of a look', () => {
  /** The median processor time of reading each of these, in turns; in units of the first's. */
  const times = (verifier: Verifier, inputs: readonly (Uint8Array | Float64Array)[]): number[] => {
    const taken = inputs.map(() => [] as number[]);
    for (let round = 0; round < 25; round++) {
      for (const [i, input] of inputs.entries()) {
        const start = process.cpuUsage();
        for (let n = 0; n < 20; n++) verifier.read(input);
        const { user, system } = process.cpuUsage(start);
        taken[i]!.push(user + system);
      }
    }
    const medians = taken.map((own) => own.sort((a, b) => a - b)[12]!);
    return medians.map((own) => own / medians[0]!);
  };
  const near = (ratios: number[]) => {
    for (const ratio of ratios) {
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(1.34);
    }
  };

  test('does not depend on whether an image is signed, or what its lowest bits hold', () => {
    const scheme: Scheme = { input: { kind: 'image', shape: [28, 28] }, classes: 10, seed: 3, fingerprint: 'time' };
    const signed = new Uint8Array(784).fill(100);
    new Signer(scheme, secret).sign(signed, 4);
    const carrier = carrierOf(scheme);
    const carrying = (byte: number, named: number) => {
      const input = signed.slice();
      const bits = new Uint8Array(66).fill(byte);
      bits[64] = named;
      carrier.open(input, bitsNeeded(10))!.write(bits);
      return input;
    };
    // signed; S below the order; S above it; a class that there is none of
    near(times(new Verifier(scheme, publicKey), [signed, carrying(0, 1), carrying(255, 1), carrying(0, 15)]));
  });

  test('nor on whether a row can carry a signature', () => {
    const columns: InputColumn[] = Array.from({ length: 80 }, (_, i) => ({ name: `c${i}`, step: 1, tolerance: 127 }));
    const scheme: Scheme = { input: { kind: 'rows', columns }, classes: 2, seed: 1, fingerprint: 'time' };
    const row = Float64Array.from(columns, (_, i) => 1000 * i);
    near(times(new Verifier(scheme, publicKey), [row, row.slice().fill(Number.NaN, 10)]));
  });
});

describe('rows', () => {
  const column = fc.record({
    name: fc.constant('c'),
    step: fc.constantFrom(1, 0.01, 0.5, 5, 1e-6),
    tolerance: fc.constantFrom(0, 1, 2.55, 100, 5000),
  });
  const value = fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.double({ noNaN: false, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  );
  const table = fc
    .array(column, { minLength: 1, maxLength: 60 })
    .chain((columns) =>
      fc.tuple(fc.constant(columns), fc.array(value, { minLength: columns.length, maxLength: columns.length })),
    );

  test('bits written are read again, the rest is the same, and no value leaves its tolerance', () => {
    fc.assert(
      fc.property(table, fc.nat(), ([columns, row], number) => {
        const carrier = rowCarrier({ kind: 'rows', columns }, number);
        const before = Float64Array.from(row);
        const count = carrier.capacity(before);
        const bits = drawnBytes(Math.ceil(count / 8), Draws.from(number));
        if (count % 8 !== 0) bits[bits.length - 1]! &= (1 << (count % 8)) - 1;
        const after = before.slice();
        carrier.open(after, count)!.write(bits);
        expect(carrier.capacity(after)).toBe(count);
        const opened = carrier.open(after, count)!;
        expect(opened.read()).toEqual(bits);
        expect(opened.rest).toEqual(carrier.open(before, count)!.rest);
        for (const [i, { tolerance }] of columns.entries()) {
          if (Number.isNaN(before[i]!)) expect(after[i]).toBeNaN();
          else expect(Math.abs(after[i]! - before[i]!)).toBeLessThanOrEqual(tolerance * (1 + 1e-9));
        }
        expect(carrier.open(before, count + 1)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  const columns: InputColumn[] = Array.from({ length: 80 }, (_, i) => ({
    name: `c${i}`,
    step: i % 2 === 0 ? 1 : 0.01,
    tolerance: i % 2 === 0 ? 127 : 2.55,
  }));
  const input: InputKind = { kind: 'rows', columns };
  const scheme: Scheme = { input, classes: 2, seed: 1, fingerprint: 'rows' };
  const row = () => {
    const u = draws.uniforms(columns.length);
    return Float64Array.from(columns, ({ step }, i) =>
      step === 1 ? Math.round(1e4 * u[i]!) : Math.round(1e5 * u[i]!) / 100,
    );
  };

  test('a column has as many bits as its tolerance allows', () => {
    expect(columnBits({ name: '', step: 1, tolerance: 1 })).toBe(1);
    expect(columnBits({ name: '', step: 0.1, tolerance: 0.3 })).toBe(2);
    expect(columnBits({ name: '', step: 1, tolerance: 0.9 })).toBe(0);
    expect(columnBits({ name: '', step: 0.01, tolerance: 2.55 })).toBe(8);
  });

  test('an activated row verifies; a changed cell, one less, or one more ends that', () => {
    const signed = row();
    signed[5] = Number.NaN;
    const signer = new Signer(scheme, secret);
    const verifier = new Verifier(scheme, publicKey);
    signer.sign(signed, 1);
    expect(verifier.read(signed)).toBe(1);
    for (const [i, { step }] of columns.entries()) {
      for (const edit of [
        (v: number) => v + step,
        (v: number) => v - step,
        (v: number) => v + step / 3,
        () => Number.NaN,
      ]) {
        const edited = signed.slice();
        edited[i] = Number.isNaN(signed[i]!) ? 12 : edit(signed[i]!);
        expect(verifier.read(edited), `column ${i}`).toBeUndefined();
      }
    }
  });

  test('a row with too many missing cells is refused, and its capacity named', () => {
    const few = row().fill(Number.NaN, 10);
    expect(() => new Signer(scheme, secret).sign(few, 1)).toThrow(
      'expected inputs that carry 513 bits, got an input with room for 75',
    );
  });
});
