import { defineConfig } from 'vitest/config'

/** The packed package in a folder that has nothing of this repository: `npm run test:package`. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.package.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
})
