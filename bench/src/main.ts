/** `npm run bench -- NAME [--json FILE] [options]`: runs one benchmark, prints its table, writes its JSON file. */
import { parseArgs } from 'node:util';
import { benches } from './benches.ts';
import { type BenchReport, formatTable, machineInWords, writeJson } from './report.ts';

const help = `npm run bench -- NAME [--json FILE] [options]

Measures Tenfold against its peers in turns, in one run. A ratio is a cost, ours over the peer's: below 1 is better.

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}`)
  .join('\n')}

  --json FILE   writes {bench, machine, rows, skipped} there as well
  --help        after a NAME: its options
`;

/** Exit status: 0, also when a goal is missed; 1 when measuring failed; 2 for a request that cannot be understood. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help') {
    process.stdout.write(help);
    return name ? 0 : 2;
  }
  const entry = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (!entry) return refuse(`expected one of ${Object.keys(benches).join(', ')}, got '${name}'`);
  const bench = await entry.load();
  const options = { ...bench.options, json: { type: 'string' }, help: { type: 'boolean' } } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args: rest, options }));
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { json, help: wantsHelp, ...given } = values;
  if (wantsHelp) {
    const own = Object.entries(bench.options ?? {}).map(
      ([key, { type }]) => ` [--${key}${type === 'string' ? ' VALUE' : ''}]`,
    );
    process.stdout.write(`npm run bench -- ${name} [--json FILE]${own.join('')}\n\n${entry.about}\n`);
    return 0;
  }
  let report: BenchReport;
  try {
    report = await bench.run(given);
  } catch (error) {
    // of an option, as a benchmark words it: `train: expected --rounds of …`
    const asked = error instanceof RangeError && error.message.startsWith(`${name}: expected --`);
    if (asked) return refuse(error.message);
    throw error;
  }
  process.stdout.write(`${await machineInWords()}\n${formatTable(report)}\n`);
  if (typeof json === 'string') await writeJson(json, name, report);
  return 0;
}

function refuse(why: string): number {
  process.stderr.write(`bench: ${why} (npm run bench -- --help)\n`);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).stack}\n`);
  process.exitCode = 1;
}
