import { defineConfig } from 'vitest/config'

const drills = (name: string, groupOrder: number) => ({
  test: { name, include: [`test/e2e/operations/${name}.drills.ts`], sequence: { groupOrder } },
})

/** The runbook, alarm by alarm, then a stage from a copy of its lake: `npm run test:operations`. */
export default defineConfig({
  test: {
    // One after the other: each has an emulator, and a minute is an epoch there.
    projects: [drills('follow', 0), drills('rebuild', 1)],
    reporters: ['verbose'],
  },
})
