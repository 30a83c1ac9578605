/** What the test's page runs. */
import { openDevice } from 'tenfold/tensor';
import { train } from './train.ts';

Object.assign(globalThis, {
  trainOn: async (provider: string) => {
    const device = await openDevice(provider);
    try {
      return await train(device);
    } finally {
      await device.close();
    }
  },
});
