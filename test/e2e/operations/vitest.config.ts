import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** In the order of their names: the alarms come before what takes three deployments. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
  }
}

/** The runbook, alarm by alarm, then a stage from a copy of its lake: `npm run test:operations`. */
export default defineConfig({
  test: {
    include: ['test/e2e/operations/**/*.drills.ts'],
    // One after the other: each has an emulator, and a minute is an epoch there.
    fileParallelism: false,
    // In one process, which packages the service once.
    isolate: false,
    sequence: { sequencer: ByName },
    reporters: ['verbose'],
  },
})
