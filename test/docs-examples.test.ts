/**
 * Examples are code: each `@example` in src, and each ts block of the README, type-checks against the built package.
 *
 * The README's blocks stand by themselves. An `@example` imports nothing: what it uses of Tenfold is imported here, from
 * its own room first, and what it takes as given (a model, a table) is declared in `given`. Whatever needs nothing given
 * and reads no file also runs.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const given: Readonly<Record<string, string>> = {
  'data/batches.ts': `
    declare const train: Dataset<{ image: NDArray; label: NDArray }>;
    declare const checkpoint: { readonly position: Position };
    declare const step: (image: NDArray, label: NDArray) => Promise<void>;
    declare const save: (at: { position: Position }) => void;`,
  'data/dataset.ts': 'declare const images: NDArray, labels: NDArray;',
  'data/split.ts': 'declare const table: Table;',
  'nn/checkpoint.ts': 'declare const like: Linear<NDArray>;',
  'nn/encodings.ts': 'declare const x: Tensor;',
  'nn/fit.ts': `
    type Mlp = Linear;
    declare const mlp: (p: Mlp, x: Tensor) => Tensor, initMlp: (key: Tensor) => Mlp;
    declare const train: Dataset<{ x: NDArray; y: NDArray }>;`,
  'nn/optimizer.ts': `
    type Params = Linear;
    declare const lossOf: (p: Params, x: Tensor, y: Tensor) => Tensor;`,
  'systems/search/answer/answer.ts': 'declare const searcher: Searcher;',
  'systems/search/searcher/index-folder.ts': 'declare const folder: string, documents: StoredDocument[];',
  'systems/search/searcher/searcher.ts': 'declare const searcher: Searcher;',
  'systems/trends/issue/write.ts': 'declare const study: Study;',
  'systems/trends/rising/rising.ts': 'declare const papers: Paper[];',
  'systems/trends/search/search.ts': 'declare const search: Search;',
  'systems/trends/study.ts': 'declare const papers: Paper[];',
  'systems/trends/topics/topics.ts': 'declare const papers: Paper[], morePapers: Paper[];',
  'tensor/capacity.ts': 'declare const rows: NDArray;',
  'tensor/gradient.ts': 'declare const x: Tensor, w: Tensor;',
  'tensor/onnx/export.ts': 'declare const compiled: Compiled<[Tensor], Tensor>, x: NDArray;',
  'tensor/ops/slicing.ts': 'declare const x: Tensor;',
  'tensor/program.ts': 'declare const compiled: Compiled<[Tensor], Tensor>, x: NDArray;',
  'tensor/runtime/device.ts':
    'declare const step: (state: NDArray, batch: NDArray) => Promise<[NDArray]>, state: NDArray, batch: NDArray;',
  'tensor/scan.ts': 'declare const x: Tensor;',
  'text/bpe-training.ts': 'declare const texts: string[];',
  'text/generation/beam.ts': 'declare const model: LanguageModel, prompt: number[], index: Constraint<unknown>;',
  'text/generation/constraint.ts': 'declare const ids: number[];',
  'text/generation/sample.ts': 'declare const model: LanguageModel, tokenizer: Tokenizer;',
  'text/generation/text.ts': 'declare const model: LanguageModel, tokenizer: Tokenizer;',
  'text/likelihood/endpoint.ts': 'declare const tokenizer: Tokenizer;',
  'text/likelihood/local.ts': 'declare const model: LanguageModel, tokenizer: Tokenizer;',
  'text/onnx-folder.ts': 'declare const folder: string;',
  'text/tokenizer.ts': 'declare const folder: string;',
};

/** Rooms by the folder of their face, as src and dist have it. */
const rooms = Object.entries(JSON.parse(read('package.json')).exports as Record<string, string>).flatMap(
  ([name, path]) => {
    const folder = /^\.\/dist\/(.*\/)index\.js$/.exec(path)?.[1];
    return folder ? [{ name: `tenfold${name.slice(1)}`, folder, types: join(root, `dist/${folder}index.d.ts`) }] : [];
  },
);

