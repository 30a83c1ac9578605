/** A served chat model that drafts: any that has OpenAI's chat completions, as vLLM, llama.cpp and Ollama do. */
import { servedAt, serviceOf } from '../../../command/index.ts';
import { fetchJson } from '../ingest/http.ts';
import type { Writer } from '../issue/draft.ts';

export interface ChatEndpoint {
  /** To which `/chat/completions` is appended. */
  readonly url: string;
  readonly model: string;
  /** Goes into the `authorization` header, and nowhere else. */
  readonly apiKey?: string;
}

const mostTokens = 400;
const mostBytes = 2 ** 20;
/** Seconds that an answer may take to begin. */
const timeout = 180;

/** @throws TypeError for an address that cannot be one; from the writer FetchError, or an Error for what is no answer */
export function chatWriter({ url, model, apiKey }: ChatEndpoint): Writer {
  const served = servedAt('endpoint', url, apiKey);
  const { headers, secrets } = served;
  const address = serviceOf(served, 'chat/completions');
  return async (prompt, signal) => {
    const answer = await fetchJson(address, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        model,
        messages: [{ role: 'user', content: prompt }],
        temperature: 0,
        max_tokens: mostTokens,
      }),
      timeout,
      maxBytes: mostBytes,
      secrets,
      ...(signal && { signal }),
    });
    const { choices } = answer as { choices?: readonly { message?: { content?: unknown } }[] };
    const text = choices?.[0]?.message?.content;
    if (typeof text !== 'string')
      throw new Error(`endpoint: ${address}: expected a chat completion, got something else`);
    return text;
  };
}
