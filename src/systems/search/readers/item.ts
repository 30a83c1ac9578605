/** What the readers find in files: documents, queries, judgements, and what they could make nothing of. */
import type { StoredDocument } from '../collection/segment.ts';

export interface Query {
  readonly id: string;
  readonly text: string;
  /** Texts of which any answers it. */
  readonly answers?: readonly string[];
  /** For each answer that tells where it is from, the documents that together show it. */
  readonly evidence?: readonly (readonly string[])[];
}

/** How relevant a document is for a query: from 1 on it is, at 0 and below not. */
export interface Judgement {
  readonly query: string;
  readonly document: string;
  readonly grade: number;
}

/** A line or an element that was left out; what stands before and after it was not. */
export interface Problem {
  /** `papers.jsonl: line 12` */
  readonly where: string;
  /** `expected a text, got a number` */
  readonly what: string;
}

export type Item =
  | { readonly document: StoredDocument }
  | { readonly query: Query }
  | { readonly judgement: Judgement }
  | { readonly problem: Problem };

/** Fields of a source that are not called as expected. */
export interface FieldNames {
  readonly id?: string;
  readonly title?: string;
  readonly text?: string;
}

/** A JSON value with its place in a file. */
export interface Placed {
  readonly where: string;
  readonly value: unknown;
}

/** A problem as an item. */
export function problem(where: string, what: string): { readonly problem: Problem } {
  return { problem: { where, what } };
}

/** The first of some fields that an object has. */
export function fieldOf(value: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  return names.find((name) => value[name] !== undefined && value[name] !== null);
}

/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Those of a list that are texts, each once; undefined for none. */
export function textsOf(value: unknown): readonly string[] | undefined {
  const texts = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  return texts.length === 0 ? undefined : [...new Set(texts)];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An id as a text; undefined for what is none. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
