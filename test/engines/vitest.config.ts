import { defineConfig } from 'vitest/config'

/** Real engines from their own registries, in one command: `npm run test:engines`. */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.engines.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
})
