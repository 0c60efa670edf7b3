import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Platform, startPlatform } from '../../../local/platform.ts'
import { readSettings } from '../../../local/settings.ts'
import { countBy, createFolders, expectPublished, nextEpoch, RIDE, ride, until } from './pipelines.ts'

/** Long enough for the starts, on a machine that does other things too. */
const EPOCH = 5_000
const HEADERS = { authorization: 'Bearer k', 'content-type': 'application/json' }
const BY_SPEED = countBy('rides_by_speed', RIDE, 'speed')
const SPEED = { speed: { type: 'number' } }

let folders: Awaited<ReturnType<typeof createFolders>>
let platform: Platform | undefined
let sent = 0
const log: string[] = []

beforeEach(async () => {
  folders = await createFolders()
})
afterEach(async () => {
  await platform?.close()
  await folders.dispose()
})

async function restart(scale: number): Promise<readonly string[]> {
  await platform?.close()
  log.length = 0
  const environment = {
    TRIBUTARY_DATA: folders.data,
    TRIBUTARY_PIPELINE: await folders.pipeline([BY_SPEED], SPEED, { scale }),
    TRIBUTARY_EPOCH: `${EPOCH / 1000}s`,
    TRIBUTARY_WAREHOUSE: 'off',
    TRIBUTARY_KEYS: 'admin:k',
    PORT: '0',
  }
  const logger = pino({ level: 'warn' }, { write: line => void log.push(line) })
  platform = await startPlatform(readSettings(environment), logger, error => {
    throw error
  })
  await platform.ready
  return log.filter(line => line.includes('decimal places'))
}

async function send(...speeds: readonly number[]): Promise<void> {
  const events = speeds.map(speed => {
    const one = ride(0)
    return { ...one, id: `speed-${sent++}`, data: { ...one.data, speed } }
  })
  const headers = { ...HEADERS, 'content-type': 'application/cloudevents-batch+json' }
  const body = JSON.stringify(events)
  const answer = await fetch(`${platform!.url}/v1/events`, { method: 'POST', headers, body })
  expect(await answer.json()).toMatchObject({ accepted: speeds.length, rejected: [] })
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(platform!.url + path, { headers: HEADERS })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

type Shown = { readonly rows: readonly { readonly group: object; readonly values: { rides: number } }[] }

const expectSpeeds = (wanted: readonly (readonly [number, number])[], layer: 'merged' | 'batch') =>
  until(
    async () => {
      const { rows } = await get<Shown>(`/v1/metrics/${BY_SPEED.name}?layer=${layer}`)
      return rows.map(({ group, values }) => [Object.values(group)[0], values.rides]).sort()
    },
    shown => JSON.stringify(shown) === JSON.stringify(wanted),
    60_000,
  )

test('published epochs keep what was rounded when a field keeps more decimal places, until a backfill; layers agree on the open epoch, and one start says so', async () => {
  await restart(2)
  const first = await nextEpoch(EPOCH)
  await send(19.999)
  await expectPublished(get, [BY_SPEED], first)
  const open = await nextEpoch(EPOCH)
  await send(19.998)
  expect(await restart(3)).toEqual([
    expect.stringContaining('speed keeps 3 decimal places and kept 2: epochs that are published already'),
  ])
  await send(19.998, 19.997)
  const mixed = [
    [19.997, 1],
    [19.998, 2],
    [20, 1],
  ] as const
  await expectSpeeds(mixed, 'merged')
  await expectPublished(get, [BY_SPEED], open + EPOCH)
  await expectSpeeds(mixed, 'batch')
  expect(await restart(3)).toEqual([])

  const input = { from: new Date(first).toISOString(), to: new Date(first + EPOCH).toISOString() }
  const body = JSON.stringify({ machine: 'backfill', input })
  await fetch(`${platform!.url}/v1/runs`, { method: 'POST', headers: HEADERS, body })
  const whole = [
    [19.997, 1],
    [19.998, 2],
    [19.999, 1],
  ] as const
  await expectSpeeds(whole, 'batch')
  await expectSpeeds(whole, 'merged')
}, 180_000)
