import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import { bySecret, PEM, type Sign, token } from '../../core/access/tokens.ts'
import { SAMPLE } from '../../declared.ts'
import { HOOK_SECRET, HOOK_SOURCE } from './doors.ts'

/**
 * A platform with trips of four hoverboards and flights, and callers that may read trips of one hoverboard.
 * What is theirs has the source `/own`, all else `/hidden`; durations of others are a thousand times longer.
 */
export const OWN = 2
export const OTHERS = [1, 3, 4] as const
const TRIP = 'com.tributary.trip'
const EACH = 12
/** Above every number of own rows, and of none of others that has durations in it. */
export const THEIRS = 100_000

export type StoredTrip = { readonly id: string; readonly board: number; readonly minutes: number }

/** Hours of one day, so that windows of every length are asked for. */
const DAY = '2026-03-01'

function trip(board: number, i: number): { readonly stored: StoredTrip; readonly event: object } {
  const minutes = board === OWN ? i + 1 : THEIRS * board + i
  const stored = { id: `${board === OWN ? 'own' : 'theirs'}-${board}-${i}`, board, minutes }
  const time = `${DAY}T${String(i).padStart(2, '0')}:00:00Z`
  const place = { longitude: board, latitude: i }
  const data = {
    ...{ hoverboard_id: board, customer_id: 1000 + board, trip_duration: minutes },
    ...{ start_location: place, end_location: place, start_time_and_date: null, end_time_and_date: time },
  }
  const source = board === OWN ? '/own' : '/hidden'
  return { stored, event: { specversion: '1.0', id: stored.id, source, type: TRIP, time, data } }
}

function flight(i: number): object {
  const data = { origin: 'LAS', destination: 'PHL', distance: THEIRS + i, delay: 1 }
  const shared = { specversion: '1.0', id: `theirs-flight-${i}`, source: '/hidden', time: `${DAY}T05:00:00Z` }
  return { ...shared, type: 'com.tributary.flight', data }
}

export type Narrow = Awaited<ReturnType<typeof startNarrow>>

/** @param isPublished whether to wait until the lake has the trips, too */
export async function startNarrow(isPublished: boolean) {
  const pipeline = await withWebhook()
  const platform = await startPlatformProcess({
    ...{ TRIBUTARY_PIPELINE: pipeline, WIDEN_HOOK_SECRET: HOOK_SECRET },
    ...{ TRIBUTARY_EPOCH: '2s', TRIBUTARY_LOG_LEVEL: 'fatal' },
    ...{ TRIBUTARY_DEDUPE_HORIZON: '10000', TRIBUTARY_TIME_BEHIND: '3650d' },
  })
  const trips = [OWN, ...OTHERS].flatMap(board => Array.from({ length: EACH }, (_, i) => trip(board, i)))
  const events = [...trips.map(one => one.event), ...Array.from({ length: 5 }, (_, i) => flight(i))]
  await send(platform, events)
  const limits = { scope: `read:${TRIP}`, where: { hoverboard_id: [OWN] } }
  const key = await platform.post<{ secret: string }>('/v1/keys', { name: 'narrow', ...limits })
  const terms = { kind: 'signer', scope: `read:${TRIP}`, requires: ['hoverboard_id'], longest: 600 }
  const where = { hoverboard_id: [OWN, 77] }
  const portal = await platform.post<{ secret: string }>('/v1/keys', { name: 'portal', ...terms, where })
  await platform.post('/v1/keys', { name: 'pair', ...terms, where, alg: 'EdDSA', publicKey: PEM })
  if (isPublished) await published(platform)
  return {
    platform,
    trips: trips.map(one => one.stored),
    key: key.secret,
    secret: portal.secret,
    /** A token of the signer that is right, changed by more. */
    mint: (claims: object = {}, header: object = {}, sign: Sign = bySecret(portal.secret)) =>
      token({ alg: 'HS256', typ: 'JWT', kid: 'portal', ...header }, { ...ownClaims(), ...claims }, sign),
    async close() {
      await platform.stop('SIGKILL')
      platform.dispose()
      await rm(pipeline, { recursive: true })
    },
  }
}

/** The sample pipeline, and a source of webhooks. */
async function withWebhook(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-widen-'))
  for (const name of await readdir(SAMPLE)) await symlink(join(SAMPLE, name), join(folder, name))
  await mkdir(join(folder, 'sources'))
  await writeFile(join(folder, 'sources', 'payments.ts'), HOOK_SOURCE)
  return folder
}

function ownClaims() {
  const exp = Math.floor(Date.now() / 1000) + 300
  return { sub: '2', aud: 'tributary', exp, scope: 'read', 'tributary/where': { hoverboard_id: OWN } }
}

async function send({ port, key }: PlatformProcess, events: readonly object[]): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  })
  const body = (await answer.json()) as { rejected?: readonly unknown[] }
  if (answer.status !== 202 || body.rejected?.length) throw new Error(JSON.stringify(body).slice(0, 500))
}

/** Waits until the lake shows the trips. */
async function published(platform: PlatformProcess): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) {
    const { rows } = await platform.get<{ rows: readonly { values: { trips: number } }[] }>(
      '/v1/metrics/trips_hourly?layer=batch&by=&window=day',
    )
    if (rows[0]?.values.trips === 4 * EACH) return
  }
  throw new Error('no batch has published the trips in a minute')
}
