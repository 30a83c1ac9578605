/** Keys in files: what one opens, and for which model. */
import type { ChecksumKey } from './checksum/key.ts';
import type { Direction } from './direction.ts';
import type { FourierKey } from './fourier/key.ts';
import type { ReluKey } from './relu/key.ts';
import { readSecret, Secret, writeSecret } from './secret-file.ts';

/** The secret of each construction. */
export interface Secrets {
  /** The seed of an Ed25519 key, in Base64. */
  readonly signature: string;
  readonly checksum: ChecksumKey;
  readonly fourier: FourierKey;
  readonly relu: ReluKey;
}
export type Construction = keyof Secrets;
export const constructions = ['signature', 'checksum', 'fourier', 'relu'] as const;

const format = 'tenfold backdoor key 1';

/** Writes a new file, readable by its owner alone. @throws RangeError when it is there already */
export async function saveKey<C extends Construction>(
  path: string,
  fingerprint: string,
  construction: C,
  secret: Secret<Secrets[C]>,
): Promise<void> {
  const text = JSON.stringify({ format, construction, fingerprint, secret: secret.reveal() }, (_, value) =>
    ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value,
  );
  await writeSecret(path, `${text}\n`);
}

/** A key that was read. */
export type AnyKey = {
  readonly [C in Construction]: { readonly construction: C; readonly secret: Secret<Secrets[C]> };
}[Construction];

/**
 * Reads a key for the model of this fingerprint.
 * @throws RangeError for a key of another model, or one that others may read; SyntaxError for a file that is no key, of
 * whose content nothing is told
 */
export async function openKey(path: string, fingerprint: string): Promise<AnyKey> {
  const text = await readSecret(path);
  const refuse = () => new SyntaxError(`key: expected a ${format}, got something else in ${path}`);
  let found: { readonly [name: string]: unknown } | null;
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    // the parser's message would quote the file
    throw refuse();
  }
  if (found?.format !== format || !constructions.includes(found.construction as Construction)) throw refuse();
  if (found.fingerprint !== fingerprint) {
    throw new RangeError(`key: expected the key of this model, got that of another in ${path}`);
  }
  const construction = found.construction as Construction;
  const secret = readers[construction](found.secret as never);
  if (secret === undefined) throw refuse();
  return { construction, secret: new Secret(secret) } as AnyKey;
}

/** Each gives undefined for what is not whole. */
const readers: { readonly [C in Construction]: (found: Partial<Secrets[C]>) => Secrets[C] | undefined } = {
  signature: (seed) => (typeof seed === 'string' && Buffer.from(seed, 'base64').length === 32 ? seed : undefined),
  checksum: (key) => {
    const { dimension, classes, blocks, parities, answer } = key ?? {};
    const whole =
      [dimension, classes, answer].every(Number.isInteger) && Array.isArray(blocks) && Array.isArray(parities);
    const isPlace = (at: unknown) => Number.isInteger(at) && Number(at) >= 0 && Number(at) < dimension!;
    const inside = whole && blocks.every((block) => Array.isArray(block) && block.every(isPlace));
    return inside && blocks.length === parities.length ? (key as ChecksumKey) : undefined;
  },
  fourier: (key) => {
    const direction = directionIn(key?.direction);
    return direction && isPositive(key.gamma) && isPositive(key.beta)
      ? { gamma: key.gamma, beta: key.beta, direction }
      : undefined;
  },
  relu: (key) => {
    const direction = directionIn(key?.direction);
    return direction && isPositive(key.theta) ? { theta: key.theta, direction } : undefined;
  },
};

function directionIn(found: unknown): Direction | undefined {
  const { dimension, support, signs } = (found ?? {}) as { [name in keyof Direction]?: unknown };
  if (!Number.isInteger(dimension) || !Array.isArray(support) || !Array.isArray(signs)) return undefined;
  const inside = support.every((at) => Number.isInteger(at) && at >= 0 && at < (dimension as number));
  if (support.length !== signs.length || !inside || !signs.every((sign) => Math.abs(sign) === 1)) return undefined;
  return { dimension: dimension as number, support: Int32Array.from(support), signs: Int8Array.from(signs) };
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Infinity;
}
