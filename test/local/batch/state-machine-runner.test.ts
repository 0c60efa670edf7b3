import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import type { Run, Runs } from '../../../core/ports/runs.ts'
import { createLmdbRuns } from '../../../drivers/runs/lmdb.ts'
import type { AslState, StateMachineDefinition } from '../../../local/batch/asl.ts'
import { createRunner, type Runner, type RunnerSettings } from '../../../local/batch/state-machine-runner.ts'
import type { TaskHandlers } from '../../../local/batch/task-handlers.ts'

let folder: string
let root: RootDatabase
let runs: Runs
let serial = 0
let logged: unknown[]
const opened: Runner[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-runner-'))
  root = open({ path: folder })
  runs = createLmdbRuns(root)
  logged = []
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(runner => runner.drain()))
  await root.close()
  await rm(folder, { recursive: true, force: true })
})

const task = (token: string, more: object = {}): AslState & object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: `\${${token}}`, 'Payload.$': '$' },
  ...more,
})
const machine = (States: Record<string, unknown>): StateMachineDefinition =>
  ({ StartAt: Object.keys(States)[0]!, States }) as StateMachineDefinition
const end = { End: true }

function runner(
  definition: StateMachineDefinition,
  handlers: TaskHandlers,
  settings: Partial<RunnerSettings> = {},
): Runner {
  const created = createRunner({
    machines: { batch: definition },
    handlers,
    runs,
    now: Date.now,
    newId: () => `run-${String(++serial).padStart(6, '0')}`,
    log: { error: fields => logged.push(fields) },
    drainTimeoutMs: 2000,
    ...settings,
  })
  opened.push(created)
  return created
}

async function ended(of: Runner, id: string): Promise<Run> {
  let last: Run | undefined
  for await (const run of of.follow(id)) last = run
  return last!
}

const pause = (ms: number) => new Promise(done => setTimeout(done, ms))
/** A handler that waits until it is let go, and tells when it was entered. */
function gate() {
  const entered = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  const handler = async () => {
    entered.resolve()
    await open.promise
  }
  return { handler, entered: entered.promise, open: open.resolve }
}

