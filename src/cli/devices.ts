/** `tenfold devices`: where programs can run on this machine. */

import { type Verb, verb } from '../command/index.ts';
import type { DeviceInfo } from '../tensor/index.ts';

interface DevicesResult {
  readonly devices: readonly DeviceInfo[];
}

export const devicesVerb: Verb = verb({
  name: 'devices',
  summary: 'where programs can run on this machine',
  about:
    "The providers of the installed ONNX Runtime, each tried with the smallest program. 'cpu' always runs; 'webgpu' needs a GPU driver (on Linux, Vulkan); what others need is said beside them.",
  args: {},
  options: {},
  examples: [
    { line: 'tenfold devices', does: 'list the providers, and what each one that does not run lacks' },
    { line: 'tenfold devices --json', does: 'the same for a program' },
  ],
  run: async (): Promise<DevicesResult> => {
    // the engine is loaded only here: other commands start without it
    const { devices } = await import('../tensor/index.ts');
    return { devices: await devices() };
  },
  text: ({ devices }) => {
    const width = Math.max(...devices.map(({ provider }) => provider.length));
    return devices
      .map(({ provider, usable, reason, threads }) => {
        const how = usable ? `runs${threads ? `, ${threads} threads` : ''}` : reason;
        return `${provider.padEnd(width)}  ${how}`;
      })
      .join('\n');
  },
});
