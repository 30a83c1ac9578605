/** `tenfold opt generate`: text from a model. */
import { verb } from '../../command/index.ts';
import { generateText, streamText } from '../../text/index.ts';
import { blamed } from './blame.ts';
import { loadOpt } from './model.ts';
import { modelOption, samplingOptions, weightsOption } from './options.ts';
import { shippedModel } from './shipped.ts';

export const generateVerb = verb({
  name: 'generate',
  summary: 'continue a text',
  about: `Writes what a model continues a text with. Without --model it is the small model that ships with tenfold, which learned
from the State of the Union addresses and Moby-Dick: it writes sentences of that kind and knows nothing.

Without a prompt the model begins a text of its own. Prompt and continuation together fit in the model's context.`,
  args: { prompt: { help: 'what to continue', optional: true } },
  options: {
    model: modelOption,
    weights: weightsOption,
    ...samplingOptions,
    samples: {
      kind: 'number',
      value: 'N',
      help: 'how many continuations',
      integer: true,
      min: 1,
      max: 256,
      default: 1,
    },
  },
  examples: [
    { line: 'tenfold opt generate', does: 'a text of the model’s own' },
    { line: 'tenfold opt generate "Fellow citizens," --temperature 0', does: 'the likeliest words, one by one' },
    {
      line: 'tenfold opt generate --model models/facebook/opt-125m "The capital of France is" --max-tokens 8 --stop .',
      does: 'a model that was pulled',
    },
  ],
  run: ({ args: { prompt = '' }, options, signal, progress }) =>
    blamed('generate', async () => {
      const by = await loadOpt(options.model ?? shippedModel, {
        weights: options.weights,
        progress,
        signal,
      });
      const { maxTokens, temperature, topP, topK, stop, seed, samples } = options;
      const how = { maxTokens, temperature, topP, ...(topK > 0 && { topK }), stop, seed, signal };
      try {
        if (samples > 1) {
          const [found = []] = await generateText(by, [prompt], { ...how, samples });
          return { prompt, continuations: found.map(({ text, finish, logProbs }) => ({ text, finish, logProbs })) };
        }
        let written = '';
        const pieces = streamText(by, prompt, how);
        for (;;) {
          const next = await pieces.next();
          if (next.done) {
            const { text, finish, logProbs } = next.value;
            return { prompt, continuations: [{ text, finish, logProbs }] };
          }
          written += next.value.text;
          progress.update(written.slice(-60).replace(/\s+/g, ' '));
        }
      } finally {
        await by.model.release();
      }
    }),
  text: ({ prompt, continuations }) => continuations.map(({ text }) => `${prompt}${text}`).join('\n\n---\n\n'),
});
