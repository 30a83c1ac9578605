import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Unfinished, verb } from '../command/index.ts';
import { atMost, claimRule, type Experiment } from '../report/index.ts';
import type { System } from './systems.ts';
import { tenfold } from './tenfold.ts';

const rule = claimRule({
  id: 'small',
  system: 'tide',
  statement: 'It is small.',
  paper: 0,
  unit: 'm',
  predicate: atMost(1),
  seeds: { quick: [1], recorded: [1, 2] },
  detects: null,
});
const good: Experiment = {
  summary: 'Waves.',
  rules: [rule],
  async run({ tier, progress }) {
    progress.update('waves', 0.5);
    progress.note('seen');
    return { claims: [rule.judge({ tier, value: tier === 'quick' ? 0.5 : 0.25 })], figures: [], tables: [] };
  },
};
const bad: Experiment = { summary: '', rules: [], run: () => Promise.reject(new Error('the sea is\nempty')) };

const measure = verb({
  name: 'measure',
  summary: 'measure a tide',
  args: { file: { help: 'a table of heights' }, more: { help: 'further tables', optional: true, many: true } },
  options: {
    level: { kind: 'number', value: 'L', help: 'in (0, 1)', min: 0, max: 1, default: 0.5 },
    maxSteps: { kind: 'number', value: 'N', help: 'how many', integer: true, min: 1 },
    by: { kind: 'choice', choices: ['hour', 'day'], help: 'what a row is', default: 'hour' },
    skip: { kind: 'text', value: 'COLUMN', help: 'leave out', many: true },
    harbour: { kind: 'text', value: 'NAME', help: 'where', required: true },
    dry: { kind: 'flag', help: 'only look' },
  },
  examples: [{ line: 'tenfold tide measure a.csv --harbour Dover', does: 'one file' }],
  async run({ args, options }) {
    if (args.file === 'partial') throw new Unfinished('tide: one file failed', { done: 1 });
    if (args.file === 'broken') throw new Error('the gauge broke');
    if (args.file === 'wrong') throw new RangeError("tide: expected a harbour, got 'Bern'");
    return { args, options };
  },
  text: (result) => `measured ${JSON.stringify(result)}`,
});

let out: string;
let err: string;
let folder: string;
let loaded: string[];
let controller: AbortController;

beforeEach(async () => {
  [out, err, loaded, controller] = ['', '', [], new AbortController()];
  folder = await mkdtemp(join(tmpdir(), 'tenfold-cli-'));
  await writeFile(join(folder, 'package.json'), '{"version":"1.2.3"}');
});
afterEach(() => rm(folder, { recursive: true }));

function system(id: string, experiment?: Experiment): System {
  const about = { id, title: id.toUpperCase(), citation: 'arXiv:2204.00000', job: `what a ${id} does` };
  if (!experiment) return about;
  const load = {
    async commands() {
      loaded.push(id);
      return { verbs: [measure] };
    },
    experiment: async () => ({ experiment }),
  };
  return { ...about, load };
}

function run(line: string, systems = [system('tide', good), system('sea', bad), system('canopy')]): Promise<number> {
  const write = (text: string) => {
    out += text;
  };
  const stderr = {
    write(text: string) {
      err += text;
    },
  };
  const root = pathToFileURL(`${folder}/`);
  return tenfold(line.split(' ').filter(Boolean), {
    stdout: { write },
    stderr,
    signal: controller.signal,
    systems,
    root,
  });
}

describe('a verb', () => {
  test('gets what the line says, checked and typed', async () => {
    const line =
      'tide measure a.csv b.csv c.csv --harbour Dover --max-steps 7 --level 0.25 --skip x --skip y --dry --json';
    expect(await run(line)).toBe(0);
    expect(JSON.parse(out)).toEqual({
      args: { file: 'a.csv', more: ['b.csv', 'c.csv'] },
      options: { level: 0.25, maxSteps: 7, by: 'hour', skip: ['x', 'y'], harbour: 'Dover', dry: true },
    });
    expect(err).toBe('');
  });

  test('gets defaults for the rest, and prints for a person', async () => {
    expect(await run('tide measure a.csv --harbour Dover')).toBe(0);
    expect(out).toBe(
      'measured {"args":{"file":"a.csv","more":[]},"options":{"level":0.5,"by":"hour","skip":[],"harbour":"Dover","dry":false}}\n',
    );
  });

  test.each([
    ['measure', "missing required argument 'file'"],
    ['measure a', "required option '--harbour <NAME>' not specified"],
    ['measure a --harbour D --level 2', 'expected a number, at least 0 and at most 1'],
    ['measure a --harbour D --max-steps 1.5', 'expected a whole number, at least 1'],
    ['measure a --harbour D --level ""', 'argument \'""\' is invalid'],
    ['measure a --harbour D --by year', 'Allowed choices are hour, day.'],
    ['measure a --harbor D', "unknown option '--harbor' (Did you mean --harbour?)"],
    ['mesure a', "unknown command 'mesure' (Did you mean measure?)"],
  ])('tide %s: one line, exit 2', async (line, message) => {
    expect(await run(`tide ${line}`)).toBe(2);
    expect(err).toMatch(/^tenfold: [^\n]*\n$/);
    expect(err).toContain(message);
    expect(out).toBe('');
  });

  test.each([
    ['wrong', 2, "tenfold: tide: expected a harbour, got 'Bern'\n", ''],
    ['broken', 1, 'tenfold: the gauge broke\n', ''],
    ['partial', 1, 'tenfold: tide: one file failed\n', '{\n  "done": 1\n}\n'],
  ])('that throws (%s) exits %i with one line', async (file, code, message, printed) => {
    expect(await run(`tide measure ${file} --harbour D --json`)).toBe(code);
    expect([err, out]).toEqual([message, printed]);
  });

  test('shows the stack only with --debug', async () => {
    await run('tide measure broken --harbour D --debug');
    expect(err).toMatch(/^tenfold: the gauge broke\nError: the gauge broke\n {4}at /);
  });
});

