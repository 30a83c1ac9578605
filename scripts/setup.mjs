/**
 * Brings a clone to where it can run: installs what package-lock.json names, builds what is older than its source.
 *
 *   node scripts/setup.mjs          the package: dist
 *   node scripts/setup.mjs bench    and the benchmarks: bench/dist
 *
 * The npm scripts start with it, because npm runs no pre-scripts under ignore-scripts. It may find no node_modules, so
 * it imports node: modules only. Silent and quick when nothing is missing; progress and the one line that says what
 * went wrong go to stderr.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, 'node_modules', '.package-lock.json');

checkNode();
if (!isInstalled()) install();
build('.');
if (process.argv[2] === 'bench') build('bench');

function checkNode() {
  const needed = readJson(join(root, 'package.json')).engines.node.replace('>=', '');
  const [major = 0, minor = 0] = needed.split('.').map(Number);
  const [hasMajor = 0, hasMinor = 0] = process.versions.node.split('.').map(Number);
  if (hasMajor < major || (hasMajor === major && hasMinor < minor)) {
    fail(`needs Node ${needed} or newer, this is Node ${process.versions.node}`);
  }
}

/** Whether node_modules holds the versions that package-lock.json names; packages for other platforms may be absent. */
function isInstalled() {
  const has = readJson(installed)?.packages;
  if (!has) return false;
  return Object.entries(readJson(join(root, 'package-lock.json')).packages).every(
    ([path, { version, link, optional, devOptional }]) =>
      !path.includes('node_modules/') || link || optional || devOptional || has[path]?.version === version,
  );
}

function install() {
  const done = step('installing the packages of package-lock.json (npm ci), about 700 MB on disk');
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const options = [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-factor=2',
  ];
  const { status, stderr, error } = run([...npm, ...options]);
  if (status === 0) return done();
  const lines = [...stderr.matchAll(/^npm error (.+)$/gm)].map(([, line = '']) => line);
  const code = /^code (\S+)/m.exec(lines.join('\n'))?.[1] ?? '';
  if (/^(EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|ECONN\w+|E\w*TIMEDOUT|ERR_SOCKET_TIMEOUT)$/.test(code)) {
    fail(`the npm registry cannot be reached (${code}); installing needs it once: connect, then run this again`);
  }
  fail(`npm ci failed: ${lines.find((line) => !line.startsWith('code ')) ?? error?.message ?? stderr.trim()}`);
}

/** @param {string} project the folder of a tsconfig.json, from the root */
function build(project) {
  const dist = join(root, project, 'dist');
  const stamp = join(dist, '.built');
  const inputs = [installed, join(root, 'tsconfig.base.json'), join(root, project, 'tsconfig.json')];
  const newest = Math.max(...inputs.map(modified), newestUnder(join(root, project, 'src')));
  if (modified(stamp) >= newest) return;
  const done = step(`building ${project === '.' ? 'dist' : `${project}/dist`} (tsc)`);
  const began = new Date();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout, stderr } = run([process.execPath, tsc, '-b', project, '--pretty', 'false']);
  const errors = (stdout + stderr).split('\n').filter((line) => line.includes('error TS'));
  if (status !== 0) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more: npx tsc -b ${project})` : '';
    fail(`the build failed: ${errors[0] ?? (stdout + stderr).trim()}${more}`);
  }
  // The stamp, not tsc's own build info, says that all is in place: tsc writes that after errors, too.
  writeFileSync(stamp, '');
  utimesSync(stamp, began, began);
  done();
}

/**
 * The newest modification under a folder; folders count, because removing or renaming a file changes only them.
 * @param {string} folder
 * @returns {number}
 */
function newestUnder(folder) {
  let newest = modified(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestUnder(path) : modified(path));
  }
  return newest;
}

/** @param {string} path */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** @param {string} path */
function readJson(path) {
  return statSync(path, { throwIfNoEntry: false }) && JSON.parse(readFileSync(path, 'utf8'));
}

/** @param {string[]} command */
function run([file = '', ...args]) {
  // On Windows npm is a .cmd file, which only a shell starts.
  const shell = file === 'npm' && process.platform === 'win32';
  const result = spawnSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
    maxBuffer: 2 ** 28,
  });
  if (result.signal) fail(`stopped by ${result.signal}`);
  return { ...result, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

/** @param {string} what */
function step(what) {
  const began = Date.now();
  process.stderr.write(`tenfold: ${what}\n`);
  return () => process.stderr.write(`tenfold: done in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  process.stderr.write(`tenfold: ${why}\n`);
  process.exit(1);
}
