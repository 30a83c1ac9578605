/**
 * Likelihoods of a language model of this process: of a transformer, or of an ONNX folder.
 */

import { type Generated, type SampleOptions, sample, sampleSteps } from '../generation/sample.ts';
import { TextReader } from '../generation/stop.ts';
import type { TextModel } from '../generation/text.ts';
import { batchesOf } from './batches.ts';
import { type Likelihood, likelihoodOf, type TokenRequest } from './likelihood.ts';

/** How a model is asked. */
export interface LocalOptions {
  /** Texts that are completed at once. Default 16. */
  readonly rows?: number;
  /** Context and continuation are tokenized apart, as encoder–decoders want it. Default false. */
  readonly apart?: boolean;
}

/**
 * A language model and its tokenizer as a {@link Likelihood}.
 * @example
 * const [paris] = await localLikelihood({ model, tokenizer }).loglikelihood([
 *   { context: 'The capital of France is', continuation: ' Paris' },
 * ]);
 */
export function localLikelihood({ model, tokenizer }: TextModel, options: LocalOptions = {}): Likelihood {
  const { rows = 16, apart = false } = options;
  const { context } = model;
  const optionsOf = ({ stop, maxTokens, temperature, topP }: TokenRequest): SampleOptions => ({
    maxTokens,
    temperature,
    topP,
    end: tokenizer.eos ?? [],
    reader: () => new TextReader(tokenizer.stream(), stop),
  });
  const completion = ({ reader, finish }: Generated) => ({
    text: (reader as TextReader).finish().text,
    finish: finish === 'length' ? ('length' as const) : ('stop' as const),
  });
  return likelihoodOf({
    tokenizer,
    context,
    window: context + 1, // the last token is only predicted
    apart,
    score: (pairs, watch) => model.score(pairs, watch),
    async complete(requests, { done, signal }) {
      const found: ReturnType<typeof completion>[] = [];
      let complete = 0;
      const kind = ({ prompt: _, seed: __, ...shared }: TokenRequest) => JSON.stringify(shared);
      for (const batch of batchesOf(requests, rows, { kind, length: ({ prompt }) => prompt.length })) {
        const prompts = batch.map((i) => requests[i]!.prompt);
        const seed = batch.map((i) => requests[i]!.seed);
        const samples = await sample(model, prompts, {
          ...optionsOf(requests[batch[0]!]!),
          seed,
          ...(signal && { signal }),
        });
        for (const [k, i] of batch.entries()) found[i] = completion(samples[k]![0]!);
        complete += batch.length;
        done?.(complete);
      }
      return found;
    },
    async *stream(request, { signal }) {
      const given = { ...optionsOf(request), seed: [request.seed], ...(signal && { signal }) };
      const steps = sampleSteps(model, [request.prompt], given);
      try {
        for (;;) {
          const next = await steps.next();
          if (next.done) return completion(next.value[0]![0]!);
          const text = (next.value.reader as TextReader).show(next.value.finish !== undefined);
          if (text !== '') yield text;
        }
      } finally {
        await steps.return([]);
      }
    },
  });
}