describe('help', () => {
  test('of the command lists what there is, imports none of it, and has examples', async () => {
    expect(await run('--help')).toBe(0);
    expect(out).toContain('what a tide does');
    expect(out).not.toContain('what a canopy does');
    expect(out).toContain('Examples:');
    expect(loaded).toEqual([]);
  });

  test('of a system imports that one', async () => {
    expect(await run('tide --help')).toBe(0);
    expect(out).toContain('measure a tide');
    expect(loaded).toEqual(['tide']);
  });

  test.each(['tide measure --help', 'help tide'])('%s', async (line) => {
    expect(await run(line)).toBe(0);
    expect(out).toContain('measure');
    expect(err).toBe('');
  });

  test('of a verb teaches its arguments, options and examples', async () => {
    await run('tide measure -h');
    expect(out).toMatch(/--max-steps <N> +how many\n/);
    expect(out).toMatch(/--level <L> +in \(0, 1\) \(default: 0.5\)/);
    expect(out).toContain('  # one file\n  tenfold tide measure a.csv --harbour Dover');
  });

  test('an unknown system: the nearest', async () => {
    expect(await run('tied')).toBe(2);
    expect(err).toBe("tenfold: unknown command 'tied' (Did you mean tide?)\n");
  });

  test('no command at all is a bad request, and --version none', async () => {
    expect(await run('')).toBe(2);
    expect(err).toContain('Usage: tenfold');
    expect(await run('--version')).toBe(0);
    expect(out).toBe('1.2.3\n');
  });
});

