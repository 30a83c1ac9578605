/**
 * A model as it answers, verifier included, as a classifier of encoded inputs: the units that its network was trained in,
 * in which the numbers of an input are alike.
 */
import { array, elements } from '../../../tensor/index.ts';
import { type Classifier, requireInputs } from '../classifier.ts';
import type { Encoding, InputKind } from '../raw.ts';
import type { RawClassifier } from '../signature/classifier.ts';

/** {@link encode} turned round, in front of a model of grey levels or rows. */
export function encodedView(model: RawClassifier, kind: InputKind, encoding: Encoding): Classifier {
  const { divisor, mean, std, channelsFirst, shape } = encoding;
  const [channels, width] = [mean.length, elements(shape)];
  const places = width / channels;
  const full = kind.kind === 'image' ? 255 : 1;
  return {
    classes: model.classes,
    input: shape,
    async scores(batch) {
      requireInputs(batch, shape);
      const encoded = batch.data as Float32Array;
      const sent = new Float32Array(encoded.length);
      for (let at = 0; at < encoded.length; at++) {
        const place = at % width;
        const channel = place % channels;
        const from = channelsFirst ? channel * places + (place - channel) / channels : place;
        sent[at] = ((encoded[at - place + from]! * std[channel]! + mean[channel]!) * divisor) / full;
      }
      return model.scores(array(sent, { shape: [batch.shape[0]!, ...model.input] }));
    },
    release: () => model.release(),
  };
}
