/**
 * Folders of documents: PDF, plain text and Markdown, with what can be told of them. Folders inside are read, too.
 *
 * A PDF is read in a thread of its own, which is ended when it takes too long or too much memory: such a file is
 * named in the log, and the next is read.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { Worker } from 'node:worker_threads';
import { arxivOf, doiOf } from '../store/identity.ts';
import type { SourceRecord } from '../store/store.ts';
import type { PdfText } from './pdf-worker.ts';
import type { Batch, Reader } from './reader.ts';
import { dayOf } from './record.ts';

export interface FolderOptions {
  /** Seconds that a PDF may take; 60 unless given. */
  readonly timeout?: number;
}

const kinds = new Set(['.pdf', '.txt', '.md']);
/** Larger files are no papers. */
const mostBytes = 2 ** 28;
const mostMegabytes = 2048;
const batchSize = 20;

/** What was read: by path within the folder, size and time of change. */
type Seen = Readonly<Record<string, string>>;

export function folderReader(path: string, { timeout = 60 }: FolderOptions = {}): Reader {
  const source = `folder:${resolve(path)}`;
  return {
    source,
    async *read(cursor, _done, { signal }): AsyncGenerator<Batch> {
      const before = (cursor ?? {}) as Seen;
      const files = await filesIn(path);
      const seen: Record<string, string> = {};
      // files that are gone are forgotten; their papers stay
      for (const { name } of files) if (before[name] !== undefined) seen[name] = before[name];
      const fresh = files.filter(({ name, stamp }) => seen[name] !== stamp);
      const reader = new PdfReader(timeout);
      let records: SourceRecord[] = [];
      let faults: string[] = [];
      try {
        for (const [i, { name, stamp, size, changed }] of fresh.entries()) {
          signal?.throwIfAborted();
          try {
            if (size > mostBytes) throw new RangeError(`expected at most ${mostBytes} bytes, got ${size}`);
            records.push(await documentOf(source, path, name, changed, reader));
          } catch (error) {
            faults.push(`${join(path, name)}: ${(error as Error).message}`);
          }
          seen[name] = stamp;
          if ((i + 1) % batchSize !== 0) continue;
          yield { records, faults, cursor: { ...seen }, done: false, share: (i + 1) / fresh.length };
          records = [];
          faults = [];
        }
        yield { records, faults, cursor: { ...seen }, done: true, share: 1 };
      } finally {
        await reader.close();
      }
    },
  };
}

async function filesIn(path: string): Promise<{ name: string; stamp: string; size: number; changed: Date }[]> {
  const found = await stat(path);
  if (!found.isDirectory()) throw new RangeError(`ingest: expected a folder, got ${path}`);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files: { name: string; stamp: string; size: number; changed: Date }[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith('.') || !kinds.has(extname(entry.name).toLowerCase())) continue;
    const file = join(entry.parentPath, entry.name);
    const { size, mtime } = await stat(file);
    const name = relative(path, file).split(sep).join('/');
    files.push({ name, stamp: `${size} ${mtime.getTime()}`, size, changed: mtime });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function documentOf(
  source: string,
  folder: string,
  name: string,
  changed: Date,
  reader: PdfReader,
): Promise<SourceRecord> {
  const bytes = await readFile(join(folder, name));
  const title = basename(name, extname(name)).replace(/[_-]+/g, ' ');
  if (extname(name).toLowerCase() === '.pdf') return pdfRecord(source, name, title, changed, await reader.read(bytes));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SyntaxError('expected UTF-8 text, got other bytes');
  }
  if (text.trim() === '') throw new SyntaxError('expected text, got none');
  const [, heading] = /^\s*#\s+(.{3,300})$/m.exec(text.slice(0, 2000)) ?? [];
  const date = dayOf(/(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)/.exec(name)?.[1]) ?? changed.toISOString().slice(0, 10);
  return { source, record: name, paper: { title: heading ?? title, abstract: text, authors: [], date } };
}

/** What a PDF says of itself, or else its first page. */
function pdfRecord(source: string, record: string, fileName: string, changed: Date, pdf: PdfText): SourceRecord {
  const { text, firstPage, heading, about } = pdf;
  if (text.trim() === '') throw new SyntaxError('expected text, got a PDF of images');
  // the mark that arXiv prints on the side: arXiv:2204.10628v1 [cs.CL] 22 Apr 2022
  const mark =
    /arXiv:\s*((?:\d{4}\.\d{4,5}|[a-z-]+\/\d{7})(?:v\d+)?)\s*(?:\[([\w.-]+)\])?\s*(\d{1,2} \w{3} \d{4})?/i.exec(
      firstPage,
    );
  const arxiv = mark ? arxivOf(mark[1]!) : arxivOf(fileName.replaceAll(' ', '-'));
  const doi = doiOf(/\b10\.\d{4,9}\/[^\s"<>]+[^\s"<>.,;)]/.exec(firstPage)?.[0] ?? '');
  const title = [about.title, heading, fileName].find((title) => title !== undefined && isTitle(title)) ?? fileName;
  const [, abstract] =
    /\babstract\b[\s.:—-]*([\s\S]{100,5000}?)\s*(?:\n\s*(?:1|I)?\.?\s*introduction\b|\bkeywords\b|\bindex terms\b)/i.exec(
      text,
    ) ?? [];
  const date = dayOf(mark?.[3] && `${mark[3]} UTC`) ?? about.date ?? changed.toISOString().slice(0, 10);
  return {
    source,
    record,
    paper: {
      title,
      abstract: abstract ?? text.slice(0, 2000),
      authors: about.authors,
      date,
      text,
      ...(arxiv && { arxiv }),
      ...(doi !== undefined && { doi }),
      ...(mark?.[2] !== undefined && { categories: [mark[2]] }),
    },
  };
}

/** Programs write their own names and those of files where titles belong. */
function isTitle(text: string): boolean {
  return (
    text.trim().length > 4 &&
    !/^(?:untitled|microsoft word|title|arxiv:)|\.(?:dvi|tex|docx?|pdf|indd)\b/i.test(text.trim())
  );
}

/** PDFs, one at a time, in a thread that is replaced when it does not answer. */
class PdfReader {
  readonly #seconds: number;
  #worker: Worker | undefined;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  async read(bytes: Uint8Array): Promise<PdfText> {
    this.#worker ??= new Worker(new URL('./pdf-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
      stdout: true,
      stderr: true,
    });
    const worker = this.#worker;
    try {
      return await new Promise<PdfText>((resolve, reject) => {
        const settle = (work: () => void) => {
          clearTimeout(timer);
          worker.off('message', told).off('error', failed).off('exit', ended);
          work();
        };
        const told = ({ pdf, error }: { pdf?: PdfText; error?: string }) =>
          settle(() => (pdf ? resolve(pdf) : reject(new PdfError(error ?? 'expected a PDF'))));
        const failed = (error: Error) => settle(() => reject(error));
        const ended = () => failed(new Error('expected text, got a thread that ended'));
        const late = () => failed(new Error(`expected text within ${this.#seconds} s, got none`));
        const timer = setTimeout(late, this.#seconds * 1000);
        worker.on('message', told).on('error', failed).on('exit', ended);
        worker.postMessage(bytes);
      });
    } catch (error) {
      if (!(error instanceof PdfError)) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** A file that is no PDF, or a damaged one: the thread is as good as before. */
class PdfError extends Error {}
