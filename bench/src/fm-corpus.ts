/**
 * Text for the FM-index benchmark as OPT's tokens: the papers first, then what else lies in ../shared/data, then the
 * text files of the installed packages, each file once. Nothing is repeated to make it larger.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Tokenizer } from 'tenfold/text';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const packages = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Why there is no text, or nothing. */
export function missingText(): string | undefined {
  return ['papers', 'tokenizers/opt'].every((name) => existsSync(data + name)) ? undefined : 'no ../shared/data';
}

export interface Corpus {
  /** Tokens of all documents, one after the other. */
  readonly tokens: Int32Array;
  readonly lengths: readonly number[];
  /** Bytes of text up to the end of each document. */
  readonly bytes: readonly number[];
  /** Documents that are papers: the first ones. */
  readonly papers: number;
}

/** The papers, and further text until there are `megabytes` of it, or there is no more. */
export async function readCorpus(megabytes: number): Promise<Corpus> {
  const tokenizer = await Tokenizer.open(`${data}tokenizers/opt`, { eos: '</s>' });
  const parts: Int32Array[] = [];
  const bytes: number[] = [];
  let total = 0;
  const add = (text: string): void => {
    total += Buffer.byteLength(text);
    bytes.push(total);
    parts.push(Int32Array.from(tokenizer.encode(text, { special: false })));
  };
  for await (const text of papers()) add(text);
  const count = parts.length;
  for await (const text of more()) {
    if (total >= megabytes * 1e6) break;
    add(text);
  }
  const lengths = parts.map((part) => part.length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return { tokens, lengths, bytes, papers: count };
}

async function* papers(): AsyncGenerator<string> {
  for (const name of ['conf-2021-2022', 'arxiv-2020-06_2022-01']) {
    for (const { title, abstract } of await jsonLines(`papers/${name}.jsonl.gz`)) yield `${title}\n${abstract ?? ''}`;
  }
}

async function* more(): AsyncGenerator<string> {
  for (const { title, text } of await jsonLines('scifact/corpus.jsonl.gz')) yield `${title}\n${text}`;
  yield* (await readFile(`${data}cranfield/cran.all.1400`, 'latin1')).split(/^\.I /m);
  for (const name of ['tinyshakespeare', 'wikitext2.valid', 'wikitext2.test']) {
    yield await readFile(`${data}text/${name}.txt`, 'utf8');
  }
  const seen = new Set<string>();
  const files = (await readdir(packages, { recursive: true })).filter((name) => /\.(md|[cm]?[jt]s)$/.test(name)).sort();
  for (const name of files) {
    const text = await readFile(join(packages, name), 'utf8').catch(() => ''); // a folder named like a file
    const hash = createHash('sha1').update(text).digest('base64');
    if (!seen.has(hash)) yield text;
    seen.add(hash);
  }
}

async function jsonLines(name: string): Promise<Record<string, string>[]> {
  const lines = gunzipSync(await readFile(data + name))
    .toString()
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
