import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { startPlatform } from '../../local/platform.ts'
import { readSettings } from '../../local/settings.ts'
import { BATCH } from '../local/test-platform.ts'

/** A real platform on this machine, with epochs that end while one looks on. */
export type World = {
  readonly url: string
  /** What the start says of the console. */
  readonly consoleText: string
  readonly developmentKey: string | undefined
  send(events: readonly object[]): Promise<void>
  /** Resolves once a batch has compared something. */
  published(): Promise<void>
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

/**
 * @param keys as `TRIBUTARY_KEYS`; not given: the development key, and so a sign-in link
 * @param pipeline folder of declarations; not given: the sample's
 */
export async function startWorld(keys?: string, epoch = '5s', pipeline?: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-browser-'))
  const settings = readSettings({
    ...{ TRIBUTARY_DATA: folder, TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_EPOCH: epoch, PORT: '0' },
    ...(keys !== undefined && { TRIBUTARY_KEYS: keys }),
    ...(pipeline !== undefined && { TRIBUTARY_PIPELINE: pipeline }),
  })
  const platform = await startPlatform(settings, pino({ level: 'silent' }), error => {
    throw error
  })
  await platform.ready
  const key = platform.developmentKey ?? 'admin-key'
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(platform.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } })
  return {
    url: platform.url,
    consoleText: platform.consoleText,
    developmentKey: platform.developmentKey,
    async send(events) {
      const answer = await ask('/v1/events', { method: 'POST', headers: BATCH, body: JSON.stringify(events) })
      if (![202, 422].includes(answer.status)) throw new Error(await answer.text())
    },
    async published() {
      for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(200)) {
        const text = await (await ask('/metrics')).text()
        if (/^tributary_partials_compared_total [1-9]/m.test(text)) return
      }
      throw new Error('no batch has compared anything in a minute')
    },
    async close() {
      await platform.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const PLACES = ['LAX', 'JFK', 'ORD', 'SFO']

let made = 0

/** Flights and trips that contracts accept, at times of the last hours. */
export function goodEvents(count: number, hours = 12): readonly object[] {
  return Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.now() - ((i * 7919) % (hours * 60)) * 60_000).toISOString()
    const shared = { specversion: '1.0', id: `e-${made++}`, source: '/browser', time }
    const place = { longitude: 13.4, latitude: 52.5 }
    return i % 2 === 0
      ? {
          ...{ ...shared, type: 'com.tributary.flight' },
          data: { origin: PLACES[(i * i) % 4], destination: 'DEN', distance: 300 + i, delay: (i % 50) - 10 },
        }
      : {
          ...{ ...shared, type: 'com.tributary.trip' },
          data: {
            ...{ hoverboard_id: 1 + (i % 5), customer_id: i % 37, trip_duration: 3 + (i % 90) / 10 },
            ...{ start_location: place, end_location: place },
            ...{ start_time_and_date: null, end_time_and_date: time },
          },
        }
  })
}

/** Reports of a fleet that goes through its day: `count` in each minute from `from` to `to`, ms. */
export function fleetReports(count: number, from: number, to: number): readonly object[] {
  const minutes = Math.max(1, Math.round((to - from) / 60_000))
  return Array.from({ length: minutes }, (_, minute) => {
    const at = from + minute * 60_000
    // By the hour, with something of its own in each minute.
    const swing = Math.sin((at / 3_600_000) * 2 * Math.PI) + Math.sin(at / 170_000) / 3
    return Array.from({ length: Math.round(count * (1 + 0.4 * swing)) }, (_, i) => ({
      ...{ specversion: '1.0', id: `h-${made++}`, source: '/browser', type: 'com.tributary.hoverboard' },
      time: new Date(at + ((i * 977) % 60_000)).toISOString(),
      data: {
        ...{ id: 1 + (made % 40), elevation: 35, temperature: 18 + 4 * swing, humidity: 0.4 },
        ...{ charge: 0.2 + ((made * 37) % 80) / 100, speed: 2 + swing + (made % 9) / 3, weight: 70 },
        ...{ acceleration: 0.1, magnetic_field: 48, is_docked: made % 5 === 0 },
        location: { longitude: 13.4, latitude: 52.5 },
      },
    }))
  }).flat()
}

/** An event that its contract rejects, changed by `more`. */
export function badEvent(more: object = {}): object {
  const time = new Date().toISOString()
  return {
    ...{ specversion: '1.0', id: `bad-${made++}`, source: '/browser', type: 'com.tributary.flight', time },
    data: { origin: 'LAX', destination: 'DEN', distance: 'far', delay: 3 },
    ...more,
  }
}
