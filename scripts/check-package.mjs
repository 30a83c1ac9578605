/**
 * Checks the package as a user gets it: packs it, installs the tarball in an empty folder, and from there imports every
 * subpath of `exports`, compiles a consumer's TypeScript against it, and runs the command. Needs a build.
 *
 *   node scripts/check-package.mjs
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, exports: Record<string, string>, imports: Record<string, Record<string, string>>, bin: Record<string, string> }} Manifest */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** @type {Manifest} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'tenfold-package-'));
try {
  const { file, paths } = pack();
  checkContents(paths);
  checkTargets(paths);
  install(file);
  checkImports();
  checkTypes();
  checkCommand();
  process.stdout.write(`${manifest.name}: ${paths.length} files, every export imports\n`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // A child's own words are in its output, not in the message.
  const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
  process.stderr.write(`check-package: ${error.message}\n${stdout}${stderr}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

function pack() {
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root));
  /** @type {string[]} */
  const paths = packed.files.map((/** @type {{ path: string }} */ entry) => entry.path);
  return { file: join(folder, packed.filename), paths };
}

/**
 * Built modules, each with its types and its map and a source that still exists, recorded runs, shipped models, and three
 * files beside.
 * @param {string[]} paths
 */
function checkContents(paths) {
  const beside = ['package.json', 'README.md', 'LICENSE'];
  const data = /^(recorded\/[a-z]+\.json|models\/[\w-]+\/[\w-]+\.(json|md|safetensors))$/;
  const stray = paths.filter((path) => {
    const module = /^dist\/(?<name>.+?)\.(js|js\.map|d\.ts)$/.exec(path)?.groups?.name;
    if (module === undefined) return !beside.includes(path) && !data.test(path);
    return module.endsWith('.test') || !existsSync(join(root, 'src', `${module}.ts`));
  });
  assert.deepEqual(stray, [], 'stray files in the package (a stale one goes with: rm -r dist, then build)');
  assert.deepEqual(
    beside.filter((path) => !paths.includes(path)),
    [],
    'files missing from the package',
  );
  for (const path of paths.filter((path) => path.endsWith('.js'))) {
    assert(paths.includes(path.replace(/js$/, 'd.ts')), `${path} has no types`);
    assert(paths.includes(`${path}.map`), `${path} has no source map`);
    const { sourcesContent } = JSON.parse(readFileSync(join(root, `${path}.map`), 'utf8'));
    assert(sourcesContent?.every(Boolean), `${path}.map does not carry its source`);
  }
}

/**
 * What the manifest points at is in the package.
 * @param {string[]} paths
 */
function checkTargets(paths) {
  const conditions = Object.values(manifest.imports).flatMap((byCondition) => Object.values(byCondition));
  const targets = [...Object.values(manifest.exports), ...conditions, ...Object.values(manifest.bin)];
  const missing = targets.filter((target) => !paths.includes(target.replace(/^\.\//, '')));
  assert.deepEqual(missing, [], 'package.json points at files that the package lacks');
}

/** @param {string} file the tarball */
function install(file) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', file], folder);
  assert(!existsSync(join(folder, 'node_modules/onnxruntime-web')), 'the optional peer was installed unasked');
}

function checkImports() {
  const script = `
    const counts = {};
    for (const subpath of ${JSON.stringify(subpaths())}) counts[subpath] = Object.keys(await import(subpath)).length;
    console.log(JSON.stringify(counts));`;
  const counts = JSON.parse(node(['--input-type=module', '--eval', script]));
  const empty = Object.keys(counts).filter((subpath) => counts[subpath] === 0);
  assert.deepEqual(empty, [], 'exports that are empty');
  const self = 'console.log(import.meta.resolve(process.argv[1]))';
  node(['--input-type=module', '--eval', self, `${manifest.name}/package.json`]);
}

/** The types hold up in a consumer's strict project that does check libraries; errors in other packages are not ours. */
function checkTypes() {
  const imports = subpaths().map((subpath, i) => `import * as m${i} from '${subpath}';\nexport const n${i} = m${i};\n`);
  writeFileSync(join(folder, 'consumer.ts'), imports.join(''));
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom,esnext.disposable'];
  const types = ['--noEmit', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  let output = '';
  try {
    node([tsc, ...options, ...types, '--pretty', 'false', 'consumer.ts']);
  } catch (error) {
    output = /** @type {{ stdout: string }} */ (error).stdout;
  }
  const errors = output.split('\n').filter((line) => /^(consumer\.ts|node_modules\/tenfold\/)/.test(line));
  assert.deepEqual(errors, [], 'type errors that a user would see');
}

function checkCommand() {
  for (const name of Object.keys(manifest.bin)) {
    const help = node([join(folder, 'node_modules/.bin', name), '--help']);
    assert.match(help, new RegExp(name), `${name} --help says nothing`);
  }
}

function subpaths() {
  return Object.entries(manifest.exports)
    .filter(([, target]) => target.endsWith('.js'))
    .map(([subpath]) => manifest.name + subpath.slice(1));
}

/**
 * @param {string[]} args
 * @param {string} cwd
 */
function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
}

/** @param {string[]} args */
function node(args) {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
