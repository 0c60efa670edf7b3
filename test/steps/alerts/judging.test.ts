import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AlertMessage } from '../../../core/alerts/message.ts'
import { openLmdbAlerts } from '../../../drivers/alerts/lmdb.ts'
import { openAlerts } from '../../../steps/alerts/alerts.ts'
import { MOST_BEHIND } from '../../../steps/alerts/judge-alerts.ts'
import { FOLDER } from '../../local/test-platform.ts'
import { BEGIN, pipelineOf, queryTrips } from './alert-life.ts'

const MINUTE = 60_000
const REFUSED = { kind: 'failed', detail: 'it answered 404', isRefused: true } as const

let folder: string
let store: ReturnType<typeof openLmdbAlerts>
let now: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'judging-'))
  store = openLmdbAlerts(folder)
  now = BEGIN
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

type Ports = Parameters<typeof openAlerts>[0]

async function open(more: Partial<Ports> = {}) {
  return openAlerts({
    ...{
      pipeline: await pipelineOf(FOLDER),
      store,
      platform: 'test',
      now: () => now,
      queryMetric: queryTrips,
    },
    acknowledged: () => 0,
    hasApplied: () => true,
    report: () => undefined,
    notify: async () => ({ kind: 'sent' }),
    settingProblem: () => undefined,
    ...more,
  })
}

/** The alert `many` alone, told to one webhook. */
async function onlyMany(): Promise<Ports['pipeline']> {
  const pipeline = await pipelineOf(FOLDER)
  const many = pipeline.alerts.filter(({ name }) => name === 'many')
  return { ...pipeline, alerts: many.map(one => ({ ...one, to: one.to.slice(0, 1) })) }
}

/** Resolves when nothing is being sent: what is left waits for its time. */
async function sent(): Promise<void> {
  while ((await store.waiting()).some(({ first }) => first.nextAt <= now))
    await new Promise(resolve => setImmediate(resolve))
}

const throughOf = async (alerts: Awaited<ReturnType<typeof open>>, name = 'many') =>
  ((await alerts.list()).find(({ alert }) => alert.name === name)!.record!.through - BEGIN) / MINUTE

const kindsOf = async (name: string) => (await store.history(name, { limit: 100 })).map(({ kind }) => kind)

test('a window is judged when its lateness has passed, and not before', async () => {
  const alerts = await open()
  await alerts.judge()
  for (const [at, through] of [
    [60_000, 0],
    [69_999, 0],
    [70_000, 1],
    [129_999, 1],
    [130_000, 2],
  ] as const) {
    now = BEGIN + at
    await alerts.judge()
    expect([at, await throughOf(alerts)]).toEqual([at, through])
  }
})

test('a window waits until the views have what was acknowledged when it was due, and no longer', async () => {
  let acknowledged = 10
  let applied = 0
  const alerts = await open({ acknowledged: () => acknowledged, hasApplied: position => applied >= position })
  await alerts.judge()
  now += MINUTE + 10_000
  await alerts.judge()
  expect(await throughOf(alerts)).toBe(0)
  // More comes in meanwhile, which is not waited for.
  acknowledged = 20
  applied = 10
  await alerts.judge()
  expect(await throughOf(alerts)).toBe(1)
})

test('a metric whose live numbers are not whole yet is waited for', async () => {
  let since: string | undefined = new Date(BEGIN + 2 * MINUTE).toISOString()
  const alerts = await open({
    queryMetric: async query => {
      const answer = await queryTrips(query)
      return { ...answer, provenance: { ...answer.provenance, ...(since !== undefined && { since }) } }
    },
  })
  await alerts.judge()
  now += MINUTE + 10_000
  await alerts.judge()
  expect((await alerts.list())[1]).toMatchObject({ hindrance: { kind: 'not whole' } })
  since = undefined
  await alerts.judge()
  expect(await throughOf(alerts)).toBe(1)
})

