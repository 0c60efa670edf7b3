import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import type { Loading, LoadJob, Warehouse } from '../../../core/ports/warehouse.ts'
import { loadWarehouse as createHandler } from '../../../functions/batch/tasks.ts'
import { createLoadWarehouse, type LoadWarehouseResult } from '../../../steps/batch/load-warehouse.ts'
import { createPublish } from '../../../steps/batch/publish.ts'
import { createRefine } from '../../../steps/batch/refine/refine.ts'
import type { EpochWork } from '../../../steps/batch/task.ts'
import { createWorld, order, pipelineOf, someEvents, T0, visit, visits, type World } from './batch-kit.ts'
import { portsOf } from './batch-run.ts'

const pipeline = pipelineOf([visits])
const metric = pipeline.metrics[0]!.id
const work: EpochWork = {
  epoch: T0,
  mode: 'append',
  types: [order, visit].map(({ type }) => ({ type, epoch: T0 })),
  metrics: [{ metric, epoch: T0, mode: 'append' }],
}
const lost: Loading = { state: 'failed', failure: new TributaryError('unavailable', 'connection lost') }
let world: World
/** What the warehouse answers, in turn; then it has loaded. */
let answers: Loading[]
let calls: (readonly ['load' | 'ask' | 'stop', string, string?])[]
let jobs: LoadJob[]

beforeEach(async () => {
  world = await createWorld(pipeline)
  await world.send(T0, someEvents(1))
  answers = []
  calls = []
  jobs = []
  const ports = portsOf(world, pipeline)
  for (const type of work.types) await createRefine(ports)(type)
})
afterEach(() => world.dispose())

const slow: Warehouse = {
  texts: 'marked',
  load: async job => {
    calls.push(['load', job.name])
    jobs.push(job)
    return answers.shift() ?? { state: 'loaded' }
  },
  ask: async (job, statement) => {
    calls.push(['ask', job.name, statement])
    jobs.push(job)
    return answers.shift() ?? { state: 'loaded' }
  },
  stop: async statement => void calls.push(['stop', statement]),
}
const loading = (statement: string): Loading => ({ state: 'loading', statement })
const ports = () => ({ ...portsOf(world, pipeline), warehouse: slow, exportRows: slow.texts })
const step = () => createLoadWarehouse(ports())
const start = { attempt: 0, starts: 0, name: 'run-1', statement: '', spent: 100 }

/** Calls the step as the state machine does. */
async function follow(): Promise<LoadWarehouseResult[]> {
  const load = step()
  const results = [await load(work, start)]
  while (results.at(-1)!.state === 'wait') results.push(await load(work, results.at(-1)!))
  return results
}

describe('the load of a warehouse that takes its time', () => {
  test('is started once, then asked after with growing pauses', async () => {
    answers = [loading('a'), loading('a'), loading('b'), loading('b')]
    const results = await follow()
    expect(calls).toEqual([
      ['load', 'run-1 0'],
      ['ask', 'run-1 0', 'a'],
      ['ask', 'run-1 0', 'a'],
      ['ask', 'run-1 0', 'b'],
      ['ask', 'run-1 0', 'b'],
    ])
    expect(results.map(({ state, seconds }) => [state, seconds])).toEqual([
      ...[1, 2, 4, 8].map(seconds => ['wait', seconds]),
      ['loaded', 0],
    ])
    expect(results.at(-1)!.report).toEqual({ epochs: { '20261101T000000Z': { tablesLoaded: 3 } } })
    expect(new Set(jobs.map(job => JSON.stringify(job.loads))).size).toBe(1)
  })

  test('counts what its rounds take of the history of the execution', async () => {
    answers = [loading('a'), loading('a')]
    expect((await follow()).map(({ spent }) => spent)).toEqual([109, 118, 118])
  })

  test('is started again under another name after a failure that passes, a few times', async () => {
    answers = [loading('a'), lost, loading('b')]
    expect((await follow()).at(-1)).toMatchObject({ state: 'loaded', starts: 1 })
    expect(calls.map(([verb, name]) => [verb, name])).toEqual([
      ['load', 'run-1 0'],
      ['ask', 'run-1 0'],
      ['load', 'run-1 1'],
      ['ask', 'run-1 1'],
    ])
    answers = Array<Loading>(9).fill(lost)
    const error = await follow().catch((failure: unknown) => failure)
    // Retrying the state would meet the same failure.
    expect(error).toMatchObject({ code: 'internal', retryable: false, cause: { code: 'unavailable' } })
    expect(answers).toHaveLength(4)
  })

  test('ends with a failure that does not pass', async () => {
    answers = [loading('a'), { state: 'failed', failure: new TributaryError('corrupt_data', 'no number') }]
    await expect(follow()).rejects.toMatchObject({ code: 'corrupt_data' })
    expect(calls).toHaveLength(2)
  })

  test('is stopped, and late, when it is not done within about an hour', async () => {
    answers = Array<Loading>(200).fill(loading('a'))
    const results = await follow()
    expect(results.at(-1)).toMatchObject({ state: 'late' })
    const waited = results.reduce((sum, { seconds }) => sum + seconds, 0)
    expect(waited).toBeGreaterThan(3500)
    expect(waited).toBeLessThan(4000)
    expect(calls.at(-1)).toEqual(['stop', 'a'])
  })

  test('does not replace the files that an earlier start may be reading, and removes them once they are loaded', async () => {
    await createPublish(ports())(work.metrics[0]!)
    answers = [loading('a')]
    await step()(work, start)
    const files = jobs[0]!.loads.map(({ csv }) => world.file(csv))
    const contents = await Promise.all(files.map(file => readFile(file, 'utf8')))
    expect(contents[0]).toMatch(/^:\S/)
    await world.lake.put('exports/other', ['x'])
    await world.send(T0, someEvents(2))
    for (const type of work.types) await createRefine(ports())(type)
    answers = [loading('a')]
    await step()(work, start)
    expect(await Promise.all(files.map(file => readFile(file, 'utf8')))).toEqual(contents)
    await step()(work, { ...start, attempt: 1, statement: 'a' })
    await expect(readdir(dirname(files[0]!))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await world.lake.list('exports')).toContainEqual({ path: 'exports/other', bytes: 1 })
  })
})

describe('the function', () => {
  const payload = {
    ...work,
    ...{ run: 'run-7', state: 'LoadWarehouse', entered: '2026-11-01T01:00:00Z' },
    load: { attempt: 0, starts: 0, name: '', statement: '', spent: 5 },
  }

  test('names the job by its run and the entering of its state, and keeps to that name', async () => {
    const handler = createHandler(ports())
    answers = [loading('a')]
    const first = await handler(payload)
    const again = await handler({ ...payload, entered: '2026-11-01T01:00:02Z', load: first })
    expect(new Set(jobs.map(({ name }) => name))).toEqual(
      new Set([`run-7 2026-11-01T01:00:00Z ${T0} append 0`]),
    )
    expect(again).toMatchObject({ state: 'loaded', attempt: 1, spent: 14 })
  })

  test('refuses a payload without progress', async () => {
    expect(() => createHandler(ports())({ ...payload, load: undefined })).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    )
  })
})
