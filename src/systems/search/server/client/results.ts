/** A hit on the page: title and passage with its marks, stored fields, and on asking why it was found and its whole text. */
import type { AnswerHit } from '../../answer/answer.ts';
import type { Reason } from '../../answer/marks.ts';
import { type Piece, piecesOf, shareText, wordText } from '../../answer/pieces.ts';
import { element } from './elements.ts';

/** Reasons in the table, and in the line above it. */
const TABLE = 25;
const LINE = 3;
/** Stored values shown of a document, of one list, and the length of one. */
const FIELDS = 8;
const MEMBERS = 3;
const LONG = 60;

const sources: Readonly<Record<string, string>> = {
  body: 'written',
  title: 'written as a title',
  queries: 'written as a question',
  unigram: 'written first',
  query: 'from the query',
};

/** The list's item. @param filterBy adds a condition on a stored field */
export function resultItem(hit: AnswerHit, filterBy: (condition: string) => void): HTMLLIElement {
  const { document, marks, passage, reasons } = hit;
  const { id, title, text } = document;
  const marked = (pieces: readonly Piece[]) => pieces.map((piece) => markedText(piece, reasons));
  const [before, after] = [passage.start > 0 ? '… ' : '', passage.end < text.length ? ' …' : ''];
  const item = element(
    'li',
    { tabIndex: -1 },
    element('h2', {}, ...(title === undefined ? [id] : marked(piecesOf('title', title, marks)))),
    element(
      'p',
      { className: 'passage' },
      before,
      ...marked(piecesOf('text', text, marks, passage.start, passage.end)),
      after,
    ),
    fieldsOf(hit, filterBy),
    explanation(hit, () => element('p', { className: 'whole' }, ...marked(piecesOf('text', text, marks)))),
  );
  item.addEventListener('pointerover', (event) => light(item, event.target));
  item.addEventListener('pointerleave', () => light(item, null));
  return item;
}

function markedText({ text, reason }: Piece, reasons: readonly Reason[]): Node | string {
  if (reason === undefined) return text;
  const { kind, text: name, share } = reasons[reason]!;
  const mark = element('mark', { className: kind === 'word' ? 'word' : '', title: name }, text);
  // the weightiest reason comes first
  mark.style.setProperty('--weight', (share / reasons[0]!.share).toFixed(2));
  mark.dataset.reason = String(reason);
  return mark;
}

/** Shows what belongs to one reason: its row, and where it stands. */
function light(item: HTMLElement, target: EventTarget | null): void {
  const own = target instanceof Element ? target.closest<HTMLElement>('[data-reason]') : null;
  for (const one of item.querySelectorAll<HTMLElement>('[data-reason]')) {
    one.classList.toggle('lit', own !== null && one.dataset.reason === own.dataset.reason);
  }
}

/** Stored fields with a simple value, or a list of such: each adds a filter. */
function fieldsOf({ document, score }: AnswerHit, filterBy: (condition: string) => void): HTMLElement {
  const shown = element(
    'p',
    { className: 'fields' },
    document.title === undefined ? undefined : element('span', {}, document.id),
    element('span', {}, `score ${score.toFixed(3)}`),
  );
  let count = 0;
  for (const [name, value] of Object.entries(document)) {
    if (['id', 'title', 'text', 'queries'].includes(name)) continue;
    for (const member of Array.isArray(value) ? value.slice(0, MEMBERS) : [value]) {
      if (!['string', 'number', 'boolean'].includes(typeof member) || count === FIELDS) continue;
      const said = String(member);
      if (said.trim() === '' || said.length > LONG) continue;
      count++;
      shown.append(fieldOf(name, said, filterBy));
    }
  }
  return shown;
}

/** A link for an address of the web, a button that filters for all else. */
function fieldOf(name: string, said: string, filterBy: (condition: string) => void): HTMLElement {
  if (/^https?:\/\//i.test(said)) {
    const link = { href: said, className: 'field', target: '_blank', rel: 'noopener noreferrer' };
    return element('a', link, said.replace(/^https?:\/\//i, ''));
  }
  const condition = `${name}=${said}`;
  const onclick = () => filterBy(condition);
  return element(
    'button',
    { type: 'button', className: 'field', title: `only ${condition}`, onclick },
    `${name} ${said}`,
  );
}

function explanation({ reasons, ngramScore, wordScore }: AnswerHit, whole: () => HTMLElement): HTMLElement {
  const texts = [...new Set(reasons.map(({ text, asked }) => wordText(text, asked)))];
  const names = texts.slice(0, LINE).flatMap((text, i) => [i === 0 ? '' : ', ', element('q', {}, text)]);
  const more = texts.length > LINE ? `, and ${texts.length - LINE} more` : '';
  const details = element('details', {}, element('summary', {}, 'because of ', ...names, more));
  // what nobody looks at is not made
  details.addEventListener(
    'toggle',
    () => {
      const scores = [
        ngramScore === null ? '' : `n-grams ${ngramScore.toFixed(3)}`,
        wordScore === null ? '' : `words ${wordScore.toFixed(3)}`,
      ];
      const rest = reasons.length > TABLE ? ` ${reasons.length - TABLE} more add less.` : '';
      details.append(
        reasonTable(reasons.slice(0, TABLE), ngramScore !== null && wordScore !== null),
        element('p', { className: 'rest' }, `Scores: ${scores.filter(Boolean).join(', ')}.${rest}`),
        whole(),
      );
    },
    { once: true },
  );
  return details;
}

function reasonTable(reasons: readonly Reason[], both: boolean): HTMLElement {
  const head = ['what', 'how', 'in all', 'adds', 'share', ''].map((name, i) =>
    element('th', { className: ['', 'source', 'number', 'number', 'number', 'bar'][i]! }, name),
  );
  const rows = reasons.map(({ kind, text, asked, source, count, contribution, share }, i) => {
    const bar = element('span', { className: 'share' });
    bar.style.width = `${Math.min(100, 100 * share)}%`;
    const row = element(
      'tr',
      {},
      element('td', {}, wordText(text, asked)),
      element('td', { className: 'source' }, kind === 'word' ? 'word' : (sources[source] ?? source)),
      element('td', { className: 'number' }, kind === 'word' ? `in ${count}` : `${count}×`),
      element('td', { className: 'number' }, contribution.toFixed(3)),
      element('td', { className: 'number' }, shareText(kind, share, both)),
      element('td', { className: 'bar' }, bar),
    );
    row.dataset.reason = String(i);
    return row;
  });
  return element(
    'table',
    { className: 'reasons' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}
