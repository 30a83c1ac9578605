/** `tenfold opt serve`: a model behind HTTP. */
import { basename, resolve } from 'node:path';
import { blamed, listenOptions, serveUntil, verb } from '../../command/index.ts';
import { modelOption, weightsOption } from './options.ts';
import { completionService } from './serve.ts';
import { keyVariable } from './served.ts';
import { ServedModel } from './served-model.ts';
import { shippedModel } from './shipped.ts';

export const serveVerb = verb({
  name: 'serve',
  summary: 'answer completions over HTTP, as OpenAI’s clients ask for them',
  about: `POST /v1/completions with prompt (text or token ids, one or several), max_tokens, temperature, top_p, n, stop, seed, echo,
logprobs, presence_penalty, frequency_penalty and stream; GET /v1/models tells what is served. Scores as harnesses want
them come from echo with logprobs. A request with a field that this model cannot honour is refused.

One request is computed at a time, the prompts of one together. It listens on this machine only, unless --host says
otherwise; where ${keyVariable} is set in the environment, clients have to send it as their key. Runs until Ctrl-C.`,
  args: {},
  options: {
    model: modelOption,
    weights: weightsOption,
    name: { kind: 'text', value: 'NAME', help: 'what clients call the model; by default its folder’s name' },
    ...listenOptions(8000),
  },
  examples: [
    { line: 'tenfold opt serve', does: 'the small model, at http://127.0.0.1:8000/v1' },
    { line: 'tenfold opt serve --model models/facebook/opt-1.3b --weights int8', does: 'a model that was pulled' },
    {
      line: 'tenfold opt generate "Hello" --endpoint http://127.0.0.1:8000/v1 --model models/facebook/opt-1.3b',
      does: 'and a client of it',
    },
  ],
  run: ({ options: { model = shippedModel, weights, name, port, host }, signal, progress }) =>
    blamed('serve', async () => {
      const shown = name ?? basename(resolve(model));
      await using served = await ServedModel.open(model, { weights, progress, signal });
      const failed = (error: unknown) => progress.note(`a request failed: ${(error as Error).message}`);
      const apiKey = process.env[keyVariable] || undefined;
      const service = completionService({ model: served, name: shown, apiKey, failed });
      return await serveUntil(service, { host, port }, { what: `completes by ${shown}, at /v1`, progress, signal });
    }),
  text: () => '',
});
