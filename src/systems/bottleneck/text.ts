/** Tables as lines of text. */
import { formatColumn, type Table } from '../../report/index.ts';

/** The columns under each other, numbers at the right. */
export function alignedText({ columns, rows }: Table): string {
  const parts = Object.entries(columns).map(([key, column]) => {
    const cells = formatColumn(
      column,
      rows.map((row) => row[key]),
    );
    const width = Math.max(column.name.length, ...cells.map((cell) => cell.length));
    return [column.name, ...cells].map((cell) => (column.type === 'text' ? cell.padEnd(width) : cell.padStart(width)));
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
