/** A mail as a file that mail programs open (RFC 5322, MIME): both bodies, in base64, so that no line is too long. */
import { createHash } from 'node:crypto';
import type { Mail } from '../issue/mail.ts';

/** Letters of a header's encoded word: 75 with its frame. */
const wordBytes = 42;

export function mailFile({ subject, html, text }: Mail): string {
  // of the content, so that the same issue is the same file
  const boundary = `tenfold-${createHash('sha256').update(html).update(text).digest('hex').slice(0, 24)}`;
  const part = (type: string, body: string) =>
    [
      `--${boundary}`,
      `Content-Type: ${type}; charset=utf-8`,
      'Content-Transfer-Encoding: base64',
      '',
      wrapped(body),
    ].join('\r\n');
  return `${[
    `Subject: ${encodedWords(subject)}`,
    'X-Unsent: 1',
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    part('text/plain', text),
    part('text/html', html),
    `--${boundary}--`,
  ].join('\r\n')}\r\n`;
}

function wrapped(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64').replace(/.{76}/g, '$&\r\n');
}

/** Text as a header takes it (RFC 2047): never more than one line of the text itself. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let held = '';
  for (const char of text) {
    if (Buffer.byteLength(held + char) > wordBytes) {
      words.push(held);
      held = '';
    }
    held += char;
  }
  return [...words, held].map((word) => `=?utf-8?B?${Buffer.from(word, 'utf8').toString('base64')}?=`).join('\r\n ');
}
