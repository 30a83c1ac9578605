/**
 * Failed runs in the user's terms.
 *
 * ONNX Runtime says which of its nodes failed, and its nodes are named as the lowered program prints: so the op and the
 * user's line are found again. What runs may have been rewritten for the provider; the name that is told is that of the
 * program as the user prints it.
 */
import { formatSite, type Node, nodeName, type Program, reachable, tensorNames } from './program.ts';
import { isLoop } from './scan.ts';

/** An error that names the op, the printed program's node and the user's line, where `cause` tells of a node. */
export function explained(cause: unknown, lowered: Program, printed: Program): unknown {
  const text = cause instanceof Error ? cause.message : '';
  // a loop's failure quotes that of the node inside
  const [, name, message] = /.*Name:'%([^'#]*)[^']*' Status Message: (.*)/s.exec(text) ?? [];
  const all = namedNodes(lowered);
  const found = all.find((entry) => entry.name === `%${name}`);
  if (message === undefined || found === undefined) return cause;
  // rewriting keeps the line and, among the nodes of one line, the order
  const alike = ({ node }: Named) => node.op === found.node.op && node.site === found.node.site;
  const [here, there] = [all.filter(alike), namedNodes(printed).filter(alike)];
  const shown = here.length === there.length ? ` ${there[here.indexOf(found)]!.name}` : '';
  const site = formatSite(found.node.site);
  const said = `${found.node.op.name}${shown}: ${shortened(message)}${site ? ` (made at ${site})` : ''}`;
  return /out of (data )?bounds|out of range/i.test(message)
    ? new RangeError(said, { cause })
    : new Error(said, { cause });
}

interface Named {
  readonly name: string;
  readonly node: Node;
}

/** The nodes of a program and of the loops in it. */
function namedNodes(program: Program, loop?: string): Named[] {
  const names = tensorNames(program, loop);
  return reachable(program.outputs).flatMap((node) => {
    const name = nodeName(names, node);
    return [{ name, node }, ...(isLoop(node) ? namedNodes(node.attrs.body, name) : [])];
  });
}

/** One line, without the runtime's own source file and function. */
function shortened(message: string): string {
  const [line] = message.replace(/^\S+\.(?:cc|h):\d+ .*?\([^()]*\)(?: const)? (?:\[with [^\]]*\] )?/, '').split('\n');
  return line!.length > 200 ? `${line!.slice(0, 199)}…` : line!;
}
