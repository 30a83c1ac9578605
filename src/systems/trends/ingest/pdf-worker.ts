/** The thread that reads PDFs: bytes come in, text goes out. */
import { parentPort } from 'node:worker_threads';
import { getDocumentProxy } from 'unpdf';

export interface PdfText {
  readonly text: string;
  readonly firstPage: string;
  /** The largest letters of the first page. */
  readonly heading: string | undefined;
  readonly about: { readonly title?: string; readonly authors: readonly string[]; readonly date?: string };
}

/** Pages that are read: proceedings and theses may have more. */
const mostPages = 200;
const mostLetters = 2_000_000;

interface Item {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
}

async function textOf(bytes: Uint8Array): Promise<PdfText> {
  const pdf = await getDocumentProxy(bytes, { isEvalSupported: false, maxImageSize: 2 ** 20, verbosity: 0 });
  const info = (await pdf.getMetadata()).info as Readonly<Record<string, unknown>>;
  let text = '';
  let firstPage = '';
  let heading: string | undefined;
  for (let number = 1; number <= Math.min(pdf.numPages, mostPages) && text.length < mostLetters; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const found = items.filter((item): item is typeof item & Item => 'str' in item);
    const lines = found.map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str)).join('');
    if (number === 1) {
      firstPage = lines;
      heading = largest(found);
    }
    // words that are cut at the end of a line
    text += `${lines.replace(/(\p{Ll})-\n(\p{Ll})/gu, '$1$2')}\n\n`;
    page.cleanup();
  }
  await pdf.destroy();
  const title = typeof info.Title === 'string' ? info.Title.trim() : '';
  const author = typeof info.Author === 'string' ? info.Author : '';
  const made = /^D:(\d{4})(\d{2})(\d{2})/.exec(typeof info.CreationDate === 'string' ? info.CreationDate : '');
  return {
    text,
    firstPage,
    heading,
    about: {
      ...(title !== '' && { title }),
      authors: author.split(/[;,]| and /).flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
      ...(made && { date: `${made[1]}-${made[2]}-${made[3]}` }),
    },
  };
}

/** The text in the largest letters that are no single characters: the title, mostly. */
function largest(items: readonly Item[]): string | undefined {
  const heights = items.filter(({ str }) => str.trim().length > 3).map(({ height }) => height);
  const most = Math.max(0, ...heights);
  const title = items
    .filter(({ height, str }) => height > most * 0.98 && str.trim() !== '')
    .map(({ str }) => str.trim())
    .join(' ');
  return title.length > 4 && title.length < 300 ? title : undefined;
}

parentPort!.on('message', async (bytes: Uint8Array) => {
  try {
    parentPort!.postMessage({ pdf: await textOf(bytes) });
  } catch (error) {
    parentPort!.postMessage({ error: `expected a PDF: ${(error as Error).message}` });
  }
});
