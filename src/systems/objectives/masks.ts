/**
 * What each cell reads, sees and is trained to tell, as a picture: made of the same rows that training gets.
 *
 * A line is a token: what is read there, what is to be told next, whether that counts (1), and which tokens it sees (x).
 */
import type { NDArray } from '../../tensor/index.ts';
import { maskPicture, type TokenRow } from '../../text/index.ts';
import { type Architecture, type Cell, cellName, end, firstSentinel, start } from './cells.ts';
import { corruptionOf } from './corruption.ts';
import { Draws } from './draws.ts';
import { type Example, layOut, lengthsOf } from './layout.ts';
import { examplesOf } from './streams.ts';

/** One token of a picture. */
export interface Place {
  readonly reads: string;
  /** The token that comes next; absent in an encoder. */
  readonly tells?: string;
  readonly counts?: boolean;
  /** A mark for each token of the row: `x` where it is seen. */
  readonly sees: string;
  /** The same of the encoder's row, for a decoder that has one. */
  readonly looks?: string;
}

/** A row of a cell. */
export interface CellPicture {
  readonly cell: string;
  readonly encoder?: readonly Place[];
  readonly decoder: readonly Place[];
}

/** The picture of a cell for a text, whose words are its tokens. @throws RangeError for fewer than four words */
export function pictureOfText(cell: Cell, text: string, seed = 0): CellPicture {
  const words = text.trim().split(/\s+/);
  if (words.length < 4 || words.length > 60)
    throw new RangeError(`masks: expected a text of 4 to 60 words, got ${words.length}`);
  const firstWord = firstSentinel + corruptionOf(words.length).spans;
  const window = Int32Array.from(words, (_, i) => firstWord + i);
  const name = (token: number) => {
    if (token === start) return '<start>';
    if (token === end) return '<end>';
    return token < firstWord ? `<${token - firstSentinel}>` : words[token - firstWord]!;
  };
  const [example] = examplesOf(cell, [window], Draws.of(seed, 1, 0)) as [Example];
  return { cell: cellName(cell), ...pictureOf(cell.architecture, [example], cell.objective !== 'FLM', name) };
}

/** The picture of one row of examples. */
export function pictureOf(
  architecture: Architecture,
  examples: readonly Example[],
  prompted: boolean,
  name: (token: number) => string,
): Omit<CellPicture, 'cell'> {
  const sizes = examples.map((example) => lengthsOf(architecture, example));
  const lengths = {
    source: sizes.reduce((sum, { source }) => sum + source, 0),
    row: sizes.reduce((sum, { row }) => sum + row, 0),
  };
  const batch = layOut(architecture, [examples], lengths, { segmented: examples.length > 1, prompted });
  const numbers = (array: NDArray | undefined, fallback: number, length: number) =>
    array ? Array.from(array.data as Int32Array, Number) : new Array<number>(length).fill(fallback);
  const rowOf = (sequence: typeof batch | NonNullable<typeof batch.source>): TokenRow => {
    const length = sequence.ids.size;
    return {
      segment: numbers(sequence.segment, 1, length),
      input: numbers(sequence.input, 0, length).map(Boolean),
      place: Array.from({ length }, (_, i) => i),
    };
  };
  const own = rowOf(batch);
  const sees = maskPicture(architecture === 'ND' ? 'prefix' : 'causal', own).split('\n');
  const source = batch.source && { ...rowOf(batch.source), ids: numbers(batch.source.ids, 0, 0) };
  const looks = source && maskPicture('both', own, source).split('\n');
  const encoded = source && maskPicture('both', source).split('\n');
  const [ids, next] = [numbers(batch.ids, 0, 0), numbers(batch.next, 0, 0)];
  const weight = numbers(batch.weight, 1, ids.length);
  return {
    ...(source && { encoder: source.ids.map((id, i) => ({ reads: name(id), sees: encoded![i]! })) }),
    decoder: ids.map((id, i) => ({
      reads: name(id),
      tells: name(next[i]!),
      counts: weight[i] === 1,
      sees: sees[i]!,
      ...(looks && { looks: looks[i]! }),
    })),
  };
}

/** A picture as lines of text. */
export function drawPicture({ cell, encoder, decoder }: CellPicture): string {
  const reads = Math.max(5, ...[...decoder, ...(encoder ?? [])].map((place) => place.reads.length));
  const tells = Math.max(5, ...decoder.map((place) => place.tells!.length));
  const column = (text: string, width: number) => text.padEnd(width);
  const lines = [cell];
  if (encoder) {
    lines.push(`  encoder  ${column('reads', reads)}  sees`);
    for (const place of encoder) lines.push(`           ${column(place.reads, reads)}  ${place.sees}`);
  }
  const width = decoder[0]!.sees.length;
  const title = encoder ? `  sees${' '.repeat(Math.max(0, width - 4))}  looks at` : '  sees';
  lines.push(`  decoder  ${column('reads', reads)}  ${column('tells', tells)}  counts${title}`);
  for (const place of decoder) {
    const looked = place.looks === undefined ? '' : `  ${place.looks}`;
    const seen = place.sees.padEnd(encoder ? 4 : 0);
    lines.push(
      `           ${column(place.reads, reads)}  ${column(place.tells!, tells)}  ${place.counts ? '1     ' : '.     '}  ${seen}${looked}`,
    );
  }
  return lines.join('\n');
}
