import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { horizonEpochs } from '../../../core/data/epoch.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { readSettings } from '../../settings.ts'
import type { Failure, TestCase } from '../../testing/test-case.ts'
import { readTests } from '../../testing/test-files.ts'
import { type Environment, print, Unsuccessful } from '../environment.ts'

export type TestFlags = { readonly pipeline?: string; readonly json?: boolean }

type Outcome = {
  readonly name: string
  readonly file: string
  readonly failures: readonly Failure[]
  readonly ms: number
}

/**
 * `tributary test [file…]`: runs the tests of a pipeline, through the steps of both layers. Exit code 1 where
 * something is not as expected, or a file cannot be meant.
 */
export async function test(
  environment: Environment,
  only: readonly string[],
  flags: TestFlags,
): Promise<void> {
  const settings = readSettings(environment.variables)
  const folder = flags.pipeline === undefined ? settings.pipeline : resolve(flags.pipeline)
  const pipeline = await loadPipeline(folder)
  const { epochLength, timeBounds } = settings
  const numbers = { epochLength, timeBounds, horizon: horizonEpochs(settings.dedupeHorizon, epochLength) }
  const tests = await readTests(folder, pipeline, only)
  const outcomes: Outcome[] = []
  for (const one of tests) {
    environment.signal.throwIfAborted()
    const since = performance.now()
    const failures = await inFolder(place => one.run({ pipeline, settings: numbers, folder: place }))
    const outcome = { ...nameOf(one), failures, ms: Math.round(performance.now() - since) }
    outcomes.push(outcome)
    if (!flags.json) printOutcome(environment, outcome)
  }
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length
  if (flags.json) print(environment, JSON.stringify(outcomes))
  else if (outcomes.length === 0)
    print(environment, `no tests in ${join(folder, 'tests')}: write one, such as orders.test.yaml`)
  else
    print(environment, `${outcomes.length - failed} of ${outcomes.length} tests as expected, in both layers`)
  // A test that was asked for and is not there has not passed.
  if (failed > 0 || (outcomes.length === 0 && only.length > 0)) throw new Unsuccessful()
}

const nameOf = ({ name, file }: TestCase) => ({ name, file })

function printOutcome(environment: Environment, { name, file, failures, ms }: Outcome): void {
  print(environment, `${failures.length === 0 ? 'ok  ' : 'FAIL'} ${file}: ${name} (${ms} ms)`)
  for (const failure of failures) print(environment, `     ${failure}`)
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-test-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