const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
Object.assign(options, {
  noEmit: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  typeRoots: [join(root, 'node_modules/@types')],
});

/** A program of files that are not on the disk, beside those that are. */
function programOf(files: ReadonlyMap<string, string>, roots: readonly string[], before?: ts.Program): ts.Program {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = files.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, version);
    return before?.getSourceFile(path) ?? getSourceFile(path, version, ...rest);
  };
  return ts.createProgram({
    rootNames: [...roots, ...files.keys()],
    options,
    host,
    ...(before && { oldProgram: before }),
  });
}

const faces = programOf(
  new Map(),
  rooms.map(({ types }) => types),
);
const exported = rooms.map(({ name, types }) => {
  const checker = faces.getTypeChecker();
  const module = checker.getSymbolAtLocation(faces.getSourceFile(types)!)!;
  return { name, names: checker.getExportsOfModule(module).map((symbol) => symbol.name) };
});

/** The text as a module: with imports of what it names, save what it declares itself. */
function asModule(code: string, premises: string, own: string): string {
  const words = new Set(`${code} ${premises}`.match(/\w+/g));
  const taken = new Set(Array.from(premises.matchAll(/(?:type|const|,) (\w+)(?=:| =)/g), ([, name]) => name!));
  const order = exported.toSorted((a, b) => Number(b.name === own) - Number(a.name === own));
  const imports = order.flatMap(({ name, names }) => {
    const used = names.filter((word) => words.has(word) && !taken.has(word));
    for (const word of used) taken.add(word);
    const isValue = (word: string) => !/^[A-Z]/.test(word) || new RegExp(`\\bnew ${word}\\b|\\b${word}\\.`).test(code);
    const list = used.map((word) => (isValue(word) ? word : `type ${word}`)).join(', ');
    return used.length === 0 ? [] : [`import { ${list} } from '${name}';`];
  });
  return `${imports.join('\n')}\n${premises}\n{\n${code}}\nexport {};\n`;
}

/** The examples of a source file, without the comment's margin. */
function examplesIn(source: string): string[] {
  const found = source.matchAll(/^( *) \* @example\n((?:\1 \*(?!\/| @).*\n)+)/gm);
  return Array.from(found, ([, margin, body]) => body!.replaceAll(new RegExp(`^${margin} \\* ?`, 'gm'), ''));
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted();
const examples = sources.flatMap((path) =>
  examplesIn(read(`src/${path}`)).map((code, i) => {
    const premises = given[path] ?? '';
    const own = rooms.find(({ folder }) => path.startsWith(folder));
    // what lies below the rooms is had through nn
    const text = asModule(code, premises, own?.name ?? 'tenfold/nn');
    return { name: `${path}${i ? `, ${i + 1}` : ''}`, text, runs: premises === '' && !/'[^']+\.\w+'/.test(code) };
  }),
);
const blocks = Array.from(read('README.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, text], i) => ({
  name: `README.md, ${i + 1}`,
  text: text!,
  runs: true,
}));

const all = [...examples, ...blocks].map((example, i) => ({ ...example, file: join(root, `test/.example-${i}.mts`) }));
const program = programOf(new Map(all.map(({ file, text }) => [file, text])), [], faces);

test('every example is found, and nothing is given to a file that has none', () => {
  expect(blocks).not.toHaveLength(0);
  const marks = sources.flatMap((path) => read(`src/${path}`).match(/@example/g) ?? []);
  expect(examples).toHaveLength(marks.length);
  expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(given)));
});

test.each(all)('$name has no error', ({ file }) => {
  const source = program.getSourceFile(file)!;
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  const lines = found.map(({ start, messageText }) => {
    const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
    return `${source.text.split('\n')[line]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  expect(lines).toEqual([]);
});

test.each(all.filter(({ runs }) => runs))('$name runs', ({ text, file }) => {
  const { outputText } = ts.transpileModule(text, { fileName: file, compilerOptions: options });
  execFileSync(process.execPath, ['--input-type=module', '--eval', outputText], { cwd: root, stdio: 'pipe' });
});
