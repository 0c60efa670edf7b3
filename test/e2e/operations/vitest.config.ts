import { defineConfig } from 'vitest/config'

/** The runbook, alarm by alarm, on a stage of its own: `npm run test:operations`. */
export default defineConfig({
  test: {
    include: ['test/e2e/operations/**/*.drills.ts'],
    fileParallelism: false,
    reporters: ['verbose'],
  },
})
