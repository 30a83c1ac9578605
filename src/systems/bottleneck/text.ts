/** Tables as lines of text. */
import { formatNumber, type Table } from '../../report/index.ts';

/** The columns under each other, numbers at the right. */
export function alignedText({ columns, rows }: Table): string {
  const parts = Object.entries(columns).map(([key, { name, type, decimals }]) => {
    const cells = rows.map((row) => {
      const cell = row[key];
      return typeof cell === 'number'
        ? formatNumber(cell, decimals === undefined ? {} : { decimals })
        : String(cell ?? '–');
    });
    const width = Math.max(name.length, ...cells.map((cell) => cell.length));
    return [name, ...cells].map((cell) => (type === 'text' ? cell.padEnd(width) : cell.padStart(width)));
  });
  return [-1, ...rows.keys()]
    .map((i) =>
      parts
        .map((part) => part[i + 1])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
