/** What documents say after a text, word by word: the model chooses among what they say, and says nothing else. */
import { beamSearch, type LocalLanguageModel } from '../../../text/index.ts';
import type { StoredDocument } from '../collection/segment.ts';
import { ngramConstraint } from '../ngrams/constraint.ts';
import type { LiveNgrams, Located } from '../ngrams/live-ngrams.ts';
import type { Coder } from './coder.ts';
import type { TokenizedDocuments, Told } from './documents.ts';
import type { CompleteOptions, Completion, Span } from './types.ts';

/** What completes. */
export interface Completer<D extends StoredDocument> {
  readonly model: LocalLanguageModel;
  readonly coder: Coder;
  readonly ngrams: LiveNgrams;
  readonly documents: TokenizedDocuments<D>;
}

/** @param most documents to tell of, of each completion */
export async function completions<D extends StoredDocument>(
  { model, coder, ngrams, documents }: Completer<D>,
  prompt: string,
  { after = '', best = 5, beams = 15, maxTokens = 20, signal }: CompleteOptions,
  most: number,
): Promise<Completion<D>[]> {
  if (best > beams) throw new RangeError(`complete: expected best of at most ${beams} beams, got ${best}`);
  const begun = after.trim() === '' ? [] : coder.encode(after.trim());
  if (ngrams.count(ngrams.find(begun)) === 0) return [];
  const asked = coder.prompt(coder.encode(prompt), 'body', 'supervised', Math.min(model.context, 1 << 16));
  // what it continues is written first, so that the model has read it
  const lane = { from: ngrams.all, without: coder.marks };
  const [found] = await beamSearch(model, [asked], {
    beams,
    best,
    maxTokens: begun.length + maxTokens,
    forced: begun,
    constraint: ngramConstraint(ngrams, [lane]),
    ...(signal && { signal }),
  });
  return found!.best.flatMap(({ tokens, logProbs }) => {
    const state = ngrams.find(tokens);
    const places = ngrams.locate(state, most);
    const own = where(documents, places, tokens.length - begun.length, 1)[0];
    const span = own?.spans[0];
    if (own === undefined || span === undefined) return [];
    const logProb = logProbs.slice(begun.length).reduce((sum, x) => sum + x, 0);
    const told = where(documents, places, tokens.length, most);
    return [{ text: textOf(own.document, span), logProb, count: ngrams.count(state), documents: told }];
  });
}

/** The first documents of some places, each once, and where `length` tokens before each place stand in them. */
function where<D extends StoredDocument>(
  documents: TokenizedDocuments<D>,
  { documents: numbers, ends }: Located,
  length: number,
  most: number,
): Told<D>[] {
  const places = new Map<number, [from: number, to: number][]>();
  for (const [i, number] of numbers.entries()) {
    const own = places.get(number) ?? [];
    own.push([ends[i]! - length, ends[i]!]);
    places.set(number, own);
  }
  return [...places].slice(0, most).map(([number, ranges]) => documents.told(number, ranges));
}

/** What a document says at a place. */
function textOf({ title = '', text, queries = [] }: StoredDocument, { field, index = 0, start, end }: Span): string {
  const whole = field === 'title' ? title : field === 'text' ? text : queries[index]!;
  return whole.slice(start, end);
}
