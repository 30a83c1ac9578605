/**
 * Text as sources give it, made fit to be kept: without control characters, and otherwise as it is. Markup stays, because
 * it may be what the author wrote (`<eos>`); whoever shows it escapes it.
 */

/**
 * What no text needs: controls but tab and line feed, the byte order mark, and the marks that turn the direction of what
 * follows or stands beside (right-to-left scripts do without).
 */
const unwanted = /[\u202a-\u202e\u2066-\u2069\ufeff]|(?![\t\n])\p{Cc}/gu;

function withoutControls(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(unwanted, '')
    .replace(/\p{Cs}/gu, '\ufffd');
}

/** A line: titles, names, venues. */
export function cleanLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

/** Paragraphs: lines are joined, empty lines stay as one. */
export function cleanText(text: string): string {
  return withoutControls(text)
    .split(/\n[^\S\n]*\n\s*/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** A text of any form: a file's. */
export function cleanBody(text: string): string {
  return withoutControls(text).trim();
}
