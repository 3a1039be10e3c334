import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    environment: 'node',
    fileParallelism: false, // one browser and one server at a time
    testTimeout: 180_000,
    hookTimeout: 240_000,
    retry: 0,
  },
});
