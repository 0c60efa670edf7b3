import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDynamodbRuns, type DynamodbRuns } from '../../../../drivers/runs/dynamodb/dynamodb.ts'
import { executionArn, executionGoesOn } from '../../../../drivers/runs/step-functions/executions.ts'
import { createStepFunctionsRuns } from '../../../../drivers/runs/step-functions/step-functions.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'
import {
  type Execution,
  type StepFunctionsServer,
  startStepFunctions,
} from '../../../engines/step-functions-server.ts'

const arn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:tributary-dev-${name}`
const MACHINES = { batch: arn('batch'), spark: arn('spark') }
const entered = (name: string, at: number) => ({
  ...{ id: at, type: 'TaskStateEntered', timestamp: at },
  stateEnteredEventDetails: { name },
})

describeOnDynamodb('runs on Step Functions', dynamodb => {
  let server: StepFunctionsServer
  let recorded: DynamodbRuns
  let runs: ReturnType<typeof createStepFunctionsRuns>
  let serial = 0

  const open = (timeoutMs: number) =>
    createStepFunctionsRuns({
      ...{ client: server.client, machines: MACHINES, recorded, timeoutMs },
      newId: () => `run-${++serial}`,
    })
  const execution = (id: string, machine = MACHINES.batch): Execution =>
    server.executions.get(executionArn(machine, id))!
  beforeEach(async () => {
    server = await startStepFunctions(Object.values(MACHINES))
    const table = await dynamodb.createTable('control')
    recorded = createDynamodbRuns({ client: dynamodb.client, table, now: Date.now })
    runs = open(5000)
  })
  afterEach(() => server.close())

  describe('start', () => {
    test('starts an execution under the id of the run, and follows it to its end', async () => {
      const run = await runs.start('batch', { days: 2 })
      expect(run).toMatchObject({ machine: 'batch', input: { days: 2 }, status: 'running', states: [] })
      expect(await runs.get(run.id)).toEqual(run)
      // What its first task does.
      await recorded.open({ id: run.id, machine: 'batch', startedAt: run.startedAt })
      await recorded.entered(run.id, { name: 'Plan', enteredAt: run.startedAt + 5 })
      await recorded.report(run.id, { more: false })
      expect(await runs.get(run.id)).toMatchObject({
        status: 'running',
        input: { days: 2 },
        states: [{ name: 'Plan' }],
        report: { more: false },
      })
      Object.assign(execution(run.id), {
        ...{ status: 'SUCCEEDED', stopDate: run.startedAt / 1000 + 60 },
        events: [entered('Start', 1), { id: 2, type: 'TaskScheduled', timestamp: 2 }, entered('Plan', 3)],
      })
      const ended = await runs.get(run.id)
      expect(ended).toMatchObject({
        status: 'succeeded',
        endedAt: run.startedAt + 60_000,
        states: [
          { name: 'Start', enteredAt: 1000 },
          { name: 'Plan', enteredAt: 3000 },
        ],
        report: { more: false },
      })
      server.calls.length = 0
      expect(await runs.get(run.id)).toEqual(ended)
      expect(server.calls).toEqual([])
    })

    test('names the machines that there are', async () => {
      for (const machine of ['btach', '__proto__'])
        await expect(runs.start(machine, {})).rejects.toMatchObject({
          code: 'not_found',
          message: `there is no state machine "${machine}"; there are batch, spark`,
        })
      const gone = createStepFunctionsRuns({
        ...{ client: server.client, machines: { batch: arn('gone') }, recorded, newId: () => 'x' },
      })
      await expect(gone.start('batch', {})).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('deploy the stack'),
      })
    })

    test('refuses an input that Step Functions would refuse', async () => {
      await expect(runs.start('batch', { x: 'x'.repeat(262_144) })).rejects.toMatchObject({
        code: 'too_large',
      })
    })

    test('starts once, though the answer is lost or does not come', async () => {
      server.faults.push('lost')
      await runs.start('batch', {})
      expect(server.calls).toEqual(['StartExecution', 'StartExecution'])
      expect(server.executions.size).toBe(1)
    })

    test('takes a name that is in use for its own attempt, which has ended meanwhile', async () => {
      await runs.start('batch', {})
      for (const each of server.executions.values()) each.status = 'FAILED'
      serial -= 1
      expect(await runs.start('batch', {})).toMatchObject({ id: `run-${serial}` })
    })

    test('rides out a throttle, and says so when it lasts', async () => {
      server.faults.push({ error: 'ThrottlingException' }, { error: 'InternalServerError', status: 500 })
      await runs.start('batch', {})
      for (let i = 0; i < 4; i++) server.faults.push({ error: 'ThrottlingException' })
      await expect(runs.start('batch', {})).rejects.toMatchObject({ code: 'overloaded', retryable: true })
      server.faults.push({ error: 'ExecutionLimitExceeded' })
      await expect(runs.start('batch', {})).rejects.toMatchObject({ code: 'overloaded' })
    })

    test('gives up on a service that does not answer', async () => {
      for (let i = 0; i < 9; i++) server.faults.push('no answer')
      await expect(open(500).start('batch', {})).rejects.toMatchObject({ code: 'timeout' })
    })
  })

  describe('get', () => {
    test('knows nothing of a run that never was, whatever its name', async () => {
      for (const id of ['nobody', '', 'a b', 'x'.repeat(81), '../../x'])
        expect(await runs.get(id)).toBeUndefined()
    })

    test('finds an execution that somebody else started, before its first task and after', async () => {
      server.executions.set(executionArn(MACHINES.spark, 'scheduled'), {
        ...{ status: 'FAILED', machine: MACHINES.spark, name: 'scheduled', input: '{"scripts":[]}' },
        ...{
          startDate: 1000,
          stopDate: 1001,
          error: 'bad_request',
          cause: 'no scripts',
          events: [entered('NoScripts', 1000)],
        },
      })
      const run = {
        ...{ id: 'scheduled', machine: 'spark', input: { scripts: [] }, status: 'failed' },
        ...{ startedAt: 1_000_000, endedAt: 1_001_000, error: { name: 'bad_request', cause: 'no scripts' } },
        ...{ states: [{ name: 'NoScripts', enteredAt: 1_000_000 }], report: {} },
      }
      expect(await runs.list(10)).toMatchObject([{ id: 'scheduled', status: 'failed' }])
      expect(await runs.get('scheduled')).toEqual(run)
    })

    test('tells what a function failed with, and how an execution ended that did not fail by itself', async () => {
      const { id } = await runs.start('batch', {})
      const cause = JSON.stringify({
        errorType: 'too_large',
        errorMessage: 'epoch 7 is too large',
        trace: [],
      })
      const end = (changes: Partial<Execution>) => Object.assign(execution(id), { stopDate: 1, ...changes })
      end({ status: 'FAILED', error: 'too_large', cause })
      expect((await runs.get(id))?.error).toEqual({ name: 'too_large', cause: 'epoch 7 is too large' })
      const second = await runs.start('batch', {})
      Object.assign(execution(second.id), { status: 'TIMED_OUT', stopDate: 1 })
      expect(await runs.get(second.id)).toMatchObject({ status: 'failed', error: { name: 'States.Timeout' } })
      const third = await runs.start('batch', {})
      Object.assign(execution(third.id), { status: 'ABORTED', stopDate: 1 })
      const aborted = await runs.get(third.id)
      expect(aborted).toMatchObject({ status: 'aborted' })
      expect(aborted).not.toHaveProperty('error')
    })

    test('is stopped through the platform, which is known by its words, and once', async () => {
      const { id, startedAt } = await runs.start('batch', {})
      await recorded.open({ id, machine: 'batch', startedAt })
      const stopped = await runs.stop(id, 'admin-ops')
      expect(stopped).toMatchObject({
        status: 'stopped',
        stoppedBy: 'admin-ops',
        endedAt: expect.any(Number),
      })
      expect(execution(id)).toMatchObject({ status: 'ABORTED', cause: 'admin-ops' })
      expect(await runs.stop(id, 'another')).toEqual(stopped)
      expect(await recorded.get(id)).toEqual(stopped)
      expect(server.calls.filter(call => call === 'StopExecution')).toHaveLength(1)
    })

    test('is stopped also where Step Functions does not repeat the words, and before it has a record', async () => {
      const { id } = await runs.start('batch', {})
      const stopping = runs.stop(id, 'admin-ops')
      for (; execution(id).status === 'RUNNING'; ) await new Promise(setImmediate)
      delete execution(id).error
      delete execution(id).cause
      expect(await stopping).toMatchObject({ status: 'stopped', stoppedBy: 'admin-ops' })
      expect(await runs.get(id)).toMatchObject({ status: 'stopped', stoppedBy: 'admin-ops' })
    })

    test('is not stopped where it has ended otherwise, or where there is none', async () => {
      const { id } = await runs.start('batch', {})
      Object.assign(execution(id), { status: 'SUCCEEDED', stopDate: 1 })
      await expect(runs.stop(id, 'ops')).rejects.toMatchObject({ code: 'conflict' })
      await expect(runs.stop('nobody', 'ops')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('reads a long history page by page, and keeps its beginning and its end', async () => {
      const { id } = await runs.start('batch', {})
      const events = Array.from({ length: 3500 }, (_, i) => entered(`S${i}`, i))
      Object.assign(execution(id), { status: 'SUCCEEDED', stopDate: 1, events })
      const states = (await runs.get(id))!.states.map(({ name }) => name)
      expect(server.calls.filter(call => call === 'GetExecutionHistory')).toHaveLength(4)
      expect([states.length, states[0], states[49], states[50], states.at(-1)]).toEqual([
        500,
        'S0',
        'S49',
        'S3050',
        'S3499',
      ])
    })
  })

  test('list gives recorded runs and those without a record, newest first, each once and as it is now', async () => {
    const [first, second] = [await runs.start('batch', { n: 1 }), await runs.start('spark', { n: 2 })]
    await recorded.open({ id: first.id, machine: 'batch', startedAt: first.startedAt })
    Object.assign(execution(first.id), { status: 'SUCCEEDED', stopDate: Date.now() / 1000 })
    expect(await runs.list(10)).toMatchObject([
      { id: second.id, machine: 'spark', status: 'running' },
      { id: first.id, machine: 'batch', status: 'succeeded', input: { n: 1 } },
    ])
    expect(await runs.list(1)).toHaveLength(1)
    expect(await runs.list(0)).toEqual([])
  })

  test('list goes on behind a run, with a record or without', async () => {
    const all = []
    for (let n = 0; n < 4; n++) all.push(await runs.start('batch', { n }))
    await recorded.open({ id: all[1]!.id, machine: 'batch', startedAt: all[1]!.startedAt })
    const ids = (await runs.list(10)).map(({ id }) => id)
    const paged: string[] = []
    for (let page = await runs.list(1); page[0] !== undefined; page = await runs.list(1, page[0]))
      paged.push(page[0].id)
    expect(paged).toEqual(ids)
    expect(new Set(ids)).toEqual(new Set(all.map(({ id }) => id)))
  })

  test('a holder of the lock goes on until Step Functions says otherwise', async () => {
    const goesOn = executionGoesOn({ client: server.client })
    const { id } = await runs.start('batch', {})
    expect(await goesOn(executionArn(MACHINES.batch, id))).toBe(true)
    execution(id).status = 'ABORTED'
    expect(await goesOn(executionArn(MACHINES.batch, id))).toBe(false)
    expect(await goesOn(executionArn(MACHINES.batch, 'nobody'))).toBe(false)
    server.faults.push({ error: 'AccessDeniedException' })
    await expect(goesOn(executionArn(MACHINES.batch, id))).rejects.toMatchObject({ code: 'storage_failed' })
  })
})
