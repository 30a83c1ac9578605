/** `tenfold opt chat`: a dialogue, line by line. */
import { createInterface } from 'node:readline';
import { blamed, verb } from '../../command/index.ts';
import { converse, roomBeside } from './chat.ts';
import { loadOpt } from './model.ts';
import { modelOption, samplingOptions, weightsOption } from './options.ts';
import { checkSampling } from './request.ts';
import { shippedModel } from './shipped.ts';

const { temperature, topP, seed } = samplingOptions;

export const chatVerb = verb({
  name: 'chat',
  summary: 'talk with a model, line by line',
  about: `Reads lines from standard input and answers each. OPT is no chat model: it is given the paper's prompt, turns as lines of
"Person 1:" and "Person 2:", and continues it. The oldest turns are forgotten where the context ends.

On a terminal: a line and Enter, Ctrl-D to end. From a pipe or into a file, the whole dialogue is printed at the end.`,
  args: {},
  options: {
    model: modelOption,
    weights: weightsOption,
    maxTokens: { kind: 'number', value: 'N', help: 'most tokens of an answer', integer: true, min: 1, default: 32 },
    temperature,
    topP,
    seed,
  },
  examples: [
    { line: 'tenfold opt chat --model models/facebook/opt-1.3b', does: 'talk with OPT-1.3B' },
    { line: 'echo "What is the state of the union?" | tenfold opt chat', does: 'one question to the small model' },
  ],
  run: ({ options, signal, progress }) =>
    blamed('chat', async () => {
      checkSampling('chat', options);
      const by = await loadOpt(options.model ?? shippedModel, {
        weights: options.weights,
        progress,
        signal,
        check: ({ config }) => void roomBeside(options.maxTokens, config.maxPositions),
      });
      const live = process.stdin.isTTY === true;
      if (live) progress.note('a line and Enter; Ctrl-D ends');
      const lines = createInterface({ input: process.stdin });
      const stop = () => lines.close();
      signal.addEventListener('abort', stop);
      try {
        const turns = await converse(by, lines, { ...options, signal }, ({ text }) => {
          if (live) progress.note(`Person 2: ${text}`);
        });
        signal.throwIfAborted();
        return { turns, shown: live && process.stdout.isTTY === true };
      } finally {
        signal.removeEventListener('abort', stop);
        lines.close();
        await by.model.release();
      }
    }),
  text: ({ turns, shown }) => (shown ? '' : turns.map(({ person, text }) => `Person ${person}: ${text}`).join('\n')),
});
