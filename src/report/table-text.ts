/** A table for a terminal. */
import { formatColumn, type Table } from './table.ts';

/** A table's columns under each other, numbers at the right. */
export function tableText({ columns, rows }: Table): string {
  const parts = Object.entries(columns).map(([key, column]) => {
    const head = column.unit === undefined ? column.name : `${column.name} (${column.unit})`;
    const cells = formatColumn(
      column,
      rows.map((row) => row[key]),
    );
    const width = Math.max(head.length, ...cells.map((cell) => cell.length));
    return [head, ...cells].map((cell) => (column.type === 'text' ? cell.padEnd(width) : cell.padStart(width)));
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
