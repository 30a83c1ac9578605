import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'tenfold-arrows-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'tsconfig.base.json']) {
    copyFileSync(join(root, file), join(tree, file));
  }
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ type: 'module', devDependencies: { vitest: '*' } }));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
});
afterEach(() => rmSync(tree, { recursive: true }));

test('a tree whose arrows run down passes', () => {
  plant('cli/main.ts', '../systems/bottleneck/index.ts');
  plant('systems/bottleneck/index.ts', './fit.ts', '../../nn/index.ts', '../../data/index.ts', '../../report/index.ts');
  plant('systems/bottleneck/fit.ts', 'node:fs', '../../command/index.ts');
  plant('nn/index.ts', '../tensor/index.ts');
  plant('data/index.ts', '../tensor/index.ts');
  plant('text/a.ts', './b.ts');
  plant('text/b.ts', './a.ts');
  expect(violations()).toEqual([]);
});

test('each broken arrow is refused by its rule', () => {
  plant('tensor/index.ts', '../nn/index.ts');
  plant('data/index.ts', '../nn/index.ts');
  plant('report/table.ts', '../systems/bottleneck/index.ts');
  plant('systems/bottleneck/fit.ts', '../search/index.ts');
  plant('systems/bottleneck/plot.ts', '../../nn/adam.ts');
  plant('cli/issue.ts', '../systems/search/ngram.ts');
  write(join(tree, 'src/text/a.ts'), "export * from './b.ts';\n", 'w');
  write(join(tree, 'src/text/b.ts'), "export * from './a.ts';\n", 'w');
  plant('nn/train.ts', 'vitest');
  plant('nn/loss.ts', './gone.ts');
  plant('stray.ts', './tensor/index.ts');
  expect(violations()).toEqual([
    'cli/issue.ts rooms-are-entered-through-index',
    'data/index.ts data-imports-only-what-lies-below',
    'nn/loss.ts no-unresolved-import',
    'nn/train.ts no-package-that-users-do-not-get',
    'report/table.ts report-imports-only-what-lies-below',
    'stray.ts no-file-outside-the-rooms',
    'systems/bottleneck/fit.ts no-system-imports-another',
    'systems/bottleneck/plot.ts rooms-are-entered-through-index',
    'tensor/index.ts tensor-imports-only-what-lies-below',
    'text/a.ts no-cycles',
  ]);
});

/** Writes src/PATH with its imports, type-only so that they count in their weakest form, and what they name. */
function plant(path: string, ...imports: string[]): void {
  const file = join(tree, 'src', path);
  const types = imports.map((name, i) => `import type * as m${i} from '${name}';\nexport type T${i} = typeof m${i};\n`);
  write(file, types.join('') || 'export {};\n', 'w');
  for (const name of imports) {
    if (name.startsWith('.') && name !== './gone.ts') write(join(dirname(file), name), 'export {};\n', 'a');
  }
}

function write(file: string, text: string, flag: 'w' | 'a'): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag });
}

function violations(): string[] {
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [depcruise, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
  expect(stderr).toBe('');
  const found: { from: string; rule: { name: string } }[] = JSON.parse(stdout).summary.violations;
  return found.map(({ from, rule }) => `${from.replace(/^src\//, '')} ${rule.name}`).sort();
}
