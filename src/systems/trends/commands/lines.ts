/** How verbs write papers and tables for a terminal. */
import { printable } from '../../../command/index.ts';
import { knownDate, type Paper, type Signals } from '../paper.ts';

/** `Object-Centric Learning with Slot Attention (Locatello et al., 2020-06-29)` */
export function paperLine({ id, title, authors, date }: Pick<Paper, 'id' | 'title' | 'authors' | 'date'>): string {
  const [first] = authors;
  const who = first === undefined ? '' : authors.length > 1 ? `${first} et al., ` : `${first}, `;
  return printable(`${title} (${who}${knownDate({ id, date })})`);
}

/** The signals that are known. */
export function signalLine({ citations, authority, popularity, code }: Signals): string {
  return Object.entries({ citations, authority, popularity, code })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(', ');
}

/** Rows under each other, all but the first column to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