describe('issue', () => {
  const issueAt = async (path: string) => JSON.parse(await readFile(join(path, 'issue.json'), 'utf8'));

  test('runs what is registered, goes on after a failure, and exits 1', async () => {
    const to = join(folder, 'out');
    const code = await run(`issue --out ${to}`, [system('sea', bad), system('tide', good), system('canopy')]);
    expect(code).toBe(1);
    expect(out).toBe(`${join(to, 'index.html')}\n`);
    const { systems } = await issueAt(to);
    expect(systems).toMatchObject([
      { id: 'sea', tier: 'quick', error: 'the sea is\nempty', claims: [] },
      { id: 'tide', claims: [{ id: 'small', verdict: 'holds', command: 'tenfold issue tide' }] },
    ]);
    expect(await readFile(join(to, 'index.html'), 'utf8')).toContain('no experiment yet');
    expect(err).toMatch(/✕ sea {2}\d.*failed: the sea is empty\n.*✓ tide {2}\d.*1 holds\n/s);
    expect(err).toContain('tenfold: issue: failed in sea; the page says why\n');
  });

  test('--json tells each system’s seconds and claims', async () => {
    expect(await run(`issue tide --out ${join(folder, 'out')} --json`)).toBe(0);
    expect(JSON.parse(out)).toEqual({
      page: join(folder, 'out', 'index.html'),
      seconds: expect.any(Number),
      systems: [{ id: 'tide', tier: 'quick', seconds: expect.any(Number), claims: '1 holds' }],
    });
    expect(err).toContain('tide: seen\n');
  });

  test.each([
    ['tied', "issue: expected a system, got 'tied'; did you mean tide?"],
    ['volcano', "issue: expected a system, got 'volcano'; the systems are tide, sea"],
    ['canopy', "issue: 'canopy' has no experiment yet"],
    ['--recorded tied', "issue: expected a system, got 'tied'; did you mean tide?"],
  ])('%s is refused before anything runs', async (line, message) => {
    expect(await run(`issue ${line} --out ${join(folder, 'out')}`)).toBe(2);
    expect(err).toBe(`tenfold: ${message}\n`);
    expect(await readdir(folder)).toEqual(['package.json']);
  });

  test('a folder of something else is refused before anything runs', async () => {
    expect(await run(`issue --out ${folder}`)).toBe(2);
    expect(err).toContain('expected an empty folder or an earlier issue');
    expect(err).not.toContain('tide');
  });

  test('a recorded run needs a clone, to name its commit', async () => {
    expect(await run(`issue --recorded tide --out ${join(folder, 'out')}`)).toBe(2);
    expect(err).toBe('tenfold: issue --recorded: expected a clone of the repository, got a package without one\n');
  });

  test.skipIf(spawnSync('git', ['--version']).status !== 0)('a recorded run is kept with its commit', async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
    git('init', '--quiet');
    git('add', '.');
    git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'One');
    expect(await run(`issue --recorded tide --out ${join(folder, 'out')}`)).toBe(0);
    const { section } = JSON.parse(await readFile(join(folder, 'recorded', 'tide.json'), 'utf8'));
    expect(section).toMatchObject({
      tier: 'recorded',
      claims: [{ measured: 0.25, command: 'tenfold issue --recorded tide' }],
      rules: [{ id: 'small', seeds: [1, 2] }],
      recorded: { commit: git('rev-parse', 'HEAD'), command: 'tenfold issue --recorded tide' },
    });
    expect((await issueAt(join(folder, 'out'))).systems).toHaveLength(1);
    expect(await run(`issue tide --out ${join(folder, 'out')}`)).toBe(0);
    expect((await issueAt(join(folder, 'out'))).systems).toHaveLength(2);
  });

  test.skipIf(spawnSync('git', ['--version']).status !== 0)(
    'a recorded run that was stopped gets its folder again, which goes when it is recorded',
    async () => {
      const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
      git('init', '--quiet');
      git('add', '.');
      git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'One');
      const long: Experiment = {
        ...good,
        async run(context) {
          const half = join(context.folder!, 'half');
          if (existsSync(half)) return good.run(context);
          await writeFile(half, '');
          await setTimeout(120);
          controller.abort(new Error('stopped'));
          throw context.signal.reason;
        },
      };
      const line = `issue --recorded tide --out ${join(folder, 'out')}`;
      expect(await run(line, [system('tide', long)])).toBe(130);
      const kept = join(folder, 'runs', 'recorded', 'tide', git('rev-parse', 'HEAD'));
      expect((await readdir(kept)).toSorted()).toEqual(['half', 'seconds']);
      controller = new AbortController();
      expect(await run(line, [system('tide', long)])).toBe(0);
      expect(err).toContain(`goes on in ${kept}`);
      expect(existsSync(kept)).toBe(false);
      const { section } = JSON.parse(await readFile(join(folder, 'recorded', 'tide.json'), 'utf8'));
      expect(section.seconds).toBeGreaterThanOrEqual(0.1);
    },
  );

  test.skipIf(!existsSync('/proc/self'))('a folder that cannot be made is refused at once', async () => {
    expect(await run('issue --out /proc/tenfold')).toBe(2);
    expect(err).toBe(
      'tenfold: issue: expected a path that can be used, got /proc/tenfold, where no folder can be made\n',
    );
  });

  test('what was recorded stands beside a later quick run, and under it in the file', async () => {
    const recorded = {
      date: '2026-01-02T03:04:05.000Z',
      commit: 'abc',
      machine: 'm',
      command: 'tenfold issue --recorded tide',
    };
    const claims = [rule.judge({ tier: 'recorded', value: 0.25 })];
    const section = {
      id: 'tide',
      title: 'T',
      citation: '',
      tier: 'recorded',
      seconds: 99,
      summary: '',
      rules: [],
      claims,
    };
    await mkdir(join(folder, 'recorded'));
    const file = { format: 1, section: { ...section, figures: [], tables: [], recorded } };
    await writeFile(join(folder, 'recorded', 'tide.json'), JSON.stringify(file));
    expect(await run(`issue tide --out ${join(folder, 'out')}`)).toBe(0);
    expect((await issueAt(join(folder, 'out'))).systems).toMatchObject([
      { tier: 'quick', claims: [{ measured: 0.5 }] },
      { tier: 'recorded', seconds: 99, recorded, claims: [{ measured: 0.25 }] },
    ]);
  });

  test('stopped in the second system: the first is on the page, exit 130', async () => {
    const stopping: Experiment = {
      ...good,
      async run({ signal }) {
        controller.abort();
        signal.throwIfAborted();
        throw new Error('went on');
      },
    };
    const to = join(folder, 'out');
    const code = await run(`issue --out ${to}`, [system('tide', good), system('sea', stopping), system('moon', good)]);
    expect(code).toBe(130);
    expect(out).toBe('');
    expect(err).toContain(`sea: stopped; what was found before: ${join(to, 'index.html')}\ntenfold: stopped\n`);
    expect((await issueAt(to)).systems.map(({ id }: { id: string }) => id)).toEqual(['tide']);
    expect(await readFile(join(to, 'index.html'), 'utf8')).toContain(
      '2 have not run: this page was written before they did',
    );
  });
});
