import { defineConfig } from 'vitest/config'

/** The attacks alone, at their full length: `npm run test:hostile`. `HOSTILE_SECONDS` is another length. */
export default defineConfig({
  test: {
    include: ['test/hostile/*.test.ts'],
    env: { HOSTILE_SECONDS: process.env['HOSTILE_SECONDS'] ?? '60' },
    reporters: ['verbose'],
  },
})
