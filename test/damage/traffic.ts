/** Traffic of the sample pipeline, the same for the same seed. */
export type SentEvent = {
  readonly specversion: '1.0'
  readonly source: string
  readonly id: string
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

/** The n-th event of the traffic: flights and trips. */
export function eventOf(n: number, prefix = 'event'): SentEvent {
  const time = new Date(Date.UTC(2026, 0, 1) + (n % 5000) * 17_000).toISOString()
  const place = { longitude: (n % 360) / 2, latitude: (n % 180) / 2 }
  const common = { specversion: '1.0', source: '/damage', id: `${prefix}-${n}`, time } as const
  if (n % 2 === 0)
    return {
      ...common,
      type: 'com.tributary.flight',
      data: {
        origin: ['ABE', 'LAX', 'SFO', 'JFK'][n % 4]!,
        destination: ['ORD', 'SEA', 'BOS'][n % 3]!,
        distance: n % 2500,
        delay: (n % 300) - 60,
      },
    }
  return {
    ...common,
    type: 'com.tributary.trip',
    data: {
      hoverboard_id: n % 20,
      customer_id: n % 500,
      trip_duration: (n % 6000) / 100,
      start_location: place,
      end_location: place,
      start_time_and_date: null,
      end_time_and_date: time,
    },
  }
}

/** An event that its contract rejects. */
export function rejectedEvent(n: number): unknown {
  return { ...eventOf(2 * n, 'rejected'), data: { origin: 'LAX' } }
}

/** Mulberry32: the same draws for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}
