import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePathInstant } from '../../../core/data/time.ts'
import { type Platform, startPlatform } from '../../../local/platform.ts'
import { readSettings } from '../../../local/settings.ts'
import {
  type Answer,
  BY_CITY,
  BY_RIDER,
  countsOf,
  createFolders,
  expectedRides,
  nextEpoch,
  type RunReport,
  ride,
  until,
} from './pipelines.ts'

/** Long enough for two starts on a machine that does other things too. */
const EPOCH = 20_000
const BATCH = { authorization: 'Bearer k', 'content-type': 'application/cloudevents-batch+json' }

let folders: Awaited<ReturnType<typeof createFolders>>
let platform: Platform | undefined
let sent: number

beforeEach(async () => {
  folders = await createFolders()
  sent = 0
})
afterEach(async () => {
  await platform?.close()
  platform = undefined
  await folders.dispose()
})

async function restart(metrics: readonly { readonly name: string }[], lanes = '1'): Promise<void> {
  await platform?.close()
  const environment = {
    ...{ TRIBUTARY_DATA: folders.data, TRIBUTARY_PIPELINE: await folders.pipeline(metrics) },
    ...{ TRIBUTARY_EPOCH: `${EPOCH / 1000}s`, TRIBUTARY_LANES: lanes },
    ...{ TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_KEYS: 'admin:k', PORT: '0' },
  }
  platform = await startPlatform(readSettings(environment), pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
}

async function send(count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ride(sent + i))
  sent += count
  const body = JSON.stringify(events)
  const answer = await fetch(`${platform!.url}/v1/events`, { method: 'POST', body, headers: BATCH })
  expect(answer.status).toBe(202)
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(platform!.url + path, { headers: BATCH })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

const answerOf = (metric: string) => get<Answer>(`/v1/metrics/${metric}`)
const runs = async () => (await get<{ runs: RunReport[] }>('/v1/runs?limit=1000')).runs

/** Waits until the live numbers of a metric are those of all that was sent. */
async function expectLive(metric: string, field: 'rider' | 'city'): Promise<Answer> {
  const wanted = JSON.stringify(expectedRides(sent, field))
  return until(
    () => answerOf(metric),
    answer => JSON.stringify(countsOf(answer)) === wanted,
  )
}

/** Waits until batches have come through an epoch, and looks whether anything differed or is held. */
async function expectPublished(metrics: readonly string[], epoch: number): Promise<readonly RunReport[]> {
  for (const metric of metrics)
    await until(
      () => answerOf(metric),
      ({ provenance: { boundary } }) => boundary !== null && Date.parse(boundary) >= epoch,
    )
  const all = await runs()
  const epochs = all.flatMap(({ report }) => Object.values(report.epochs ?? {}))
  expect(epochs.flatMap(({ reconciliation }) => reconciliation ?? [])).not.toContainEqual(
    expect.objectContaining({ ok: false }),
  )
  expect(all.filter(({ report }) => report.held !== undefined)).toEqual([])
  return all
}

test('a metric declared in mid-epoch shows the events before it, agrees with the batch layer, and is published', async () => {
  await restart([BY_CITY])
  const epoch = await nextEpoch(EPOCH)
  await send(40)
  await expectLive(BY_CITY.name, 'city')
  await restart([BY_CITY, BY_RIDER], '2')
  await send(40)
  const live = await expectLive(BY_RIDER.name, 'rider')
  expect(Date.parse(live.provenance.boundary ?? '1970-01-01'), 'before any batch').toBeLessThan(epoch)
  await expectLive(BY_CITY.name, 'city')
  const all = await expectPublished([BY_CITY.name, BY_RIDER.name], epoch)
  expect(all.filter(({ machine }) => machine === 'replay')).toMatchObject([
    { status: 'succeeded', input: { only: [BY_RIDER.name] } },
  ])
  const compared = all.flatMap(({ report }) =>
    Object.entries(report.epochs ?? {}).flatMap(([instant, { reconciliation }]) =>
      parsePathInstant(instant) < epoch ? [] : Object.values(reconciliation?.metrics ?? {}),
    ),
  )
  expect(compared.length).toBeGreaterThanOrEqual(2)
  for (const numbers of compared) expect(numbers).toMatchObject({ different: 0 })
  const { provenance, ...after } = await answerOf(BY_RIDER.name)
  expect(countsOf({ ...after, provenance })).toEqual(expectedRides(sent, 'rider'))
  expect(provenance.since).toBeUndefined()
}, 120_000)
