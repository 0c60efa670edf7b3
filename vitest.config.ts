import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take minutes, longest first: begun last, one of them would go on alone beside an idle core. */
const LONGEST = [
  'test/exactness/platform.prop.test.ts',
  'test/e2e/ministack.test.ts',
  'test/e2e/kill.test.ts',
  'test/readers/readers.test.ts',
  'test/docs/commands.test.ts',
  'test/steps/batch/kill.test.ts',
]

/** Those that put other modules in place of the project's: no other file may meet them. */
const ALONE = ['test/damage/interrupted.test.ts']

/** Those that measure how long something takes beside something else: nothing runs beside them. */
const QUIET = ['test/hostile/hostile.test.ts', 'test/local/intake/expensive-requests.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex(name => moduleId.endsWith(name))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    globalSetup: 'test/compile-cache.ts',
    // Many tests wait for an epoch's end or for a process: one more than the two processors that CI has.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...ALONE, ...QUIET],
          // A worker goes from file to file with the modules that it has: a third less of the time.
          isolate: false,
          setupFiles: 'test/as-found.ts',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          ...{ name: 'quiet', include: QUIET, testTimeout: 30_000, hookTimeout: 30_000 },
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
