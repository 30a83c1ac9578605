/** The thread that builds an index: see build-thread.ts. */
import { answer } from './build-thread.ts';
import type { FlatDocuments } from './flat.ts';

interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

function reply(port: Port, flat: FlatDocuments): void {
  const said = answer(flat);
  port.postMessage(said, 'file' in said ? [said.file.buffer] : []);
}

if ('postMessage' in globalThis) {
  const scope = globalThis as unknown as Port & { onmessage: (event: { data: FlatDocuments }) => void };
  scope.onmessage = ({ data }) => reply(scope, data);
} else {
  const { parentPort } = await import('node:worker_threads');
  parentPort!.once('message', (flat: FlatDocuments) => reply(parentPort!, flat));
}
