/**
 * Conditions on stored fields, as a person types them: `year>=2021`, `venue=ACL`, `authors~hinton`.
 *
 * A field may be one of an object's (`metadata.year`). Of a list, one member has to fit. Numbers are compared as numbers
 * where both sides are, all else as text, so that dates as 2022-05-01 compare as dates. A document without the field fits
 * `!=` and nothing else.
 */
import type { StoredDocument } from './segment.ts';

export type Condition = (document: StoredDocument) => boolean;

type Operator = '=' | '<' | '<=' | '>' | '>=' | '~';

/**
 * What a condition says: `FIELD OP VALUE`, where OP is `=`, `!=`, `<`, `<=`, `>`, `>=`, or `~` for a text that holds the
 * value, capitals or not.
 * @throws RangeError for what is no condition
 * @example
 * const recent = readCondition('year>=2021');
 * recent({ id: 'a', text: 'a cat', year: 2022 } as StoredDocument); // true
 */
export function readCondition(text: string): Condition {
  const [, field, operator, value] = /^\s*([^\s=!<>~][^=!<>~]*?)\s*(>=|<=|!=|=|>|<|~)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (field === undefined || operator === undefined || value === undefined || value === '') {
    throw new RangeError(`filter: expected FIELD=VALUE, or one of != < <= > >= ~ for =, got ${JSON.stringify(text)}`);
  }
  const path = field.split('.');
  if (operator === '!=') {
    const equal = fits('=', value);
    return (document) => !membersAt(document, path).some(equal);
  }
  const wanted = fits(operator as Operator, value);
  return (document) => membersAt(document, path).some(wanted);
}

/** All of some conditions; undefined for none. @throws what `readCondition` throws */
export function readConditions(texts: readonly string[]): Condition | undefined {
  const conditions = texts.map(readCondition);
  return conditions.length === 0 ? undefined : (document) => conditions.every((condition) => condition(document));
}

function fits(operator: Operator, value: string): (member: unknown) => boolean {
  const number = Number(value);
  const folded = value.toLowerCase();
  return (member) => {
    if (operator === '~') return String(member).toLowerCase().includes(folded);
    const ordered =
      !Number.isNaN(number) &&
      typeof member !== 'boolean' &&
      String(member).trim() !== '' &&
      !Number.isNaN(Number(member))
        ? Number(member) - number
        : compared(String(member), value);
    switch (operator) {
      case '=':
        return ordered === 0;
      case '<':
        return ordered < 0;
      case '<=':
        return ordered <= 0;
      case '>':
        return ordered > 0;
      case '>=':
        return ordered >= 0;
    }
  };
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The values at a path: a list's members each. */
function membersAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((member) => membersAt(member, path));
  if (path.length === 0) return typeof value === 'object' || value === undefined ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  const [name, ...rest] = path as [string, ...string[]];
  return Object.hasOwn(value, name) ? membersAt((value as Record<string, unknown>)[name], rest) : [];
}
