import { defineConfig } from 'vitest/config'

/** Clients from their own registries, in one command: `npm run test:clients`. */
export default defineConfig({
  test: {
    include: ['test/clients/**/*.clients.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
})
