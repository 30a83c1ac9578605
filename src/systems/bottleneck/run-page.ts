/** The page of a run: its figures and its table, in one file that needs no other. */
import type { Figure, Table } from '../../report/index.ts';
import type { RunSettings } from './run-folder.ts';
import { alignedText } from './text.ts';

const style = `:root{color-scheme:light dark}
body{margin:2rem auto;padding:0 1rem;max-width:44rem;font:16px/1.5 system-ui,sans-serif}
figure{margin:2.5rem 0}figcaption{font-size:.85rem}svg{max-width:100%;height:auto}pre{overflow-x:auto;font-size:.85rem}`;

/** HTML of a run's settings, figures and table. */
export function runPage(
  { source, rows, columns: { target, features, notes }, recipe, seed }: RunSettings,
  figures: readonly Figure[],
  table: Table,
): string {
  const { annealing } = recipe;
  const facts = `${source}: ${rows} rows, ${features.length} columns; β from ${annealing.from} to ${annealing.to}, seed ${seed}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What tells ${escape(target.name)}</title>
<style>${style}</style>
</head>
<body>
<h1>What tells ${escape(target.name)}</h1>
<p>${escape([facts, ...notes].join(' '))}</p>
<p>${escape(table.caption)}</p>
<pre>${escape(alignedText(table))}</pre>
${figures.map(({ title, caption, svg }) => `<figure>${svg}<figcaption><b>${escape(title)}.</b> ${escape(caption)}</figcaption></figure>`).join('\n')}
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);
}
