import { existsSync } from 'node:fs';

/** Debian's Chromium carries SwiftShader, which is Vulkan without a GPU, and a loader for it. */
const folder = '/usr/lib/chromium';

/** Why the tests of the WebGPU provider are skipped here; undefined where they run. */
export const noVulkan = existsSync(`${folder}/vk_swiftshader_icd.json`)
  ? undefined
  : `no software Vulkan: ${folder} is absent (Debian's package chromium)`;

/** The environment in which a process finds that Vulkan: it is read when the process starts. */
export const vulkan: Record<string, string> = noVulkan
  ? {}
  : { VK_DRIVER_FILES: `${folder}/vk_swiftshader_icd.json`, LD_LIBRARY_PATH: folder };
