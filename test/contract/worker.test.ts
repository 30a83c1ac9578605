import { type Device, openDevice } from 'tenfold/tensor';
import { afterAll } from 'vitest';
import { contract } from './suite.ts';

let device: Device | undefined;
afterAll(() => device?.close());

contract({
  device: async () => {
    device = await openDevice('cpu', { worker: true });
    return device;
  },
});
