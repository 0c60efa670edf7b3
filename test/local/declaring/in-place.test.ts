import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Platform, startPlatform } from '../../../local/platform.ts'
import { readSettings } from '../../../local/settings.ts'
import {
  answerOf,
  type CountBy,
  countBy,
  countsOf,
  createFolders,
  expectPublished,
  nextEpoch,
  RIDE,
  RIDES,
  ride,
  until,
} from './pipelines.ts'

/** Long enough for the starts, on a machine that does other things too. */
const EPOCH = 10_000
const HEADERS = { authorization: 'Bearer k', 'content-type': 'application/cloudevents-batch+json' }
const BY_SPEED = countBy('rides_by_speed', RIDE, 'speed')
const SPEED = { speed: { type: 'integer' } }

let folders: Awaited<ReturnType<typeof createFolders>>
let platform: Platform | undefined
let sent = 0

beforeEach(async () => {
  folders = await createFolders()
})
afterEach(async () => {
  await platform?.close()
  await folders.dispose()
})

async function restart(metrics: readonly CountBy[], fields: object): Promise<void> {
  await platform?.close()
  const environment = {
    ...{ TRIBUTARY_DATA: folders.data, TRIBUTARY_PIPELINE: await folders.pipeline(metrics, fields) },
    ...{
      TRIBUTARY_EPOCH: `${EPOCH / 1000}s`,
      TRIBUTARY_WAREHOUSE: 'off',
      TRIBUTARY_KEYS: 'admin:k',
      PORT: '0',
    },
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
}

async function send(...speeds: readonly unknown[]): Promise<void> {
  const events = speeds.map(speed => {
    const one = ride(0)
    return { ...one, id: `speed-${sent++}`, data: { ...one.data, speed } }
  })
  const answer = await fetch(`${platform!.url}/v1/events`, {
    ...{ method: 'POST', headers: HEADERS, body: JSON.stringify(events) },
  })
  expect(await answer.json()).toMatchObject({ accepted: speeds.length, rejected: [] })
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(platform!.url + path, { headers: HEADERS })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

const expectSpeeds = (wanted: Readonly<Record<string, number>>) =>
  until(
    () => answerOf(get, BY_SPEED),
    answer =>
      JSON.stringify(Object.entries(countsOf(answer)).sort()) ===
      JSON.stringify(Object.entries(wanted).sort()),
    60_000,
  )

test('a field that senders had all along counts from when it is declared in place, in published epochs, live and at the next batch', async () => {
  await restart([RIDES], {})
  const published = await nextEpoch(EPOCH)
  await send(5, 5.6, '12', undefined)
  await expectPublished(get, [RIDES], published)
  await send(5, 7, true, 'fast', { kmh: 5 }, null)
  await restart([RIDES, BY_SPEED], SPEED)
  await send(7, 7, undefined)
  // A group without the field has no name here.
  await expectSpeeds({ 5: 2, 7: 3, undefined: 8 })
  const last = Math.floor(Date.now() / EPOCH) * EPOCH
  const runs = await expectPublished(get, [RIDES, BY_SPEED], last)
  await expectSpeeds({ 5: 2, 7: 3, undefined: 8 })
  expect((await answerOf(get, BY_SPEED)).provenance.since).toBeUndefined()
  const epochs = runs.flatMap(({ report }) => Object.values(report.epochs ?? {}))
  const unread = epochs.flatMap(epoch => ('unread' in epoch ? [epoch.unread] : []))
  const told = { field: 'speed', declared: 'an integer', receipt: expect.any(String) }
  expect(unread).toContainEqual({ [RIDE]: [{ ...told, events: 2 }] })
  expect(unread).toContainEqual({ [RIDE]: [{ ...told, events: 3 }] })
}, 180_000)
