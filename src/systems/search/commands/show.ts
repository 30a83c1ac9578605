/** Hits as lines on a terminal. */
import { printable } from '../../../command/index.ts';
import type { AnswerHit } from '../answer/answer.ts';
import { type Piece, piecesOf, shareText, wordText } from '../answer/pieces.ts';

/** Reasons told of a hit. */
const TOLD = 5;

/** A hit in three or four lines: what it is, the passage with its marks in brackets, and why. */
export function hitText(hit: AnswerHit, rank: number): string {
  const { document, score, ngramScore, wordScore, marks, passage, reasons } = hit;
  const both = ngramScore !== null && wordScore !== null;
  const { id, title, text } = document;
  const head = title === undefined ? id : `${marked(piecesOf('title', title, marks))}  (${id})`;
  const shown = marked(piecesOf('text', text, marks, passage.start, passage.end));
  const [before, after] = [passage.start > 0 ? '… ' : '', passage.end < text.length ? ' …' : ''];
  const why = reasons.slice(0, TOLD).map(({ kind, text: name, asked, count, share }) => {
    const quoted = kind === 'n-gram' ? `“${name}”` : wordText(name, asked);
    return `${quoted} ${shareText(kind, share, both)} (${kind === 'n-gram' ? `${count}×` : `in ${count}`})`;
  });
  const more = reasons.length > TOLD ? `, and ${reasons.length - TOLD} more` : '';
  const lines = [`${String(rank).padStart(3)}  ${score.toFixed(3)}  ${head}`, `     ${before}${shown}${after}`];
  if (why.length > 0) lines.push(`     because of ${why.join(', ')}${more}`);
  return lines.map(printable).join('\n');
}

function marked(pieces: readonly Piece[]): string {
  return pieces.map(({ text, reason }) => (reason === undefined ? text : `[${text}]`)).join('');
}
