import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findPython, Peer } from './peer.ts';

const echo = `
process.stdin.setEncoding('utf8');
let turn = 0;
process.stdin.on('data', (lines) => {
  for (const line of lines.trim().split('\\n')) {
    const request = JSON.parse(line);
    if (request.die) { process.stderr.write('out of luck'); process.exit(3); }
    process.stdout.write(JSON.stringify(request.fail ? { error: 'no' } : { ok: [request, ++turn] }) + '\\n');
  }
});`;

test('a peer answers in turn, keeps its state, and reports its errors', async () => {
  await using peer = new Peer(process.execPath, ['-e', echo]);
  expect(await peer.ask({ a: 'line\nbreak' })).toEqual([{ a: 'line\nbreak' }, 1]);
  await expect(peer.ask({ fail: true })).rejects.toThrow('peer: no');
  expect(await peer.ask({})).toEqual([{}, 2]);
});

test('a peer that dies is told of with its status and its last words', async () => {
  await using peer = new Peer(process.execPath, ['-e', echo]);
  await expect(peer.ask({ die: true })).rejects.toThrow('got none (exited with 3):\nout of luck');
  await expect(peer.ask({})).rejects.toThrow('got none (exited with 3)');
});

test('a peer that cannot start is told of', async () => {
  await using peer = new Peer('/nonexistent/python', []);
  await expect(peer.ask({})).rejects.toThrow('ENOENT');
});

test('a missing module has a reason to show', async () => {
  expect(await findPython('no_such_module_here')).toEqual({ missing: 'no Python that imports no_such_module_here' });
});

test('lines.py serves handlers and keeps prints out of the answers', async ({ skip }) => {
  const python = await findPython('json');
  if ('missing' in python) return skip(python.missing);
  const served = `
import sys
sys.path.insert(0, sys.argv[1])
from lines import serve
def add(a, b):
    print('a stray print')
    return a + b
serve({'add': add})`;
  await using peer = new Peer(python.path, ['-c', served, resolve(import.meta.dirname, '../peers')]);
  expect(await peer.ask({ do: 'add', a: 2, b: 3 })).toBe(5);
  await expect(peer.ask({ do: 'add', a: 2, b: 'x' })).rejects.toThrow('peer: TypeError: unsupported operand');
  expect(await peer.ask({ do: 'add', a: 1, b: 1 })).toBe(2);
});
