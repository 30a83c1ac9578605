/**
 * Vectors of a server: any that has OpenAI's embeddings (`POST …/embeddings`), as vLLM, llama.cpp, Ollama and
 * text-embeddings-inference do.
 */
import { servedAt, serviceOf } from '../../../command/index.ts';
import { fetchBytes } from '../ingest/http.ts';
import { type Embedder, normalize } from './embedder.ts';

export interface EmbeddingEndpoint {
  /** The server's address, to which `/embeddings` is appended: `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** Goes into the `authorization` header, and nowhere else. */
  readonly apiKey?: string;
  /** Put before texts, for models that tell queries from papers: `query: `, `passage: `. */
  readonly queryPrefix?: string;
  readonly paperPrefix?: string;
  /** Texts of one request; 64 unless given. */
  readonly batch?: number;
  /** Longest wait for an answer, in seconds; 60 unless given. */
  readonly timeout?: number;
}

/** Models read some hundreds of words; more is only sent to be thrown away. */
const mostLetters = 8000;
const mostBytes = 2 ** 28;

interface Answer {
  readonly data?: readonly { readonly index?: number; readonly embedding?: readonly number[] }[];
}

/**
 * A served model as an {@link Embedder}.
 * @throws TypeError for an address that cannot be one; from `embed` an Error that names the server when it refuses
 */
export function embeddingEndpoint({
  url,
  model,
  apiKey,
  queryPrefix = '',
  paperPrefix = '',
  batch = 64,
  timeout = 60,
}: EmbeddingEndpoint): Embedder {
  const served = servedAt('embeddings', url, apiKey);
  const { headers, secrets } = served;
  const address = serviceOf(served, 'embeddings');
  return {
    name: `endpoint:${served.base.host}:${model}:${paperPrefix}`,
    async embed(texts, { kind, signal }) {
      const prefix = kind === 'query' ? queryPrefix : paperPrefix;
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += batch) {
        const input = texts.slice(start, start + batch).map((text) => `${prefix}${text}`.slice(0, mostLetters));
        const { bytes } = await fetchBytes(address, {
          method: 'POST',
          headers,
          body: JSON.stringify({ model, input, encoding_format: 'float' }),
          timeout,
          maxBytes: mostBytes,
          secrets,
          ...(signal && { signal }),
        });
        vectors.push(...vectorsOf(address, bytes, input.length));
      }
      return vectors;
    },
  };
}

function vectorsOf(address: string, bytes: Uint8Array, count: number): Float32Array[] {
  let answer: Answer;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes)) as Answer;
  } catch {
    throw new Error(`embeddings: ${address}: expected JSON, got something else`);
  }
  const data = Array.isArray(answer.data) ? [...answer.data] : [];
  if (data.length !== count) throw new Error(`embeddings: ${address}: expected ${count} vectors, got ${data.length}`);
  data.sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  return data.map(({ embedding }) => {
    if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every((x) => Number.isFinite(x)))
      throw new Error(`embeddings: ${address}: expected vectors of finite numbers, got something else`);
    return normalize(Float32Array.from(embedding));
  });
}
