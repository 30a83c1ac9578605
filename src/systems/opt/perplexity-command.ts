/** `tenfold opt perplexity`: how well a model predicts a text. */
import { blamed, verb } from '../../command/index.ts';
import { readText } from '../../data/index.ts';
import { localLikelihood } from '../../text/index.ts';
import { bitsPerByte, perplexity, textLosses, total } from './evaluate.ts';
import { loadOpt } from './model.ts';
import { modelOption, weightsOption } from './options.ts';
import { shippedModel } from './shipped.ts';

export const perplexityVerb = verb({
  name: 'perplexity',
  summary: 'measure how well a model predicts a text',
  about: `Scores every token of the files once, in windows of the model's context: the rolling log-likelihood of
lm-evaluation-harness. Perplexity is by the model's own tokens; to compare models of other tokenizers take bits a byte.`,
  args: { files: { help: 'texts in UTF-8', many: true } },
  options: { model: modelOption, weights: weightsOption },
  examples: [
    { line: 'tenfold opt perplexity notes.txt', does: 'of the small model' },
    { line: 'tenfold opt perplexity notes.txt --model models/facebook/opt-125m', does: 'of OPT-125M' },
  ],
  run: ({ args: { files }, options, signal, progress }) =>
    blamed('perplexity', async () => {
      const texts: string[] = [];
      for (const file of files) {
        const text = await readText(file);
        if (text === '') throw new RangeError(`perplexity: expected text in ${file}, got none`);
        texts.push(text);
      }
      const by = await loadOpt(options.model ?? shippedModel, {
        weights: options.weights,
        progress,
        signal,
      });
      try {
        const losses = await textLosses(localLikelihood(by), texts, {
          signal,
          done: (windows) => progress.update(`${windows} texts or windows scored`),
        });
        const numbers = (loss: (typeof losses)[number]) => ({
          tokens: loss.tokens,
          bytes: loss.bytes,
          perplexity: perplexity(loss),
          bitsPerByte: bitsPerByte(loss),
        });
        return { ...numbers(total(losses)), files: files.map((file, i) => ({ file, ...numbers(losses[i]!) })) };
      } finally {
        await by.model.release();
      }
    }),
  text: (all) =>
    `perplexity ${all.perplexity.toFixed(2)} a token, ${all.bitsPerByte.toFixed(4)} bits a byte, ${all.tokens} tokens`,
});