describe('start', () => {
  test('passes payloads as JSON, records states and merges reports', async () => {
    const definition = machine({
      Plan: task('PlanArn', { ResultSelector: { 'epochs.$': '$.Payload.epochs' }, Next: 'Each' }),
      Each: {
        Type: 'Map',
        ItemsPath: '$.epochs',
        ItemProcessor: machine({ Refine: task('RefineArn', end) }),
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
    })
    const seen: unknown[] = []
    const r = runner(definition, {
      PlanArn: payload => ({ epochs: [1, 2], report: { plan: payload }, gone: undefined }),
      RefineArn: (payload, { run, state }) => {
        seen.push([payload, run, state])
        return { report: { refined: { [`e${payload}`]: new Date(0) } } }
      },
    })
    const { id, status } = await r.start('batch', { days: 2 })
    expect(status).toBe('running')
    const run = await ended(r, id)
    expect(run).toMatchObject({
      id,
      status: 'succeeded',
      input: { days: 2 },
      report: {
        plan: { days: 2 },
        refined: { e1: '1970-01-01T00:00:00.000Z', e2: '1970-01-01T00:00:00.000Z' },
      },
    })
    expect(run.states.map(state => state.name)).toEqual(['Plan', 'Each', 'Refine', 'Refine', 'Done'])
    expect(run.endedAt).toBeGreaterThanOrEqual(run.startedAt)
    expect(seen.sort()).toEqual([
      [1, id, 'Refine'],
      [2, id, 'Refine'],
    ])
    expect(await runs.get(id)).toEqual(run)
  })

  test('tells a task, also in a Map, its state and when it was entered', async () => {
    const told = {
      'state.$': '$$.State.Name',
      'entered.$': '$$.State.EnteredTime',
      'run.$': '$$.Execution.Name',
      'started.$': '$$.Execution.StartTime',
    }
    const inner = { ...task('Inner', end), Parameters: { FunctionName: `\${Inner}`, Payload: told } }
    const seen: Record<string, string>[] = []
    const note = (payload: unknown) => void seen.push(payload as Record<string, string>)
    const r = runner(
      machine({
        Each: { Type: 'Map', ItemsPath: '$', ItemProcessor: machine({ Inner: inner }), Next: 'Outer' },
        Outer: { ...task('Outer', end), Parameters: { FunctionName: `\${Outer}`, Payload: told } },
      }),
      { Inner: note, Outer: note },
    )
    const { id } = await ended(r, (await r.start('batch', [1, 2])).id)
    expect(seen.map(({ state, run }) => [state, run])).toEqual([
      ['Inner', id],
      ['Inner', id],
      ['Outer', id],
    ])
    for (const { entered, started } of seen)
      expect(Date.parse(entered!)).toBeGreaterThanOrEqual(Date.parse(started!))
  })

  test('records the run as running before anything happens', async () => {
    const recorded: unknown[] = []
    const r = runner(machine({ A: task('A', end) }), {
      A: async (_, { run }) => recorded.push((await runs.get(run))?.status) && undefined,
    })
    const { id } = await r.start('batch', undefined)
    expect((await runs.get(id))?.input).toEqual({})
    await ended(r, id)
    expect(recorded).toEqual(['running'])
  })

  test('does not start what cannot be recorded', async () => {
    let called = false
    const broken: Runs = {
      ...runs,
      put: () => Promise.reject(new TributaryError('storage_failed', 'disk full')),
    }
    const r = runner(machine({ A: task('A', end) }), { A: () => (called = true) }, { runs: broken })
    await expect(r.start('batch', {})).rejects.toMatchObject({ code: 'storage_failed' })
    await pause(50)
    expect(called).toBe(false)
  })

  test('refuses unknown machines and inputs that are not JSON or too large', async () => {
    const r = runner(machine({ A: { Type: 'Succeed' } }), {})
    await expect(r.start('other', {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(r.start('batch', 1n)).rejects.toMatchObject({ code: 'bad_request' })
    await expect(r.start('batch', () => 1)).rejects.toMatchObject({ code: 'bad_request' })
    await expect(r.start('batch', 'x'.repeat(300_000))).rejects.toMatchObject({ code: 'too_large' })
  })

  test('runs one execution of a machine at a time, in order, and refuses more than may wait', async () => {
    const order: unknown[] = []
    let together = 0
    let most = 0
    const r = runner(
      machine({ A: task('A', end) }),
      {
        A: async payload => {
          most = Math.max(most, ++together)
          order.push(payload)
          await pause(20)
          together--
        },
      },
      { maxWaiting: 3 },
    )
    const first = await r.start('batch', [0])
    const more = await Promise.allSettled([1, 2, 3, 4].map(n => r.start('batch', [n])))
    expect(more.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    expect(more[3]).toMatchObject({ reason: { code: 'too_many', retryAfter: 30 } })
    await ended(r, first.id)
    for (const result of more) if (result.status === 'fulfilled') await ended(r, result.value.id)
    expect(order).toEqual([[0], [1], [2], [3]])
    expect(most).toBe(1)
  })

  test('runs machines of one lock one after another, and others beside them', async () => {
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    const handlers = {
      Slow: async () => {
        order.push('slow begins')
        await gate.promise
        order.push('slow ends')
      },
      Quick: () => void order.push('quick'),
      Free: () => void order.push('free'),
    }
    const one = (token: string) => machine({ Work: task(token, end) })
    const created = runner(one('Slow'), handlers, {
      machines: { batch: one('Slow'), backfill: one('Quick'), other: one('Free') },
      lockOf: name => (name === 'other' ? name : 'views'),
    })
    await created.start('batch', {})
    const { id } = await created.start('backfill', {})
    await created.start('other', {})
    await expect.poll(() => order).toEqual(['slow begins', 'free'])
    gate.resolve()
    await expect.poll(async () => (await runs.get(id))?.status).toBe('succeeded')
    expect(order).toEqual(['slow begins', 'free', 'slow ends', 'quick'])
  })

  test('coalesces equal starts that wait, and never drops the last one', async () => {
    const { handler, entered, open } = gate()
    const r = runner(machine({ A: task('A', end) }), { A: handler })
    const going = await r.start('batch', {}, { coalesce: true })
    await entered
    const waiting = await Promise.all([1, 2, 3].map(() => r.start('batch', {}, { coalesce: true })))
    const different = await r.start('batch', { other: true }, { coalesce: true })
    expect(new Set(waiting.map(run => run.id)).size).toBe(1)
    expect(new Set([going.id, waiting[0]!.id, different.id]).size).toBe(3)
    open()
    expect((await ended(r, different.id)).status).toBe('succeeded')
    expect((await runs.get(waiting[0]!.id))?.status).toBe('succeeded')
  })
})

describe('a failing run', () => {
  test('records name and message of the error', async () => {
    const r = runner(machine({ A: task('A', end) }), {
      A: () => {
        throw new TributaryError('raw_incomplete', 'epoch 7 misses 3 events', { cause: new Error('inner') })
      },
    })
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.status).toBe('failed')
    expect(run.error).toEqual({ name: 'raw_incomplete', cause: 'epoch 7 misses 3 events' })
  })

  test('records the error of a Fail state', async () => {
    const r = runner(machine({ F: { Type: 'Fail', Error: 'Mismatch', Cause: 'trip: 3 ≠ 4' } }), {})
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.error).toEqual({ name: 'Mismatch', cause: 'trip: 3 ≠ 4' })
  })

  test('gives whatever a handler throws a name', async () => {
    const r = runner(machine({ A: task('A', end) }), { A: () => Promise.reject('just text') })
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.error).toEqual({ name: 'internal', cause: 'just text' })
  })

  test('retries and catches by error name', async () => {
    let attempts = 0
    const r = runner(
      machine({
        A: task('A', {
          Retry: [{ ErrorEquals: ['unavailable'], IntervalSeconds: 0.01, MaxAttempts: 2 }],
          Catch: [{ ErrorEquals: ['unavailable'], ResultPath: '$.error', Next: 'Note' }],
          ...end,
        }),
        Note: task('Note', end),
      }),
      {
        A: () => {
          attempts++
          throw new TributaryError('unavailable', 'later')
        },
        Note: payload => ({ report: { caught: payload } }),
      },
    )
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.status).toBe('succeeded')
    expect(attempts).toBe(3)
    expect(run.report['caught']).toEqual({ error: { Error: 'unavailable', Cause: 'later' } })
  })

  test('times out with States.Timeout, tells the handler, and begins no second attempt beside it', async () => {
    let together = 0
    let most = 0
    let told = 0
    const r = runner(
      machine({
        A: task('A', {
          TimeoutSeconds: 0.1,
          Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 0.001, MaxAttempts: 1 }],
          ...end,
        }),
      }),
      {
        A: async (_, { signal }) => {
          most = Math.max(most, ++together)
          await new Promise(done => signal.addEventListener('abort', done))
          told++
          await pause(30)
          together--
        },
      },
    )
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.error?.name).toBe('States.Timeout')
    await pause(80)
    expect([most, told]).toEqual([1, 2])
  })

  test('does not go on with the items of a Map after one has failed', async () => {
    const called: unknown[] = []
    const r = runner(
      machine({
        M: {
          Type: 'Map',
          ItemsPath: '$',
          MaxConcurrency: 1,
          ItemProcessor: machine({
            I: task('I', { Retry: [{ ErrorEquals: ['other'] }], Next: 'J' }),
            J: task('J', end),
          }),
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
          ...end,
        },
        After: task('After', end),
      }),
      {
        I: async payload => {
          called.push(payload)
          if (payload === 2) throw new TributaryError('raw_incomplete', 'no')
        },
        J: () => ({}),
        After: () => pause(100),
      },
    )
    const run = await ended(r, (await r.start('batch', [1, 2, 3, 4, 5])).id)
    expect(run.status).toBe('succeeded')
    expect(called).toEqual([1, 2])
  })

  test('enters the items of a Map again when the Map itself is retried', async () => {
    const called: unknown[] = []
    const r = runner(
      machine({
        M: {
          Type: 'Map',
          ItemsPath: '$',
          MaxConcurrency: 1,
          ItemProcessor: machine({ I: task('I', end) }),
          Retry: [{ ErrorEquals: ['unavailable'], IntervalSeconds: 0.05 }],
          ...end,
        },
      }),
      {
        I: async payload => {
          called.push(payload)
          if (called.length === 1) throw new TributaryError('unavailable', 'no')
        },
      },
    )
    const run = await ended(r, (await r.start('batch', [1, 2])).id)
    expect(run.status).toBe('succeeded')
    expect(called).toEqual([1, 1, 2])
  })

  test('refuses payloads that Step Functions would refuse', async () => {
    const r = runner(machine({ A: task('A', end) }), { A: () => 'x'.repeat(262_144) })
    const run = await ended(r, (await r.start('batch', {})).id)
    expect(run.error?.name).toBe('States.DataLimitExceeded')
  })

  test('does not lose its end to a store that fails for a moment', async () => {
    let failures = 2
    const shaky: Runs = {
      ...runs,
      put: run =>
        run.status === 'succeeded' && failures-- > 0 ? Promise.reject(new Error('busy')) : runs.put(run),
    }
    const r = runner(machine({ A: task('A', end) }), { A: () => 1 }, { runs: shaky })
    const { id } = await r.start('batch', {})
    await ended(r, id)
    expect((await runs.get(id))?.status).toBe('succeeded')
    expect(logged).toHaveLength(2)
  })
})

