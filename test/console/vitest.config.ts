import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The console in a real browser: `npm run test:console`. */
export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/console/**/*.browser.ts'],
    globalSetup: ['test/console/build-console.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
})
