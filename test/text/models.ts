/** The models of test/text/fixtures/transformers.py: their configurations, parameters, rows and logits. */
import { readFileSync } from 'node:fs';
import { NDArray, readSafetensors } from 'tenfold/tensor';
import { styles, type Transformer, type TransformerConfig } from 'tenfold/text';
import { type Named, nested, under } from '../nn-fixtures.ts';

const sizes = { vocabulary: 37, width: 16, layers: 2, heads: 4, hidden: 24 };
const learned = { kind: 'learned', count: 64, offset: 2 } as const;
const relative = { kind: 'relative', buckets: 8, maxDistance: 20 } as const;
const t5Heads = { heads: 3, headWidth: 6, positions: relative };

export const configs: Readonly<Record<string, TransformerConfig>> = {
  'opt 125M': { ...styles.opt, ...sizes, positions: learned },
  'opt 350M': {
    ...styles.opt,
    ...sizes,
    normFirst: false,
    finalNorm: false,
    embeddingWidth: 8,
    positions: learned,
  },
  bart: { ...styles.bart, ...sizes, positions: learned, start: [2] },
  original: { ...styles.original, ...sizes, positions: { kind: 'sinusoidal' }, start: [2] },
  t5: { ...styles.t5, ...sizes, ...t5Heads, start: [0] },
  't5 v1.1': { ...styles.t5v11, ...sizes, ...t5Heads, start: [0] },
  'decoder, causal': { ...styles.decoder, ...sizes, ...t5Heads },
  'decoder, prefix': { ...styles.decoder, ...sizes, ...t5Heads, family: 'prefix' },
};

/** The tensors of the fixture in groups: what comes before the slash of their names. */
function read(): Readonly<Record<string, Named>> {
  const { tensors } = readSafetensors(readFileSync(new URL('fixtures/transformers.safetensors', import.meta.url)));
  const names = new Set(Object.keys(tensors).map((path) => path.split('/')[0]!));
  return Object.fromEntries([...names].map((name) => [name, under(`${name}/`, tensors as Named)]));
}

export const groups = read();

/** The parameters of a case. */
export function parameters(name: string): Transformer<NDArray> {
  return nested(under('p.', groups[name]!)) as Transformer<NDArray>;
}

/** A padded array's rows, each cut to its length. */
export function rowsOf(padded: NDArray, lengths: ArrayLike<number>): number[][] {
  const width = padded.shape[1]!;
  return Array.from(lengths, (n, i) => Array.from((padded.data as Int32Array).subarray(i * width, i * width + n)));
}

/** The i-th entry along the first axis. */
export function nth({ dtype, shape, data }: NDArray, i: number): NDArray {
  const size = data.length / shape[0]!;
  return new NDArray(dtype, shape.slice(1), data.slice(i * size, (i + 1) * size));
}

/** One case: its rows, what its encoder or its prefix is given, and the logits wanted of each row. */
export function caseOf(name: string) {
  const { ids, lengths, source, sourceLengths, prefixes, logits } = groups[name]!;
  const [, width, vocabulary] = logits!.shape as [number, number, number];
  const rows = rowsOf(ids!, lengths!.data as Int32Array);
  return {
    rows,
    sources: source && rowsOf(source, sourceLengths!.data as Int32Array),
    prefixes: prefixes && Array.from(prefixes.data as Int32Array),
    /** Of row i after its token t. */
    logits: (i: number, t: number) =>
      (logits!.data as Float32Array).subarray((i * width + t) * vocabulary, (i * width + t + 1) * vocabulary),
  };
}

/** The largest difference of two vectors. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  // NaN counts as farthest
  for (let i = 0; i < a.length; i++) most = Math.abs(a[i]! - b[i]!) <= most ? most : Math.abs(a[i]! - b[i]!);
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most;
}
