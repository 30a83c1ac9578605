import { type Device, openDevice } from 'tenfold/tensor';
import { afterAll, describe } from 'vitest';
import { noVulkan } from '../frame/vulkan.ts';
import { contract } from './suite.ts';

let device: Device | undefined;
afterAll(() => device?.close());

describe.skipIf(noVulkan)(`webgpu${noVulkan ? `: ${noVulkan}` : ''}`, () => {
  contract({
    device: async () => {
      device = await openDevice('webgpu');
      return device;
    },
    skip: {
      float16: 'SwiftShader has no shader-f16',
      'special values': 'a shader may assume that there are no NaN and infinities',
      acos: "a shader's own is off by up to 10⁻⁴",
    },
  });
});
