/** `tenfold opt generate`: text from a model. */
import { blamed, type Progress, verb } from '../../command/index.ts';
import { generateText, streamText } from '../../text/index.ts';
import { loadOpt } from './model.ts';
import { endpointOptions, modelOption, samplingOptions, weightsOption } from './options.ts';
import { checkSampling, roomAfter, usualTokens } from './request.ts';
import { served } from './served.ts';
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
    ...endpointOptions,
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
    {
      line: 'tenfold opt generate "Hello" --endpoint http://127.0.0.1:8000/v1 --model models/facebook/opt-66b',
      does: 'a model that vLLM serves; the folder needs the tokenizer only',
    },
  ],
  run: ({ args: { prompt = '' }, options, signal, progress }) =>
    blamed('generate', async () => {
      checkSampling('generate', options);
      if (options.endpoint !== undefined)
        return askServer(prompt, { ...options, endpoint: options.endpoint }, signal, progress);
      const { temperature, topP, topK, stop, seed, samples } = options;
      let maxTokens = usualTokens;
      const by = await loadOpt(options.model ?? shippedModel, {
        weights: options.weights,
        progress,
        signal,
        check: ({ config, tokenizer }) => {
          maxTokens = roomAfter('generate', tokenizer.encode(prompt).length, config.maxPositions, options.maxTokens);
        },
      });
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
          progress.update(lastWords(written));
        }
      } finally {
        await by.model.release();
      }
    }),
  text: ({ prompt, continuations }) => continuations.map(({ text }) => `${prompt}${text}`).join('\n\n---\n\n'),
});

/** What `--endpoint` needs of the options. */
interface Asked {
  readonly endpoint: string;
  readonly model: string | undefined;
  readonly served: string | undefined;
  readonly maxTokens: number | undefined;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly stop: readonly string[];
  readonly seed: number;
  readonly samples: number;
}

/** The same from a server. */
async function askServer(prompt: string, asked: Asked, signal: AbortSignal, progress: Progress) {
  if (asked.topK > 0) throw new RangeError('generate: expected no --top-k beside --endpoint: completions know none');
  const by = await served({ url: asked.endpoint, folder: asked.model, name: asked.served });
  const { temperature, topP, stop, seed, samples } = asked;
  const maxTokens = roomAfter('generate', by.tokenizer.encode(prompt).length, by.context, asked.maxTokens);
  const request = { prompt, maxTokens, temperature, topP, stop, seed };
  if (samples > 1) {
    const requests = Array.from({ length: samples }, (_, i) => ({ ...request, seed: seed + i }));
    const found = await by.generateUntil(requests, { signal });
    return { prompt, continuations: found.map(({ text, finish }) => ({ text, finish, logProbs: [] })) };
  }
  let written = '';
  const pieces = by.stream(request, { signal });
  for (;;) {
    const next = await pieces.next();
    if (next.done) return { prompt, continuations: [{ ...next.value, logProbs: [] }] };
    written += next.value;
    progress.update(lastWords(written));
  }
}

function lastWords(text: string): string {
  return text.slice(-60).replace(/\s+/g, ' ');
}
