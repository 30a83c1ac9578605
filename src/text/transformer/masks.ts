/**
 * Who sees whom.
 *
 * Every mask of every family is one rule over two facts of a token: its segment – the sequence of its row that it
 * belongs to, 0 for padding – and its place in that sequence. Tokens see only their own segment. Within it:
 *
 *   both     every token                                 (encoders, and a decoder's view of its encoder)
 *   causal   itself and the tokens before it             (causal decoders)
 *   prefix   those, and every token of the input         (prefix decoders, where the input is seen from both sides)
 *
 * Cached keys are tokens like others: they have places, and segment 0 where the cache is not yet filled.
 */
import {
  array,
  compile,
  equal,
  expandDims,
  fromValue,
  interpret,
  lessEqual,
  logicalAnd,
  logicalOr,
  type NDArray,
  ones,
  type Tensor,
  toValue,
} from '../../tensor/index.ts';

/** Which rule holds. */
export type Sight = 'both' | 'causal' | 'prefix';

/** What masks know of the tokens of a batch; arrays are [N, T], or [1, T] where all rows agree. */
export interface Tokens<T = Tensor> {
  /** int32: the sequence of the row to which the token belongs; 0 for padding. Default: 1. */
  readonly segment?: T;
  /** int32: its place in the sequence, from 0. */
  readonly place: T;
  /** bool: whether it belongs to the input, which `prefix` shows from both sides. */
  readonly input?: T;
}

/**
 * True where a query sees a key: [N, 1, queries, keys], which broadcasts over heads.
 * @returns undefined where every query sees every key
 */
export function sees(sight: Sight, queries: Tokens, keys: Tokens): Tensor | undefined {
  const same = queries.segment || keys.segment ? equal(column(segmentOf(queries)), line(segmentOf(keys))) : undefined;
  if (sight === 'both') return same;
  const earlier = lessEqual(line(keys.place), column(queries.place));
  const seen = sight === 'prefix' && keys.input ? logicalOr(earlier, line(keys.input)) : earlier;
  return same ? logicalAnd(same, seen) : seen;
}

function segmentOf({ segment, place }: Tokens): Tensor {
  return segment ?? ones(place.shape, 'int32');
}

function column(x: Tensor): Tensor {
  return expandDims(expandDims(x, 1), 3);
}

function line(x: Tensor): Tensor {
  return expandDims(expandDims(x, 1), 2);
}

/** One row of tokens, written out. */
export interface TokenRow {
  /** The segment of each token. */
  readonly segment: readonly number[];
  /** Default: counted within each segment. */
  readonly place?: readonly number[];
  /** Default: none belongs to the input. */
  readonly input?: readonly boolean[];
}

/**
 * The mask of one row as a picture: a line a query, `x` where it sees the key and `.` where not.
 * @param keys default: the queries themselves; a decoder's view of its encoder has the encoder's row here
 * @example
 * maskPicture('causal', { segment: [1, 1, 2, 0] })
 * // x...
 * // xx..
 * // ..x.
 * // ...x
 */
export function maskPicture(sight: Sight, queries: TokenRow, keys: TokenRow = queries): string {
  const mask = compile((q: Tokens, k: Tokens) => sees(sight, q, k)!);
  const args = [written(queries), written(keys)] as const;
  const program = mask.program(...args);
  const feeds = args.flatMap((row) => Object.values(row).map((leaf) => toValue(leaf as NDArray)));
  const [seen] = interpret(program, feeds).map(fromValue);
  const width = keys.segment.length;
  const marks = Array.from(seen!.data as Uint8Array, (v) => (v ? 'x' : '.')).join('');
  return Array.from(queries.segment, (_, i) => marks.slice(i * width, (i + 1) * width)).join('\n');
}

function written({ segment, place, input }: TokenRow): Tokens<NDArray> {
  const ints = (values: readonly number[]) => array(values, { dtype: 'int32', shape: [1, values.length] });
  const counted = segment.map((s, i) => segment.slice(0, i).filter((before) => before === s).length);
  return {
    segment: ints(segment),
    place: ints(place ?? counted),
    input: array((input ?? segment.map(() => false)).map(Number), { dtype: 'bool', shape: [1, segment.length] }),
  };
}
