import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** The machine in words: processor, cores, memory, system, Node. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `${platform()} ${arch()}`;
  return `${model}, ${availableParallelism()} cores, ${memory}, ${system}, Node ${process.versions.node}`;
}
