import { defineConfig } from 'vitest/config'

/**
 * The longest of the tests at several times the length that `npm test` has time for: `npm run soak`, some
 * hours. A variable that is set is left as it is.
 */
const LENGTHS = {
  PLATFORM_RUNS: '12',
  STATE_ROUNDS: '2',
  PAUSE_MS: '0',
  RETENTION_RUNS: '12',
  REFINE_RUNS: '160',
  RUNS: '20',
  DAMAGE_TRIALS: '100',
  DAMAGE_STARTS: '30',
  FOLLOW_LOOKS: '100000',
  FOLLOW_KILLS: '30',
  WIDEN_ATTEMPTS: '10000',
}

export default defineConfig({
  test: {
    include: [
      'test/exactness/platform.prop.test.ts',
      'test/exactness/follow.prop.test.ts',
      'test/e2e/kill.test.ts',
      'test/e2e/follow.test.ts',
      'test/e2e/widen.test.ts',
      'test/steps/batch/**/*.prop.test.ts',
      'test/steps/replay/*.prop.test.ts',
      'test/damage/*.test.ts',
      'test/soak/**/*.soak.ts',
      'test/drivers/lake/query/bombs.soak.ts',
    ],
    env: Object.fromEntries(
      Object.entries(LENGTHS).map(([name, length]) => [name, process.env[name] ?? length]),
    ),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
