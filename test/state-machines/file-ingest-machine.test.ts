import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Run } from '../../core/ports/runs.ts'
import { fileIngest as createHandler } from '../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../local/batch/asl.ts'
import { createRunner, type Runner } from '../../local/batch/state-machine-runner.ts'
import { recordedIn } from '../recorded-runs.ts'
import { createInboxWorld, flights, type InboxWorld } from '../steps/files/inbox-kit.ts'

const path = join(import.meta.dirname, '..', '..', 'state-machines', 'file-ingest.asl.json')
const machine = JSON.parse(await readFile(path, 'utf8')) as StateMachineDefinition

let world: InboxWorld
let runner: Runner
beforeEach(async () => {
  world = await createInboxWorld()
  const handler = createHandler({ ...world, now: () => world.now() })
  const runs = new Map<string, Run>()
  runner = createRunner({
    machines: { 'file-ingest': machine },
    handlers: { FileIngestFunctionArn: handler },
    runs: recordedIn(runs),
    log: { error: () => {} },
    now: Date.now,
    newId: () => `run-${runs.size}`,
  })
})
afterEach(async () => {
  await runner.drain()
  await world.dispose()
})

async function finished(): Promise<Run> {
  let last = await runner.start('file-ingest', {})
  for await (const run of runner.follow(last.id)) last = run
  return last
}

test('goes on turn by turn, with its place in the file in the payload, and reports what it took in', async () => {
  await world.put('a.ndjson', flights(...Array.from({ length: 2500 }, (_, i) => `a-${i}`)))
  await world.put('b.csv', 'no,events\n')
  world.now = () => (world.clock += 100_000)
  const run = await finished()
  expect(run).toMatchObject({
    status: 'succeeded',
    report: { fileIngest: { files: 1, failed: 1, accepted: 2500, rejected: 0, more: false } },
  })
  expect(run.states.filter(({ name }) => name === 'IngestFiles').length).toBeGreaterThan(1)
  expect(world.ids()).toHaveLength(2500)
})

test('ends at once where there are no files', async () => {
  const run = await finished()
  expect(run).toMatchObject({ status: 'succeeded', report: { fileIngest: { files: 0, more: false } } })
})
