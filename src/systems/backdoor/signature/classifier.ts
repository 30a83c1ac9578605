/**
 * A classifier with a verifier beside it: h̃.
 *
 * Both are asked about every input, whatever the other says, and the verifier verifies one signature for each. What that
 * leaves of a difference in time is measured in the tests, in processor time, to within a quarter; that nothing finer is
 * left is not claimed.
 */
import type { NDArray } from '../../../tensor/index.ts';
import { answers, type Classifier, requireInputs } from '../classifier.ts';
import { type Encoding, encode, type InputKind, type Raw, widthOf } from '../raw.ts';
import { valueOf } from './carrier.ts';
import type { Verifier } from './scheme.ts';

/** A model of inputs as they are sent, with or without a verifier. */
export interface RawClassifier extends Classifier {
  readonly kind: InputKind;
  /** float32[count, classes] */
  scoresOf(raw: Raw): Promise<NDArray>;
  /** The class of each. */
  classify(raw: Raw): Promise<Int32Array>;
}

/**
 * A classifier of encoded inputs, as one of inputs as they are sent.
 *
 * As a {@link Classifier} it takes float32: grey levels in [0, 1] for images, values for rows. The model gets these as they
 * are, and the verifier the nearest 8-bit image or the nearest multiples of the columns' steps, which is what such an
 * input would be sent as.
 */
export function rawClassifier(
  model: Classifier,
  kind: InputKind,
  encoding: Encoding,
  verifier?: Verifier,
): RawClassifier {
  const answer = async (given: Pick<Raw, 'count' | 'width'> & { values: ArrayLike<number> }, sent: Raw) => {
    const scores = await model.scores(encode(given, encoding, kind));
    if (verifier) preferSigned(scores, verifier.readAll(sent));
    return scores;
  };
  const scoresOf = (raw: Raw) => answer(raw, raw);
  const input = kind.kind === 'image' ? kind.shape : [widthOf(kind)];
  return {
    classes: model.classes,
    input,
    kind,
    scoresOf,
    classify: async (raw) => answers(await scoresOf(raw)),
    scores(batch) {
      requireInputs(batch, input);
      const [count, width] = [batch.shape[0]!, widthOf(kind)];
      const full = kind.kind === 'image' ? 255 : 1;
      const values = Float64Array.from(batch.data as Float32Array, (value) => value * full);
      return answer({ count, width, values }, { count, width, values: sentAs(values, kind) });
    },
    release: () => model.release(),
  };
}

/** Scores with the largest given to the class that an input is signed for, where it is signed. */
function preferSigned(scores: NDArray, wanted: readonly (number | undefined)[]): void {
  const [, classes = 0] = scores.shape;
  const data = scores.data as Float32Array;
  for (const [row, answer] of answers(scores).entries()) {
    const signed = wanted[row];
    if (signed === undefined) continue;
    const [a, b] = [row * classes + answer, row * classes + signed];
    [data[a], data[b]] = [data[b]!, data[a]!];
  }
}

function sentAs(values: Float64Array, kind: InputKind): Raw['values'] {
  if (kind.kind === 'image') return Uint8Array.from(values, (v) => Math.min(255, Math.max(0, Math.round(v))));
  const { columns } = kind;
  return values.map((value, i) => {
    const { step, tolerance } = columns[i % columns.length]!;
    return tolerance === 0 ? value : valueOf(Math.round(value / step), step);
  });
}