describe('a long run', () => {
  test('keeps the first 50 and the last 450 states', async () => {
    const r = runner(
      machine({
        First: { Type: 'Pass', Next: 'M' },
        M: {
          Type: 'Map',
          ItemsPath: '$',
          MaxConcurrency: 4,
          ItemProcessor: machine({ I: { Type: 'Pass', ...end } }),
          Next: 'Last',
        },
        Last: { Type: 'Succeed' },
      }),
      {},
    )
    const run = await ended(r, (await r.start('batch', Array(700).fill(1))).id)
    expect(run.states).toHaveLength(500)
    expect([run.states[0]?.name, run.states.at(-1)?.name]).toEqual(['First', 'Last'])
  })
})

describe('follow', () => {
  test('gives the run now, after changes, and at its end, also to one who comes late', async () => {
    const { handler, open } = gate()
    const r = runner(machine({ A: task('A', { Next: 'B' }), B: { Type: 'Succeed' } }), { A: handler })
    const { id } = await r.start('batch', {})
    const seen: Run[] = []
    for await (const run of r.follow(id)) {
      seen.push(run)
      if (run.states.length === 1) open()
    }
    expect(seen[0]).toMatchObject({ status: 'running', states: [] })
    expect(seen[1]).toMatchObject({ status: 'running', states: [{ name: 'A' }] })
    expect(seen.at(-1)).toMatchObject({ status: 'succeeded' })
    expect(await ended(r, id)).toEqual(seen.at(-1))
  })

  test('ends when its signal aborts, and refuses an unknown id', async () => {
    const { handler, open } = gate()
    const r = runner(machine({ A: task('A', end) }), { A: handler })
    const { id } = await r.start('batch', {})
    const controller = new AbortController()
    const following = (async () => {
      for await (const _ of r.follow(id, controller.signal)) setTimeout(() => controller.abort(), 20)
    })()
    await following
    open()
    await expect(ended(r, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('stop', () => {
  const two = machine({ A: task('A', { Next: 'B' }), B: task('B', end) })

  test('lets the state that goes on finish, enters no further one, and says by whom', async () => {
    const { handler, entered, open } = gate()
    const calls: string[] = []
    const r = runner(two, {
      A: async (_, { signal }) => {
        await handler()
        calls.push(`A finished, ${signal.aborted ? '' : 'not '}told to end`)
      },
      B: () => calls.push('B') && undefined,
    })
    const { id } = await r.start('batch', {})
    const next = await r.start('batch', { n: 2 })
    await entered
    expect(await r.stop(id, 'ops')).toMatchObject({ status: 'running', stoppedBy: 'ops' })
    expect(await runs.get(id)).toMatchObject({ status: 'running', stoppedBy: 'ops' })
    // The first who asks is named.
    expect(await r.stop(id, 'another')).toMatchObject({ stoppedBy: 'ops' })
    await pause(30)
    expect(calls).toEqual([])
    open()
    expect(await ended(r, id)).toMatchObject({
      ...{ status: 'stopped', stoppedBy: 'ops', endedAt: expect.any(Number) },
      // Where it was stopped: nothing of B was begun.
      states: [{ name: 'A' }, { name: 'B' }],
    })
    // The next one in line goes on, and nothing of the first is called any more.
    expect(await ended(r, next.id)).toMatchObject({ status: 'succeeded' })
    expect(calls).toEqual(['A finished, not told to end', 'A finished, not told to end', 'B'])
    expect(await r.stop(id, 'another')).toMatchObject({ status: 'stopped', stoppedBy: 'ops' })
  })

  test('is refused where a run has ended otherwise, and where there is none', async () => {
    const r = runner(two, { A: () => ({}), B: () => ({}) })
    const { id } = await r.start('batch', {})
    await ended(r, id)
    await expect(r.stop(id, 'ops')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has ended already (succeeded)'),
    })
    await expect(r.stop('nobody', 'ops')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('comes too late for a run whose last state goes on: that has succeeded, and nobody stopped it', async () => {
    const { handler, entered, open } = gate()
    const r = runner(machine({ A: task('A', end) }), { A: handler })
    const { id } = await r.start('batch', {})
    await entered
    await r.stop(id, 'ops')
    open()
    const run = await ended(r, id)
    expect(run.status).toBe('succeeded')
    expect(run).not.toHaveProperty('stoppedBy')
  })

  test('takes a waiting run out of the line, and breaks off a Wait', async () => {
    const r = runner(machine({ W: { Type: 'Wait', Seconds: 600, Next: 'B' }, B: task('B', end) }), {
      B: () => 1,
    })
    const [first, second] = [await r.start('batch', 1), await r.start('batch', 2)]
    expect((await r.stop(second.id, 'ops')).status).toBe('stopped')
    await r.stop(first.id, 'ops')
    expect((await ended(r, first.id)).status).toBe('stopped')
  })

  test('ends a state of a Map between two items, and no failed state is tried again', async () => {
    const seen: unknown[] = []
    const each = machine({
      Each: {
        Type: 'Map',
        ItemsPath: '$.of',
        MaxConcurrency: 1,
        ItemProcessor: machine({ I: task('I', end) }),
        ...end,
      },
    })
    const r: Runner = runner(each, {
      I: async (item, { run }) => {
        seen.push(item)
        await r.stop(run, 'ops')
        return {}
      },
    })
    const { id } = await r.start('batch', { of: [1, 2, 3] })
    expect(await ended(r, id)).toMatchObject({ status: 'stopped' })
    expect(seen).toEqual([1])

    let tries = 0
    const retry = { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 5 }] }
    const failing: Runner = runner(machine({ A: task('A', { ...retry, ...end }) }), {
      A: async (_, { run }) => {
        tries++
        await failing.stop(run, 'ops')
        throw new Error('no luck')
      },
    })
    const other = await failing.start('batch', {})
    expect((await ended(failing, other.id)).status).toBe('stopped')
    await pause(1200)
    expect(tries).toBe(1)
  })

  test('is not forgotten when the process ends before the state does', async () => {
    const { handler, entered, open } = gate()
    const r = runner(two, { A: handler, B: () => ({}) }, { drainTimeoutMs: 50 })
    const { id } = await r.start('batch', {})
    await entered
    await r.stop(id, 'ops')
    await r.drain()
    expect(await runs.get(id)).toMatchObject({ status: 'running', stoppedBy: 'ops' })
    const next = runner(two, { A: () => ({}), B: () => ({}) })
    expect(await next.resume()).toEqual([])
    expect(await runs.get(id)).toMatchObject({ status: 'stopped', stoppedBy: 'ops' })
    open()
  })
})

describe('drain and resume', () => {
  test('lets the current state finish, enters no further one, and runs it all again after a restart', async () => {
    const { handler, entered, open } = gate()
    const calls: string[] = []
    const definition = machine({ A: task('A', { Next: 'B' }), B: task('B', end) })
    const r = runner(definition, {
      A: async () => {
        await handler()
        calls.push('A finished')
      },
      B: () => calls.push('B') && undefined,
    })
    const going = await r.start('batch', { n: 1 })
    const waiting = await r.start('batch', { n: 2 })
    await entered
    const draining = r.drain()
    await expect(r.start('batch', {})).rejects.toMatchObject({ code: 'unavailable' })
    await pause(30)
    expect(calls).toEqual([])
    open()
    await draining
    expect(calls).toEqual(['A finished'])
    expect((await runs.get(going.id))?.status).toBe('running')
    expect((await runs.get(waiting.id))?.status).toBe('running')

    const again: unknown[] = []
    const next = runner(definition, { A: (payload, { run }) => again.push([run, payload]) && {}, B: () => 1 })
    expect((await next.resume()).map(run => run.id)).toEqual([going.id, waiting.id])
    expect(await next.resume()).toEqual([])
    await ended(next, waiting.id)
    expect(again).toEqual([
      [going.id, { n: 1 }],
      [waiting.id, { n: 2 }],
    ])
    expect(await runs.get(going.id)).toMatchObject({ status: 'succeeded', startedAt: going.startedAt })
  })

  test('lets a run end whose last state was going on', async () => {
    const { handler, entered, open } = gate()
    const r = runner(machine({ A: task('A', { Next: 'B' }), B: { Type: 'Succeed' } }), { A: handler })
    const { id } = await r.start('batch', {})
    await entered
    const draining = r.drain()
    open()
    await draining
    expect((await runs.get(id))?.status).toBe('succeeded')
  })

  test('does not wait for a Wait, nor longer than its patience for a handler', async () => {
    const waits = runner(machine({ W: { Type: 'Wait', Seconds: 600, ...end } }), {})
    const { id } = await waits.start('batch', {})
    await pause(20)
    const stuck = runner(
      machine({ A: task('A', end) }),
      { A: () => new Promise(() => {}) },
      { drainTimeoutMs: 100 },
    )
    const other = await stuck.start('batch', {})
    const start = performance.now()
    await Promise.all([waits.drain(), stuck.drain()])
    expect(performance.now() - start).toBeLessThan(1000)
    for (const run of [id, other.id]) expect((await runs.get(run))?.status).toBe('running')
  })

  test('fails a run whose machine is no longer there', async () => {
    await runs.put({ ...(await runs.list(0))[0]!, ...orphan })
    const r = runner(machine({ A: { Type: 'Succeed' } }), {})
    expect(await r.resume()).toEqual([])
    expect(await runs.get(orphan.id)).toMatchObject({ status: 'failed', error: { name: 'not_found' } })
  })
})

const orphan: Run = {
  id: 'run-000000',
  machine: 'removed',
  input: {},
  status: 'running',
  startedAt: 1,
  states: [],
  report: {},
}

describe('createRunner', () => {
  test('names machine, state and token of a task without a handler, wherever it stands', () => {
    const nested = machine({
      P: { Type: 'Parallel', Branches: [machine({ Deep: task('LostArn', end) })], ...end },
    })
    expect(() => runner(nested, { PlanArn: () => 1 })).toThrow(
      /^state machine batch, state Deep: no handler for \$\{LostArn\}; there are PlanArn$/,
    )
  })

  test('loads a task that only AWS can run, which fails once it is entered', async () => {
    const other = { Type: 'Task', Resource: 'arn:aws:states:::elasticmapreduce:addStep.sync', ...end }
    const choice = {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericEquals: 1, Next: 'A' }],
      Default: 'B',
    }
    const r = runner(machine({ C: choice, A: other, B: { Type: 'Succeed' } }), {})
    expect((await ended(r, (await r.start('batch', { n: 0 })).id)).status).toBe('succeeded')
    expect((await ended(r, (await r.start('batch', { n: 1 })).id)).error).toEqual({
      name: 'bad_request',
      cause: expect.stringMatching(/^state machine batch, state A: .*addStep.sync runs on AWS only/),
    })
  })

  test('refuses names that come from the input', () => {
    const dynamic = { ...task('A', end), Parameters: { 'FunctionName.$': '$.name' } }
    expect(() => runner(machine({ A: dynamic }), {})).toThrow(/must hold a token/)
    expect(() => runner(machine({ A: task('constructor', end) }), {})).toThrow(/no handler/)
  })
})
