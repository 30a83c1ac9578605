/**
 * Records of an XML document as small trees, without entities of its own.
 *
 * The parser knows the five entities of XML and a few that feeds use unasked; a document that declares any is refused, so that
 * none can grow (the "billion laughs"). Where a document is damaged, the records before the damage are kept, and it is named.
 */
import { SaxesParser } from 'saxes';

export interface XmlNode {
  /** Without its prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** All text inside, tags left out. */
  readonly text: string;
}

export interface XmlRecords {
  /** Elements of the wanted names, the outermost ones, in order. */
  readonly records: readonly XmlNode[];
  /** What stands outside of them: children of the others, by name. */
  readonly others: readonly XmlNode[];
  /** What is wrong with the document, with its line; what follows was not read. */
  readonly fault?: string;
}

const deepest = 100;
/** What HTML calls by name and XML does not know. */
const entities = {
  nbsp: '\u00a0',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  hellip: '…',
};

interface Open {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlNode[];
  text: string;
}

/** @param wanted local names of the elements that are records */
export function xmlRecords(xml: string, wanted: readonly string[]): XmlRecords {
  const names = new Set(wanted);
  const records: XmlNode[] = [];
  const others: XmlNode[] = [];
  const stack: Open[] = [];
  const parser = new SaxesParser({ xmlns: true });
  Object.assign(parser.ENTITIES, entities);
  const refuse = (problem: string): never => {
    throw new SyntaxError(`line ${parser.line}: ${problem}`);
  };
  // depth of the record that is open, 0 while none is
  let inside = 0;
  parser.on('doctype', (text) => {
    if (/<!ENTITY/i.test(text)) refuse('expected no entity declarations, got some');
  });
  parser.on('error', (error) => refuse(error.message.replace(/^\d+:\d+:\s*/, '').replace(/\.$/, '')));
  parser.on('opentag', ({ local, attributes }) => {
    if (stack.length === deepest) refuse(`expected at most ${deepest} elements in each other`);
    const named = Object.values(attributes).map(({ local, value }) => [local, value] as const);
    stack.push({ name: local, attributes: Object.fromEntries(named), children: [], text: '' });
    if (inside === 0 && names.has(local)) inside = stack.length;
  });
  const add = (text: string) => {
    const top = stack.at(-1);
    if (top) top.text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    const node = stack.pop()!;
    const above = stack.at(-1);
    if (stack.length + 1 === inside) {
      records.push(node);
      inside = 0;
    } else if (inside > 0) {
      above!.children.push(node);
      above!.text += node.text;
    } else others.push({ ...node, children: [] });
  });
  try {
    // in pieces, so that a stretch of garbage is noticed where it begins
    for (let at = 0; at < xml.length; at += 65_536) parser.write(xml.slice(at, at + 65_536));
    parser.close();
    return { records, others };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { records, others, fault: error.message };
  }
}

/** The text of the first child of a name, trimmed; empty where there is none. */
export function childText(node: XmlNode, name: string): string {
  return node.children.find((child) => child.name === name)?.text.trim() ?? '';
}

export function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}
