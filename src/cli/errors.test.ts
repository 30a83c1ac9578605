import { describe, expect, test } from 'vitest';
import { blamed } from '../command/index.ts';
import { describeError, isBadRequest, trace } from './errors.ts';

test.each([
  [new RangeError("fit: expected a column, got 'qualty'; did you mean quality?"), true],
  [new TypeError('adamW: expected floats, got int32'), true],
  [new SyntaxError('csv: wine.csv:3:7: unterminated quote'), true],
  [Object.assign(new Error("ENOENT: no such file, open 'x.csv'"), { code: 'ENOENT' }), true],
  [Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }), false],
  [new TypeError("Cannot read properties of undefined (reading 'x')"), false],
  [new RangeError('Invalid typed array length: 5'), false],
  [new RangeError('internal: expected a shape, got none'), false],
  [new Error('fit: the loss is NaN'), false],
  ['a string', false],
])('%s: a bad request is %s', (error, bad) => {
  expect(isBadRequest(error)).toBe(bad);
});

test('an error is told in one line, and traced with its causes', () => {
  expect(describeError(new Error('first\n  second'))).toBe('first second');
  const error = new Error('outer', { cause: new AggregateError([new RangeError('inner')], 'all') });
  expect(trace(error)).toMatch(/^Error: outer\n.*caused by AggregateError: all\n.*RangeError: inner\n/s);
});

test('what the system says of a path is told in the house’s form', async () => {
  const { readFile } = await import('node:fs/promises');
  const missing = await readFile('/nowhere/x.csv').catch((error: unknown) => error);
  expect(describeError(missing, 'fit')).toBe(
    'fit: expected a path that can be used, got /nowhere/x.csv, which is not there',
  );
  const folder = await readFile(import.meta.dirname).catch((error: unknown) => error);
  expect(isBadRequest(folder)).toBe(true);
  // of a read, the system does not say which path
  expect(describeError(folder, 'fit')).toContain('EISDIR');
});

describe('an error of the work and another of closing', () => {
  class File {
    readonly #why: string;
    constructor(why: string) {
      this.#why = why;
    }
    async [Symbol.asyncDispose]() {
      throw new Error(this.#why);
    }
  }
  const failed = (error: unknown) =>
    blamed('index', async () => {
      await using _first = new File('no space left');
      await using _second = new File('the disk\n is gone');
      throw error;
    }).catch((thrown: unknown) => thrown);

  test('are told in one line, the first one first and by its verb, and traced', async () => {
    const error = await failed(new RangeError('notes.txt: expected text, got none'));
    expect(describeError(error, 'index')).toBe(
      'index: notes.txt: expected text, got none; and on closing: the disk is gone; and on closing: no space left',
    );
    expect(trace(error)).toMatch(
      /^RangeError: index: notes\.txt.*caused by RangeError: notes\.txt.*and on closing Error: the disk.*and on closing Error: no space/s,
    );
  });

  test('are a bad request where the first one is', async () => {
    expect(isBadRequest(await failed(new RangeError('notes.txt: expected text, got none')))).toBe(true);
    expect(isBadRequest(await failed(new Error('no memory left')))).toBe(false);
  });
});
