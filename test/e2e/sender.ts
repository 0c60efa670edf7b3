import { setTimeout as sleep } from 'node:timers/promises'
import type { PlatformProcess } from '../../bench/platform-process.ts'

type Event = { readonly type: string; readonly id: string; readonly time: string; readonly data: unknown }

/**
 * Sends events to a platform that may die at any moment, and knows what became of each batch: acknowledged,
 * or unknown. What is unknown is sent again, with the same ids, until it is acknowledged; now and then what
 * was acknowledged is, too.
 */
export type Sender = {
  /**
   * Sends until `stop` resolves, or the platform is gone.
   *
   * @param pauseMs of each connection after a request
   */
  sendTo(platform: PlatformProcess, stop: Promise<void>, pauseMs?: number): Promise<void>
  /** Sends what is still unknown; for a platform that stays alive. */
  settle(platform: PlatformProcess): Promise<void>
  /** Every event ever sent, once. */
  events(): readonly Event[]
  acknowledged(): number
}

const CONNECTIONS = 3
const PER_REQUEST = 25

export function createSender(random: () => number): Sender {
  const all: Event[] = []
  const done: (readonly Event[])[] = []
  let unknown: (readonly Event[])[] = []

  const nextBatch = (): readonly Event[] => {
    if (done.length > 0 && random() < 0.1) return done[Math.floor(random() * done.length)]!
    const batch = Array.from({ length: PER_REQUEST }, () =>
      makeEvent(all.length + Math.floor(random() * 1e6), random),
    )
    const numbered = batch.map((event, i) => ({ ...event, id: `event-${all.length + i}` }))
    all.push(...numbered)
    return numbered
  }

  const post = async (platform: PlatformProcess, batch: readonly Event[]): Promise<boolean> => {
    const response = await fetch(`http://127.0.0.1:${platform.port}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.key}`,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(batch.map(event => ({ specversion: '1.0', source: '/kill', ...event }))),
      signal: AbortSignal.timeout(10_000),
    })
    const answer = (await response.json()) as { accepted?: number }
    if (response.status === 202 && answer.accepted !== batch.length)
      throw new Error(`not all accepted: ${JSON.stringify(answer)}`)
    if (response.status !== 202 && response.status !== 503)
      throw new Error(`${response.status} ${JSON.stringify(answer)}`)
    return response.status === 202
  }

  const attempt = async (platform: PlatformProcess, batch: readonly Event[]): Promise<boolean> => {
    let isDone = false
    try {
      isDone = await post(platform, batch)
    } catch (error) {
      // Cut off by the kill: whether the batch is stored is what nobody knows.
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error
    }
    if (isDone) done.push(batch)
    else unknown.push(batch)
    return isDone
  }

  return {
    async sendTo(platform, stop, pauseMs = 0) {
      let stopped = false
      void stop.then(() => {
        stopped = true
      })
      const sendInTurn = async () => {
        while (!stopped && (await attempt(platform, unknown.shift() ?? nextBatch())))
          if (pauseMs > 0) await Promise.race([sleep(pauseMs), stop])
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, sendInTurn))
    },
    async settle(platform) {
      const open = unknown
      unknown = []
      for (const batch of open) await attempt(platform, batch)
      if (unknown.length > 0)
        throw new Error(`${unknown.length} batches were not acknowledged by a living platform`)
    },
    events: () => all,
    acknowledged: () => done.length,
  }
}

function makeEvent(n: number, random: () => number): Omit<Event, 'id'> {
  const time = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 36 * 3600) * 1000).toISOString()
  const place = () => ({
    longitude: Math.round(random() * 1e6) / 1e4,
    latitude: Math.round(random() * 5e5) / 1e4,
  })
  if (n % 3 === 0)
    return {
      type: 'com.tributary.flight',
      time,
      data: {
        origin: ['ABE', 'LAX', 'SFO', 'JFK'][n % 4]!,
        destination: ['ORD', 'SEA', 'BOS'][n % 3]!,
        distance: n % 2500,
        delay: (n % 300) - 60,
      },
    }
  if (n % 3 === 1)
    return {
      type: 'com.tributary.hoverboard',
      time,
      data: {
        id: n % 40,
        elevation: 12.5,
        temperature: n % 5 === 0 ? null : (n % 400) / 10,
        humidity: 0.5,
        charge: (n % 1000) / 10,
        speed: (n % 250) / 10,
        weight: 70,
        acceleration: 0.1,
        magnetic_field: 48,
        location: place(),
        is_docked: n % 4 === 0,
      },
    }
  return {
    type: 'com.tributary.trip',
    time,
    data: {
      hoverboard_id: n % 20,
      customer_id: n % 500,
      trip_duration: (n % 6000) / 100,
      start_location: place(),
      end_location: place(),
      start_time_and_date: null,
      end_time_and_date: time,
    },
  }
}
