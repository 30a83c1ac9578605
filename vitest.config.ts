import { defineConfig } from 'vitest/config';
import { Counts } from './test/frame/counts.ts';
import { vulkan } from './test/frame/vulkan.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/src/**/*.test.ts'],
    // `tenfold/ROOM` is the built package, found through its own exports, and run by Node as a user's would be.
    server: { deps: { external: [/\/dist\//] } },
    setupFiles: ['test/frame/quiet.ts', 'test/frame/properties.ts'],
    reporters: ['default', new Counts()],
    env: vulkan,
    // Each ONNX Runtime session brings its own threads: more processes than this only take them from each other.
    pool: 'forks',
    maxWorkers: 2,
    // for what hangs, not for what is slow: on a busy machine a test of seconds takes minutes
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