test('an alert whose query fails keeps no other one up, and is tried again', async () => {
  let isBroken = true
  const failures: string[] = []
  const alerts = await open({
    queryMetric: query =>
      // `jump` alone asks for the window before.
      isBroken && query.from! < BEGIN ? Promise.reject(new Error('no answer')) : queryTrips(query),
    report: ({ message }) => failures.push(message),
  })
  await alerts.judge()
  now += MINUTE + 10_000
  await alerts.judge()
  expect([await throughOf(alerts, 'jump'), await throughOf(alerts)]).toEqual([0, 1])
  expect(failures).toEqual(['no answer'])
  isBroken = false
  await alerts.judge()
  expect(await throughOf(alerts, 'jump')).toBe(1)
})

test('windows that ended while nobody judged are judged in order; of too many the oldest are skipped', async () => {
  const alerts = await open({ pipeline: await onlyMany() })
  await alerts.judge()
  now += (MOST_BEHIND + 100) * MINUTE + 10_000
  for (let i = 0; i < 40; i++) await alerts.judge()
  expect(await throughOf(alerts)).toBe(MOST_BEHIND + 100)
  const all = await store.history('many', { limit: 1000 })
  const [begun, skipped] = all.toReversed()
  expect(begun!.kind).toBe('begun')
  expect(skipped).toMatchObject({ kind: 'skipped', from: BEGIN, to: BEGIN + 100 * MINUTE })
})

test('a changed declaration begins anew, and ends what the earlier one fired', async () => {
  const told: AlertMessage[] = []
  const notify: Ports['notify'] = async (_, message) => {
    told.push(message)
    return { kind: 'sent' }
  }
  const first = await open({ notify })
  await first.judge()
  now += 2 * MINUTE + 10_000
  await first.judge()
  await first.deliver()
  await first.stop()
  expect(told.filter(({ alert }) => alert === 'many').map(({ state }) => state)).toContain('firing')
  const pipeline = await pipelineOf(FOLDER)
  const second = await open({
    notify,
    pipeline: { ...pipeline, alerts: pipeline.alerts.map(one => ({ ...one, digest: 'other' })) },
  })
  await second.judge()
  expect(await kindsOf('many')).toEqual(expect.arrayContaining(['resolved', 'begun']))
  expect((await store.history('many', { limit: 2 })).find(({ kind }) => kind === 'resolved')).toMatchObject({
    reason: 'changed',
  })
  expect(await throughOf(second)).toBe(2)
})

test('a message that its destination refuses is tried three times, then given up; the next one goes on', async () => {
  let calls = 0
  const notify: Ports['notify'] = async () => {
    calls++
    return REFUSED
  }
  const alerts = await open({ notify })
  await alerts.judge()
  now += 2 * MINUTE + 10_000
  await alerts.judge()
  const total = (await store.waiting()).reduce((sum, { count }) => sum + count, 0)
  for (let i = 0; i < 200 && (await store.waiting()).length > 0; i++) {
    await alerts.deliver()
    now += 1000
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  expect(calls).toBe(3 * total)
  expect(await kindsOf('many')).toContain('failed')
})

test('what fails is tried for a day, with longer and longer pauses, and then given up', async () => {
  const at: number[] = []
  const alerts = await open({
    pipeline: await onlyMany(),
    notify: async () => {
      at.push(now)
      return { kind: 'failed', detail: 'it answered 503', isRefused: false }
    },
  })
  await alerts.judge()
  now += 2 * MINUTE + 10_000
  await alerts.judge()
  for (let i = 0; i < 3000 && (await store.waiting()).length > 0; i++) {
    await alerts.deliver()
    await sent()
    now += 60_000
  }
  const hours = (at.at(-1)! - at[0]!) / 3_600_000
  expect(hours).toBeGreaterThan(23.9)
  expect(hours).toBeLessThan(24.3)
  expect(at.length).toBeLessThan(120)
  expect(await kindsOf('many')).toContain('failed')
})

test('history ends by age and by number', async () => {
  const alerts = await open({ pipeline: await onlyMany() })
  await alerts.judge()
  for (let minute = 1; minute <= 40; minute++) {
    now = BEGIN + minute * MINUTE + 10_000
    await alerts.judge()
  }
  await store.forget(0, 5)
  expect((await store.history('many', { limit: 100 })).length).toBe(5)
  await store.forget(now + 1, 5)
  expect(await store.history('many', { limit: 100 })).toEqual([])
})
